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

# Points side by side, and points whose numbers are read and written together.
WIDTH, SPAN = 16, 512
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
    """Which record the points side by side have, and of which the numbers are in their rows."""

    wanted: Any
    there: Any


@borrowing
def _place(at, start, wanted):
    """Which record each point from `start` on has; whether that may be another than before.

    `at` is by the point, or one number for all of them.  Places past the last point are like it.
    """
    if at.size == 1 and start > 0:
        return False
    for p in range(WIDTH):
        wanted[p] = at[min(start + p, at.size - 1)]
    return True


@borrowing
def _bring(words, here, first, space):
    """Put the `words` of records into the rows from `first` on; whether any was not there."""
    changed = False
    for p in range(WIDTH):
        row = here.wanted[p]
        if row != here.there[p]:
            here.there[p], changed = row, True
            for k in range(words.shape[1]):
                space[(first + k) * WIDTH + p] = words[row, k]
    return changed


@borrowing
def _bring_structures(records, words, here, items, space):
    """Put the structures of items in place, and the scale of their converters."""
    for p in range(WIDTH):
        here.wanted[p] = records.at[items[p]]
    changed = _bring(words, here, _STRUCTURE, space)
    for k in range(records.words.size):
        row = (_STRUCTURE + records.words[k]) * WIDTH
        for p in range(WIDTH):
            space[row + p] = records.values[k, items[p]]
    if changed or records.words.size > 0:
        for p in range(WIDTH):
            built = lane_record(space, _STRUCTURE, records.kept, WIDTH, p)
            space[_SCALE * WIDTH + p] = adc_scale(built)


@borrowing
def _stage(records, start, many, staged):
    """Put by what so many points from `start` on have of their own, a number after the other.

    Memory is read fastest in long runs, and a processor that writes a few numbers and reads them
    at once waits for them.
    """
    for k in range(records.words.size):
        source, target = records.values[k, start : start + many], staged[k]
        for p in range(many):
            target[p] = source[p]


@borrowing
def _bring_own(words, staged, start, space):
    """Put what technologies of points have of their own into their rows."""
    for k in range(words.size):
        first = (_TECHNOLOGY + words[k]) * WIDTH
        source, target = staged[k, start : start + WIDTH], space[first : first + WIDTH]
        for p in range(WIDTH):
            target[p] = source[p]


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
def _take(rows, space, start, done):
    """Put by what comes out."""
    for t in range(TOTALS):
        if rows[t] >= 0:
            target = done[t, start : start + WIDTH]
            for p in range(WIDTH):
                target[p] = space[(_TOTALS + t) * WIDTH + p]


@borrowing
def _give(first, many, rows, done, totals):
    """Put what comes out of so many points from `first` on where it belongs."""
    for t in range(TOTALS):
        if rows[t] >= 0:
            source, target = done[t], totals[rows[t], first : first + many]
            for p in range(many):
                target[p] = source[p]


@kernel
def price_points(machine, technologies, counted, points, rows, totals):
    """Totals of so many points: total t of point p into `totals[rows[t], p]`, if it has a row.

    `machine` is (structures, at) and `counted` (sums, at): point p has structure and sums
    `at[p]`, or `at[0]` if there is but one; structures and `technologies`, which are by the
    point, are `Records`.  A total whose row is -1 is left out.
    """
    structures, structure_at = machine
    sums, sums_at = counted
    space, items = np.ones(_ROWS * WIDTH), np.zeros(WIDTH, np.int64)
    built, priced, summed = (
        _Here(np.zeros(WIDTH, np.int64), np.full(WIDTH, -1)),
        _Here(np.zeros(WIDTH, np.int64), np.full(WIDTH, -1)),
        _Here(np.zeros(WIDTH, np.int64), np.full(WIDTH, -1)),
    )
    built_words = structures.kept.view(np.float64).reshape(structures.kept.size, -1)
    priced_words = technologies.kept.view(np.float64).reshape(technologies.kept.size, -1)
    staged, done = np.empty((technologies.words.size, SPAN)), np.empty((TOTALS, SPAN))
    for first in range(0, points, SPAN):
        many = min(SPAN, points - first)
        _stage(technologies, first, many, staged)
        for start in range(0, many, WIDTH):
            if _place(structure_at, first + start, items):
                _bring_structures(structures, built_words, built, items, space)
            if _place(technologies.at, first + start, priced.wanted):
                _bring(priced_words, priced, _TECHNOLOGY, space)
            if _place(sums_at, first + start, summed.wanted):
                _bring(sums, summed, _SUMS, space)
            _bring_own(technologies.words, staged, start, space)
            _price_each(structures.kept, technologies.kept, space)
            _take(rows, space, start, done)
        _give(first, many, rows, done, totals)
