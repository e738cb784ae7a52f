"""The key table: what a hardware file may say, in one list that everything else is made from.

A section of a file is a frozen dataclass whose fields are made with `key`; the field's metadata
holds unit, range, default and meaning.  The validator, the JSON Schema, the reference in the
README, the skeleton of a new file and the record arrays that kernels read all come from it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from recost.units import UNITS, how_to_write
from recost.vocabulary import Word


class Default(Enum):
    """What stands for a key that no file gives, where it is not a value."""

    REQUIRED = "required"
    DERIVED = "derived"  # from other keys, after all files and settings are merged


REQUIRED = Default.REQUIRED
DERIVED = Default.DERIVED

# `structure`: the counts of actions, or the length of a cycle, depend on it; `technology`: only
# prices depend on it; `none`: no kernel reads it.
Part = Literal["structure", "technology", "none"]

# What a quantity can plausibly be.  The ends only keep slips of a prefix by many orders, and
# with them overflow, out of the results.
RANGES: dict[str, tuple[float, float]] = {
    "J": (0.0, 1e-3),
    "J/bit": (0.0, 1e-3),
    "s": (1e-15, 1e6),
    "W": (0.0, 1e6),
    "V": (1e-6, 1e6),
    "A": (1e-18, 1e6),
    "ohm": (1e-3, 1e18),
    "S/s": (1.0, 1e18),
    "FLOP/s": (1.0, 1e24),
    "B/s": (1.0, 1e18),
    "mm2": (0.0, 1e6),
    "mm2/bit": (0.0, 1.0),
    "%": (0.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class _Field:
    """The metadata of a dataclass field made by `key`."""

    doc: str
    default: Any
    unit: str | None
    minimum: float | None
    maximum: float | None
    words: tuple[tuple[str, Any], ...]
    part: Part


def key(
    default: Any,
    doc: str,
    *,
    unit: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    words: dict[str, Any] | None = None,
    part: Part = "structure",
) -> Any:
    """Make a dataclass field that is a key of a file.

    Parameters
    ----------
    default : the value, `REQUIRED`, or `DERIVED` from other keys
    doc : one phrase for the reference
    unit : a key of `recost.units.UNITS`, or ``"%"`` for a share; none for a plain value
    minimum, maximum : the range; a unit brings its own
    words : texts that may stand instead of a value, each with what it means
    part : which record array it goes into
    """
    low, high = RANGES.get(unit or "", (None, None))
    words = words or ({"auto": DERIVED} if default is DERIVED else {})
    metadata = _Field(
        doc,
        default,
        unit,
        low if minimum is None else minimum,
        high if maximum is None else maximum,
        tuple(words.items()),
        part,
    )
    # The dataclass itself has no defaults: every value comes out of `resolve`.
    return dataclasses.field(metadata={"key": metadata})


def subsection() -> Any:
    """Make a dataclass field that is a section inside a section."""
    return dataclasses.field()


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a file.

    Attributes
    ----------
    section, name : as the file spells them
    path : the dotted key, as ``--set`` takes it
    record_field : the field of the record array
    attribute : the field of the section's dataclass, which ends in the unit
    kind : int, float, bool, or a `Word`
    optional : whether the value may be None (not known)
    takes_list : whether a list of whole numbers may stand instead of a word
    """

    section: str
    name: str
    attribute: str
    kind: type
    optional: bool
    takes_list: bool
    unit: str | None
    default: Any
    minimum: float | None
    maximum: float | None
    words: dict[str, Any]
    part: Part
    doc: str
    path: str = dataclasses.field(init=False)
    record_field: str = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        # Asked for hundreds of times a machine.
        object.__setattr__(self, "path", f"{self.section}.{self.name}")
        field = f"{self.section}_{self.attribute}".replace(".", "_")
        object.__setattr__(self, "record_field", field)

    @property
    def sourced(self) -> bool:
        """Whether it is a technology number, which has to say where it comes from."""
        return self.unit is not None or (self.part == "technology" and self.kind in (int, float))

    @property
    def expected(self) -> str:
        """What to write, for a message: ``a whole number``, ``one of 'none', 'bit'``."""
        if self.unit is not None:
            text = "a quantity " + how_to_write(self.unit).removeprefix("write it ")
        elif issubclass(self.kind, Word):
            text = "one of " + ", ".join(f"'{word}'" for word in self.kind.words())
        else:
            text = _EXPECTED[self.kind]
        if self.takes_list:
            text += ", or a list of whole numbers"
        for word in self.words:
            text += f', or "{word}"'
        return text


_EXPECTED: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
}


@cache
def keys_of_section(section: str, cls: type) -> tuple[Key, ...]:
    """The keys of a section's dataclass, those of its subsections after them."""
    hints = get_type_hints(cls)
    found: list[Key] = []
    below: list[Key] = []
    for field in dataclasses.fields(cls):
        kind, *others = _alternatives(hints[field.name])
        if dataclasses.is_dataclass(kind):
            below += keys_of_section(f"{section}.{field.name}", kind)
            continue
        made: _Field = field.metadata["key"]
        suffix = UNITS[made.unit].suffix if made.unit in UNITS else ""
        found.append(
            Key(
                section=section,
                name=field.name.removesuffix(suffix),
                attribute=field.name,
                kind=kind,
                optional=NoneType in others,
                takes_list=tuple in others,
                unit=made.unit,
                default=made.default,
                minimum=made.minimum,
                maximum=made.maximum,
                words=dict(made.words),
                part=made.part,
                doc=made.doc,
            )
        )
    return (*found, *below)


def _alternatives(hint: Any) -> list[type]:
    """The types that an annotation allows, in its order, without their parameters."""
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return [get_origin(part) or part for part in parts]


@cache
def subsections(cls: type) -> tuple[tuple[str, type], ...]:
    """Name and dataclass of the sections inside a section."""
    hints: dict[str, Any] = get_type_hints(cls)
    inner = ((n, h) for n, h in hints.items() if isinstance(h, type))
    return tuple((name, hint) for name, hint in inner if dataclasses.is_dataclass(hint))
