"""The counts of layers that move with the point of a sweep, on one structure after the other."""

from __future__ import annotations

from typing import Any, NamedTuple

from numba.np.unsafe.ndarray import to_fixed_tuple

from recost.kernels._numba import borrowing, inlined
from recost.kernels.abreast import APART, BLOCK, CYCLES, WORK, wait_each
from recost.kernels.classes import WORKS, input_streams
from recost.kernels.count_codes import (
    BUS_BITS,
    CELL_WRITES,
    CROSSBARS,
    MEMORY_BITS_READ,
    MEMORY_BITS_WRITTEN,
    NETWORK_BIT_HOPS,
    OFF_CHIP_BITS,
)
from recost.kernels.counts import (
    count_done,
    count_placed,
    count_work,
    data_movement,
    layer_placement,
)
from recost.kernels.engine import off_chip_counts, reloads
from recost.kernels.ordinary import know_class, plan_layer
from recost.kernels.placement import frees_crossbars
from recost.kernels.prices import tiles_and_chips
from recost.kernels.records import PLACED, Placement
from recost.kernels.tables import reader
from recost.vocabulary import COUNTS, Replication

_BALANCED = int(Replication.BALANCED)
# What sums over a network add to the counts that they are given.
_ADDED = (CELL_WRITES, OFF_CHIP_BITS)


@inlined
def share_counts(shared, counts):
    """Copy the counts of another structure, which differs at most in its hierarchy."""
    for c in range(COUNTS):
        counts[c] = shared[c]
    counts[MEMORY_BITS_READ] = counts[MEMORY_BITS_WRITTEN] = 0.0
    counts[BUS_BITS] = counts[NETWORK_BIT_HOPS] = 0.0


@inlined
def _keep_place(placed, kept):
    """Put a placement into a row of whole numbers."""
    for k, number in enumerate(placed):
        kept[k] = number


@inlined
def _kept_place(kept):
    """The placement in a row of whole numbers."""
    return Placement(*to_fixed_tuple(kept, PLACED))


class Space(NamedTuple):
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


@borrowing
def settle(moving, structure, counts, rows, copies, space):
    """What all points on a structure share: `counts` and `rows` are those of its layers.

    Returns how many crossbars are needed, and whether no point changes that or what leaves chips.
    """
    need = 0
    for i in range(moving.layers.size):
        layer, settled = moving.layers[i], space.settled[i]
        placed = layer_placement(layer, structure)
        if moving.moves[i]:
            count_placed(layer, structure, placed, settled)
            _keep_place(placed, space.placed[i])
        else:
            share_counts(counts[rows[i]], settled)
            data_movement(layer, structure, placed, settled)
        need += int(settled[CROSSBARS]) * copies[i]
    _, chips = tiles_and_chips(structure, need)
    plain = not (
        frees_crossbars(structure)
        or reloads(structure, chips)
        or structure.mapping_replication == _BALANCED
    )
    if plain:
        off_chip_counts(moving.layers, structure, space.settled)
    for i in range(moving.layers.size):
        for c in range(COUNTS):
            space.counts[i, c] = space.settled[i, c]
    return need, plain


@inlined
def place_numbers(moving, share, numbers):
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
    at, counts = _kept_place(space.placed[i]), space.counts[i]
    if frees_crossbars(structure):  # where it lies moves too
        at = layer_placement(layer, structure)
        count_placed(layer, structure, at, counts)
    count_work(layer, structure, at, special, tables, space.room, counts)


@inlined
def plan_layers(moving, structure, space):
    """Which layers are ordinary on a structure, and the classes of their crossbars."""
    ordinary = space.ordinary
    ordinary.used[0] = 0
    for i in range(moving.layers.size):
        ordinary.many[i] = 0
        if moving.first[i] == i and moving.moves[i]:
            placed = _kept_place(space.placed[i])
            plan_layer(moving.layers[i], structure, placed, ordinary, i)


@borrowing
def _know_classes(moving, structure, shares, tables, space):
    """What crossbars of ordinary layers do at the points of a block, which lie at `shares`."""
    layers, ordinary = space.layers, space.ordinary
    for p in range(shares.shape[0]):
        place_numbers(moving, shares[p], space.numbers)
        for c in range(ordinary.used[0]):
            kind = ordinary.classes[c, 0]
            _move(moving, kind, space.numbers, space.words)
            mine = reader(tables, moving.directions[kind], space.scratch)
            know_class(layers[kind], structure, c, mine, space.room, ordinary, p)


@inlined
def count_abreast(moving, structure, shares, tables, space):
    """What ordinary layers do at the points of a block, which lie at `shares`."""
    layers, ordinary = space.layers, space.ordinary
    _know_classes(moving, structure, shares, tables, space)
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
def count_point(moving, structure, special, tables, space, p):
    """The counts of all layers at point p of the block, of which `space.numbers` are those."""
    layers, own, ordinary = space.layers, space.counts, space.ordinary
    for i in range(layers.size):
        first = moving.first[i]
        if first != i:
            for c in range(COUNTS):
                own[i, c] = own[first, c]
        for c in _ADDED:
            own[i, c] = space.settled[i, c]
        if first != i or not moving.moves[i]:
            continue
        if _is_counted(ordinary, i, p):
            at = _kept_place(space.placed[i])
            done, work = ordinary.done[i], space.room.work
            for w in range(WORKS):
                work[w] = done[WORK + w * BLOCK + p]
            count_done(layers[i], structure, at, done[CYCLES + p], work, own[i])
        else:
            _move(moving, i, space.numbers, space.words)
            mine = reader(tables, moving.directions[i], space.scratch)
            _count_moved(layers[i], structure, special, mine, space, i)
