"""Validation of what a hardware file says, with pydantic types made from the key table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

# Before Python 3.12 pydantic cannot read the standard library's.
from typing_extensions import TypedDict

from recost.errors import suggestion
from recost.hardware.keys import Key, keys_of_section, subsections
from recost.hardware.sections import SECTIONS, key_table
from recost.units import UnitError, how_to_write, parse_quantity
from recost.vocabulary import Replication, Word

SCHEMA_VERSION = 1
#: What may stand beside a value.
QUALIFIERS = ("source", "spread", "calibrated")
#: The type of the errors that carry a message of our own.
OURS = "recost"
_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
_LONGEST_LIST = 10_000
_MOST_COPIES = 1_000_000


@cache
def file_adapter(kind: str) -> TypeAdapter[dict[str, Any]]:
    """The validator of the sections of a file of that kind, values only."""
    return TypeAdapter(table("Sections", section_tables(kind)))


@cache
def key_adapter(kind: str, path: str) -> TypeAdapter[Any]:
    """The validator of one key's value, for a setting."""
    return TypeAdapter(Annotated[Any, ValueOf(key_table(kind)[path])])


@cache
def qualifier_adapter() -> TypeAdapter[dict[str, Any]]:
    """The validator of what stands beside a value: its source, spread and calibration."""
    text = Annotated[str, Field(min_length=1)]
    spread = Annotated[float, Field(ge=0.0, le=10.0), BeforeValidator(_spread)]
    fields = {"source": text, "spread": spread, "calibrated": text}
    return TypeAdapter(table("Qualifiers", fields))


def section_tables(kind: str) -> dict[str, Any]:
    """The pydantic type of each section of a kind."""
    return {name: _section(kind, name, cls) for name, cls in SECTIONS[kind].items()}


def _section(kind: str, path: str, cls: type) -> Any:
    own = (key for key in keys_of_section(path, cls) if key.section == path)
    fields: dict[str, Any] = {key.name: Annotated[Any, ValueOf(key)] for key in own}
    for name, inner in subsections(cls):
        fields[name] = _section(kind, f"{path}.{name}", inner)
    doc = "source of every number of the section that has none of its own"
    fields["source"] = Annotated[str, Field(min_length=1, description=doc)]
    name = f"{kind}_{path}".title().replace("_", "").replace(".", "")
    return table(name, fields, cls.__doc__ or "")


def table(name: str, fields: dict[str, Any], doc: str = "") -> Any:
    """The pydantic type of a table that may have these fields and no others."""
    make: Any = TypedDict  # a type checker wants the fields spelt out
    made = make(name, fields, total=False)
    made.__pydantic_config__ = _STRICT
    made.__doc__ = doc
    return made


@dataclass(frozen=True)
class ValueOf:
    """What pydantic asks about the value of a key: how to check it, how to describe it.

    The core schema is handed over ready-made: pydantic needs five times as long to derive it
    from annotations, at every start.
    """

    key: Key

    def __get_pydantic_core_schema__(self, *_: Any) -> core_schema.CoreSchema:
        """The validator of the value alone, without what may stand beside it."""
        key = self.key
        if key.takes_list:
            return core_schema.no_info_plain_validator_function(_copies)
        if issubclass(key.kind, Word):
            check = partial(_word, key.kind, key.words)
            return core_schema.no_info_plain_validator_function(check)
        schema = _plain_schema(key)
        if key.unit is not None:
            check = partial(_quantity, key.unit)
            schema = core_schema.no_info_before_validator_function(check, schema)
        if key.words:
            check = partial(_or_word, key.words)
            schema = core_schema.no_info_wrap_validator_function(check, schema)
        return schema

    def __get_pydantic_json_schema__(
        self, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The value, alone or with what may stand beside it."""
        from recost.hardware.json_schema import json_schema_of

        return json_schema_of(self.key)


def _plain_schema(key: Key) -> core_schema.CoreSchema:
    if key.kind is bool:
        return core_schema.bool_schema(strict=True)
    if key.kind is int:
        low, high = (None if end is None else int(end) for end in (key.minimum, key.maximum))
        return core_schema.int_schema(strict=True, ge=low, le=high)
    return core_schema.float_schema(
        strict=True, allow_inf_nan=False, ge=key.minimum, le=key.maximum
    )


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


def _spread(raw: Any) -> Any:
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        raise _refuse(f"{raw} has no unit; {how_to_write('%')}")
    return _quantity("%", raw)


def _or_word(words: dict[str, Any], raw: Any, handler: Any) -> Any:
    return words[raw] if isinstance(raw, str) and raw in words else handler(raw)


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
    right = whole and 0 < len(raw) <= _LONGEST_LIST and min(raw) >= 1 and max(raw) <= _MOST_COPIES
    if not right:
        raise _refuse(
            f"a list of copies has a whole number from 1 to {_MOST_COPIES} for each layer"
        )
    return tuple(raw)
