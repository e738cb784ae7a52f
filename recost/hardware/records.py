"""Hardware as the kernels read it: one record of structure and one of technology.

The dtypes are generated from the key table: field ``SECTION_ATTRIBUTE`` for each key, i8 for
whole numbers, truth values and words (their code), f8 for everything else.  A value that is not
known is -1 or nan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from recost.hardware.hardware import Hardware
from recost.hardware.keys import Key
from recost.hardware.sections import keys_of_kind
from recost.vocabulary import Replication


def _dtype(part: str) -> np.dtype[np.void]:
    fields = [(k.record_field, "f8" if k.kind is float else "i8") for k in _keys(part)]
    return np.dtype(fields, align=True)


def _keys(part: str) -> Iterable[Key]:
    return (key for key in keys_of_kind("reram") if key.part == part)


STRUCTURE_DTYPE = _dtype("structure")
TECHNOLOGY_DTYPE = _dtype("technology")


def structure_record(hardware: Hardware) -> npt.NDArray[np.void]:
    """What the counts of a hardware depend on; an array of length 1 of `STRUCTURE_DTYPE`."""
    return _record(hardware, "structure", STRUCTURE_DTYPE)


def technology_record(hardware: Hardware) -> npt.NDArray[np.void]:
    """The prices of a hardware; an array of length 1 of `TECHNOLOGY_DTYPE`."""
    return _record(hardware, "technology", TECHNOLOGY_DTYPE)


@cache
def _fields(part: str) -> tuple[tuple[Key, ...], Callable[[Hardware], Any]]:
    """The keys of a record, and what gets the values of all of them out of a hardware."""
    keys = tuple(_keys(part))
    return keys, attrgetter(*(f"{key.section}.{key.attribute}" for key in keys))


def _record(hardware: Hardware, part: str, dtype: np.dtype[np.void]) -> npt.NDArray[np.void]:
    keys, values = _fields(part)
    return np.array([tuple(map(_code, keys, values(hardware)))], dtype)


def records_of(part: str, values: Mapping[str, Any], count: int) -> npt.NDArray[np.void]:
    """Records of so many machines whose values, by dotted key, are one for all or one for each."""
    records = np.empty(count, STRUCTURE_DTYPE if part == "structure" else TECHNOLOGY_DTYPE)
    for key in _fields(part)[0]:
        value = values[key.path]
        records[key.record_field] = value if isinstance(value, np.ndarray) else _code(key, value)
    return records


def _code(key: Key, value: Any) -> float:
    if value is None:
        return math.nan if key.kind is float else -1
    if isinstance(value, tuple):  # the list itself stays with the hardware
        return int(Replication.LIST)
    return float(value) if key.kind is float else int(value)
