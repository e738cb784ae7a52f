"""What networks cost on machines: in total, by layer, by component."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.cost import Cost
from recost.models.uncertainty import Draws
from recost.network import LayerTable
from recost.study.pricing import Pricing
from recost.study.result import Result
from recost.study.rows import (
    LAST_COLUMNS,
    as_hardware,
    as_networks,
    cost_columns,
    cost_row,
    layer_columns,
    layer_row,
    result_of,
)
from recost.study.uncertainty import ends, uncertainty_notes, with_intervals

COMPONENT_COLUMNS = (
    "row",
    "hardware",
    "workload",
    "phase",
    "work",
    "component",
    "action",
    "count",
    "price_j",
    "energy_j",
    "share_percent",
)


def estimate(
    hardware: Hardware | Sequence[Hardware],
    networks: LayerTable | Sequence[LayerTable],
    *,
    per: str = "total",
    phase: str = "inference",
    work: str | None = None,
    draws: Draws | None = None,
) -> Result:
    """Energy, time and area of every network on every machine.

    `per` is ``"total"`` (a row a pair), ``"layer"`` (a row a layer and one named total) or
    ``"component"`` (a row an action: count times price).  `work` multiplies by the inputs of a
    training's ``"step"``, ``"epoch"`` or ``"run"``.  `draws` adds intervals to totals, from the
    stated spreads of technology numbers.  Raises InputError.
    """
    if per not in ("total", "layer", "component"):
        raise InputError(f"'{per}' is not 'total', 'layer' or 'component'", key="per")
    if draws and per != "total":
        raise InputError("intervals are those of totals: leave --per out", key="--uncertainty")
    pricing = Pricing(phase, work, draws)
    costs = [
        pricing.cost(machine, network)
        for machine in as_hardware(hardware)
        for network in as_networks(networks)
    ]
    if per == "layer":
        return result_of(layer_columns(phase), _layer_rows(costs), costs, "estimate")
    if per == "component":
        return result_of(COMPONENT_COLUMNS, _component_rows(costs), costs, "estimate")
    rows = [cost_row(one) for one in costs]
    columns: tuple[str, ...] = (*cost_columns(phase), *LAST_COLUMNS)
    if draws is None:
        return result_of(columns, rows, costs, "estimate")
    for row, one in zip(rows, costs, strict=True):
        row.update(ends(pricing.samples(one.hardware, one.network)))
    notes = uncertainty_notes(as_hardware(hardware), draws)
    return result_of(with_intervals(columns), rows, costs, "estimate", more_notes=notes)


def _layer_rows(costs: Sequence[Cost]) -> list[dict[str, Any]]:
    rows = []
    for one in costs:
        rows += [layer_row(one, layer) for layer in one.layers]
        columns = layer_columns(one.phase)
        total = {name: value for name, value in cost_row(one).items() if name in columns}
        rows.append({**total, "row": "total", "layer": "total"})
    return rows


def _component_rows(costs: Sequence[Cost]) -> list[dict[str, Any]]:
    rows = []
    for one in costs:
        same = {
            "hardware": one.hardware.name,
            "workload": one.network.name,
            "phase": one.phase,
            "work": one.work,
        }
        for action in one.actions:
            if action.count == 0.0:
                continue
            rows.append(
                {
                    "row": "component",
                    **same,
                    "component": action.component,
                    "action": action.action,
                    "count": action.count,
                    "price_j": action.price_j,
                    "energy_j": action.energy_j,
                    "share_percent": 100.0 * action.energy_j / one.energy_j,
                }
            )
        rows.append({"row": "total", **same, "energy_j": one.energy_j, "share_percent": 100.0})
    return rows
