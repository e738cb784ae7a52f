"""A JSON Schema validator, as far as recost's schemas go: one rule after the other."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

TYPES = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float),
    "boolean": bool,
}  # fmt: skip
#: Keywords that say something about a value without restricting it.
TALK = {"title", "description", "default", "examples", "$defs", "$schema", "properties"}
#: Keywords that restrict values of one type and let all others pass.
LIMITS: dict[str, tuple[Any, Callable[[Any, Any], bool]]] = {
    "required": (dict, lambda value, names: value.keys() >= set(names)),
    "minItems": (list, lambda value, least: len(value) >= least),
    "minLength": (str, lambda value, least: len(value) >= least),
    "pattern": (str, lambda value, pattern: re.search(pattern, value) is not None),
    "minimum": ((int, float), lambda value, least: value >= least),
    "maximum": ((int, float), lambda value, most: value <= most),
}


def is_valid(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Whether `value` follows `schema`, whose references point into `root`."""
    properties = schema.get("properties", {})
    if isinstance(value, dict):
        if schema.get("additionalProperties") is False and not value.keys() <= properties.keys():
            return False
        if not all(is_valid(value[n], one, root) for n, one in properties.items() if n in value):
            return False
    return all(
        _holds(value, word, rule, root)
        for word, rule in schema.items()
        if word not in TALK | {"additionalProperties"}
    )


def _holds(value: Any, word: str, rule: Any, root: dict[str, Any]) -> bool:
    if word in LIMITS:
        kind, holds = LIMITS[word]
        return not isinstance(value, kind) or holds(value, rule)
    match word:
        case "$ref":
            return is_valid(value, root["$defs"][rule.removeprefix("#/$defs/")], root)
        case "type":
            return isinstance(value, TYPES[rule]) and (rule == "boolean") == isinstance(value, bool)
        case "const" | "enum":
            return value == rule if word == "const" else value in rule
        case "anyOf":
            return any(is_valid(value, one, root) for one in rule)
        case "allOf":
            return all(is_valid(value, one, root) for one in rule)
        case "items":
            return not isinstance(value, list) or all(is_valid(v, rule, root) for v in value)
    raise AssertionError(f"a keyword that this validator does not know: {word}")
