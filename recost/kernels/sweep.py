"""Many designs at once: counts of layers, their sums over a network, and prices applied to sums.

An estimate is counts times prices, and each of its three steps depends on less than the one
after it: the counts of a layer on the layer and some keys of the structure, their sums on the
network and the structure, the totals on the technology too.  Each step is a driver over
independent outputs, so that results are the same bits for any number of threads and any way of
cutting points into chunks.  The sums and the prices are those of an estimate, by the same
kernels (`recost.kernels.engine`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import prange
from numba.np.unsafe.ndarray import to_fixed_tuple

from recost.kernels._numba import borrowing, driver, inlined
from recost.kernels._tiers import tiered
from recost.kernels.abreast import APART, BLOCK, CYCLES, WORK, wait_each
from recost.kernels.classes import WORKS, input_streams
from recost.kernels.count_codes import (
    BUS_BITS,
    MEMORY_BITS_READ,
    MEMORY_BITS_WRITTEN,
    NETWORK_BIT_HOPS,
)
from recost.kernels.counts import (
    count_done,
    count_placed,
    count_work,
    data_movement,
    layer_counts,
    layer_placement,
)
from recost.kernels.engine import network_sums, price_sums
from recost.kernels.ordinary import know_class, make_ordinary, plan_layer
from recost.kernels.placement import ceil_div, frees_crossbars
from recost.kernels.records import PLACED, Placement
from recost.kernels.room import make_room
from recost.kernels.tables import SCRATCH, Tables, reader
from recost.vocabulary import ACTIONS, COUNTS

# Points that share scratch space.
_TOGETHER = 512
# Numbers of crossbars that are remembered at once; a prime, so that multiples do not collide.
_REMEMBERED = 1021


class Moving(NamedTuple):
    """A network whose layers move with the point.

    `layers` are those at the lower ends of the intervals; layer i is like layer `first[i]`, and
    moves if `moves[i]`.  Its moves are the entries `starts[i]` to `starts[i + 1]`: the 8-byte word
    `words[e]` of `layers` is the number `numbers[e]` of those that move with the point.  Number k
    lies at `lows[k]`, to which interval a adds `slopes[k, a]` from end to end.
    `directions[i]` is the number of the profile of its input slices (`recost.kernels.tables`).
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


@driver
def _count_items(layers, structures, layer_at, structure_at, special, counts):
    """Counts of layer `layer_at[i]` on structure `structure_at[i]` into `counts[i]`.

    `layers` is of `BOUND_LAYER`, `structures` of the structure dtype, `counts` [items, COUNTS];
    `special` as in `recost.kernels.counts.layer_counts`.
    """
    for i in prange(layer_at.size):
        layer_counts(layers[layer_at[i]], structures[structure_at[i]], special, None, counts[i])


count_items = tiered(_count_items, lambda *given: int(given[2].size))


@inlined
def _share_counts(layer, structure, shared, counts):
    """Copy the counts of another structure, which differs at most in its hierarchy."""
    for c in range(COUNTS):
        counts[c] = shared[c]
    counts[MEMORY_BITS_READ] = counts[MEMORY_BITS_WRITTEN] = 0.0
    counts[BUS_BITS] = counts[NETWORK_BIT_HOPS] = 0.0
    data_movement(layer, structure, layer_placement(layer, structure), counts)


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
    """What one thread works in: layers where the point has them, their words, counts, copies.

    `numbers` are those of `Moving`, `settled` the counts that do not move with the point, and
    `placed` where layers lie.
    """

    layers: Any
    words: Any
    numbers: Any
    counts: Any
    copies: Any
    settled: Any
    placed: Any
    scratch: Any
    room: Any
    ordinary: Any


@inlined
def _settle(moving, structure, counts, rows, space):
    """What all points on a structure share: `counts` and `rows` are those of its layers."""
    for i in range(moving.layers.size):
        layer, settled = moving.layers[i], space.settled[i]
        if moving.moves[i]:
            placed = layer_placement(layer, structure)
            count_placed(layer, structure, placed, settled)
            for k, number in enumerate(placed):
                space.placed[i, k] = number
        else:
            _share_counts(layer, structure, counts[rows[i]], settled)


@inlined
def _place_numbers(moving, share, numbers):
    """The numbers that move with the point, where it has them."""
    for k in range(numbers.size):
        value = moving.lows[k]
        for a in range(share.size):
            value += share[a] * moving.slopes[k, a]
        numbers[k] = value


@inlined
def _move(moving, layer, numbers, words):
    """Put a layer where a point has it."""
    for e in range(moving.starts[layer], moving.starts[layer + 1]):
        words[moving.words[e]] = numbers[moving.numbers[e]]


@inlined
def _count_moved(layer, structure, special, tables, space, i):
    """The counts of layer i, which has been moved, where `space` holds what is settled."""
    at, counts = Placement(*to_fixed_tuple(space.placed[i], PLACED)), space.counts[i]
    if frees_crossbars(structure):  # where it lies moves too
        at = layer_placement(layer, structure)
        count_placed(layer, structure, at, counts)
    count_work(layer, structure, at, special, tables, space.room, counts)


@inlined
def _plan(moving, structure, space):
    """Which layers are ordinary on a structure, and the classes of their crossbars."""
    ordinary = space.ordinary
    ordinary.used[0] = 0
    for i in range(moving.layers.size):
        ordinary.many[i] = 0
        if moving.first[i] == i and moving.moves[i]:
            placed = Placement(*to_fixed_tuple(space.placed[i], PLACED))
            plan_layer(moving.layers[i], structure, placed, ordinary, i)


@inlined
def _count_abreast(moving, structure, shares, tables, space):
    """What ordinary layers do at the points of a block, which lie at `shares`."""
    layers, ordinary = space.layers, space.ordinary
    for p in range(shares.shape[0]):
        _place_numbers(moving, shares[p], space.numbers)
        for c in range(ordinary.used[0]):
            kind = ordinary.classes[c, 0]
            _move(moving, kind, space.numbers, space.words)
            mine = reader(tables, moving.directions[kind], space.scratch)
            know_class(layers[kind], structure, c, mine, space.room, ordinary, p)
    for i in range(layers.size):
        if ordinary.many[i] > 0:
            layer, terms = layers[i], ordinary.terms[i, : ordinary.many[i]]
            _, alike = input_streams(layer, structure.sparsity_activations, space.room.streams)
            sizes = float(layer.groups), float(layer.vectors), float(alike)
            held, memory, done = ordinary.held, space.room.memory, ordinary.done[i]
            wait_each(shares.shape[0], terms, held, sizes, memory, ordinary.space, done)


@inlined
def _is_counted(ordinary, i, p):
    """Whether layer i has been counted with others at point p of the block."""
    return ordinary.many[i] > 0 and ordinary.done[i, APART + p] == 0.0


@inlined
def _count_point(moving, structure, special, tables, space, p):
    """The counts of all layers at point p of the block, of which `space.numbers` are those."""
    layers, own, ordinary = space.layers, space.counts, space.ordinary
    for i in range(layers.size):
        first = moving.first[i]
        for c in range(COUNTS):
            own[i, c] = space.settled[i, c] if first == i else own[first, c]
        if first != i or not moving.moves[i]:
            continue
        if _is_counted(ordinary, i, p):
            at = Placement(*to_fixed_tuple(space.placed[i], PLACED))
            done, work = ordinary.done[i], space.room.work
            for w in range(WORKS):
                work[w] = done[WORK + w * BLOCK + p]
            count_done(layers[i], structure, at, done[CYCLES + p], work, own[i])
        else:
            _move(moving, i, space.numbers, space.words)
            mine = reader(tables, moving.directions[i], space.scratch)
            _count_moved(layers[i], structure, special, mine, space, i)


@borrowing
def _sum_points(moving, given, special, tables, space, points, sums):
    """`sum_moving` for the points of one block, those of one structure side by side."""
    structures, structure_at, shares, counts, rows_at, copies = given
    before, start = -1, points[0]
    while start < points[1]:
        structure, stop = structures[structure_at[start]], start + 1
        while stop < min(points[1], start + BLOCK) and structure_at[stop] == structure_at[start]:
            stop += 1
        if structure_at[start] != before:
            before = structure_at[start]
            _settle(moving, structure, counts, rows_at[before], space)
            if special is None:
                _plan(moving, structure, space)
        if special is None:
            _count_abreast(moving, structure, shares[start:stop], tables, space)
        for p in range(start, stop):
            _place_numbers(moving, shares[p], space.numbers)
            _count_point(moving, structure, special, tables, space, p - start)
            for i in range(space.copies.size):
                space.copies[i] = copies[i]
            network_sums(space.layers, structure, space.counts, space.copies, 0, sums[p])
        start = stop


def sum_moving(
    moving: Moving, machine: Any, shares: Any, fixed: Any, special: Any, tables: Tables, sums: Any
) -> None:
    """Sums over a network whose layers move, at each point, into `sums` [points, SUMS].

    `machine` is (structures, at): point p has the structure `structures[at[p]]`; it lies
    `shares[p]` along the intervals.  `fixed` are (counts, rows_at, copies) of `sum_networks`,
    for layers that do not move.

    Threads of the interpreter take one block of points after the other: a driver would compile
    the longest kernel of all twice more.
    """
    structures, structure_at = machine
    given = structures, structure_at, shares, *fixed

    starts = range(0, structure_at.size, _TOGETHER)
    waiting = iter(starts)

    def work() -> None:
        layers = moving.layers.copy()
        space = _Space(
            layers,
            layers.view(np.float64),
            np.empty_like(moving.lows),
            np.empty((layers.size, COUNTS)),
            np.empty_like(fixed[2]),
            np.empty((layers.size, COUNTS)),
            np.empty((layers.size, PLACED), np.int64),
            np.full((len(tables.keys), SCRATCH), np.nan),
            make_room(structures[structure_at[0]], _REMEMBERED),
            make_ordinary(moving),
        )
        for start in waiting:
            points = start, min(structure_at.size, start + _TOGETHER)
            _sum_points(moving, given, special, tables, space, points, sums)

    threads = min(numba.get_num_threads(), len(starts))
    if threads == 1:
        work()
    if threads <= 1:
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work) for _ in range(threads)]:
            done.result()  # raises what the work raises


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
