"""Input files with one thing changed, in every way a thing can be wrong."""

from __future__ import annotations

import json
import math
import random
from typing import Any

# What stands where something else was due.
STRANGE: tuple[Any, ...] = (
    *("", "x", "none", "auto", "1", "1 pJ", "-1 pJ", "1 ns", "1e300 J", "1e-300 J", "10 %"),
    *(0, 1, -1, 2, 3, 7, 2**31, 2**63, 10**30),
    *(0.0, 0.5, -0.5, 1.5, 1e-300, 1e300, math.nan, math.inf, -math.inf),
    *(True, False, [], [0], [[]], ["x"], [1, 2, 3], {}, {"value": 1}, {"x": {}}),
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a parsed TOML file."""
    found = [path] if path else []
    if isinstance(tree, dict | list):
        for key, child in tree.items() if isinstance(tree, dict) else enumerate(tree):
            found += places(child, (*path, key))
    return found


def mutate(tree: dict[str, Any], chance: random.Random) -> str:
    """Change `tree` in one place, and say what was done."""
    path = chance.choice(places(tree))
    *above, key = path
    parent: Any = tree
    for step in above:
        parent = parent[step]
    value = parent[key]
    kind = chance.choice(("remove", "rename", "replace", "scale", "unit", "move", "repeat"))
    if kind == "remove":
        del parent[key]
    elif kind == "rename" and isinstance(parent, dict):
        parent[_misspelt(key, chance)] = parent.pop(key)
    elif kind == "scale" and isinstance(value, int | float) and not isinstance(value, bool):
        parent[key] = value * chance.choice((-1, 0, 1e-12, 1e12, 3, 10**6))
    elif kind == "unit" and isinstance(value, str) and " " in value:
        number, _, unit = value.partition(" ")
        parent[key] = chance.choice((number, unit, f"-{value}", f"{number}e99 {unit}", f"{value}s"))
    elif kind == "move":
        other = chance.choice(places(tree))
        for step in other:
            tree = tree[step]
        parent[key] = json.loads(json.dumps(tree, default=str))
    elif kind == "repeat" and isinstance(value, list):
        value *= chance.choice((0, 2, 3))
    else:
        parent[key] = chance.choice(STRANGE)
    return f"{kind} {path}"


def _misspelt(key: str, chance: random.Random) -> str:
    at = chance.randrange(len(key))
    return chance.choice((key[:at] + key[at + 1 :] or "x", key + "s", key.upper(), "x"))


def dump(tree: dict[str, Any]) -> str:
    """`tree` as TOML: every top-level table as an inline table, which says the same."""
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in tree.items())


def _key(key: str) -> str:
    return json.dumps(key)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, float):
        return repr(value)  # nan and inf are spelt alike
    return json.dumps(value)
