"""Sums over a network's layers for points side by side.

Layers that are alike but for the vectors of an image do the same for each vector: that is
gone through once (`recost.kernels.abreast`), and here it is scaled and added up.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from recost.kernels._numba import borrowing, inlined
from recost.kernels.abreast import CYCLES, WORK
from recost.kernels.blocks import BLOCK
from recost.kernels.classes import (
    KEPT_ROWS,
    WORK_CONVERSIONS,
    WORK_DRIVES,
    WORK_READS,
    WORKS,
)
from recost.kernels.count_codes import CROSSBARS
from recost.kernels.counts import Done, fill_cycles, index_lists, put_done
from recost.kernels.engine import (
    SUM_ACTIVATIONS,
    SUM_CONTROL,
    SUM_CYCLES,
    SUM_SLOWEST,
    SUM_STORED,
    SUMS,
    add_layers,
    put_size,
    put_times,
    sum_layers,
)
from recost.vocabulary import ACTIONS, COUNTS

# What is the same at all points.  Of a layer and those alike: how many there are, the fewest
# copies of one, vectors of an image, cycles of filling the pipelines, and crossbars.  Of a layer
# and those that wait alike, together: vectors, and for each kept row index bits, lists that are
# read, and their bits.
_MANY, _FEWEST, _VECTORS, _FILL, _CROSSBARS, _WORK, _STORED_BITS, _LISTS, _LISTED = range(9)
_SCALES = 9
# Sums, by the point: the times of `add_layers`, and the numbers of `Done`, those of index lists
# last.
_TIME = 0
_DONE = 3 * BLOCK
_STORED = _DONE + KEPT_ROWS * BLOCK
_TOTAL = (3 + len(Done._fields)) * BLOCK


class Totals(NamedTuple):
    """Space for sums: `scales` of layers, sums of what is `still` at all points, and of `fill`.

    `total` are the sums in hand, `counts` a network's as if it were a layer.
    """

    scales: Any
    still: Any
    fill: Any
    total: Any
    counts: Any


def make_totals(layers: int) -> Totals:
    """Space for the sums over so many layers."""
    return Totals(
        np.empty((layers, _SCALES)),
        np.empty(SUMS),
        np.empty(WORKS),
        np.empty(_TOTAL),
        np.zeros(COUNTS),
    )


@borrowing
def settle_totals(moving, structure, settled, need, waits, copies, totals):
    """What all points on a structure share but for `fill`; `settled` counts do not move.

    Layer i does for each vector what layer `waits[i]` does; `need` crossbars are needed.
    """
    sum_layers(settled, copies, totals.still)
    put_size(structure, need, 0, totals.still)
    scales = totals.scales
    scales[:, :] = 0.0
    for i in range(moving.layers.size):
        layer, mine, vectors = moving.layers[i], moving.first[i], float(moving.layers[i].vectors)
        width, lists = index_lists(layer, structure)
        own, all_alike = scales[mine], scales[waits[mine]]
        if mine == i:
            own[_FEWEST], own[_VECTORS] = float(copies[i]), vectors
            own[_FILL], own[_CROSSBARS] = fill_cycles(layer, structure), settled[i, CROSSBARS]
        own[_MANY] += 1.0
        own[_FEWEST] = min(own[_FEWEST], float(copies[i]))
        all_alike[_WORK] += vectors
        all_alike[_STORED_BITS] += float(width * copies[i])
        all_alike[_LISTS] += float(lists)
        all_alike[_LISTED] += float(lists * width)


@inlined
def begin_totals(points, totals):
    """Begin the sums of a block with what is still."""
    total, still = totals.total, totals.still
    for p in range(points):
        total[_TIME + p] = still[SUM_CYCLES]
        total[_TIME + BLOCK + p] = still[SUM_SLOWEST]
        total[_TIME + 2 * BLOCK + p] = still[SUM_CONTROL]
        total[_DONE + p] = still[SUM_ACTIVATIONS]
        total[_STORED + p] = still[SUM_STORED]
        total[_STORED + BLOCK + p] = total[_STORED + 2 * BLOCK + p] = 0.0
    for w in (WORK_CONVERSIONS, WORK_DRIVES, WORK_READS):
        for p in range(points):
            total[_DONE + w * BLOCK + p] = totals.fill[w]


@inlined
def add_times(points, done, scales, total):
    """Add the times of a layer and those alike, of which one does `done` for each vector."""
    many, vectors, fill = scales[_MANY], scales[_VECTORS], scales[_FILL]
    crossbars, copies = scales[_CROSSBARS], scales[_FEWEST]
    for p in range(points):
        times = total[_TIME + p], total[_TIME + BLOCK + p], total[_TIME + 2 * BLOCK + p]
        cycles = done[CYCLES + p] * vectors + fill
        one, two, three = add_layers(times, cycles, crossbars, many, copies)
        total[_TIME + p], total[_TIME + BLOCK + p] = one, two
        total[_TIME + 2 * BLOCK + p] = three


@inlined
def add_work(points, done, scales, total):
    """Add the work of a layer and those that do the same for each vector."""
    vectors, stored, lists = scales[_WORK], scales[_STORED_BITS], scales[_LISTS]
    listed = scales[_LISTED]
    for w in range(KEPT_ROWS):
        for p in range(points):
            total[_DONE + w * BLOCK + p] += vectors * done[WORK + w * BLOCK + p]
    for p in range(points):
        kept = done[WORK + KEPT_ROWS * BLOCK + p]
        total[_STORED + p] += stored * kept
        total[_STORED + BLOCK + p] += lists * kept
        total[_STORED + 2 * BLOCK + p] += listed * kept


@inlined
def put_totals(structure, totals, p, sums):
    """The sums over a network at point p of a block into `sums`."""
    total, still, counts = totals.total, totals.still, totals.counts
    done = Done(
        total[_DONE + p],
        total[_DONE + WORK_CONVERSIONS * BLOCK + p],
        total[_DONE + WORK_DRIVES * BLOCK + p],
        total[_DONE + WORK_READS * BLOCK + p],
        total[_STORED + p],
        total[_STORED + BLOCK + p],
        total[_STORED + 2 * BLOCK + p],
    )
    put_done(structure, done, counts)
    for k in range(SUMS):
        sums[k] = still[k]
    for action in range(ACTIONS):
        sums[action] += counts[action]
    times = total[_TIME + p], total[_TIME + BLOCK + p], total[_TIME + 2 * BLOCK + p]
    put_times(times, done.activations, done.stored, sums)
