"""The layer table of networks, and where a hardware puts each layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recost.errors import InputError
from recost.hardware import Hardware
from recost.network import LayerTable
from recost.study.result import Result
from recost.study.rows import as_networks
from recost.vocabulary import HardwareKind

COLUMNS = (
    "workload",
    "layer",
    "kind",
    "groups",
    "rows",
    "columns",
    "vectors",
    "macs",
    "weights",
    "weight_density_percent",
    "activation_density_percent",
)
PLACED = (
    "hardware",
    "cells_per_weight",
    "row_chunks",
    "column_chunks",
    "sets",
    "crossbars",
    "utilisation_percent",
    "cycles",
)


def layers(networks: LayerTable | Sequence[LayerTable], hardware: Hardware | None = None) -> Result:
    """A row a layer: its matrix and work; with `hardware`, its placement on crossbars.

    `crossbars` is one copy of the weights; `cycles` the critical path of one input.
    """
    tables = as_networks(networks)
    rows = []
    for network in tables:
        placed = _placed(network, hardware) if hardware else [{}] * len(network)
        for i, (name, record) in enumerate(network):
            numbers = {key: int(record[key]) for key in COLUMNS[3:9]}
            weights = network.profiles[i].weights.density
            rows.append(
                {
                    "workload": network.name,
                    "layer": name,
                    "kind": network.kinds[i],
                    **numbers,
                    "weight_density_percent": 100.0 * weights,
                    "activation_density_percent": 100.0 * float(record["nonzero"]),
                    **placed[i],
                }
            )
    columns = (*COLUMNS, *PLACED) if hardware else COLUMNS
    notes = [note for network in tables for note in network.notes]
    provenance: dict[str, Any] = {"workloads": {t.name: {"sha256": t.content_hash} for t in tables}}
    if hardware:
        provenance["hardware"] = {hardware.name: {"sha256": hardware.content_hash}}
    return Result(columns, rows, notes=notes, provenance=provenance, kind="layers")


def _placed(network: LayerTable, hardware: Hardware) -> list[dict[str, Any]]:
    if hardware.kind != HardwareKind.RERAM.text:
        raise InputError(f"{hardware.name} has no crossbars to place on", path=hardware.path)
    from recost.hardware.records import structure_record
    from recost.kernels.single import layer_placement
    from recost.models.binding import bind
    from recost.models.inference import infer

    structure = structure_record(hardware)
    bound = bind(network, hardware)
    costs = infer(hardware, network).layers
    rows = []
    for i, cost in enumerate(costs):
        placed = layer_placement(bound[i], structure[0])
        rows.append(
            {
                "hardware": hardware.name,
                "cells_per_weight": placed.cells_per_weight,
                "row_chunks": placed.row_chunks,
                "column_chunks": placed.column_chunks,
                "sets": placed.sets,
                "crossbars": placed.crossbars,
                "utilisation_percent": 100.0 * (cost.utilisation or 0.0),
                "cycles": cost.cycles,
            }
        )
    return rows
