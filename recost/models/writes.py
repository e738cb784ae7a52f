"""What a training writes into cells, layer by layer: counts, energy and time.

Counts: weights by slice (`updates`), stored activations and errors (`stored`), carry resolution.
The rows of an array are written one after the other, the cells of a row together, so a row takes as
many pulses as its slowest cell; arrays are written side by side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recost.hardware import Hardware
from recost.models.stored import StoredValues, stored_values
from recost.models.updates import LayerUpdates, layer_updates, recipe_steps
from recost.network import LayerTable
from recost.vocabulary import Granularity, TrainingUpdate, WriteScope

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Written:
    """One population of a layer's cells: what is written, on average, each time it is written.

    Attributes
    ----------
    kind : weights, activations or errors
    values : weights or stored values that are written together each time, all copies
    places : how often that many cells exist: the depth of a buffer, 1 for weights
    times : how often it is written in a training
    slices : writes of each slice of a value in a training, least significant first
    rows : rows of arrays that hold the values
    sequential : rows of the fullest array, which are written one after the other
    row_share : P(a row is written at all) each time
    cells : cells written in a row that is written
    """

    kind: str
    values: float
    places: float
    times: float
    slices: Array
    rows: float
    sequential: int
    row_share: float
    cells: float

    @property
    def cell_writes(self) -> float:
        """Cells written in a training."""
        return self.values * self.places * float(self.slices.sum())


@dataclass(frozen=True, eq=False)
class LayerWrites:
    """A layer's writes in one training; joules and seconds are None where no price is given.

    `energy_j` is for the whole training; `update_time_s` for one weight update, `store_time_s`
    for one image's activations and errors.
    """

    name: str
    updates: LayerUpdates
    written: tuple[Written, ...]
    stored: tuple[StoredValues, ...]
    energy_j: float | None
    update_time_s: float | None
    store_time_s: float | None

    @property
    def cell_writes(self) -> float:
        """Cells written in a training."""
        return sum(part.cell_writes for part in self.written)


@dataclass(frozen=True, eq=False)
class NetworkWrites:
    """The writes of a training on a machine.

    `images` passes the network; layers update their weights and store their values side by side,
    so each takes as long as its slowest layer.
    """

    hardware: Hardware
    network: LayerTable
    images: int
    layers: tuple[LayerWrites, ...]
    notes: tuple[str, ...]

    @property
    def energy_j(self) -> float | None:
        """Energy of all writes of a training."""
        parts = [layer.energy_j for layer in self.layers]
        return None if None in parts else sum(part for part in parts if part is not None)

    @property
    def update_time_s(self) -> float | None:
        """Time of one weight update."""
        return _slowest(layer.update_time_s for layer in self.layers)

    @property
    def store_time_s(self) -> float | None:
        """Time in which one image's activations and errors are stored."""
        return _slowest(layer.store_time_s for layer in self.layers)

    def exposed_s(self, interval_s: float) -> float | None:
        """Time of one training that writes add to a pipeline with this interval between images.

        Updates are never hidden: the next batch needs the new weights.  Storing hides behind
        computing where `writes.overlap` (double buffers), as far as it takes no longer.
        """
        update, store = self.update_time_s, self.store_time_s
        if update is None or store is None:
            return None
        hidden = min(store, interval_s) if self.hardware.writes.overlap else 0.0
        return recipe_steps(self.network) * update + self.images * (store - hidden)


def _slowest(times: Any) -> float | None:
    parts = list(times)
    return None if None in parts else max(parts)


def network_writes(hardware: Hardware, network: LayerTable) -> NetworkWrites:
    """What one training of a network writes on a machine; InputError where it cannot be told."""
    recipe_steps(network)
    assert network.recipe is not None
    images = network.recipe.images * network.recipe.epochs
    layers = tuple(_layer(hardware, network, i, images) for i in range(len(network)))
    return NetworkWrites(hardware, network, images, layers, tuple(_notes(layers, hardware)))


def _notes(layers: tuple[LayerWrites, ...], hardware: Hardware) -> list[str]:
    notes = []
    if not all(layer.updates.gradients.sized for layer in layers):
        notes.append(
            f"{hardware.name}: the size of updates is not known (writes.update_size, or a profile"
            " with gradients), so every written update writes every slice"
        )
    return notes


def _layer(hardware: Hardware, network: LayerTable, index: int, images: int) -> LayerWrites:
    updates = layer_updates(network, index, hardware)
    stored = stored_values(network, index, hardware)
    assert network.recipe is not None
    weights = _weights(hardware, network.records[index], updates, network.recipe.batch)
    written = (
        weights,
        *(_stored(hardware, values, images) for values in stored),
        *_carries(hardware, weights, images),
    )
    times = [_time_s(part, hardware) for part in written]
    update = None if times[0] is None else times[0] / updates.steps
    parts = [t for part, t in zip(written, times, strict=True) if part.kind in _STORED]
    store = None if None in times else sum(t for t in parts if t is not None) / images
    energies = [write_energy_j(part, hardware) for part in written]
    energy = None if None in energies else sum(e for e in energies if e is not None)
    return LayerWrites(network.names[index], updates, written, stored, energy, update, store)


_STORED = ("activations", "errors")


def copies_of_weights(hardware: Hardware, batch: int) -> int:
    """How often every weight is stored and updated: `writes.transposed`, `training.copies`.

    An outer-product machine without a variant keeps one copy for single examples, else two.
    """
    copies = 2 if hardware.writes.transposed else 1
    training = hardware.training
    if training.update is None:
        return copies
    return max(copies, training.copies or (1 if batch == 1 else 2))


def _weights(hardware: Hardware, record: Any, updates: LayerUpdates, batch: int) -> Written:
    """The weights of a layer; only the cells of their own sign are written."""
    copies = copies_of_weights(hardware, batch)
    groups, rows, columns = (int(record[name]) for name in ("groups", "rows", "columns"))
    per_row = min(columns, hardware.crossbar.columns // len(updates.slices) or 1)
    chunks = -(-columns // per_row)
    changes = updates.slices / updates.steps
    together = updates.mean / updates.steps
    by_row = hardware.writes.structure in (
        Granularity.ROW,
        Granularity.OPERATION_UNIT,
        Granularity.CROSSBAR,
    )
    share, cells = _row(changes, per_row, together if by_row else 1.0)
    return Written(
        "weights",
        updates.weights * copies,
        1.0,
        updates.steps,
        updates.slices,
        float(groups * rows * chunks * copies),
        min(rows, hardware.crossbar.rows),
        share,
        cells,
    )


def _stored(hardware: Hardware, values: StoredValues, images: int) -> Written:
    slices = len(values.slices)
    per_row = min(max(1, hardware.crossbar.columns // slices), values.values)
    rows = -(-values.values // per_row)
    by_row = hardware.writes.eliminate in (
        Granularity.ROW,
        Granularity.OPERATION_UNIT,
        Granularity.CROSSBAR,
    )
    kept = 1.0 - values.left_out
    share, cells = _row(values.slices * kept, per_row, kept if by_row else 1.0)
    return Written(
        values.kind,
        float(values.values),
        float(values.depth),
        images,
        values.wear(images),
        float(rows),
        min(rows, hardware.crossbar.rows),
        share,
        cells,
    )


def _carries(hardware: Hardware, weights: Written, images: int) -> tuple[Written, ...]:
    """Carry resolution of outer products: all slices written every so many examples."""
    if hardware.training.update is not TrainingUpdate.OUTER_PRODUCT:
        return ()
    times = images / hardware.training.carry_interval
    slices = np.full(len(weights.slices), times)
    cells = weights.values * len(slices) / weights.rows
    return (
        replace(weights, kind="carries", times=times, slices=slices, row_share=1.0, cells=cells),
    )


def _row(changes: Array, values: int, together: float) -> tuple[float, float]:
    """P(a row is written) and the cells written in one that is.

    `values` numbers lie in a row, slice s of each changes with probability changes[s]; with
    `together` below 1 the whole row is left alone with the probability of the rest.  The row of
    independent cells is left alone with probability prod (1 - p_s)^values.
    """
    if together <= 0.0:
        return 0.0, 0.0
    inner = np.minimum(1.0, changes / together)
    with np.errstate(divide="ignore"):
        alone = float(np.exp(values * np.log1p(-inner).sum()))
    share = together * (1.0 - alone)
    expected = values * float(changes.sum())
    return share, (expected / share if share > 0.0 else 0.0)


def slowest_pulses(mean: float, cells: float) -> float:
    """Pulses of the slowest of `cells` that are written and verified together.

    A pulse hits with probability 1/mean, so a cell takes k or fewer with probability
    1 - (1 - 1/mean)^k: E[max] = sum over k >= 0 of 1 - (1 - (1 - 1/mean)^k)^cells.
    """
    if mean <= 1.0 or cells <= 0.0:
        return 1.0
    miss = 1.0 - 1.0 / mean
    total, left = 0.0, 1.0
    while left * cells > 1e-12:
        total += -math.expm1(cells * math.log1p(-left)) if left < 1.0 else 1.0
        left *= miss
    return total


def _time_s(part: Written, hardware: Hardware) -> float | None:
    """Time of a population's writes in a training: rows one by one, each with its slowest cell."""
    cell = hardware.cell
    if cell.write_time_s is None:
        return None
    pulses = slowest_pulses(cell.pulses, part.cells)
    row = cell.write_time_s * hardware.writes.slowdown * pulses
    return part.times * part.sequential * part.row_share * row


def write_energy_j(part: Written, hardware: Hardware) -> float | None:
    """Energy of a population's writes in a training, by cell, row or array."""
    cell = hardware.cell
    if cell.write_energy_j is None:
        return None
    price = cell.write_energy_j * cell.pulses
    scope = hardware.writes.energy_scope
    if scope is WriteScope.CELL:
        return part.cell_writes * price
    rows = part.rows * part.row_share * part.times
    if scope is WriteScope.ROW:
        return rows * price
    return rows / hardware.crossbar.rows * price
