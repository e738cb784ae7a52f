"""What policies and elimination leave of the writes and of the computing that training counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.hardware import Hardware
from recost.models.writes import LayerWrites, Written, network_writes
from recost.network import LayerTable
from recost.vocabulary import Granularity, SkippedComputing, UpdatePolicy, WriteScope

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Kept:
    """Shares that are left, a layer each.

    `stored` and `updates` of the energy of writing values and weights; `activations`, `errors` and
    `rows` of the time of writing activations, errors and weights; `forward` and `backward` of the
    energy of products with activations and with errors, and of their time where `timed`.
    """

    stored: Array
    updates: Array
    activations: Array
    errors: Array
    rows: Array
    forward: Array
    backward: Array
    timed: bool


def leaves_all(hardware: Hardware) -> bool:
    """Whether every write of a training is made: SGD, no elimination, unchanged cells too."""
    keys = hardware.writes
    return (
        keys.policy is UpdatePolicy.SGD
        and keys.eliminate is Granularity.NONE
        and not keys.skip_unchanged
        and keys.update_size is None
    )


def kept_writes(hardware: Hardware, network: LayerTable) -> Kept:
    """What the hardware's policy and elimination leave of a training; InputError as `writes`."""
    layers = network_writes(hardware, network).layers
    parts = [{part.kind: part for part in layer.written} for layer in layers]
    ones = np.ones(len(layers))
    skips = hardware.writes.skip_computing
    forward, backward = (
        np.array([1.0 - _left(layer, kind) for layer in layers])
        if skips is not SkippedComputing.NONE
        else ones
        for kind in ("activations", "errors")
    )
    return Kept(
        stored=np.array([_stored_share(part, hardware) for part in parts]),
        updates=np.array([_share(part["weights"], hardware) for part in parts]),
        activations=np.array([_rows(part, "activations") for part in parts]),
        errors=np.array([_rows(part, "errors") for part in parts]),
        rows=np.array([part["weights"].row_share for part in parts]),
        forward=forward,
        backward=backward,
        timed=skips is SkippedComputing.BOTH,
    )


def _left(layer: LayerWrites, kind: str) -> float:
    return next((value.left_out for value in layer.stored if value.kind == kind), 0.0)


def _rows(parts: dict[str, Written], kind: str) -> float:
    return parts[kind].row_share if kind in parts else 1.0


def _share(part: Written, hardware: Hardware) -> float:
    """Share of a population's writes that is paid for: cells, or rows that are written at all."""
    if hardware.writes.energy_scope is WriteScope.CELL:
        whole = part.times / part.places if part.kind != "weights" else part.times
        return float(part.slices.mean()) / whole
    return part.row_share


def _stored_share(parts: dict[str, Written], hardware: Hardware) -> float:
    """The share of activations and errors together."""
    stored = [parts[kind] for kind in ("activations", "errors") if kind in parts]
    values = sum(part.values for part in stored)
    if not values:
        return 1.0
    return sum(part.values * _share(part, hardware) for part in stored) / values
