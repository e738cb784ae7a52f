"""Points side by side: how long the slowest crossbar takes at each, in loops that vectorise.

The arithmetic is that of `clusters`, `maximum` and `waiting`; here are the loops around it.  All
numbers of a kind lie side by side, `BLOCK` of them, and the kinds one after the other in one
array, at distances that are known when this compiles: that is how a compiler sees that no two of
them overlap.
"""

from __future__ import annotations

import math

from recost.kernels._numba import borrowing
from recost.kernels.blocks import BLOCK
from recost.kernels.classes import KEPT_ROWS, WORKS
from recost.kernels.clusters import any_of, at_the_sum, exceeds
from recost.kernels.maximum import (
    SHARES,
    add_node,
    is_smooth,
    larger_each,
    largest,
    of_raw,
    scores,
    tail,
    varies,
)
from recost.kernels.records import Cumulants
from recost.kernels.waiting import beyond_usual, joined_chunk

# What is known of a class of crossbars at each point: whether it has to be counted by itself;
# what one crossbar does, as `recost.kernels.classes` numbers it; the bound of its cycles without
# clusters, and these (`recost.kernels.clusters.Clusters`); the cumulants of its own cycles, those
# of its row chunk (without the mean, which is none), and the slope of `causes`.
APART, WORK = 0, BLOCK
_REST = 1 + WORKS
MOST, USUAL, EXPECTED, SIZE, TIED, LEFT, ABSENT = range(_REST * BLOCK, (_REST + 7) * BLOCK, BLOCK)
_REST += 7
MEAN, VARIANCE, THIRD, SHARED, SKEWED, SLOPE = range(_REST * BLOCK, (_REST + 6) * BLOCK, BLOCK)
CLASS = (_REST + 6) * BLOCK
# Kinds of scratch space: the cumulants in hand and their bound, ...
_MEAN, _VARIANCE, _THIRD, _BOUND = range(0, 4 * BLOCK, BLOCK)
# ... those of the slowest of a row chunk and of all, ...
_CHUNK, _LAYER = 4 * BLOCK, 8 * BLOCK
# ... what the class of the longest mean has, ...
_LONG_USUAL, _LONG_MEAN, _LONG_VARIANCE, _LONG_SHARED, _LONG_SKEWED, _LONG_SLOPE = range(
    12 * BLOCK, 18 * BLOCK, BLOCK
)
# ... and what loops hand on.
_A, _B, _C, _D = range(18 * BLOCK, 22 * BLOCK, BLOCK)
SCRATCH = 22 * BLOCK
# What comes out: `APART` if any class is, the work as `WORK`, and the cycles.
CYCLES = (1 + WORKS) * BLOCK
DONE = (2 + WORKS) * BLOCK


@borrowing
def _add_work(points, held, times, crossbars, done):
    """Add what a class of crossbars does, `times` over; its kept rows are those of `crossbars`."""
    for w in range(WORKS):
        many = crossbars if w == KEPT_ROWS else times
        for p in range(points):
            done[WORK + w * BLOCK + p] += many * held[WORK + w * BLOCK + p]
    for p in range(points):
        done[APART + p] = max(done[APART + p], held[APART + p])


@borrowing
def _bound_class(points, held, crossbars, share, alike, space):
    """The bound of the cycles of a class of crossbars (`recost.kernels.clusters.usual_bound`)."""
    for p in range(points):
        space[_A + p] = at_the_sum(crossbars, share, held[TIED + p], held[LEFT + p])
        space[_B + p] = held[ABSENT + p]
        space[_C + p] = 1.0 - held[ABSENT + p]
        space[_D + p] = 0.0
    k, going = 0.0, points
    while going > 0:
        going, inverse = 0, 1.0 / (k + 1.0)
        for p in range(points):
            some, expected = space[_A + p] * space[_C + p], held[EXPECTED + p]
            more = exceeds(some, k, expected)
            space[_D + p] += any_of(some) if more else 0.0
            going += 1 if more else 0
            term = space[_B + p] * (expected * inverse)
            space[_B + p] = term
            space[_C + p] -= term
        k += 1.0
    for p in range(points):
        reached = held[USUAL + p] + space[_D + p] * held[SIZE + p]
        reached = max(reached, held[WORK + p])
        space[_BOUND + p] = alike * min(held[MOST + p], reached)


@borrowing
def _take_class(points, held, first, alike, space):
    """Take a class in hand; keep it if its mean is the longest of the row chunk's."""
    for p in range(points):
        space[_MEAN + p] = held[MEAN + p]
        space[_VARIANCE + p] = held[VARIANCE + p]
        space[_THIRD + p] = held[THIRD + p]
    for p in range(points):
        if first or held[MEAN + p] > space[_LONG_MEAN + p]:
            space[_LONG_USUAL + p] = alike * held[USUAL + p]
            space[_LONG_MEAN + p] = held[MEAN + p]
            space[_LONG_VARIANCE + p] = held[VARIANCE + p]
            space[_LONG_SHARED + p] = held[SHARED + p]
            space[_LONG_SKEWED + p] = held[SKEWED + p]
            space[_LONG_SLOPE + p] = held[SLOPE + p]


@borrowing
def _largest_each(points, count, unit, memory, space):
    """`recost.kernels.maximum.largest` of what is in hand, in its place."""
    if count <= 1.0:
        return
    row, units, few = scores(count, memory), 1.0 / unit, 0
    z0, z1, z2, z3, z4, z5, z6 = row[0], row[1], row[2], row[3], row[4], row[5], row[6]
    for p in range(points):
        mean, variance, third = space[_MEAN + p], space[_VARIANCE + p], space[_THIRD + p]
        bound = space[_BOUND + p]
        spread, skew = variance * units * units, third * units * units * units
        deviation, a, thin = tail(spread, skew)
        law = deviation, a, thin, (bound - mean) * units
        # Each by itself: a loop in here would not let points go side by side.
        raw = add_node((0.0, 0.0, 0.0), z0, SHARES[0], law)
        raw = add_node(raw, z1, SHARES[1], law)
        raw = add_node(raw, z2, SHARES[2], law)
        raw = add_node(raw, z3, SHARES[3], law)
        raw = add_node(raw, z4, SHARES[4], law)
        raw = add_node(raw, z5, SHARES[5], law)
        raw = add_node(raw, z6, SHARES[6], law)
        found = of_raw(mean, raw, unit, bound)
        smooth, changed = is_smooth(mean, variance, unit), varies(mean, variance, bound)
        space[_A + p] = 1.0 if changed and not smooth else 0.0
        few += 1 if changed and not smooth else 0
        space[_MEAN + p] = found.mean if changed and smooth else mean
        space[_VARIANCE + p] = found.variance if changed and smooth else variance
        space[_THIRD + p] = found.third if changed and smooth else third
    if few > 0:
        for p in range(points):
            if space[_A + p] > 0.0:
                mean, variance, third = space[_MEAN + p], space[_VARIANCE + p], space[_THIRD + p]
                bound = space[_BOUND + p]
                _put(largest(mean, variance, third, count, unit, bound, memory), bound, space, p)


@borrowing
def _put(one, bound, space, at):
    """Put cumulants and their bound at a place."""
    space[_MEAN + at], space[_VARIANCE + at], space[_THIRD + at] = one.mean, one.variance, one.third
    space[_BOUND + at] = bound


@borrowing
def _join(points, first, space, to):
    """What is in hand, or the larger of it and of what lies at `to`, goes there."""
    for p in range(points):
        mine = Cumulants(space[_MEAN + p], space[_VARIANCE + p], space[_THIRD + p])
        bound, at = space[_BOUND + p], to + p
        if not first:
            bound = max(space[_BOUND + at], bound)
            other = Cumulants(space[_MEAN + at], space[_VARIANCE + at], space[_THIRD + at])
            mine = larger_each(other, mine, bound)
        _put(mine, bound, space, at)


@borrowing
def _add_chunks(points, count, unit, memory, space):
    """The slowest of so many row chunks, of each of which the slowest lies at `_CHUNK`."""
    for p in range(points):
        at = _CHUNK + p
        one = Cumulants(space[_MEAN + at], space[_VARIANCE + at], space[_THIRD + at])
        own = Cumulants(space[_LONG_MEAN + p], space[_LONG_VARIANCE + p], 0.0)
        shared = Cumulants(0.0, space[_LONG_SHARED + p], space[_LONG_SKEWED + p])
        space[_MEAN + p], space[_BOUND + p] = one.mean, space[_BOUND + at]
        space[_VARIANCE + p], space[_THIRD + p] = joined_chunk(
            one, own, shared, space[_LONG_SLOPE + p]
        )
    _largest_each(points, count, unit, memory, space)
    for p in range(points):
        usual = space[_LONG_USUAL + p]
        space[_MEAN + p] = beyond_usual(space[_MEAN + p], usual, unit, space[_BOUND + p])


@borrowing
def wait_each(points, terms, classes, layer, memory, space, done):
    """Work of a layer and cycles of its slowest crossbar for a vector at each point into `done`.

    Returns at how many of them a class has to be counted by itself.

    `terms` [any number, 4] are its classes of crossbars, those of a row class together: (row of
    `classes`, row class, row chunks, crossbars of a chunk).  `layer` are (groups, slices alike).
    """
    groups, alike = layer
    for k in range(DONE):
        done[k] = 0.0
    for t in range(terms.shape[0]):
        held, row, count = classes[terms[t, 0]], terms[t, 1], float(terms[t, 3])
        chunks, first = groups * terms[t, 2], t == 0 or terms[t - 1, 1] != row
        crossbars = count * chunks
        _add_work(points, held, crossbars * alike, crossbars, done)
        _bound_class(points, held, crossbars, math.log(chunks / crossbars), alike, space)
        _take_class(points, held, first, alike, space)
        _largest_each(points, count, alike, memory, space)
        _join(points, first, space, _CHUNK)
        if t + 1 == terms.shape[0] or terms[t + 1, 1] != row:
            _add_chunks(points, chunks, alike, memory, space)
            _join(points, row == terms[0, 1], space, _LAYER)
    odd = 0
    for p in range(points):
        done[CYCLES + p] = space[_LAYER + p]
        odd += 1 if done[APART + p] > 0.0 else 0
    return odd
