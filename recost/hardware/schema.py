"""Validation of what a hardware file says, with pydantic types made from the key table."""

from __future__ import annotations

from functools import cache, partial
from typing import Annotated, Any, Literal, Union

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

# Before Python 3.12 pydantic cannot read the standard library's.
from typing_extensions import TypedDict

from recost.errors import suggestion
from recost.hardware.keys import Default, Key, keys_of_section, subsections
from recost.hardware.sections import SECTIONS
from recost.units import UNITS, UnitError, format_quantity, how_to_write, parse_quantity
from recost.vocabulary import Replication, Word

SCHEMA_VERSION = 1
# The type of the errors that carry a message of our own.
OURS = "recost"
_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
_LONGEST_LIST = 10_000
_TEXT = {"type": "string", "minLength": 1}
_PERCENT: dict[str, Any] = {
    "type": "string",
    "pattern": r"^\s*[0-9.]+([eE][+-]?[0-9]+)?\s*%\s*$",
    "examples": ["10 %"],
}
QUALIFIERS: dict[str, Any] = {
    "source": {**_TEXT, "description": "publication and tag: [P], [S], [D], [2] or [R]"},
    "spread": {
        **_PERCENT,
        "description": "uncertainty, one standard deviation as a share of the value",
    },
    "calibrated": {**_TEXT, "description": "published figure that the value was fitted to"},
}


def _refuse(why: str) -> PydanticCustomError:
    return PydanticCustomError(OURS, "{why}", {"why": why})


def _quantity(unit: str, raw: Any) -> Any:
    """The SI value of a quantity string; a share may also be a plain number."""
    if isinstance(raw, str):
        try:
            return parse_quantity(raw, unit)
        except UnitError as error:
            raise _refuse(str(error)) from None
    if isinstance(raw, int | float) and not isinstance(raw, bool) and unit != "%":
        raise _refuse(f"{raw} has no unit; {how_to_write(unit)}")
    return raw


def _word(kind: type[Word], others: dict[str, Any], raw: Any) -> Any:
    """The member of an enumeration that a text names, or what one of the `others` means."""
    own = kind.words()
    if kind is Replication:  # "list" is what a list means, not a word to write
        own = tuple(word for word in own if word != "list")
    words = (*own, *others)
    if isinstance(raw, str) and raw in words:
        return others[raw] if raw in others else kind.from_text(raw)
    shown = f"'{raw}' is" if isinstance(raw, str) else "it is"
    hint = suggestion(raw, words) if isinstance(raw, str) else ""
    listed = ", ".join(f"'{word}'" for word in words)
    raise _refuse(f"{shown} not one of {listed}{hint}")


def _copies(raw: Any) -> Any:
    """`mapping.replication`: a word, or the copies of each layer."""
    if not isinstance(raw, list):
        return _word(Replication, {}, raw)
    whole = all(isinstance(n, int) and not isinstance(n, bool) for n in raw)
    if not whole or not raw or len(raw) > _LONGEST_LIST or not 1 <= min(raw) <= max(raw) <= 1e6:
        raise _refuse("a list of copies has a whole number from 1 to 1000000 for each layer")
    return tuple(raw)


def _or_word(words: dict[str, Any], raw: Any, handler: Any) -> Any:
    return words[raw] if isinstance(raw, str) and raw in words else handler(raw)


def value_type(key: Key) -> Any:
    """The pydantic type of a key's value, without what may stand beside it."""
    schema = WithJsonSchema(json_schema_of(key))
    if key.takes_list:
        return Annotated[Any, PlainValidator(_copies), schema]
    if issubclass(key.kind, Word):
        return Annotated[Any, PlainValidator(partial(_word, key.kind, key.words)), schema]
    parts: list[Any] = [key.kind]
    if key.kind is not bool:
        parts.append(Field(ge=key.minimum, le=key.maximum))
    if key.unit is not None:
        parts.append(BeforeValidator(partial(_quantity, key.unit)))
    if key.words:
        parts.append(WrapValidator(partial(_or_word, key.words)))
    return Annotated[(*parts, schema)]


def json_schema_of(key: Key) -> dict[str, Any]:
    """The JSON Schema of a key: a value, or a table with the value and its source."""
    values = _json_values(key)
    table = {
        "type": "object",
        "properties": {"value": {"anyOf": values}, **QUALIFIERS},
        "required": ["value"],
        "additionalProperties": False,
    }
    schema: dict[str, Any] = {"description": key.doc, "anyOf": [*values, table]}
    if not isinstance(key.default, Default) and key.default is not None:
        schema["default"] = _written(key)
    return schema


def _written(key: Key) -> Any:
    """The default of a key as a file would spell it."""
    if isinstance(key.default, Word):
        return key.default.text
    return format_quantity(key.default, key.unit) if key.unit in UNITS else key.default


def _json_values(key: Key) -> list[dict[str, Any]]:
    """The forms that a key's value may have."""
    if issubclass(key.kind, Word):
        words = [word for word in key.kind.words() if not key.takes_list or word != "list"]
        alternatives: list[dict[str, Any]] = [{"enum": words}]
        if key.takes_list:
            whole = {"type": "integer", "minimum": 1}
            alternatives.append({"type": "array", "items": whole, "minItems": 1})
    elif key.unit in UNITS:
        unit = UNITS[key.unit]
        alternatives = [{"type": "string", "pattern": unit.pattern, "examples": [unit.example]}]
    else:
        names = {bool: "boolean", int: "integer", float: "number"}
        plain: dict[str, Any] = {"type": names[key.kind]}
        limits = {"minimum": key.minimum, "maximum": key.maximum}
        plain |= {name: limit for name, limit in limits.items() if limit is not None}
        alternatives = [plain]
        if key.unit == "%":
            alternatives.append(_PERCENT)
    if key.words:
        alternatives.append({"enum": list(key.words)})
    return alternatives


def _table(name: str, fields: dict[str, Any], doc: str = "") -> Any:
    make: Any = TypedDict  # a type checker wants the fields spelt out
    made = make(name, fields, total=False)
    made.__pydantic_config__ = _STRICT
    made.__doc__ = doc
    return made


def _section(kind: str, path: str, cls: type) -> Any:
    fields = {
        key.name: value_type(key) for key in keys_of_section(path, cls) if key.section == path
    }
    for name, inner in subsections(cls):
        fields[name] = _section(kind, f"{path}.{name}", inner)
    doc = "source of every number of the section that has none of its own"
    fields["source"] = Annotated[str, Field(min_length=1, description=doc)]
    name = f"{kind}_{path}".title().replace("_", "").replace(".", "")
    return _table(name, fields, cls.__doc__ or "")


@cache
def file_adapter(kind: str) -> TypeAdapter[dict[str, Any]]:
    """The validator of the sections of a file of that kind."""
    return TypeAdapter(_table("Sections", _sections(kind)))


def _sections(kind: str) -> dict[str, Any]:
    return {name: _section(kind, name, cls) for name, cls in SECTIONS[kind].items()}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of hardware files, for editors and other validators."""
    text = Annotated[str, Field(min_length=1)]
    tables = []
    for kind in SECTIONS:
        fields: dict[str, Any] = {
            # The literals are SCHEMA_VERSION and `kind`, which a type checker cannot see.
            "schema": Annotated[Literal[1], Field(description="version of the format")],
            "kind": Annotated[Literal[kind], Field(description="what sort of machine it is")],
            "extends": Annotated[text, Field(description="a hardware's name, or a relative path")],
            "title": Annotated[text, Field(description="one line that says what it is")],
        }
        tables.append(_table(kind.title(), fields | _sections(kind)))
    union: Any = Union  # of as many as there are kinds, which a type checker cannot count
    schema = TypeAdapter(union[tuple(tables)]).json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "recost hardware",
        "required": ["schema"],
        "allOf": [{"anyOf": [{"required": ["kind"]}, {"required": ["extends"]}]}],
    }


@cache
def key_adapter(kind: str, path: str) -> TypeAdapter[Any]:
    """The validator of one key's value, for a setting."""
    from recost.hardware.sections import key_table

    return TypeAdapter(value_type(key_table(kind)[path]), config=_STRICT)


@cache
def qualifier_adapter() -> TypeAdapter[dict[str, Any]]:
    """The validator of what stands beside a value: its source, spread and calibration."""
    text = Annotated[str, Field(min_length=1)]
    spread = Annotated[float, Field(ge=0.0, le=10.0), BeforeValidator(_spread)]
    fields = {"source": text, "spread": spread, "calibrated": text}
    return TypeAdapter(_table("Qualifiers", fields))


def _spread(raw: Any) -> Any:
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        raise _refuse(f"{raw} has no unit; {how_to_write('%')}")
    return _quantity("%", raw)
