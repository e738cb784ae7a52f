"""The columns of a machine with crossbars in inference, from the totals that kernels give."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from recost.models.inference import COMPONENT_NAMES
from recost.vocabulary import TOTALS, Total

Array = np.ndarray[Any, Any]

# Numbers that are no totals: of the structure, and of the network.
_CYCLE_TIME, _DIGITAL, _UNMODELLED = range(TOTALS, TOTALS + 3)
_ROWS = TOTALS + 3

#: Each number, and the row of a `Sheet` that has it.
NUMBERS = {
    "cycles": int(Total.CYCLES),
    "cycle_time_s": _CYCLE_TIME,
    "ou_activations": int(Total.OU_ACTIVATIONS),
    "adc_conversions": int(Total.ADC_CONVERSIONS),
    "latency_s": int(Total.LATENCY),
    "throughput_per_s": int(Total.THROUGHPUT),
    "energy_j": int(Total.ENERGY),
    **{f"energy_{name}_j": i for i, name in enumerate(COMPONENT_NAMES)},
    "energy_digital_j": _DIGITAL,
    "power_w": int(Total.POWER),
    "area_mm2": int(Total.AREA),
    "crossbars": int(Total.CROSSBARS),
    "chips": int(Total.CHIPS),
    "unmodelled_macs_percent": _UNMODELLED,
}

# Rows a power of two apart would share a few lines of the processor's caches.
_APART = 8


def room(rows: int, points: int) -> Array:
    """Room for numbers of points, one after the other for all points: [rows, points or more]."""
    return np.empty((rows, points + _APART))


@lru_cache(maxsize=512, typed=True)
def repeated_number(value: float | int, count: int) -> Array:
    """A column of one number, which takes no room; read-only.  As `numpy.broadcast_to`, sooner.

    Zeros are alike, whatever their sign.
    """
    one = np.asarray(value)
    return np.ndarray(count, one.dtype, one.tobytes(), strides=(0,))


def is_repeated(column: Array) -> bool:
    """Whether a column is one word or number over and over, which takes no room."""
    return column.strides == (0,)


class Sheet:
    """The numbers of so many points; one that is the same at all of them takes no room."""

    def __init__(self, points: int) -> None:
        self.points = points
        self._columns: dict[int, Array] = {}
        self._rows: Array | None = None

    def say(self, row: int, points: Array | slice, value: float | Array) -> None:
        """Note what a row has: at some points, or at all if they are a slice."""
        if not isinstance(points, slice):
            self._all()[row, points] = value
        elif isinstance(value, float):
            self._columns[row] = repeated_number(value, self.points)
        else:
            self._columns[row] = value

    def complete(
        self, points: Array | slice, cycle_time_s: float | Array, unmodelled: float
    ) -> None:
        """Put in what totals do not say of points: if they are a slice, of all."""
        self.say(_DIGITAL, points, 0.0)  # crossbars do it all
        self.say(_UNMODELLED, points, unmodelled)
        self.say(_CYCLE_TIME, points, cycle_time_s)

    def _all(self) -> Array:
        """Room for all numbers of all points, where they come in parts."""
        if self._rows is None:
            self._rows = room(_ROWS, self.points)[:, : self.points]
            self._columns = dict(enumerate(self._rows))
        return self._rows

    def numbers(self, possible: Array | None = None) -> dict[str, Array]:
        """Columns by name, NaN where not `possible`; read-only where all of one is alike."""
        columns = self._columns or dict(enumerate(self._all()))
        if possible is None:
            return {name: columns[row] for name, row in NUMBERS.items()}
        return {name: np.where(possible, columns[row], np.nan) for name, row in NUMBERS.items()}
