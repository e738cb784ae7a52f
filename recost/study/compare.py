"""Designs against a baseline: ratios row by row, then means over the rows."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.cost import Cost
from recost.models.machine import cost
from recost.models.uncertainty import FIGURES, Draws
from recost.network import LayerTable
from recost.study.pricing import Pricing
from recost.study.ratios import RATIOS, UNCERTAIN_RATIOS, ratios
from recost.study.result import Result
from recost.study.rows import (
    LAST_COLUMNS,
    as_hardware,
    as_networks,
    cost_columns,
    cost_row,
    result_of,
)
from recost.study.uncertainty import ends, uncertainty_notes, with_intervals
from recost.vocabulary import HardwareKind, Replication

Array = np.ndarray[Any, Any]

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
    draws: Draws | None = None,
) -> Result:
    """Every network on every machine, and its ratios to the same network on `baseline`.

    speedup = latency of the baseline / own; throughput_speedup and energy_reduction likewise;
    work_reduction = ratio of operation-unit activations; energy_saving_percent =
    100 (1 - own / baseline).  `equal` = ``"crossbars"`` or ``"area"`` gives each machine the
    baseline's total, spent on copies of its slowest layers.  Means over the networks follow for
    each machine.  `draws` adds intervals from the stated spreads of technology numbers, drawn
    for both machines of a ratio together.  Raises InputError.
    """
    if equal not in (None, "crossbars", "area"):
        raise InputError(f"'{equal}' is neither 'crossbars' nor 'area'", key="equal")
    pricing = Pricing(phase, work, draws)
    (baseline,) = as_hardware(baseline)
    references = {
        id(network): _Priced(pricing, baseline, network) for network in as_networks(networks)
    }
    machines = as_hardware(hardware)
    compared = [
        (i, _Compared(_with_equal(machine, network, pricing, equal, reference), reference))
        for i, machine in enumerate(machines)
        for network in as_networks(networks)
        for reference in [references[id(network)]]
    ]
    columns: tuple[str, ...] = (*cost_columns(phase), *RATIOS, *LAST_COLUMNS)
    notes: Sequence[str] = ()
    if draws:
        columns = with_intervals(columns, (*FIGURES, *UNCERTAIN_RATIOS))
        notes = uncertainty_notes([*machines, baseline], draws)
    table = [one.row for _, one in compared]
    behind = [one.cost for one in [*references.values(), *(one.own for _, one in compared)]]
    return result_of(columns, table, behind, "compare", _means(machines, compared), notes)


class _Priced:
    """A machine and a network: the cost, its row, and what draws make of its figures."""

    def __init__(self, pricing: Pricing, machine: Hardware, network: LayerTable) -> None:
        self.cost = pricing.cost(machine, network)
        self.row = cost_row(self.cost)
        self.samples: dict[str, Array] = {}
        if pricing.draws:
            self.samples = pricing.samples(machine, network)


class _Compared:
    """A machine against the baseline: its ratios, and what draws make of them."""

    def __init__(self, own: _Priced, reference: _Priced) -> None:
        self.own = own
        found = {name: float(v) for name, v in ratios(own.row, reference.row).items()}
        self.ratios = {name: None if math.isnan(v) else v for name, v in found.items()}
        self.samples: dict[str, Array] = {}
        if own.samples:
            drawn = ratios(own.row | own.samples, reference.row | reference.samples)
            self.samples = {name: drawn[name] for name in UNCERTAIN_RATIOS}

    @property
    def row(self) -> dict[str, Any]:
        """The row of the comparison."""
        return {**self.own.row, **self.ratios, **ends(self.own.samples | self.samples)}


def _with_equal(
    machine: Hardware,
    network: LayerTable,
    pricing: Pricing,
    equal: str | None,
    reference: _Priced,
) -> _Priced:
    """The machine with the baseline's crossbars, or as many as fit its area.

    How many copies there are is decided once, by the stated values.
    """
    if equal is None:
        return _Priced(pricing, machine, network)
    single = machine
    if machine.kind == HardwareKind.RERAM.text:
        single = machine.replace({"mapping.replication": Replication.NONE.text})
    alone = cost(single, network, pricing.phase)
    wanted, have = _resource(reference.cost, equal), _resource(alone, equal)
    if have > wanted:
        raise InputError(
            f"--equal {equal}: {machine.name} needs {have:.6g} for one copy of {network.name},"
            f" the baseline {reference.cost.hardware.name} has {wanted:.6g}; choose the larger"
            " machine as baseline",
            path=machine.path,
        )
    budget = int(wanted)
    if equal == "area":
        budget = _most_in_area(single, network, pricing.phase, alone, wanted)
    return _Priced(replace(pricing, crossbars=budget), single, network)


def _resource(of: Cost, equal: str) -> float:
    amount = of.crossbars if equal == "crossbars" else of.area_mm2
    if amount is None:
        raise InputError(
            f"--equal {equal}: {of.hardware.name} has no {equal}", path=of.hardware.path
        )
    return float(amount)


def _most_in_area(
    machine: Hardware, network: LayerTable, phase: str, alone: Cost, wanted: float
) -> int:
    """The budget of crossbars that buys the most copies in an area of no more than `wanted`.

    Area rises with crossbars in steps of tiles and chips, so the budget is doubled until it no
    longer fits or buys nothing, then halved upon.
    """
    have = low = alone.crossbars or 1
    high = 2 * low
    while True:
        tried = cost(machine, network, phase, crossbars=high)
        if (tried.area_mm2 or math.inf) > wanted:
            break
        if (tried.crossbars or 0) <= have:
            return high  # no layer can use another copy
        have, low, high = tried.crossbars or 0, high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        tried = cost(machine, network, phase, crossbars=middle)
        if (tried.area_mm2 or math.inf) <= wanted:
            low = middle
        else:
            high = middle
    return low


def _means(
    machines: Sequence[Hardware], compared: Sequence[tuple[int, _Compared]]
) -> list[dict[str, Any]]:
    """Arithmetic, geometric and harmonic means of the ratios over the networks of a machine.

    Machines are told apart by their place on the command line, not by their name.  A geometric
    or harmonic mean exists for positive ratios alone, and for no percentage.  The interval of a
    mean is that of the means of the draws.
    """
    means = []
    for i, machine in enumerate(machines):
        own = [one for at, one in compared if at == i]
        if len({one.own.row["workload"] for one in own}) < 2:
            continue
        for label, mean in MEANS:
            row: dict[str, Any] = {"row": label, "hardware": machine.name}
            for ratio in RATIOS:
                values = [value for one in own if (value := one.ratios[ratio]) is not None]
                if len(values) < len(own):
                    continue
                positive = ratio != "energy_saving_percent" and min(values) > 0.0
                if mean is statistics.fmean or positive:
                    row[ratio] = mean(values)
                    drawn = [one.samples[ratio] for one in own if ratio in one.samples]
                    if drawn:
                        each = [mean(world) for world in np.transpose(drawn).tolist()]
                        row |= ends({ratio: np.array(each)})
            means.append(row)
    return means
