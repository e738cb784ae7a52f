"""The counts of layers that move with the point of a sweep, on one structure after the other."""

from __future__ import annotations

from typing import Any, NamedTuple

from numba.np.unsafe.ndarray import to_fixed_tuple

from recost.kernels._numba import borrowing, inlined
from recost.kernels.abreast import APART, CYCLES, WORK, wait_each
from recost.kernels.blocks import BLOCK
from recost.kernels.class_block import (
    count_class,
    fill_cut,
    hold_class,
    is_left,
    know_class,
    know_inputs,
    know_weights,
    leave_out,
)
from recost.kernels.classes import KEPT_ROWS, WORKS, alike_slices
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
    data_movement,
    fill_work,
    layer_placement,
)
from recost.kernels.crossbars import column_units
from recost.kernels.engine import off_chip_counts, reloads
from recost.kernels.ordinary import plan_cuts, plan_layer
from recost.kernels.patterns import patterns_of
from recost.kernels.placement import frees_crossbars
from recost.kernels.prices import tiles_and_chips
from recost.kernels.records import PLACED, Placement
from recost.kernels.tables import reader
from recost.kernels.totals import (
    add_times,
    add_work,
    begin_totals,
    put_totals,
)
from recost.kernels.waiting import crossbar_work
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
    last: Any
    room: Any
    ordinary: Any
    totals: Any


@borrowing
def settle(moving, structure, counts, rows, copies, space):
    """What all points on a structure share: `counts` and `rows` are those of its layers.

    Returns how many crossbars are needed, and whether no point changes that or what leaves chips.
    """
    need, fill = 0, space.totals.fill
    fill[:] = 0.0
    for i in range(moving.layers.size):
        layer, settled = moving.layers[i], space.settled[i]
        placed = layer_placement(layer, structure)
        if moving.moves[i]:
            count_placed(layer, structure, placed, settled)
            _keep_place(placed, space.placed[i])
            if not structure.operation_unit_gated:
                fill_work(layer, structure, placed, fill)
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


@borrowing
def _plan_layers(layers, first, moves, structure, places, ordinary):
    """Which layers are ordinary on a structure, and the classes of their crossbars."""
    ordinary.used[:] = 0
    for i in range(layers.size):
        ordinary.many[i], ordinary.waits[i] = 0, i
        if first[i] == i and moves[i]:
            plan_layer(layers, structure, _kept_place(places[i]), ordinary, i)
    plan_cuts(structure, ordinary)


@inlined
def plan_layers(moving, structure, special, space):
    """Which layers are ordinary on a structure: none if `special` code counts them."""
    ordinary = space.ordinary
    for i in range(moving.layers.size):
        ordinary.many[i], ordinary.waits[i] = 0, i
    if special is None:
        first, moves = moving.first, moving.moves
        _plan_layers(moving.layers, first, moves, structure, space.placed, ordinary)


@inlined
def _know_cuts(moving, structure, shares, space):
    """Densities of what crossbars of ordinary layers are cut from, at the points of a block."""
    ordinary, points, room = space.ordinary, shares.shape[0], space.room
    cuts, many, patterns = ordinary.cuts, ordinary.used[1], patterns_of(room)
    for p in range(points if many > 0 else 0):
        place_numbers(moving, shares[p], space.numbers)
        for k in range(many):
            kind, cut, own = cuts[k, 0], ordinary.cut[k], ordinary.like[k] == k
            inputs = p == 0 or ordinary.driven[kind]
            if own or inputs:
                _move(moving, kind, space.numbers, space.words)
            if inputs:
                know_inputs(space.layers[kind], structure, room.streams, cut, p)
            if own:
                know_weights(space.layers[kind], structure, cuts[k], patterns, cut, p)
    for k in range(many):
        like = ordinary.cut[ordinary.like[k]]
        fill_cut(points, ordinary.driven[cuts[k, 0]], ordinary.cut[k], like)


@inlined
def _know_classes(moving, structure, shares, tables, space):
    """What crossbars of ordinary layers do at the points of a block, which lie at `shares`."""
    ordinary, points = space.ordinary, shares.shape[0]
    _know_cuts(moving, structure, shares, space)
    for c in range(ordinary.used[0]):
        kind, known, row = ordinary.classes[c, 0], ordinary.known, ordinary.classes[c]
        mine = reader(tables, moving.directions[kind], space.scratch, space.last)
        layer, left = space.layers[kind], leave_out(points, known)
        if ordinary.cut_of[c] >= 0:
            cut, got = ordinary.cut[ordinary.cut_of[c]], ordinary.got[ordinary.reads[c]]
            reads = ordinary.reads[c] == c, got
            left = know_class(points, structure, row, mine, cut, reads, known)
        for p in range(points if left > 0 else 0):
            if is_left(known, p):
                place_numbers(moving, shares[p], space.numbers)
                _move(moving, kind, space.numbers, space.words)
                shape = row[1], row[2], row[3], row[4], row[5]
                count_class(layer, structure, shape, mine, space.room, known, p)
        _, units = column_units(structure, row[3])
        alike = alike_slices(layer, structure.sparsity_activations)
        hold_class(points, float(units), float(alike), known, ordinary.held[c])


@inlined
def _wait_abreast(layers, structure, points, space):
    """What ordinary layers do for a vector at the points of a block."""
    ordinary, room = space.ordinary, space.room
    for i in range(layers.size):
        if ordinary.many[i] > 0 and ordinary.waits[i] == i:
            layer, terms = layers[i], ordinary.terms[i, : ordinary.many[i]]
            alike = alike_slices(layer, structure.sparsity_activations)
            sizes, done = (float(layer.groups), float(alike)), ordinary.done[i]
            ordinary.odd[i] = wait_each(
                points, terms, ordinary.held, sizes, room.memory.scores, ordinary.space, done
            )


@borrowing
def _work_apart(layer, structure, placed, special, tables, room, done):
    """What a layer does for a vector where it has been moved to; `done` begins with the point."""
    at = _kept_place(placed)
    if frees_crossbars(structure):  # where it lies moves too
        at = layer_placement(layer, structure)
    cycles, each = crossbar_work(layer, structure, at, special, tables, room), 1.0 / layer.vectors
    done[CYCLES] = cycles * each
    for w in range(WORKS):
        done[WORK + w * BLOCK] = room.work[w] * (1.0 if w == KEPT_ROWS else each)


@inlined
def _is_apart(moving, ordinary, i):
    """Whether layer i moves and is not counted with others, as far as its points are not."""
    return (
        moving.first[i] == i
        and moving.moves[i]
        and ordinary.waits[i] == i
        and (ordinary.many[i] == 0 or ordinary.odd[i] > 0)
    )


@inlined
def work_block(moving, structure, shares, special, tables, space):
    """What layers that move do for a vector at the points of a block, which lie at `shares`.

    That is `space.ordinary.done`, for all layers that wait alike in the row of the first.
    """
    layers, ordinary = space.layers, space.ordinary
    if special is None:
        _know_classes(moving, structure, shares, tables, space)
        _wait_abreast(layers, structure, shares.shape[0], space)
    few = 0
    for i in range(layers.size):
        few += 1 if _is_apart(moving, ordinary, i) else 0
    for p in range(shares.shape[0] if few > 0 else 0):
        place_numbers(moving, shares[p], space.numbers)
        for i in range(layers.size):
            if _is_apart(moving, ordinary, i) and (
                ordinary.many[i] == 0 or ordinary.done[i, APART + p] > 0.0
            ):
                _move(moving, i, space.numbers, space.words)
                mine = reader(tables, moving.directions[i], space.scratch, space.last)
                placed, done = space.placed[i], ordinary.done[i, p:]
                _work_apart(layers[i], structure, placed, special, mine, space.room, done)


@borrowing
def _sum_block(first, moves, structure, order, work, totals, sums):
    """`sum_block` where `work` are (row of the work of each layer, what layers do for a vector)."""
    (waits, done), points = work, order.size
    begin_totals(points, totals)
    for i in range(first.size):
        if first[i] == i and moves[i]:
            mine, scales = done[waits[i]], totals.scales[i]
            add_times(points, mine, scales, totals.total)
            if waits[i] == i:
                add_work(points, mine, scales, totals.total)
    for p in range(points):
        put_totals(structure, totals, p, sums[order[p]])


@inlined
def sum_block(moving, structure, order, space, sums):
    """Sums over a network of which nothing moves but what layers do, into `sums` [any, SUMS].

    Those of point p of the block go into row `order[p]`.
    """
    work = space.ordinary.waits, space.ordinary.done
    _sum_block(moving.first, moving.moves, structure, order, work, space.totals, sums)


@borrowing
def _count_layer(layer, structure, placed, done, p, work, counts):
    """The counts of a layer at point p of a block, where it does `done` for a vector."""
    at, vectors = _kept_place(placed), float(layer.vectors)
    if frees_crossbars(structure):  # where it lies moves too
        at = layer_placement(layer, structure)
        count_placed(layer, structure, at, counts)
    for w in range(WORKS):
        work[w] = done[WORK + w * BLOCK + p] * (1.0 if w == KEPT_ROWS else vectors)
    count_done(layer, structure, at, done[CYCLES + p] * vectors, work, counts)


@inlined
def count_point(moving, structure, space, p):
    """The counts of all layers at point p of the block, of which `space.numbers` are those."""
    layers, own, ordinary = space.layers, space.counts, space.ordinary
    for i in range(layers.size):
        first = moving.first[i]
        if first != i:
            for c in range(COUNTS):
                own[i, c] = own[first, c]
        for c in _ADDED:
            own[i, c] = space.settled[i, c]
        if first == i and moving.moves[i]:
            _move(moving, i, space.numbers, space.words)
            done, work = ordinary.done[ordinary.waits[i]], space.room.work
            _count_layer(layers[i], structure, space.placed[i], done, p, work, own[i])
