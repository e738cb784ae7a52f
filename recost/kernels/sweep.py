"""Many designs at once: counts of layers, and their sums over a network.

An estimate is counts times prices, and each of its three steps depends on less than the one
after it: the counts of a layer on the layer and some keys of the structure, their sums on the
network and the structure, the totals on the technology too (`recost.kernels.pricing`).  Each step
is a serial loop over independent outputs, so that results are the same bits for any way of
cutting points into pieces; threads of the interpreter take pieces side by side
(`recost.study.pieces.chunks`).  The sums are those of an estimate, by the same kernels
(`recost.kernels.engine`).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from recost.kernels._numba import bare, borrowing, inlined, kernel
from recost.kernels._tiers import tiered
from recost.kernels.blocks import BLOCK
from recost.kernels.cells import READ, SCRATCH
from recost.kernels.count_codes import (
    BUS_BITS,
    CROSSBARS,
    MEMORY_BITS_READ,
    MEMORY_BITS_WRITTEN,
    NETWORK_BIT_HOPS,
    OFF_CHIP_BITS,
)
from recost.kernels.counts import (
    count_layer,
    data_movement,
    image_bits,
    layer_placement,
    moved_bits,
)
from recost.kernels.engine import (
    SUMS,
    chips_left,
    network_sums,
    put_size,
    reloads,
    sum_layers,
)
from recost.kernels.moving import (
    Space,
    count_point,
    place_numbers,
    plan_layers,
    settle,
    share_counts,
    sum_block,
    work_block,
)
from recost.kernels.ordinary import make_ordinary
from recost.kernels.prices import chip_crossbars, tiles_and_chips
from recost.kernels.records import PLACED
from recost.kernels.remembered import make_memory
from recost.kernels.room import make_room
from recost.kernels.tables import Tables
from recost.kernels.totals import make_totals, settle_totals
from recost.vocabulary import COUNTS, Replication

_BALANCED = int(Replication.BALANCED)

# Numbers of crossbars that are remembered at once; a prime, so that multiples do not collide.
REMEMBERED = 1021
# Bits of a number by which points are sorted.
_DIGITS = 16


class Moving(NamedTuple):
    """A network whose layers move with the point.

    `layers` are those at the lower ends of the intervals; layer i is like layer `first[i]`, and
    moves if `moves[i]`.  Its moves are the entries `starts[i]` to `starts[i + 1]`: the 8-byte word
    `words[e]` of `layers` is the number `numbers[e]` of those that move with the point.  Number k
    lies at `lows[k]`, to which interval a adds `slopes[k, a]` from end to end.
    `directions[i]` is the number of the profile of its input slices (`recost.kernels.tables`).
    Layer i, if it moves and is the first, has crossbars of the densities of layer `kinds[i]`, of
    which inputs move if `driven[i]`, and weights those of layer `weights[i]`
    (`recost.kernels.ordinary.alike_layers`).
    """

    layers: Any
    first: Any
    moves: Any
    starts: Any
    words: Any
    numbers: Any
    lows: Any
    slopes: Any
    directions: Any
    kinds: Any = None
    driven: Any = None
    weights: Any = None


@kernel
def _count_items(layers, structures, items, special, memory, counts):
    """Counts of layer `layer_at[i]` on structure `structure_at[i]` into `counts[i]`.

    `items` are (layer_at, structure_at, order): what is alike is remembered best if it follows
    each other in that order.  `layers` is of `BOUND_LAYER`, `structures` of the structure dtype,
    `counts` [items, COUNTS]; `special` as in `recost.kernels.counts.layer_counts`, `memory` of
    one thread.
    """
    layer_at, structure_at, order = items
    for k in range(order.size):
        i = order[k]
        layer, structure = layers[layer_at[i]], structures[structure_at[i]]
        count_layer(layer, structure, special, None, memory, counts[i])


count_items = tiered(_count_items, lambda *given: len(given[5]))


@inlined
def _share_kind(layers, structure, counts, rows, kind):
    """What structures that count alike share: counts, sums of them, and where layers lie."""
    settled, places, still, copies = kind.counts, kind.places, kind.sums, kind.copies
    need = 0.0
    for i in range(layers.size):
        share_counts(counts[rows[i]], settled[i])
        placed = layer_placement(layers[i], structure)
        bits = image_bits(layers[i], structure)
        settled[i, MEMORY_BITS_WRITTEN] = bits[2]
        for k in range(3):
            places[k, i] = bits[k]
        places[3, i] = placed.column_chunks * placed.sets
        places[4, i] = placed.row_chunks
        places[5, i] = need
        need += settled[i, CROSSBARS]
    places[5, layers.size] = need
    sum_layers(settled, copies, still)


@inlined
def _sum_moved(structure, kind, first, sums):
    """The sums of what moves on a structure, added to those that its kind shares.

    `first` are the bits of the network's inputs.
    """
    places, moved = kind.places, kind.moved
    per_core = float(structure.hierarchy_crossbars_per_core)
    per_tile = per_core * structure.hierarchy_cores_per_tile
    per_chip = chip_crossbars(structure)
    last = places.shape[1] - 2
    for i in range(last + 1):
        bits = places[0, i], places[1, i], places[2, i]
        read, over_bus, crossing = moved_bits(bits, places[3, i], places[4, i], per_core, per_tile)
        moved[0, i], moved[1, i] = read, over_bus
        moved[2, i] = crossing * structure.network_on_chip_hops
        moved[3, i] = chips_left(places[5, i], places[5, i + 1], per_chip) * bits[2]
    moved[3, last] = places[2, last]  # the answer leaves
    moved[3, 0] += first
    for i in range(last + 1):
        sums[MEMORY_BITS_READ] += moved[0, i]
        sums[BUS_BITS] += moved[1, i]
        sums[NETWORK_BIT_HOPS] += moved[2, i]
        sums[OFF_CHIP_BITS] += moved[3, i]


@inlined
def _fill(records, i, before, own, words):
    """Put the record of an item into `own`, whose words are `words`; returns which is there.

    `before` is which was there.
    """
    at = records.at[i]
    if at != before:
        own[0] = records.kept[at]
    for k in range(records.words.size):
        words[records.words[k]] = records.values[k, i]
    return at


class _Kind(NamedTuple):
    """Structures that count alike: `counts` and `copies` of layers, and `sums` of those.

    `places` are, layer by layer, the three of `image_bits`, crossbars of a row chunk, row chunks,
    and crossbars before the layer; `moved` is room for the bits that move.
    """

    counts: Any
    copies: Any
    sums: Any
    places: Any
    moved: Any


@bare
def _sum_each(layers, machine, counted, space, sums):
    """`sum_networks` in the arrays that it needs.

    They are the kind, the counts and the copies of layers of one structure, and its record.
    """
    (structures, order), (counts, rows, alike) = machine, counted
    kind, own, mine, (built, words) = space
    copies = kind.copies
    number, before, need, row = layers.size, -1, 0, -1
    for k in range(order.size):
        s = order[k]
        row = _fill(structures, s, row, built, words)
        structure = built[0]
        if alike[s] != before:
            before = alike[s]
            _share_kind(layers, structure, counts, rows[before], kind)
            need = 0
            for i in range(number):
                need += int(kind.counts[i, CROSSBARS]) * copies[i]
        _, chips = tiles_and_chips(structure, need)
        if reloads(structure, chips) or structure.mapping_replication == _BALANCED:
            for i in range(number):
                share_counts(kind.counts[i], own[i])
                mine[i] = copies[i]
                placed = layer_placement(layers[i], structure)
                data_movement(layers[i], structure, placed, own[i])
            network_sums(layers, structure, own, mine, 0, sums[s])
            continue
        for t in range(SUMS):
            sums[s, t] = kind.sums[t]
        _sum_moved(
            structure, kind, float(layers[0].inputs * structure.precision_input_bits), sums[s]
        )
        put_size(structure, need, 0, sums[s])


@kernel
def sum_networks(layers, machine, counted, copies, sums):
    """Sums over a network's `layers` on structures into `sums` [structures, SUMS].

    `machine` is (structures, order): `Records` which gone through in that order have those that
    count alike side by side.  `counted` are (counts, rows, alike): layer l of structure s has the
    counts `counts[rows[alike[s], l]]`; it starts with `copies[l]` copies.  Data movement is
    counted anew, because structures of different hierarchy count alike.
    """
    number, built = layers.size, machine[0].kept[:1].copy()
    kind = _Kind(
        np.empty((number, COUNTS)),
        copies,
        np.empty(SUMS),
        np.empty((6, number + 1)),
        np.empty((4, number)),
    )
    space = kind, np.empty((number, COUNTS)), copies.copy(), (built, built.view(np.float64))
    _sum_each(layers, machine, counted, space, sums)


@borrowing
def _sum_points(moving, given, special, tables, space, sums):
    """`sum_moving` in the room that it needs: points of one structure are counted side by side.

    Point p is the point `order[p]` of the sums.
    """
    structures, structure_at, order, shares, counts, rows, copies = given
    before, start, need, plain = -1, 0, 0, False
    while start < structure_at.size:
        structure, stop = structures[structure_at[start]], start + 1
        last = min(structure_at.size, start + BLOCK)
        while stop < last and structure_at[stop] == structure_at[start]:
            stop += 1
        if structure_at[start] != before:
            before = structure_at[start]
            need, plain = settle(moving, structure, counts, rows, copies, space)
            plan_layers(moving, structure, special, space)
            if plain:
                settle_totals(
                    moving,
                    structure,
                    space.settled,
                    need,
                    space.ordinary.waits,
                    copies,
                    space.totals,
                )
        work_block(moving, structure, shares[start:stop], special, tables, space)
        if plain:
            sum_block(moving, structure, order[start:stop], space, sums)
        for p in range(stop if plain else start, stop):
            place_numbers(moving, shares[p], space.numbers)
            count_point(moving, structure, space, p - start)
            for i in range(space.copies.size):
                space.copies[i] = copies[i]
            network_sums(space.layers, structure, space.counts, space.copies, 0, sums[order[p]])
        start = stop


def _nearby(structure_at: Any, shares: Any) -> Any:
    """Points in an order in which those of one structure that lie close follow each other.

    They read the same cells of tables, which so stay in cache.  Intervals are cut into as many
    parts as leave about a block of points together; no more than 16-bit numbers tell apart, which
    are sorted digit by digit.
    """
    points, axes = shares.shape
    bits = max(1, math.ceil(math.log2(max(2, points // BLOCK)) / max(1, axes)))
    place = np.zeros(points, np.uint16)
    for a in range(min(axes, _DIGITS // bits)):
        parts = np.minimum(shares[:, a] * (1 << bits), (1 << bits) - 1)
        place = (place << bits) | parts.astype(np.uint16)
    order = np.argsort(place, kind="stable")
    if structure_at.size and structure_at.min() < structure_at.max():
        order = order[np.argsort(structure_at[order], kind="stable")]
    return order


def sum_moving(
    moving: Moving, machine: Any, shares: Any, fixed: Any, special: Any, tables: Tables, sums: Any
) -> None:
    """Sums over a network whose layers move, at each point, into `sums` [points, SUMS].

    `machine` is (structures, at): point p has the structure `structures[at[p]]`; it lies
    `shares[p]` along the intervals.  `fixed` are (counts, rows, copies): layer l, if it does not
    move, has the counts `counts[rows[l]]` on all of the structures; it starts with `copies[l]`
    copies.
    """
    structures, structure_at = machine
    layers = moving.layers.copy()
    space = Space(
        layers,
        layers.view(np.float64),
        np.empty_like(moving.lows),
        np.empty((layers.size, COUNTS)),
        np.empty_like(fixed[2]),
        np.empty((layers.size, COUNTS)),
        np.empty((layers.size, PLACED), np.int64),
        np.empty(SCRATCH),
        np.full((len(tables.keys), READ), np.nan),
        make_room(structures[structure_at[0]], make_memory(REMEMBERED, 0)),
        make_ordinary(moving),
        make_totals(layers.size),
    )
    order = _nearby(structure_at, shares)
    given = structures, structure_at[order], order, shares[order], *fixed
    _sum_points(moving, given, special, tables, space, sums)
