"""The columns of a machine with crossbars in inference, from the totals that kernels give."""

from __future__ import annotations

from typing import Any

import numpy as np

from recost.models.inference import COMPONENT_NAMES
from recost.vocabulary import TOTALS, Total

Array = np.ndarray[Any, Any]

# Numbers that are no totals: of the structure, and of the network.
_CYCLE_TIME, _DIGITAL, _UNMODELLED = range(TOTALS, TOTALS + 3)
_ROWS = TOTALS + 3

#: Each number, and the row of a `sheet` that has it.
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


def sheet(points: int) -> Array:
    """Room for the numbers of points, one after the other for all points: [rows, points]."""
    made: Array = np.empty((_ROWS, points + _APART))[:, :points]
    made[_DIGITAL] = 0.0  # crossbars do it all
    return made


def complete(
    numbers: Array, points: Array | slice, cycle_time_s: Array, unmodelled_percent: float
) -> None:
    """Put in what totals do not say of some of the points of a `sheet`."""
    numbers[_CYCLE_TIME, points] = cycle_time_s
    numbers[_UNMODELLED, points] = unmodelled_percent
