"""The columns of a machine with crossbars in inference, from the totals that kernels give."""

from __future__ import annotations

from typing import Any

import numpy as np

from recost.models.inference import COMPONENT_NAMES
from recost.network import LayerTable
from recost.vocabulary import COMPONENTS, Total

Array = np.ndarray[Any, Any]

NUMBERS = (
    "cycles",
    "cycle_time_s",
    "ou_activations",
    "adc_conversions",
    "latency_s",
    "throughput_per_s",
    "energy_j",
    *(f"energy_{name}_j" for name in COMPONENT_NAMES),
    "energy_digital_j",
    "power_w",
    "area_mm2",
    "crossbars",
    "chips",
    "unmodelled_macs_percent",
)


def numbers_of(network: LayerTable, cycle_time_s: Array, totals: Array) -> Array:
    """The columns of `NUMBERS` of points, from their cycle time and `Total`s [points, TOTALS]."""
    interval = totals[:, Total.INTERVAL]
    with np.errstate(divide="ignore"):
        throughput = np.where(interval > 0.0, 1.0 / interval, np.nan)
    energy = totals[:, :COMPONENTS].sum(axis=1)
    unmodelled = network.unmodelled_macs
    columns = [
        totals[:, Total.CYCLES],
        cycle_time_s,
        totals[:, Total.OU_ACTIVATIONS],
        totals[:, Total.ADC_CONVERSIONS],
        totals[:, Total.LATENCY],
        throughput,
        energy,
        *totals[:, :COMPONENTS].T,
        np.zeros(len(totals)),  # crossbars do it all
        energy * throughput,
        totals[:, Total.AREA],
        totals[:, Total.CROSSBARS],
        totals[:, Total.CHIPS],
        np.full(len(totals), 100.0 * unmodelled / (network.macs + unmodelled)),
    ]
    return np.stack(columns).T
