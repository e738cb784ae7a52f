"""The values of one key of a space: what they put into records, rules and columns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from recost.errors import Fault, InputError
from recost.hardware.keys import Key
from recost.hardware.provenance import Setting
from recost.hardware.sections import key_table
from recost.hardware.settings import read_settings
from recost.kernels.digits import pick

Array = np.ndarray[Any, Any]

# Faults of one key that are worth reading.
_MOST_FAULTS = 5


class Varied(Protocol):
    """A key and the values that it takes, as `recost.study.space.Axis` has them."""

    @property
    def key(self) -> str:
        """The dotted key of the file."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The values of a list, as ``--set`` takes them."""

    @property
    def continuous(self) -> bool:
        """Whether any value of an interval may be taken."""

    @property
    def low(self) -> float:
        """The lower end of an interval."""

    @property
    def high(self) -> float:
        """The upper end of an interval."""

    def text(self, value: float) -> str:
        """A value of an interval as ``--set`` takes it."""

    def first(self) -> str:
        """Some value, as ``--set`` takes it."""


def number(value: Any, text: str) -> int | float | str:
    """The value of a key as a column shows it: numbers in SI, else the words of the file."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if type(value) in (int, float) else text


class Levels:
    """What one axis puts into records and columns."""

    def __init__(self, kind: str, axis: Varied) -> None:
        table = key_table(kind)
        if axis.continuous and axis.key in table and table[axis.key].kind is not float:
            raise InputError("takes no interval: list its values", key=f"--vary {axis.key}")
        texts = axis.texts or (axis.text(axis.low), axis.text(axis.high))
        faults: list[Fault] = []
        settings = []
        for text in texts:
            found, wrong = read_settings(kind, {axis.key: text}, "--vary")
            faults += [fault for fault in wrong if fault not in faults]
            settings += list(found.values())
            if len(faults) >= _MOST_FAULTS or (faults and axis.key not in table):
                break
        if faults:
            raise InputError(faults)
        self.axis = axis
        self.key: Key = table[axis.key]
        self._kind, self.settings = kind, settings
        values = [setting.value for setting in settings]
        self.shown = [number(v, t) for v, t in zip(values, texts, strict=True)]
        plain = all(type(value) in (int, float, bool) for value in values)
        self.codes: Array | None = np.array(values, float) if plain else None
        number_at = [type(value) in (int, float) for value in values]
        self._words = np.where(number_at, -1, np.arange(len(values)))
        known = [value if there else 0 for value, there in zip(values, number_at, strict=True)]
        self._numbers = np.array(known, np.int64 if self.key.kind is int else float)
        words = any(type(value) is str for value in self.shown)
        self._column = np.array([str(value) for value in self.shown] if words else self.shown)

    def between(self, value: float) -> Setting:
        """A value of an interval as a setting; raises InputError for one that cannot be.

        Its number is the one that records have; the text, read again, may be off in the last bit.
        """
        found, faults = read_settings(self._kind, {self.axis.key: self.axis.text(value)}, "--vary")
        if faults:
            raise InputError(faults)
        return replace(found[self.axis.key], value=float(self.in_si(np.array([value]))[0]))

    def in_si(self, values: Array) -> Array:
        """Values of an interval, given in its own unit, in SI."""
        assert self.codes is not None
        low, high = float(self.codes[0]), float(self.codes[1])
        share = (values - self.axis.low) / (self.axis.high - self.axis.low)
        scaled = values * (high / self.axis.high) if self.axis.high else low + (high - low) * share
        return np.asarray(scaled)

    def words(self, places: Array) -> Array:
        """Which of the levels points have, -1 for a number: such machines are made at once."""
        return np.full(len(places), -1) if self.axis.continuous else self._words[places]

    def numbers(self, places: Array, values: Array) -> Array:
        """The values at points, all numbers, as rules take them."""
        return self.in_si(values) if self.axis.continuous else self._numbers[places]

    def put(self, places: Array, values: Array, fields: Array) -> None:
        """Put in the record's field what belongs there at the points."""
        if self.axis.continuous:
            fields[:] = self.in_si(values)
            return
        assert self.codes is not None
        if fields.dtype == self.codes.dtype:
            pick(self.codes, places, fields)
        else:
            fields[:] = self.codes[places]

    def column(self, places: Array, values: Array) -> Array:
        """What the column of the axis shows at points: numbers in SI, or words."""
        if self.axis.continuous:
            return self.in_si(values)
        found: Array = self._column[places]
        return found
