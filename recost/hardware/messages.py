"""What a user reads about a value that is wrong: pydantic's findings in the words of the file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from recost.errors import suggestion
from recost.hardware.keys import Key
from recost.hardware.schema import OURS, QUALIFIERS
from recost.units import format_quantity

HEADER = ("schema", "kind", "extends", "title")
_LONGEST = 60
_HUGE = 10**30


def bad_value(details: ErrorDetails, key: Key) -> str:
    """What is wrong with the value of `key`, and what to write."""
    raw = details["input"]
    match details["type"]:
        case str(kind) if kind == OURS:
            return str(details["ctx"]["why"])
        case "greater_than_equal":
            return f"{_number(key, raw)} is too small; at least {_number(key, key.minimum)}"
        case "less_than_equal":
            return f"{_number(key, raw)} is too large; at most {_number(key, key.maximum)}"
        case "finite_number":
            return f"{show(raw)} is not a finite number"
    return f"{show(raw)} is not {key.expected}"


def bad_text(details: ErrorDetails) -> str:
    """What is wrong with a title, a source and the like."""
    if details["type"] == OURS:
        return str(details["ctx"]["why"])
    if details["type"] in ("greater_than_equal", "less_than_equal", "finite_number"):
        return "is out of range; 0 % to 1000 %"
    if details["type"] == "string_too_short":
        return "is empty"
    return f"{show(details['input'])} is not a text"


def unknown_key(path: tuple[int | str, ...], table: Mapping[str, Key]) -> str:
    """What to say about a key that no table has."""
    *parents, name = map(str, path)
    inside = ".".join(parents)
    sections = {key.section for key in table.values()}
    if inside in table:
        known = {"value", *QUALIFIERS}
    elif inside:
        below = {s.removeprefix(inside + ".") for s in sections if s.startswith(inside + ".")}
        known = {key.name for key in table.values() if key.section == inside} | below | {"source"}
    else:
        known = {*sections, *HEADER}
    elsewhere = [key.path for key in table.values() if key.name == name]
    near = suggestion(name, known)
    moved = f"; did you mean '{elsewhere[0]}'?" if elsewhere else ""
    # A name that one other section has is more likely than one that is spelt alike.
    hint = moved if len(elsewhere) == 1 else near or moved
    return f"unknown {'key' if parents or elsewhere else 'section'}{hint}"


def show(raw: Any) -> str:
    """A value as a file spells it, or its beginning."""
    if isinstance(raw, dict):
        return "a table"
    text = f"'{raw}'" if isinstance(raw, str) else spell(raw)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def spell(raw: Any) -> str:
    """A value as a file spells it, strings without their quotes."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, list):
        return "[" + ", ".join(map(spell, raw)) + "]"
    if isinstance(raw, int) and abs(raw) >= _HUGE:  # Python does not spell out the longest
        return f"{'-' if raw < 0 else ''}1e{int(raw.bit_length() * math.log10(2))}"
    return f"{raw:.15g}" if isinstance(raw, float) else str(raw)


def _number(key: Key, value: Any) -> str:
    """A number that was understood, in the unit of its key."""
    return format_quantity(value, key.unit) if key.unit else show(value)
