"""What counting remembers from one layer and structure to the next.

A sweep over structures asks for the same crossbars again and again: layers are cut into full
crossbars and the rest, structures differ in keys that moments do not depend on, and a cell of
more bits beside a wider operation unit touches as many weights as before.  Nothing that comes out
depends on what is remembered.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from recost.kernels._numba import bare, inlined, kernel, light
from recost.kernels.copying import copy_onto
from recost.kernels.maximum import MEMORY
from recost.kernels.moments import (
    RESULTS,
    alone,
    repeat_group,
    sum_moments,
)
from recost.kernels.part_sums import (
    Shared,
    fill_part,
    fill_shared,
    sums_of_part,
)

# Numbers that tell crossbars apart, at most: 64 slices and a dozen parts; longer ones are not
# remembered.
_KEY = 128
_LOW = 0xFFFFFFFF
# The upper half of the multiplier of xorshift* (Vigna, ACM TOMS 2016).
_MIXER = 0x2545F491
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
        mixed = (place ^ ((words[i] ^ (words[i] >> 32)) & _LOW)) * _MIXER
        place = (mixed ^ (mixed >> 31)) & 0x7FFFFFFF
    return place


@inlined
def _is_known(known, words, first, last):
    """Whether what is remembered has these words, first to last."""
    same = True
    for i in range(first, last):
        same = same and known[i] == words[i]
    return same


@inlined
def _remembered_shared(rows, streams, memory, used):
    """What crossbars of the rows that are asked for share, by `used` numbers if there are any."""
    size, slices = rows.number + 1, streams.size
    numbers, last = size * (2 * slices + 1), _OWN + slices
    remember = used > 0 and numbers <= memory.shared.shape[1]
    place = _hash(memory.words, 1, last, 0) % _ROWS if remember else 0
    room = memory.shared[place] if remember else np.empty(numbers)
    spans = memory.spans[place, :slices] if remember else np.empty((slices, 2), np.int64)
    by_slice = room[: size * (slices + 1)].reshape(size, slices + 1)
    laws = room[size * (slices + 1) : numbers].reshape(slices, size)
    shared = Shared(by_slice, laws, spans)
    if not (remember and _is_known(memory.rows[place], memory.words, 1, last)):
        fill_shared(rows, streams, shared)
        if remember:
            copy_onto(memory.words, memory.rows[place, :last])
    return shared


@inlined
def _remembered_part(rows, parts, streams, known, memory, c, sums):
    """`fill_part` of one of the parts that are asked for; `known` are (used, what rows share)."""
    used, shared = known
    remember = used > 0 and sums.size <= memory.sums.shape[1]
    # The words of the rows come first, and then two of the part, behind its weight.
    words, last, own = memory.words, _OWN + streams.size, _OWN + streams.size + 3 * c + 1
    place, same = 0, False
    if remember:
        place = _hash(words, own, own + 2, _hash(words, 1, last, 0)) % memory.parts.shape[0]
        mine = memory.parts[place]
        same = _is_known(mine, words, 1, last)
        same = same and mine[last] == words[own] and mine[last + 1] == words[own + 1]
    if same:
        copy_onto(memory.sums[place], sums)
        return
    fill_part(rows, parts[c], streams, shared, sums)
    if remember:
        copy_onto(sums, memory.sums[place, : sums.size])
        copy_onto(words, memory.parts[place, :last])
        memory.parts[place, last], memory.parts[place, last + 1] = words[own], words[own + 1]


@bare
def _remembered_parts(rows, parts, streams, known, memory, sums):
    """As `fill_part` for each of the parts that are asked for."""
    for c in range(parts.size):
        _remembered_part(rows, parts, streams, known, memory, c, sums[c])


@kernel
def _work_out(rows, groups, parts, streams, memory, used, out):
    """What `sum_moments` fills in for the crossbar that `used` numbers ask for, none if it is 0.

    By itself because it makes arrays, which its caller does without.  What is summed is called
    from one place each: kernels compile for as long as they are, with all that they call.
    """
    shared = _remembered_shared(rows, streams, memory, used)
    sums = np.empty((parts.size, sums_of_part(rows, streams.size)))
    _remembered_parts(rows, parts, streams, (used, shared), memory, sums)
    sum_moments(rows, alone(groups), parts, streams, (shared, sums), out)


@bare
def remembered_moments(rows, groups, parts, streams, memory, out):
    """As `recost.kernels.moments.crossbar_moments`, the same bits; `memory` has places."""
    used = _ask(rows, groups, parts, streams, memory.asked)
    place = _hash(memory.words, 0, used, 0) % memory.known.shape[0]
    known, moments = memory.known[place], memory.moments[place]
    if used > 0 and _is_known(known, memory.words, 0, used):
        for cause in range(RESULTS):
            for m in range(3):
                out[cause, m] = moments[3 * cause + m]
    else:
        _work_out(rows, groups, parts, streams, memory, used, out)
        if used > 0:
            copy_onto(memory.words, known[:used])
            for cause in range(RESULTS):
                for m in range(3):
                    moments[3 * cause + m] = out[cause, m]
    if groups.size == 1:
        repeat_group(groups[0].multiplicity, groups[0].width, out)
