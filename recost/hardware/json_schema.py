"""The JSON Schema of hardware files, for editors and other validators."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import Field, TypeAdapter

from recost.hardware.keys import Default, Key
from recost.hardware.schema import SCHEMA_VERSION, section_tables, table
from recost.hardware.sections import SECTIONS
from recost.units import UNITS, format_quantity
from recost.vocabulary import Word

_TEXT = {"type": "string", "minLength": 1}
_PERCENT: dict[str, Any] = {
    "type": "string",
    "pattern": r"^\s*[0-9.]+([eE][+-]?[0-9]+)?\s*%\s*$",
    "examples": ["10 %"],
}
_QUALIFIERS: dict[str, Any] = {
    "source": {**_TEXT, "description": "publication and tag: [P], [S], [D], [2] or [R]"},
    "spread": {
        **_PERCENT,
        "description": "uncertainty, one standard deviation as a share of the value",
    },
    "calibrated": {**_TEXT, "description": "published figure that the value was fitted to"},
}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of hardware files of every kind."""
    text = Annotated[str, Field(min_length=1)]
    tables = []
    for kind in SECTIONS:
        fields: dict[str, Any] = {
            "schema": Annotated[int, Field(description="version of the format")],
            "kind": Annotated[Literal[kind], Field(description="what sort of machine it is")],
            "extends": Annotated[text, Field(description="a hardware's name, or a relative path")],
            "title": Annotated[text, Field(description="one line that says what it is")],
        }
        tables.append(table(kind.title(), fields | section_tables(kind)))
    union: Any = Union  # of as many as there are kinds, which a type checker cannot count
    schema = TypeAdapter(union[tuple(tables)]).json_schema()
    for made in (schema, *schema["$defs"].values()):
        if "schema" in made.get("properties", {}):
            made["properties"]["schema"] |= {"const": SCHEMA_VERSION}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "recost hardware",
        "required": ["schema"],
        "allOf": [{"anyOf": [{"required": ["kind"]}, {"required": ["extends"]}]}],
    }


def json_schema_of(key: Key) -> dict[str, Any]:
    """The JSON Schema of a key: a value, or a table with the value and its source."""
    values = _forms(key)
    with_source = {
        "type": "object",
        "properties": {"value": {"anyOf": values}, **_QUALIFIERS},
        "required": ["value"],
        "additionalProperties": False,
    }
    schema: dict[str, Any] = {"description": key.doc, "anyOf": [*values, with_source]}
    if not isinstance(key.default, Default) and key.default is not None:
        schema["default"] = _written(key)
    return schema


def _written(key: Key) -> Any:
    """The default of a key as a file would spell it."""
    if isinstance(key.default, Word):
        return key.default.text
    return format_quantity(key.default, key.unit) if key.unit in UNITS else key.default


def _forms(key: Key) -> list[dict[str, Any]]:
    """The forms that a key's value may have."""
    if issubclass(key.kind, Word):
        words = [word for word in key.kind.words() if not key.takes_list or word != "list"]
        forms: list[dict[str, Any]] = [{"enum": words}]
        if key.takes_list:
            whole = {"type": "integer", "minimum": 1}
            forms.append({"type": "array", "items": whole, "minItems": 1})
    elif key.unit in UNITS:
        unit = UNITS[key.unit]
        forms = [{"type": "string", "pattern": unit.pattern, "examples": [unit.example]}]
    else:
        names = {bool: "boolean", int: "integer", float: "number"}
        limits = {"minimum": key.minimum, "maximum": key.maximum}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        forms = [{"type": names[key.kind], **given}]
        if key.unit == "%":
            forms.append(_PERCENT)
    if key.words:
        forms.append({"enum": list(key.words)})
    return forms
