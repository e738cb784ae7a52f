"""Results as studies make them, for tests of what is done with them."""

from __future__ import annotations

from typing import Any

from recost.study.result import Result

COLUMNS = (
    "row",
    "hardware",
    "workload",
    "phase",
    "profile",
    "cycles",
    "ou_activations",
    "latency_s",
    "energy_j",
    "energy_adc_j",
    "area_mm2",
    "crossbars",
    "speedup",
    "energy_reduction",
    "energy_saving_percent",
)


def row(hardware: str, speedup: float, **changes: Any) -> dict[str, Any]:
    """One row of a comparison on a 12.3 ms, 3.2 mJ baseline."""
    return {
        "row": "result",
        "hardware": hardware,
        "workload": "caffenet",
        "phase": "inference",
        "profile": "none",
        "cycles": 123000 / speedup,
        "ou_activations": 10**9,
        "latency_s": 12.3e-3 / speedup,
        "energy_j": 3.2e-3 / speedup,
        "energy_adc_j": 2e-3 / speedup,
        "area_mm2": 85.4,
        "crossbars": 12345,
        "speedup": speedup,
        "energy_reduction": speedup,
        "energy_saving_percent": 100 * (1 - 1 / speedup),
        **changes,
    }


def comparison(**changes: Any) -> Result:
    """A baseline, a design four times as good, and one without crossbars."""
    defaults: dict[str, Any] = {
        "columns": COLUMNS,
        "rows": [row("dense", 1.0), row("sparse", 4.0), row("gpu", 2.0, crossbars=None)],
        "means": [{"row": "geometric mean", "hardware": "sparse", "speedup": 4.0}],
        "notes": ["densities are all 1"],
        "provenance": {"hardware": {"dense": "0123"}},
        "kind": "compare",
        "warnings": ["the ADC is narrower than the sum"],
    }
    return Result(**(defaults | changes))
