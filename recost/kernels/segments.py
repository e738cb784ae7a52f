"""Rows that a column group keeps over the whole height of a matrix, cut into crossbars anew."""

from __future__ import annotations

import numpy as np

from recost.kernels._intrinsics import popcount
from recost.kernels._numba import kernel

_ONE = np.uint64(1)
_ZERO = np.uint64(0)


@kernel
def kept_rows(live, kept):
    """How many rows every group keeps: `live` [sets, words, groups] into `kept` [sets, groups]."""
    sets, words, groups = live.shape
    kept[:] = 0
    for s in range(sets):
        for w in range(words):
            for g in range(groups):
                kept[s, g] += np.int64(popcount(live[s, w, g]))


@kernel
def _lowest(word, many):
    """The `many` lowest ones of a word."""
    rest = word
    for _ in range(many):
        rest &= rest - _ONE
    return word ^ rest


@kernel
def compact(live, chunk, segments, masks):
    """Cut the kept rows of one group, `live` [words], into segments of `chunk` rows.

    Fills `segments` (all but the multiplicity; `mask` counts from the start of `masks`) and
    returns how many words of `masks` it used.
    """
    used = made = room = 0
    for w in range(live.size):
        rest = live[w]
        while rest != _ZERO:
            if room == 0:
                segments[made].first = w
                segments[made].words = 0
                segments[made].mask = used
                made += 1
                room = chunk
            taken = rest
            many = np.int64(popcount(rest))
            if many > room:
                taken = _lowest(rest, room)
                many = room
            segment = segments[made - 1]
            # Words in which the group keeps nothing lie between.
            while segment.first + segment.words < w:
                masks[used] = _ZERO
                segment.words += 1
                used += 1
            masks[used] = taken
            segment.words += 1
            used += 1
            room -= many
            rest ^= taken
    return used


@kernel
def compact_groups(live, kept, chunk, segments, masks):
    """Cut the kept rows of all groups; segments in the order of sets, then groups."""
    sets, words, groups = live.shape
    column = np.empty(words, np.uint64)
    made = used = 0
    for s in range(sets):
        for g in range(groups):
            for w in range(words):
                column[w] = live[s, w, g]
            many = (kept[s, g] + chunk - 1) // chunk
            own = segments[made : made + many]
            length = compact(column, chunk, own, masks[used:])
            for k in range(many):
                own[k].mask += used
            made += many
            used += length
    return used
