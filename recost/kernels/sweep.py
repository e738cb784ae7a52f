"""Many designs at once: counts of layers, their sums over a network, and prices applied to sums.

An estimate is counts times prices, and each of its three steps depends on less than the one
after it: the counts of a layer on the layer and some keys of the structure, their sums on the
network and the structure, the totals on the technology too.  Each step is a driver over
independent outputs, so that results are the same bits for any number of threads and any way of
cutting points into chunks.  The sums and the prices are those of an estimate, by the same
kernels (`recost.kernels.engine`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import prange

from recost.kernels._numba import borrowing, driver, inlined
from recost.kernels.count_codes import (
    BUS_BITS,
    MEMORY_BITS_READ,
    MEMORY_BITS_WRITTEN,
    NETWORK_BIT_HOPS,
)
from recost.kernels.counts import data_movement, joined_layer_counts, layer_counts, layer_placement
from recost.kernels.engine import network_sums, price_sums
from recost.kernels.placement import ceil_div
from recost.kernels.room import make_room
from recost.kernels.tables import SCRATCH, reader
from recost.vocabulary import ACTIONS, COUNTS

# Points that share scratch space.
_TOGETHER = 512
# Numbers of crossbars that are remembered at once; a prime, so that multiples do not collide.
_REMEMBERED = 1021


class Moving(NamedTuple):
    """A network whose layers move with the point.

    `layers` are those at the lower ends of the intervals; layer i is like layer `first[i]`, and
    moves if `moves[i]`.  Its moves are the entries `starts[i]` to `starts[i + 1]`: to its
    floating-point word `words[e]`, which lies at `lows[e]`, the interval `axes[e]` adds `slopes[e]`
    from end to end.  Entries of one word follow each other, and only the first has `lows`.
    `directions[i]` is the number of the profile of its input slices (`recost.kernels.tables`).
    """

    layers: Any
    first: Any
    moves: Any
    starts: Any
    axes: Any
    words: Any
    lows: Any
    slopes: Any
    directions: Any


@driver
def count_items(layers, structures, layer_at, structure_at, special, counts):
    """Counts of layer `layer_at[i]` on structure `structure_at[i]` into `counts[i]`.

    `layers` is of `BOUND_LAYER`, `structures` of the structure dtype, `counts` [items, COUNTS];
    `special` as in `recost.kernels.counts.layer_counts`.
    """
    for i in prange(layer_at.size):
        layer_counts(layers[layer_at[i]], structures[structure_at[i]], special, None, counts[i])


@inlined
def _share_counts(layer, structure, shared, counts):
    """Copy the counts of another structure, which differs at most in its hierarchy."""
    for c in range(COUNTS):
        counts[c] = shared[c]
    counts[MEMORY_BITS_READ] = counts[MEMORY_BITS_WRITTEN] = 0.0
    counts[BUS_BITS] = counts[NETWORK_BIT_HOPS] = 0.0
    placed = layer_placement(layer, structure)
    data_movement(layer, structure, placed, counts)


@driver
def sum_networks(layers, structures, rows_at, counts, copies, sums):
    """Sums over a network's `layers` on each of `structures` into `sums` [structures, SUMS].

    Layer l on structure s has the counts `counts[rows_at[s, l]]` and starts with `copies[l]`
    copies.  Data movement is counted anew, because rows of `counts` are shared by structures of
    different hierarchy.
    """
    for s in prange(structures.size):
        own = np.empty((layers.size, COUNTS))
        for i in range(layers.size):
            _share_counts(layers[i], structures[s], counts[rows_at[s, i]], own[i])
        network_sums(layers, structures[s], own, copies.copy(), 0, sums[s])


class _Space(NamedTuple):
    """What one thread works in: layers where the point has them, their words, counts, copies."""

    layers: Any
    words: Any
    counts: Any
    copies: Any
    scratch: Any
    room: Any


@inlined
def _move(moving, layer, share, words):
    """Put a layer where a point has it; layers are as long as the words divided among them."""
    begin = layer * (words.size // moving.layers.size)
    value, before = 0.0, -1
    for e in range(moving.starts[layer], moving.starts[layer + 1]):
        word = moving.words[e]
        value = (value if word == before else moving.lows[e]) + share[
            moving.axes[e]
        ] * moving.slopes[e]
        words[begin + word] = value
        before = word


@borrowing
def _sum_points(moving, given, special, tables, space, points, sums):
    """`sum_moving` for the points of one block, one after the other."""
    structures, structure_at, shares, counts, rows_at, copies = given
    layers, own = space.layers, space.counts
    for p in range(points[0], points[1]):
        structure = structures[structure_at[p]]
        for i in range(layers.size):
            if not moving.moves[i]:
                shared = counts[rows_at[structure_at[p], i]]
                _share_counts(layers[i], structure, shared, own[i])
            elif moving.first[i] < i:
                for c in range(COUNTS):
                    own[i, c] = own[moving.first[i], c]
            else:
                _move(moving, i, shares[p], space.words)
                mine = reader(tables, moving.directions[i], space.scratch, space.room)
                joined_layer_counts(layers[i], structure, special, mine, own[i])
        for i in range(layers.size):
            space.copies[i] = copies[i]
        network_sums(layers, structure, own, space.copies, 0, sums[p])


@driver
def sum_moving(moving, machine, shares, fixed, special, tables, sums):
    """Sums over a network whose layers move, at each point, into `sums` [points, SUMS].

    `machine` is (structures, at): point p has the structure `structures[at[p]]`; it lies
    `shares[p]` along the intervals.  `fixed` are (counts, rows_at, copies) of `sum_networks`,
    for layers that do not move.
    """
    structures, structure_at = machine
    counts, rows_at, copies = fixed
    for block in prange(ceil_div(structure_at.size, _TOGETHER)):
        layers = moving.layers.copy()
        space = _Space(
            layers,
            layers.view(np.float64),
            np.empty((layers.size, COUNTS)),
            np.empty_like(copies),
            np.full((tables.keys.shape[0], SCRATCH), np.nan),
            make_room(structures[structure_at[0]], _REMEMBERED),
        )
        given = structures, structure_at, shares, counts, rows_at, copies
        points = block * _TOGETHER, min(structure_at.size, (block + 1) * _TOGETHER)
        _sum_points(moving, given, special, tables, space, points, sums)


class Priced(NamedTuple):
    """Technology by the point: record `at[p]` of `records`, but for some numbers of its own.

    Point p has `values[p]` in the 8-byte `words` of its record.
    """

    records: Any
    at: Any
    words: Any
    values: Any


@driver
def price_points(machine, technology, counted, totals):
    """Totals of points into `totals` [points, TOTALS].

    `machine` is (structures, at) and `counted` (sums, at): point p has structure and sums
    `at[p]`; `technology` is `Priced`.
    """
    structures, structure_at = machine
    sums, sums_at = counted
    block = 256
    for b in prange(ceil_div(sums_at.size, block)):
        prices, own = np.empty(ACTIONS), technology.records[:1].copy()
        words = own.view(np.float64)
        for p in range(b * block, min(sums_at.size, (b + 1) * block)):
            own[0] = technology.records[technology.at[p]]
            for k in range(technology.words.size):
                words[technology.words[k]] = technology.values[p, k]
            structure = structures[structure_at[p]]
            price_sums(structure, own[0], sums[sums_at[p]], prices, totals[p])
