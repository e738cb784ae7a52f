"""Sums of a network's counts on many structures: what is alike is counted once."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from recost.errors import InputError
from recost.hardware.records import STRUCTURE_DTYPE
from recost.kernels.engine import SUMS
from recost.kernels.pricing import Records
from recost.kernels.remembered import Memory, make_memory
from recost.kernels.sweep import REMEMBERED, Moving, count_items, sum_moving, sum_networks
from recost.kernels.tables import Tables
from recost.models.binding import bind
from recost.models.densities import Densities
from recost.models.designs import Designs, alike, filled
from recost.models.machines import Tied
from recost.models.moving import Moves
from recost.models.tabulated import Tabulation
from recost.vocabulary import COUNTS

Array = np.ndarray[Any, Any]

# Counts of networks that are kept (54 layers x 21 counts are 9 KB each), and tables (megabytes).
_KEPT, _KEPT_TABLES = 8_000, 64
# Moments of crossbars that a thread remembers for a hardware and a network; a prime.  With what
# else it remembers they take some MB, 80 if rows of the largest fill all places.
_KEPT_MOMENTS = 4_093
# Points on one structure from which on tables take less time than direct sums.
_WORTH_TABLES = 64
#: Structure that no count depends on, or only data movement, which is counted anew.
NOT_COUNTED = (
    "operation_unit_cycle_time_s", "mapping_replication", "mapping_flip_columns",
    "adc_bits", "adc_rate_per_s", "adc_per_crossbar", "adc_scaling", "adc_reference_bits",
    "dac_per_crossbar", "sample_hold_per_crossbar", "shift_add_per_crossbar",
    "input_register_per_crossbar", "output_register_per_crossbar", "index_decoder_per_crossbar",
    "hierarchy_crossbars_per_core", "hierarchy_cores_per_tile", "hierarchy_tiles_per_chip",
    "network_on_chip_hops", "network_on_chip_per_tile", "vector_per_tile",
    "budget_chips", "budget_on_overflow",
)  # fmt: skip
_FIELDS: Any = STRUCTURE_DTYPE.fields
_COUNTED = [
    _FIELDS[name][1] // 8 for name in STRUCTURE_DTYPE.names or () if name not in NOT_COUNTED
]


class Machines(NamedTuple):
    """Structures, the hardware that each is of, and which of them each point has.

    Structures count alike that have the same number in `names`, if there are such numbers;
    others may.
    """

    structures: Records
    tied: Tied
    at: Array
    names: Array | None


@dataclass(frozen=True)
class _Counted:
    """A network bound to hardware, its counts on one structure, and the row of each layer."""

    layers: Array
    counts: Array
    rows: Array


class _Found(NamedTuple):
    """Layers, counts, which of these each layer has on each kind of structure, and kinds.

    Structures that count alike are of one kind, whose number they have in `alike`, and which has
    a name: `rows` is [kinds, layers].
    """

    layers: Array
    counts: Array
    rows: Array
    alike: Array
    names: list[tuple[int, bytes]]


class Counting:
    """Counts of the networks of a space on the hardware of a space.

    Threads may ask at the same time: what two of them miss both make, but for tables.
    """

    def __init__(self, designs: Designs, densities: Densities) -> None:
        self._designs, self._densities = designs, densities
        self._making = threading.Lock()
        self._points = 0
        self._counted: dict[tuple[int, bytes], _Counted] = {}
        self._bound: dict[tuple[int, int], Array | InputError] = {}
        self._moves: dict[tuple[int, bytes], Moves] = {}
        self._tables: dict[tuple[int, bytes], Tables] = {}
        self._no_tables = Tabulation().tables()
        self._memory = threading.local()

    def sums(
        self,
        network: int,
        machines: Machines,
        special: bool | None,
        copies: Array,
        values: Array,
    ) -> tuple[Array, Array]:
        """Sums over a network, and the row of them that each point has.

        `copies` of each layer are there to start with; `values` [points, axes] are those of the
        intervals of densities.  Raises InputError where a layer does not change in proportion.
        """
        structures, at = machines.structures, machines.at
        layers = self.bound(network, machines.tied, int(machines.tied.rows[0]))
        if not self._densities.endless:
            found = self._counts(network, special, machines, np.ones(len(layers), bool))
            sums = np.empty((len(structures.at), SUMS))
            machine = structures, np.argsort(found.alike, kind="stable")
            counted = found.counts, found.rows, found.alike
            sum_networks(found.layers, machine, counted, copies, sums)
            return sums, at
        moves = self._moving(network, machines.tied, layers)
        found = self._counts(network, special, machines, ~moves.moving.moves)
        made = filled(structures)
        shares = self._densities.shares(values)
        sums = np.empty((len(at), SUMS))
        tabulated = self._tabulates()
        for number, name in enumerate(found.names):
            # All points are the rule, and a slice takes no copy of what they have.
            every = len(found.names) == 1
            here = slice(None) if every else np.flatnonzero(found.alike[at] == number)
            fixed = found.counts, found.rows[number], copies
            tables = self._no_tables
            if tabulated:
                one = int(at[here][0])
                tables = self._tabulated(name, moves, (made, one), fixed, special)
            items = at[here]
            mine = sums if every else np.empty((len(items), SUMS))
            sum_moving(moves.moving, (made, items), shares[here], fixed, special, tables, mine)
            if not every:
                sums[here] = mine
        return sums, np.arange(len(at))

    def made(self) -> tuple[Moving, Tables]:
        """The moving layers and the tables that were made last."""
        return list(self._moves.values())[-1].moving, list(self._tables.values())[-1]

    def expect(self, points: int) -> None:
        """Say how many points the space has: whether tables pay, and what is compiled at once."""
        self._points = points
        countings = min(points, self._densities.tables * self._structures)
        count_items.expect(countings * self._densities.layers)

    @property
    def _structures(self) -> int:
        """How many structures, at most, networks are counted on."""
        counted = (
            levels.axis
            for levels in self._designs.levels
            if levels.key.part == "structure" and levels.key.record_field not in NOT_COUNTED
        )
        return math.prod(max(1, len(axis.texts)) for axis in counted)

    def _tabulates(self) -> bool:
        """Whether the space has points enough for tables of its own on each structure."""
        return self._points >= _WORTH_TABLES * self._densities.tables * self._structures

    def _tabulated(
        self,
        name: tuple[int, bytes],
        moves: Moves,
        machine: tuple[Array, int],
        fixed: tuple[Array, Array, Array],
        special: bool | None,
    ) -> Tables:
        """The tables of a network on structures that count alike."""
        with self._making:
            if name not in self._tables:
                if len(self._tables) > _KEPT_TABLES:
                    self._tables.clear()
                self._tables[name] = moves.tables(machine, fixed, special)
            return self._tables[name]

    def _counts(
        self, network: int, special: bool | None, machines: Machines, still: Array
    ) -> _Found:
        """What layers count that do not move, which are `still`."""
        first = inverse = np.arange(len(machines.structures.at))
        if machines.names is not None:
            first, inverse = alike(machines.names)
        structures = filled(machines.structures, first)
        words = structures.view(np.int64).reshape(len(first), -1)[:, _COUNTED]
        one_of: dict[tuple[int, bytes], int] = {}  # of the first
        kinds = [one_of.setdefault((network, row.tobytes()), i) for i, row in enumerate(words)]
        keys, ones = list(one_of), np.array(list(one_of.values()))
        first, inverse = first[ones], np.searchsorted(ones, kinds)[inverse]
        if len(self._counted) > _KEPT:
            self._counted.clear()
        known = {key: made for key in keys if (made := self._counted.get(key))}
        missing = [i for i, key in enumerate(keys) if key not in known]
        if missing:
            structures, rows = structures[ones[missing]], machines.tied.rows[first[missing]]
            bound = [self.bound(network, machines.tied, row) for row in rows.tolist()]
            counted = _count(bound, structures, special, still, self._remembered())
            for i, made in zip(missing, counted, strict=True):
                known[keys[i]] = self._counted[keys[i]] = made
        found = [known[key] for key in keys]
        offsets = np.cumsum([0] + [len(one.counts) for one in found])
        rows = np.stack([one.rows + o for one, o in zip(found, offsets[:-1], strict=True)])
        counts = np.concatenate([one.counts for one in found])
        return _Found(found[0].layers, counts, rows, inverse, keys)

    def _remembered(self) -> Memory:
        """What this thread remembers."""
        if not hasattr(self._memory, "mine"):
            self._memory.mine = make_memory(REMEMBERED, _KEPT_MOMENTS)
        mine: Memory = self._memory.mine
        return mine

    def _moving(self, network: int, tied: Tied, layers: Array) -> Moves:
        """The layers with what intervals add to them (see `Densities.slopes`)."""
        key = (network, layers.tobytes())
        with self._making:
            if key not in self._moves:
                if len(self._moves) > _KEPT // 64:
                    self._moves.clear()
                made = tied.kept[int(tied.rows[0])]
                slopes = self._densities.slopes(network, made, layers)
                self._moves[key] = Moves(layers, slopes, made)
            return self._moves[key]

    def bound(self, network: int, tied: Tied, row: int) -> Array:
        """The network's layers as the hardware of a row sees them; raises InputError."""
        key = network, int(tied.families[row])
        found = self._bound.get(key)
        if found is None:
            if len(self._bound) > _KEPT // 16:
                self._bound.clear()
            try:
                found = bind(self._densities.network(network), tied.kept[row])
            except InputError as error:
                found = error
            self._bound[key] = found
        if isinstance(found, InputError):
            raise found
        return found


def _count(
    bound: Sequence[Array],
    structures: Array,
    special: bool | None,
    still: Array,
    memory: Memory,
) -> list[_Counted]:
    """The counts of networks on structures, of `still` layers alone, identical layers merged."""
    arrays = {id(layers): layers for layers in bound}  # the same for many structures
    different = {name: _different(layers, still) for name, layers in arrays.items()}
    ends = np.cumsum([len(layers) for layers in arrays.values()]).tolist()
    starts = dict(zip(arrays, [0, *ends], strict=False))
    firsts = [different[id(layers)][0] for layers in bound]
    rows = [different[id(layers)][1] for layers in bound]
    named = zip(bound, firsts, strict=True)
    layer_at = np.concatenate([starts[id(layers)] + first for layers, first in named])
    structure_at = np.repeat(np.arange(len(bound)), [len(first) for first in firsts])
    # A layer on one structure after another: most of its crossbars are known.
    order = np.argsort(np.concatenate(firsts), kind="stable")
    counts, items = np.zeros((len(order), COUNTS)), (layer_at, structure_at, order)
    every = np.concatenate(list(arrays.values()))
    count_items(every, structures, items, special, memory, counts)
    ends = np.cumsum([len(first) for first in firsts])[:-1]
    parts = np.split(counts, ends)
    return [_Counted(*one) for one in zip(bound, parts, rows, strict=True)]


def _different(layers: Array, still: Array) -> tuple[Array, Array]:
    """The first of `still` layers that are identical, and which of these each layer is."""
    raw = layers.view(np.dtype((np.void, layers.dtype.itemsize))).ravel()
    _, first, inverse = np.unique(raw[still], return_index=True, return_inverse=True)
    rows = np.zeros(len(layers), np.int64)
    rows[still] = inverse.ravel()
    return np.flatnonzero(still)[first], rows
