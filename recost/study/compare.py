"""Designs against a baseline: ratios row by row, then means over the rows."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.cost import Cost
from recost.models.machine import cost
from recost.network import LayerTable
from recost.study.result import Result
from recost.study.rows import (
    LAST_COLUMNS,
    as_hardware,
    as_networks,
    cost_columns,
    cost_row,
    in_work,
    result_of,
)

RATIOS = (
    "speedup",
    "throughput_speedup",
    "work_reduction",
    "energy_reduction",
    "energy_saving_percent",
)
MEANS: tuple[tuple[str, Callable[[Sequence[float]], float]], ...] = (
    ("arithmetic mean", statistics.fmean),
    ("geometric mean", statistics.geometric_mean),
    ("harmonic mean", statistics.harmonic_mean),
)


def compare(
    hardware: Hardware | Sequence[Hardware],
    networks: LayerTable | Sequence[LayerTable],
    *,
    baseline: Hardware,
    phase: str = "inference",
    work: str | None = None,
    equal: str | None = None,
) -> Result:
    """Every network on every machine, and its ratios to the same network on `baseline`.

    speedup = latency of the baseline / own; throughput_speedup and energy_reduction likewise;
    work_reduction = ratio of operation-unit activations; energy_saving_percent =
    100 (1 - own / baseline).  `equal` = ``"crossbars"`` or ``"area"`` gives each machine the
    baseline's total, spent on copies of its slowest layers.  Means over the networks follow for
    each machine.  Raises InputError.
    """
    costs: list[Cost] = []
    rows: list[dict[str, Any]] = []
    references = {
        id(network): in_work(cost(baseline, network, phase), work)
        for network in as_networks(networks)
    }
    for machine in as_hardware(hardware):
        for network in as_networks(networks):
            reference = references[id(network)]
            own = in_work(_with_equal(machine, network, phase, equal, reference), work)
            costs.append(own)
            rows.append({**cost_row(own), **ratios(own, reference)})
    columns = (*cost_columns(phase), *RATIOS, *LAST_COLUMNS)
    return result_of(columns, rows, [*references.values(), *costs], "compare", _means(rows))


def ratios(own: Cost, reference: Cost) -> dict[str, float | None]:
    """The columns of `RATIOS`; None where one of the two machines has no such quantity."""
    return {
        "speedup": _ratio(reference.latency_s, own.latency_s),
        "throughput_speedup": _ratio(own.throughput_per_s, reference.throughput_per_s),
        "work_reduction": _ratio(reference.ou_activations, own.ou_activations),
        "energy_reduction": _ratio(reference.energy_j, own.energy_j),
        "energy_saving_percent": _saving(own.energy_j, reference.energy_j),
    }


def _ratio(above: float | None, below: float | None) -> float | None:
    """The quotient; None where one of them does not apply or the machine does nothing."""
    return above / below if above is not None and below else None


def _saving(own: float, reference: float) -> float | None:
    return 100.0 * (1.0 - own / reference) if reference else None


def _with_equal(
    machine: Hardware, network: LayerTable, phase: str, equal: str | None, reference: Cost
) -> Cost:
    """The cost with the baseline's crossbars, or as many as fit its area."""
    if equal is None:
        return cost(machine, network, phase)
    wanted = reference.crossbars if equal == "crossbars" else reference.area_mm2
    alone = cost(machine, network, phase)
    have = alone.crossbars if equal == "crossbars" else alone.area_mm2
    if wanted is None or have is None:
        missing = reference if wanted is None else alone
        raise InputError(
            f"--equal {equal}: {missing.hardware.name} has no {equal}", path=missing.hardware.path
        )
    if have > wanted:
        raise InputError(
            f"--equal {equal}: {machine.name} needs {have:.6g} for one copy of {network.name},"
            f" the baseline {reference.hardware.name} has {wanted:.6g}; choose the larger machine"
            " as baseline",
            path=machine.path,
        )
    if equal == "crossbars":
        return cost(machine, network, phase, crossbars=int(wanted))
    # Area grows with the crossbars in steps of tiles: the most that still fit, by bisection.
    low, high = alone.crossbars or 1, math.ceil((alone.crossbars or 1) * wanted / have) + 1
    best = alone
    while low < high:
        middle = (low + high + 1) // 2
        tried = cost(machine, network, phase, crossbars=middle)
        if (tried.area_mm2 or math.inf) <= wanted:
            low, best = middle, tried
        else:
            high = middle - 1
    return best


def _means(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Arithmetic, geometric and harmonic means of the ratios over the networks of a machine."""
    means = []
    for name in dict.fromkeys(row["hardware"] for row in rows):
        own = [row for row in rows if row["hardware"] == name]
        if len(own) < 2:
            continue
        for label, mean in MEANS:
            row: dict[str, Any] = {"row": label, "hardware": name}
            for ratio in RATIOS:
                values = [one[ratio] for one in own]
                # A geometric or harmonic mean exists for positive numbers alone.
                if all(value is not None and value > 0.0 for value in values):
                    row[ratio] = mean(values)
            means.append(row)
    return means
