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
from recost.kernels.moments import RESULTS, alone, crossbar_moments, repeat_group, sum_moments

# Numbers that tell crossbars apart, at most: 64 slices and a dozen parts; longer ones are not
# remembered.
_KEY = 128
_LOW = 0xFFFFFFFF


class Memory(NamedTuple):
    """Scores of the largest of many, and moments of crossbars, from which on they are known.

    `scores` are those of `recost.kernels.maximum.largest`.  `asked` are the numbers of the
    crossbar that is asked for, `words` the same as words; those of crossbar i are `known[i]`, of
    which the first is how many there are, and `moments[i]` what `sum_moments` fills in.
    """

    scores: Any
    asked: Any
    words: Any
    known: Any
    moments: Any


@light
def make_memory(scores, moments):
    """A memory with places for so many numbers of crossbars and moments of crossbars."""
    asked = np.zeros(_KEY)
    return Memory(
        np.zeros((scores, MEMORY)),
        asked,
        asked.view(np.int64),
        np.zeros((moments, _KEY), np.int64),
        np.empty((moments, RESULTS * 3)),
    )


@inlined
def _ask(rows, groups, parts, streams, asked):
    """All that moments depend on into `asked`; returns how many numbers, 0 if they are too many."""
    single = groups.size == 1
    used = 8 + streams.size + 3 * parts.size + (1 if single else 4 * groups.size)
    if used > asked.size:
        return 0
    asked[0], asked[1], asked[2] = float(used), float(rows.number), float(rows.height)
    asked[3], asked[4], asked[5] = rows.live, float(rows.kernel_rows), rows.weight_correlation
    asked[6], asked[7] = rows.input_correlation, float(streams.size)
    at = 8
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
def _place(words, used, places):
    """Where among so many places a crossbar of these words is remembered."""
    place = 0
    for i in range(used):
        # Products stay below 2^63, so that the interpreter says the same.
        place = ((place ^ (words[i] & _LOW)) * 0x2545F491) % 0x7FFFFFFF
        place = ((place ^ ((words[i] >> 32) & _LOW)) * 0x2545F491) % 0x7FFFFFFF
    return place % places


@kernel
def remembered_moments(rows, groups, parts, streams, memory, out):
    """As `recost.kernels.moments.crossbar_moments`, the same bits; `memory` has places."""
    used = _ask(rows, groups, parts, streams, memory.asked)
    if used == 0:
        crossbar_moments(rows, groups, parts, streams, out)
        return
    place = _place(memory.words, used, memory.known.shape[0])
    known, moments = memory.known[place], memory.moments[place]
    same = True
    for i in range(used):
        same = same and known[i] == memory.words[i]
    if not same:
        sum_moments(rows, alone(groups), parts, streams, out)
        known[:used] = memory.words[:used]
        moments[:] = out.ravel()
    for cause in range(RESULTS):
        for m in range(3):
            out[cause, m] = moments[3 * cause + m]
    if groups.size == 1:
        repeat_group(groups[0].multiplicity, groups[0].width, out)
