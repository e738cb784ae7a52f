"""Training layer by layer, each by itself, as PANTHER publishes it; and what a block costs."""

from __future__ import annotations

from typing import Any

from recost.hardware import Hardware
from recost.models.training import action_list, training_figures
from recost.models.training_prices import block_prices
from recost.network import LayerTable
from recost.study.life_case import provenance_of
from recost.study.result import Result

COLUMNS = (
    "row",
    "hardware",
    "workload",
    "layer",
    "kind",
    "energy_j",
    "energy_write_j",
    "write_share_percent",
    "energy_reduction",
)
BLOCK_COLUMNS = ("row", "hardware", "operation", "energy_j", "energy_reduction")


def training_layers(
    hardware: Hardware, network: LayerTable, batch: int, baseline: Hardware | None = None
) -> Result:
    """Energy of one example of a batch, a row a layer, and its ratio to the baseline's.

    Each layer stands by itself: with a backward product also in the first, and with inputs from
    inside the chip.  `write_share_percent` is that of serial reads and writes and of stored values.
    Raises InputError where a machine cannot train or its copies do not allow the batch.
    """
    own = _energies(hardware, network, batch)
    other = _energies(baseline, network, batch) if baseline else None
    rows: list[dict[str, Any]] = []
    for i, (name, kind) in enumerate(zip(network.names, network.kinds, strict=True)):
        energy, written = float(own["all"][i]), float(own["write"][i])
        rows.append(
            {
                "row": "layer",
                "hardware": hardware.name,
                "workload": network.name,
                "layer": name,
                "kind": kind,
                "energy_j": energy,
                "energy_write_j": written,
                "write_share_percent": 100.0 * written / energy,
                "energy_reduction": float(other["all"][i]) / energy if other else None,
            }
        )
    machines = (hardware, baseline) if baseline else (hardware,)
    return Result(COLUMNS, rows, provenance=provenance_of(machines, (network,)), kind="training")


def _energies(hardware: Hardware, network: LayerTable, batch: int) -> dict[str, Any]:
    """Joules of each layer, in all and of its writes."""
    actions = action_list(training_figures(hardware, network, batch, alone=True))
    written = [n * price for part, _, n, price in actions if part == "write"]
    return {"all": sum(n * price for _, _, n, price in actions), "write": sum(written)}


def block_operations(hardware: Hardware, baseline: Hardware | None = None) -> Result:
    """Energy of a product of one vector with a block of weights, and of an outer product."""
    own = block_prices(hardware)
    other = block_prices(baseline) if baseline else None
    rows = []
    for operation, attribute in (
        ("product", "product_j"),
        ("outer product", "whole_outer_product_j"),
    ):
        energy = getattr(own, attribute)
        rows.append(
            {
                "row": "block",
                "hardware": hardware.name,
                "operation": operation,
                "energy_j": energy,
                "energy_reduction": getattr(other, attribute) / energy if other else None,
            }
        )
    machines = (hardware, baseline) if baseline else (hardware,)
    return Result(BLOCK_COLUMNS, rows, provenance=provenance_of(machines, ()), kind="training")
