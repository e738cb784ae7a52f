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
from recost.vocabulary import HardwareKind, Replication

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
    if equal not in (None, "crossbars", "area"):
        raise InputError(f"'{equal}' is neither 'crossbars' nor 'area'", key="equal")
    costs: list[Cost] = []
    rows: list[tuple[int, dict[str, Any]]] = []
    references = {
        id(network): in_work(cost(baseline, network, phase), work)
        for network in as_networks(networks)
    }
    machines = as_hardware(hardware)
    for i, machine in enumerate(machines):
        for network in as_networks(networks):
            reference = references[id(network)]
            own = in_work(_with_equal(machine, network, phase, equal, reference), work)
            costs.append(own)
            rows.append((i, {**cost_row(own), **ratios(own, reference)}))
    columns = (*cost_columns(phase), *RATIOS, *LAST_COLUMNS)
    table = [row for _, row in rows]
    behind = [*references.values(), *costs]
    return result_of(columns, table, behind, "compare", _means(machines, rows))


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
    single = machine
    if machine.kind == HardwareKind.RERAM.text:
        single = machine.replace({"mapping.replication": Replication.NONE.text})
    alone = cost(single, network, phase)
    wanted, have = _resource(reference, equal), _resource(alone, equal)
    if have > wanted:
        raise InputError(
            f"--equal {equal}: {machine.name} needs {have:.6g} for one copy of {network.name},"
            f" the baseline {reference.hardware.name} has {wanted:.6g}; choose the larger machine"
            " as baseline",
            path=machine.path,
        )
    if equal == "crossbars":
        return cost(single, network, phase, crossbars=int(wanted))
    return _fill_area(single, network, phase, alone, wanted)


def _resource(of: Cost, equal: str) -> float:
    amount = of.crossbars if equal == "crossbars" else of.area_mm2
    if amount is None:
        raise InputError(
            f"--equal {equal}: {of.hardware.name} has no {equal}", path=of.hardware.path
        )
    return float(amount)


def _fill_area(
    machine: Hardware, network: LayerTable, phase: str, alone: Cost, wanted: float
) -> Cost:
    """The cost with the most crossbars whose area is no more than `wanted`.

    Area rises with crossbars in steps of tiles and chips, so the budget is doubled until it no
    longer fits or buys nothing, then halved upon.
    """
    best, low = alone, alone.crossbars or 1
    high = 2 * low
    while True:
        tried = cost(machine, network, phase, crossbars=high)
        if (tried.area_mm2 or math.inf) > wanted:
            break
        if (tried.crossbars or 0) <= (best.crossbars or 0):
            return tried  # no layer can use another copy
        best, low, high = tried, high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        tried = cost(machine, network, phase, crossbars=middle)
        if (tried.area_mm2 or math.inf) <= wanted:
            best, low = tried, middle
        else:
            high = middle
    return best


def _means(
    machines: Sequence[Hardware], rows: Sequence[tuple[int, dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Arithmetic, geometric and harmonic means of the ratios over the networks of a machine.

    Machines are told apart by their place on the command line, not by their name.  A geometric
    or harmonic mean exists for positive ratios alone, and for no percentage.
    """
    means = []
    for i, machine in enumerate(machines):
        own = [row for at, row in rows if at == i]
        if len({row["workload"] for row in own}) < 2:
            continue
        for label, mean in MEANS:
            row: dict[str, Any] = {"row": label, "hardware": machine.name}
            for ratio in RATIOS:
                values = [one[ratio] for one in own]
                if any(value is None for value in values):
                    continue
                positive = ratio != "energy_saving_percent" and min(values) > 0.0
                if mean is statistics.fmean or positive:
                    row[ratio] = mean(values)
            means.append(row)
    return means
