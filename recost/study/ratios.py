"""A cost against that of a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

RATIOS = (
    "speedup",
    "throughput_speedup",
    "work_reduction",
    "energy_reduction",
    "energy_saving_percent",
)
#: The ratios that prices and times decide.
UNCERTAIN_RATIOS = tuple(name for name in RATIOS if name != "work_reduction")
#: The columns of a cost that ratios are of.
COMPARED = ("latency_s", "throughput_per_s", "ou_activations", "energy_j")


def ratios(own: Mapping[str, Any], reference: Mapping[str, Any]) -> dict[str, Array]:
    """The columns of `RATIOS` from `COMPARED` of two costs, numbers or arrays of many.

    speedup = latency of the baseline / own; throughput_speedup and energy_reduction likewise;
    work_reduction = ratio of operation-unit activations; energy_saving_percent =
    100 (1 - own / baseline).  NaN where one of the two has no such quantity, or none of it.
    """
    saved = _over(own["energy_j"], reference["energy_j"])
    return {
        "speedup": _over(reference["latency_s"], own["latency_s"]),
        "throughput_speedup": _over(own["throughput_per_s"], reference["throughput_per_s"]),
        "work_reduction": _over(reference["ou_activations"], own["ou_activations"]),
        "energy_reduction": _over(reference["energy_j"], own["energy_j"]),
        "energy_saving_percent": 100.0 * (1.0 - saved),
    }


def _over(above: Any, below: Any) -> Array:
    """The quotient; None stands for what does not apply."""
    above, below = np.asarray(above, float), np.asarray(below, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Array = np.where(below == 0.0, np.nan, above / below)
    return found
