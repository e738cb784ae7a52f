"""A network on many designs: what is alike is counted once, everything else in one kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.kernels.engine import SUMS
from recost.kernels.sweep import count_items, price_points, sum_networks
from recost.models.binding import bind
from recost.models.densities import Densities, add_words
from recost.models.designs import Designs, Levels, Varied
from recost.models.inference import check_reload, special_mode
from recost.models.numbers import NUMBERS, numbers_of
from recost.models.uncertainty import FIGURES, Draws
from recost.models.worlds import Worlds
from recost.network import LayerTable
from recost.vocabulary import COUNTS, TOTALS, HardwareKind, Overflow, Replication, Total

Array = np.ndarray[Any, Any]

#: Points that are worked on together; results do not depend on it.
BLOCK = 8192
# Points with layers of their own that are counted together: 54 layers x 21 counts each.
_OWN_BLOCK = 512
# Counts of networks that are kept (54 layers x 21 counts are 9 KB each).
_KEPT = 8_000
# Structure that no count depends on, or only data movement, which is counted anew.
_NOT_COUNTED = (
    "operation_unit_cycle_time_s", "mapping_replication", "mapping_flip_columns",
    "adc_bits", "adc_rate_per_s", "adc_per_crossbar", "adc_scaling", "adc_reference_bits",
    "dac_per_crossbar", "sample_hold_per_crossbar", "shift_add_per_crossbar",
    "input_register_per_crossbar", "output_register_per_crossbar", "index_decoder_per_crossbar",
    "hierarchy_crossbars_per_core", "hierarchy_cores_per_tile", "hierarchy_tiles_per_chip",
    "network_on_chip_hops", "network_on_chip_per_tile", "vector_per_tile",
    "budget_chips", "budget_on_overflow",
)  # fmt: skip
# Structure that decides how a network is bound to a hardware.
_BINDING = (
    "precision_weight_bits", "precision_input_bits", "precision_dac_bits",
    "precision_input_encoding", "crossbar_cell_bits", "sparsity_weights", "sparsity_activations",
    "mapping_compaction",
)  # fmt: skip


@dataclass(frozen=True)
class Evaluated:
    """Points of a sweep: which of them are possible, and their `NUMBERS` [points, numbers].

    `samples` are the `FIGURES` of every draw of uncertain prices [points, figures, draws], none
    if nothing is drawn.
    """

    possible: Array
    numbers: Array
    samples: Array | None = None


class _Kind(NamedTuple):
    """What points have to share to be worked on in one launch.

    The modes that are compiled apart, the copies that a file lists, and, where the densities of
    points differ, what the layers look like from the hardware.
    """

    special: bool | None
    copies: tuple[int, ...]
    binding: bytes


@dataclass(frozen=True)
class _Counted:
    """A network bound to hardware, its counts on one structure, and the row of each layer."""

    layers: Array
    counts: Array
    rows: Array


class Sweep:
    """One hardware and one network over the points of a space.

    Parameters
    ----------
    hardware, network : what varies
    axes : all keys of the space; `hardware_axes` and `network_axes` say which columns belong to
        the hardware and to the network.  Other columns are of no concern here.
    draws : worlds to draw in which prices are off by their spreads

    Raises
    ------
    InputError
        Unknown keys, values that cannot be, machines without a model of a sweep.
    """

    def __init__(
        self,
        hardware: Hardware,
        network: LayerTable,
        axes: Sequence[Varied],
        hardware_axes: Sequence[int],
        network_axes: Sequence[int],
        draws: Draws | None = None,
    ) -> None:
        if hardware.kind != HardwareKind.RERAM.text:
            raise InputError(
                f"{hardware.name}: a sweep is over machines of kind reram, this is {hardware.kind}",
                path=hardware.path,
                key="kind",
            )
        self._own, self._others = list(hardware_axes), list(network_axes)
        self.designs = Designs(hardware, [axes[i] for i in hardware_axes])
        self.densities = Densities(network, [axes[i] for i in network_axes])
        self._counted: dict[tuple[int, bytes], _Counted] = {}
        self._bound: dict[tuple[int, bytes], Array | InputError] = {}
        self._sloped: dict[tuple[int, bytes], Array] = {}
        self._worlds = Worlds(self.designs, draws) if draws else None
        self.refused: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the numbers."""
        return NUMBERS

    @property
    def levels(self) -> list[Levels]:
        """The values of the hardware's keys."""
        return self.designs.levels

    @property
    def split(self) -> tuple[list[int], list[int]]:
        """Which columns of the space are keys of the hardware, and which of the network."""
        return self._own, self._others

    def evaluate(self, places: Array, values: Array) -> Evaluated:
        """The numbers of points (see `recost.study.space.Space.points`).

        A point's numbers are the same bits whatever other points are asked for with it.
        """
        count = len(places)
        possible = np.zeros(count, bool)
        numbers = np.full((count, len(NUMBERS)), np.nan)
        drawn = self._worlds.count if self._worlds else 0
        samples = np.full((count, len(FIGURES), drawn), np.nan)
        block = _OWN_BLOCK if self.densities.endless else BLOCK
        for start in range(0, count, block):
            part = slice(start, start + block)
            self._block(places[part], values[part], (possible[part], numbers[part], samples[part]))
        return Evaluated(possible, numbers, samples if drawn else None)

    def _block(self, places: Array, values: Array, out: tuple[Array, Array, Array]) -> None:
        own, own_values = places[:, self._own], values[:, self._own]
        rows = self.designs.tie(own, own_values)
        self.refused = self.refused or self.designs.refused
        which = self.densities.numbers(places[:, self._others])
        for network in np.unique(which[rows >= 0]).tolist():
            there = np.flatnonzero((which == network) & (rows >= 0))
            known = {row: self._kind(network, row) for row in set(rows[there].tolist())}
            kinds = [known[row] for row in rows[there].tolist()]
            for kind in dict.fromkeys(kinds):
                if kind is not None:
                    points = there[[k == kind for k in kinds]]
                    self._alike(network, kind, points, (rows, places, values), out)

    def _kind(self, network: int, row: int) -> _Kind | None:
        """What points have to share to be worked on together; None where there is no model."""
        made = self.designs.kept[row]
        listed = made.mapping.replication
        try:
            check_reload(made)
            self._bind(network, row)
        except InputError as error:
            self.refused = self.refused or error.faults[0].message
            return None
        return _Kind(
            special_mode(made),
            () if isinstance(listed, Replication) else tuple(listed),
            self._binding(row) if self.densities.endless else b"",
        )

    def _alike(
        self,
        network: int,
        kind: _Kind,
        points: Array,
        given: tuple[Array, Array, Array],
        out: tuple[Array, Array, Array],
    ) -> None:
        """Points of one network whose hardware is of one kind."""
        special, listed = kind.special, kind.copies
        rows, places, values = given[0][points], given[1][points], given[2][points]
        own, own_values = places[:, self._own], values[:, self._own]
        try:
            table = self.densities.network(network)
            copies = _copies(listed, table, self.designs.hardware)
            numbers = self.designs.structure_numbers(rows, own)
            if numbers is None or self.densities.endless:
                first, at = np.arange(len(points)), np.arange(len(points))
            else:
                _, first, at = np.unique(numbers, return_index=True, return_inverse=True)
            structures = self.designs.structure_of(rows[first], own[first], own_values[first])
            layers, counts, rows_at = self._counts(network, special, rows[first], structures)
            # Where a density decides what is placed, every layer's counts are its own.
            moved = bool(self.densities.endless) and special is not None
            if self.densities.endless:
                counts, rows_at = self._own_counts(
                    (network, int(rows[0]), moved),
                    (layers, counts, rows_at),
                    (structures, special),
                    self.densities.shares(values[:, self._others]),
                )
        except InputError as error:
            self.refused = self.refused or error.faults[0].message
            return
        sums = np.zeros((len(structures), SUMS))
        sum_networks(layers, structures, rows_at, counts, copies, moved, sums)
        totals = np.zeros((len(points), TOTALS))
        technologies = self.designs.technology_of(rows, own, own_values)
        price_points(structures, technologies, sums, at.ravel(), totals)
        self._store(table, structures[at.ravel()], totals, points, out)
        if self._worlds:
            out[2][points] = self._worlds.sample(table, rows, (own, own_values), sums[at.ravel()])

    def _store(
        self,
        table: LayerTable,
        structures: Array,
        totals: Array,
        points: Array,
        out: tuple[Array, Array, Array],
    ) -> None:
        chips, budget = totals[:, Total.CHIPS], structures["budget_chips"]
        over = (budget > 0) & (chips > budget)
        over &= structures["budget_on_overflow"] == Overflow.ERROR
        if over.any():
            worst = int(np.argmax(over))
            self.refused = self.refused or (
                f"{table.name} needs {int(chips[worst])} chips and the budget is"
                f" {int(budget[worst])}"
            )
        out[0][points] = ~over
        out[1][points] = numbers_of(table, structures, totals)

    def _counts(
        self, network: int, special: bool | None, rows: Array, structures: Array
    ) -> tuple[Array, Array, Array]:
        """Layers, their counts, and which row each layer has on each of `structures`."""
        counted = structures.copy()
        for name in _NOT_COUNTED:
            counted[name] = self.designs.structures[0][name]
        raw = counted.view(np.dtype((np.void, counted.dtype.itemsize))).ravel()
        unique, first, inverse = np.unique(raw, return_index=True, return_inverse=True)
        keys = [(network, one.tobytes()) for one in unique]
        if len(self._counted) > _KEPT:
            self._counted.clear()
        missing = [i for i, key in enumerate(keys) if key not in self._counted]
        if missing:
            structures = counted[first[missing]]
            bound = [self._bind(network, int(rows[first[i]])) for i in missing]
            for i, made in zip(missing, _count(bound, structures, special), strict=True):
                self._counted[keys[i]] = made
        found = [self._counted[key] for key in keys]
        offsets = np.cumsum([0] + [len(one.counts) for one in found])
        rows_at = np.stack([one.rows + o for one, o in zip(found, offsets[:-1], strict=True)])
        counts = np.concatenate([one.counts for one in found])
        return found[0].layers, counts, rows_at[inverse.ravel()]

    def _own_counts(
        self,
        which: tuple[int, int, bool],
        shared: tuple[Array, Array, Array],
        machine: tuple[Array, bool | None],
        shares: Array,
    ) -> tuple[Array, Array]:
        """The counts, and the rows of them, when layers differ at every point.

        `which` is the network, a hardware's row and whether all layers are counted anew;
        `shared` what `_counts` gave; `shares` [points, intervals] how far values are.
        """
        network, row, everything = which
        layers, counts, rows_at = shared
        structures, special = machine
        slopes = self._slopes(network, row, layers)
        touched = slopes.any(axis=(0, 2)) | everything
        moving = np.flatnonzero(touched)
        if not moving.size:
            return counts, rows_at
        words = layers.view(np.float64).reshape(len(layers), -1)[moving]
        likeness = np.concatenate([words, *slopes[:, moving]], axis=1)
        raw = np.ascontiguousarray(likeness).view(np.uint64)
        _, first, inverse = np.unique(raw, axis=0, return_index=True, return_inverse=True)
        points, many = len(shares), len(first)
        pool = np.tile(layers[moving[first]], points)
        add_words(pool, np.einsum("pk,klw->plw", shares, slopes[:, moving[first]]).reshape(
            points * many, -1))  # fmt: skip
        own = np.zeros((len(pool), COUNTS))
        structure_at = np.repeat(np.arange(points), many)
        count_items(pool, structures, np.arange(len(pool)), structure_at, special, own)
        rows_at[:, moving] = (
            len(counts) + many * np.arange(points)[:, None] + inverse.ravel()[None, :]
        )
        return np.concatenate([counts, own]), rows_at

    def _slopes(self, network: int, row: int, layers: Array) -> Array:
        """What intervals add to these layers (see `Densities.slopes`)."""
        key = (network, layers.tobytes())
        if key not in self._sloped:
            if len(self._sloped) > _KEPT // 64:
                self._sloped.clear()
            made = self.designs.kept[row]
            self._sloped[key] = self.densities.slopes(network, made, layers)
        return self._sloped[key]

    def _bind(self, network: int, row: int) -> Array:
        """The network's layers as this hardware sees them."""
        key = (network, self._binding(row))
        if key not in self._bound:
            if len(self._bound) > _KEPT // 16:
                self._bound.clear()
            try:
                made = self.designs.kept[row]
                self._bound[key] = bind(self.densities.network(network), made)
            except InputError as error:
                self._bound[key] = error
        found = self._bound[key]
        if isinstance(found, InputError):
            raise found
        return found

    def _binding(self, row: int) -> bytes:
        """The structure that decides how a network is bound."""
        record = self.designs.structures[row]
        return b"".join(record[name].tobytes() for name in _BINDING)


def _count(bound: Sequence[Array], structures: Array, special: bool | None) -> list[_Counted]:
    """The counts of networks on structures, identical layers merged."""
    firsts, rows = [], []
    for layers in bound:
        raw = layers.view(np.dtype((np.void, layers.dtype.itemsize))).ravel()
        _, first, inverse = np.unique(raw, return_index=True, return_inverse=True)
        firsts.append(first)
        rows.append(inverse.ravel())
    pool = np.concatenate([layers[first] for layers, first in zip(bound, firsts, strict=True)])
    structure_at = np.repeat(np.arange(len(bound)), [len(first) for first in firsts])
    counts = np.zeros((len(pool), COUNTS))
    count_items(pool, structures, np.arange(len(pool)), structure_at, special, counts)
    ends = np.cumsum([len(first) for first in firsts])[:-1]
    parts = np.split(counts, ends)
    return [_Counted(*one) for one in zip(bound, parts, rows, strict=True)]


def _copies(listed: Sequence[int], network: LayerTable, hardware: Hardware) -> Array:
    """Copies of each layer to start with."""
    if not listed:
        return np.ones(len(network), np.int64)
    if len(listed) != len(network):
        raise InputError(
            f"{len(listed)} copies listed, but {network.name} has {len(network)} layers",
            path=hardware.path,
            key="mapping.replication",
        )
    return np.array(listed, np.int64)
