"""What counting remembers from one layer and structure to the next.

A sweep over structures asks for the same crossbars again and again: layers are cut into full
crossbars and the rest, structures differ in keys that moments do not depend on, and a cell of
more bits beside a wider operation unit touches as many weights as before.  Nothing that comes out
depends on what is remembered.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from recost.kernels._numba import inlined, kernel, light
from recost.kernels.maximum import MEMORY
from recost.kernels.moments import (
    RESULTS,
    alone,
    crossbar_moments,
    repeat_group,
    sum_moments,
)
from recost.kernels.part_sums import (
    Shared,
    fill_part,
    fill_shared,
    make_shared,
    sums_of_part,
)

# Numbers that tell crossbars apart, at most: 64 slices and a dozen parts; longer ones are not
# remembered.
_KEY = 128
_LOW = 0xFFFFFFFF
# Rows of which it is remembered what they share, and the most numbers that this may be.
_ROWS, _SHARED = 13, 1 << 16
# Parts of which sums are remembered, and the most numbers that these may be.
_PARTS, _SUMS = 1021, 1 << 13
# Where in what is asked for the numbers of rows and slices begin.
_OWN = 8


class Memory(NamedTuple):
    """What a thread has worked out before, each at a place that its numbers tell.

    `scores` are those of `recost.kernels.maximum.largest`.  `asked` are the numbers of the
    crossbar that is asked for, `words` the same as words; those of crossbar i are `known[i]`, of
    which the first is how many there are, and `moments[i]` what `sum_moments` fills in.  The words
    of rows, which are among these, are `rows[i]` for what such rows share, `shared[i]` in a row,
    and its `spans[i]`; those of rows and a part are `parts[i]` for `sums[i]`.
    """

    scores: Any
    asked: Any
    words: Any
    known: Any
    moments: Any
    rows: Any
    shared: Any
    spans: Any
    parts: Any
    sums: Any


@light
def make_memory(scores, moments):
    """A memory with places for so many numbers of crossbars and moments of crossbars."""
    asked = np.zeros(_KEY)
    rows, parts = (_ROWS, _PARTS) if moments > 0 else (0, 0)
    return Memory(
        np.zeros((scores, MEMORY)),
        asked,
        asked.view(np.int64),
        np.zeros((moments, _KEY), np.int64),
        np.empty((moments, RESULTS * 3)),
        np.zeros((rows, _KEY), np.int64),
        np.empty((rows, _SHARED)),
        np.empty((rows, _KEY, 2), np.int64),
        np.zeros((parts, _KEY), np.int64),
        np.empty((parts, _SUMS)),
    )


@inlined
def _ask(rows, groups, parts, streams, asked):
    """All that moments depend on into `asked`; returns how many numbers, 0 if they are too many."""
    single = groups.size == 1
    used = _OWN + streams.size + 3 * parts.size + (1 if single else 4 * groups.size)
    if used > asked.size:
        return 0
    asked[0], asked[1], asked[2] = float(used), float(rows.number), float(rows.height)
    asked[3], asked[4], asked[5] = rows.live, float(rows.kernel_rows), rows.weight_correlation
    asked[6], asked[7] = rows.input_correlation, float(streams.size)
    at = _OWN
    for b in range(streams.size):
        asked[at] = streams[b]
        at += 1
    for c in range(parts.size):
        asked[at], asked[at + 1] = parts[c].weight, parts[c].density
        asked[at + 2] = parts[c].correlation
        at += 3
    for k in range(groups.size):
        asked[at] = float(groups[k].count)
        at += 1
        if not single:
            asked[at], asked[at + 1] = groups[k].multiplicity, float(groups[k].width)
            asked[at + 2] = float(groups[k].first)
            at += 3
    return used


@inlined
def _hash(words, first, last, place):
    """A hash below 2^31 of these words, first to last, and of what came before, `place`."""
    for i in range(first, last):
        # Products stay below 2^63, so that the interpreter says the same.
        place = ((place ^ (words[i] & _LOW)) * 0x2545F491) % 0x7FFFFFFF
        place = ((place ^ ((words[i] >> 32) & _LOW)) * 0x2545F491) % 0x7FFFFFFF
    return place


@inlined
def _is_known(known, words, first, last):
    """Whether what is remembered has these words, first to last."""
    same = True
    for i in range(first, last):
        same = same and known[i] == words[i]
    return same


@kernel
def _remembered_shared(rows, streams, memory):
    """What crossbars of the rows that are asked for share."""
    size, slices = rows.number + 1, streams.size
    if size * (2 * slices + 1) > memory.shared.shape[1]:
        return make_shared(rows, streams)
    place = _hash(memory.words, 1, _OWN + slices, 0) % _ROWS
    known, room = memory.rows[place], memory.shared[place]
    by_slice = room[: size * (slices + 1)].reshape(size, slices + 1)
    laws = room[size * (slices + 1) : size * (2 * slices + 1)].reshape(slices, size)
    shared = Shared(by_slice, laws, memory.spans[place, :slices])
    if not _is_known(known, memory.words, 1, _OWN + slices):
        fill_shared(rows, streams, shared)
        known[: _OWN + slices] = memory.words[: _OWN + slices]
    return shared


@kernel
def _remembered_part(rows, parts, streams, shared, memory, c, sums):
    """`fill_part` of one of the parts that are asked for."""
    if sums.size > memory.sums.shape[1]:
        fill_part(rows, parts[c], streams, shared, sums)
        return
    # The words of the rows come first, and then two of the part, behind its weight.
    words, last, own = memory.words, _OWN + streams.size, _OWN + streams.size + 3 * c + 1
    place = _hash(words, own, own + 2, _hash(words, 1, last, 0)) % memory.parts.shape[0]
    known, remembered = memory.parts[place], memory.sums[place, : sums.size]
    same = _is_known(known, words, 1, last)
    if same and known[last] == words[own] and known[last + 1] == words[own + 1]:
        sums[:] = remembered
        return
    fill_part(rows, parts[c], streams, shared, sums)
    remembered[:] = sums
    known[:last] = words[:last]
    known[last], known[last + 1] = words[own], words[own + 1]


@kernel
def remembered_moments(rows, groups, parts, streams, memory, out):
    """As `recost.kernels.moments.crossbar_moments`, the same bits; `memory` has places."""
    used = _ask(rows, groups, parts, streams, memory.asked)
    if used == 0:
        crossbar_moments(rows, groups, parts, streams, out)
        return
    place = _hash(memory.words, 0, used, 0) % memory.known.shape[0]
    known, moments = memory.known[place], memory.moments[place]
    if not _is_known(known, memory.words, 0, used):
        shared = _remembered_shared(rows, streams, memory)
        sums = np.empty((parts.size, sums_of_part(rows, streams.size)))
        for c in range(parts.size):
            _remembered_part(rows, parts, streams, shared, memory, c, sums[c])
        sum_moments(rows, alone(groups), parts, streams, (shared, sums), out)
        known[:used] = memory.words[:used]
        moments[:] = out.ravel()
    for cause in range(RESULTS):
        for m in range(3):
            out[cause, m] = moments[3 * cause + m]
    if groups.size == 1:
        repeat_group(groups[0].multiplicity, groups[0].width, out)
