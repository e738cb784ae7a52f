"""Validation errors in a user's words: one fault for each key that is wrong."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from recost.errors import Fault, suggestion
from recost.network.document import Document, has_step
from recost.toml_source import KeyPath

#: What a value should have been, by the kind of type error.
_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "a string",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def validation_faults(
    error: ValidationError,
    data: Any,
    path: KeyPath,
    document: Document,
    model: type[BaseModel],
) -> list[Fault]:
    """The faults behind a failed validation of `data`, which stands at `path` in the document."""
    by_place: dict[KeyPath, list[Any]] = {}
    for detail in error.errors(include_url=False):
        by_place.setdefault(_place(detail["loc"], data, detail["type"]), []).append(detail)
    faults = []
    for place, details in by_place.items():
        if any(other[: len(place)] == place and len(other) > len(place) for other in by_place):
            continue  # another reading of the same value got further
        message = _message(details, place, model)
        at_value = details[0]["type"] not in ("extra_forbidden", "missing")
        faults.append(document.fault(message, (*path, *place), at_value=at_value))
    return faults


def _place(location: tuple[int | str, ...], data: Any, kind: str) -> KeyPath:
    """The part of pydantic's location that exists in the data; the rest names its own types."""
    place: list[int | str] = []
    node = data
    for step in location:
        if has_step(node, step):
            node = node[step]
        elif kind != "missing" or step != location[-1]:
            continue  # the name of a type that pydantic tried
        place.append(step)
    return tuple(place)


def _message(details: list[Any], place: KeyPath, model: type[BaseModel]) -> str:
    """One sentence for all that is wrong at one place."""
    kinds = {detail["type"] for detail in details}
    if "extra_forbidden" in kinds:
        return f"unknown key{suggestion(str(place[-1]), _known_keys(model, place))}"
    if "missing" in kinds:
        meaning = _meaning(model, place)
        return f"missing{': ' + meaning if meaning else ''}"
    value = details[0]["input"]
    exact = [d for d in details if d["type"] not in _EXPECTED and d["type"] != "literal_error"]
    if exact:
        return _range_message(exact[0], value)
    expected = [_EXPECTED[d["type"]] for d in details if d["type"] in _EXPECTED]
    words: list[str] = []
    for detail in details:
        if detail["type"] == "literal_error":
            words += [
                w.strip("'") for w in detail["ctx"]["expected"].replace(" or ", ", ").split(", ")
            ]
    expected += [f"'{word}'" if word not in ("True", "1") else word.lower() for word in words]
    hint = suggestion(value, words) if isinstance(value, str) else ""
    return f"expected {_either(list(dict.fromkeys(expected)))}, not {_shown(value)}{hint}"


def _range_message(detail: Any, value: Any) -> str:
    limits = detail.get("ctx", {})
    bounds = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    for bound, text in bounds.items():
        if bound in limits:
            return f"{_shown(value)} is out of range; it must be {text} {limits[bound]:g}"
    if detail["type"] in ("too_short", "too_long"):
        least, most = limits.get("min_length"), limits.get("max_length")
        room = f"at least {least}" if most is None else f"at most {most}"
        return f"has {limits['actual_length']} values; it must have {room}"
    if detail["type"] == "string_too_short":
        return "is empty"
    if detail["type"] == "string_too_long":
        return f"is longer than {limits['max_length']} characters"
    if detail["type"] == "finite_number":
        return f"{value} is not a finite number"
    if detail["type"] == "string_pattern_mismatch":
        return f"{_shown(value)} has a character that cannot stand here (a dot or an asterisk)"
    return str(detail["msg"])


def _either(parts: list[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} or {parts[-1]}"


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str | int | float | bool) else type(value).__name__
    text = {"True": "true", "False": "false", "dict": "a table", "list": "a list"}.get(text, text)
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Every model that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in getattr(annotation, "__args__", ()) for m in _models(part)]


def _table_of(model: type[BaseModel], place: KeyPath) -> list[type[BaseModel]]:
    """The models that may stand at a place."""
    models = [model]
    for step in place:
        fields = [
            field.annotation
            for each in models
            for key, field in each.model_fields.items()
            if step in (key, field.alias)
        ]
        found = [m for annotation in fields for m in _models(annotation)]
        models = found or (models if isinstance(step, int) else [])
    return models


def _known_keys(model: type[BaseModel], place: KeyPath) -> list[str]:
    return [
        field.alias or key
        for each in _table_of(model, place[:-1])
        for key, field in each.model_fields.items()
    ]


def _meaning(model: type[BaseModel], place: KeyPath) -> str:
    for each in _table_of(model, place[:-1]):
        for key, field in each.model_fields.items():
            if place[-1] in (key, field.alias):
                return field.description or ""
    return ""
