"""Counts times prices for many points: side by side, so that the arithmetic vectorises.

The arithmetic is that of an estimate (`recost.kernels.engine.total_costs`); here is what brings
the numbers of `WIDTH` points together.  All that it reads and gives lies in one array, a row for
each number: that is how a compiler sees that no two rows overlap.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from recost.kernels._intrinsics import lane, lane_record, put_lane
from recost.kernels._numba import borrowing, kernel
from recost.kernels.engine import SUMS, total_costs
from recost.kernels.prices import adc_scale
from recost.vocabulary import TOTALS

# Points side by side.
WIDTH = 16
# Rows of the array: the words of structures, at most so many, those of technologies, the scale of
# the converters, the sums over the network, and what comes out.
_STRUCTURE, _TECHNOLOGY, _SCALE = 0, 64, 160
_SUMS = _SCALE + 1
_TOTALS = _SUMS + SUMS
_ROWS = _TOTALS + TOTALS


class Records(NamedTuple):
    """Records by the item: item i has `kept[at[i]]`, but for some numbers of its own.

    These are the bits `values[:, i]` in the 8-byte `words` of its record; they are passed on as
    floats, whatever the fields hold.
    """

    kept: Any
    at: Any
    words: Any
    values: Any


class _Here(NamedTuple):
    """Which item, and which of the kept records, each of the points side by side has."""

    item: Any
    kept: Any


@borrowing
def _bring(records, words, here, many, first, space):
    """Put the records of items into the rows from `first` on; whether one is not what was there.

    `words` are those of `records.kept`.
    """
    changed = records.words.size > 0
    for p in range(many):
        at = records.at[here.item[p]]
        if at != here.kept[p]:
            here.kept[p], changed = at, True
            for k in range(words.shape[1]):
                space[(first + k) * WIDTH + p] = words[at, k]
    for k in range(records.words.size):
        row = (first + records.words[k]) * WIDTH
        for p in range(many):
            space[row + p] = records.values[k, here.item[p]]
    return changed


@borrowing
def _scale_each(many, like, space):
    """The scale of each point's converters, where its structure is in place."""
    for p in range(many):
        space[_SCALE * WIDTH + p] = adc_scale(lane_record(space, _STRUCTURE, like, WIDTH, p))


@borrowing
def _price_each(structures, technologies, space):
    """What the sums of each point cost."""
    for p in range(WIDTH):
        structure = lane_record(space, _STRUCTURE, structures, WIDTH, p)
        technology = lane_record(space, _TECHNOLOGY, technologies, WIDTH, p)
        sums = lane(space, _SUMS, SUMS, WIDTH, p)
        costs = total_costs(structure, technology, space[_SCALE * WIDTH + p], sums)
        put_lane(space, _TOTALS, WIDTH, p, costs)


@borrowing
def _give(points, rows, space, totals):
    """Put what comes out where it belongs."""
    many = points.size
    together = points[many - 1] - points[0] == many - 1
    for t in range(TOTALS):
        from_row, row = (_TOTALS + t) * WIDTH, rows[t]
        if row >= 0 and together:
            for p in range(many):
                totals[row, points[0] + p] = space[from_row + p]
        elif row >= 0:
            for p in range(many):
                totals[row, points[p]] = space[from_row + p]


@kernel
def price_points(machine, technology, counted, points, rows, totals):
    """Totals of points: total t of point p into `totals[rows[t], points[p]]`, if it has a row.

    `machine` is (structures, at) and `counted` (sums, at): point p has structure and sums
    `at[p]`; structures and `technology`, which is by the point, are `Records`.  `points` ascend;
    a total whose row is -1 is left out.
    """
    structures, structure_at = machine
    sums, sums_at = counted
    space = np.ones(_ROWS * WIDTH)
    built, priced = np.full(WIDTH, -1), np.full(WIDTH, -1)
    mine, summed = np.zeros(WIDTH, np.int64), np.full(WIDTH, -1)
    built_words = structures.kept.view(np.float64).reshape(structures.kept.size, -1)
    priced_words = technology.kept.view(np.float64).reshape(technology.kept.size, -1)
    for start in range(0, points.size, WIDTH):
        many = min(WIDTH, points.size - start)
        for p in range(many):
            mine[p] = structure_at[start + p]
        if _bring(structures, built_words, _Here(mine, built), many, _STRUCTURE, space):
            _scale_each(many, structures.kept, space)
        for p in range(many):
            mine[p] = start + p
        _bring(technology, priced_words, _Here(mine, priced), many, _TECHNOLOGY, space)
        for p in range(many):
            at = sums_at[start + p]
            if at != summed[p]:
                summed[p] = at
                for k in range(SUMS):
                    space[(_SUMS + k) * WIDTH + p] = sums[at, k]
        _price_each(structures.kept, technology.kept, space)
        _give(points[start : start + many], rows, space, totals)
