"""Operation-unit cycles of packed matrices: AND, count ones, round up to units, add.

A *segment* is a set of wordlines that a crossbar reads by itself: the kept rows of one column
group, or one group of adjacent rows.  In an input slice with n of them active it costs
``multiplicity * ceil(n / S)`` cycles.  A crossbar is a run of segments; its cycles for a vector
are their sum over all input slices [OU of Yang et al., ISCA 2019].

The vectors of a block and their slices are the lanes of every inner loop: each is a lane of a
vector register, masks are broadcast, and four segments are counted for every lane that is
loaded, which is what keeps the arithmetic and not the memory busy.
"""

from __future__ import annotations

import numba
import numpy as np

from recost.kernels._intrinsics import popcount
from recost.kernels._numba import driver, inlined, kernel

# `first` is the first word of the inputs that it reads, `words` how many, `mask` the place of
# its words in the array of masks.
SEGMENT = np.dtype([("first", "i8"), ("words", "i8"), ("mask", "i8"), ("multiplicity", "i8")])

# ceil(n / S) = ((n + S - 1) * ceil(2^31 / S)) >> 31 for n + S - 1 < 2^31 / S: within that, the
# multiplier's excess of less than 1 adds less than 1/S to the quotient.
_SCALE = np.uint64(31)
# Segments counted in one pass over the lanes.
_TOGETHER = 4


@inlined
def _ceil(count, rounding):
    bias, reciprocal = rounding
    return ((count + bias) * reciprocal) >> _SCALE


@kernel
def _four_short(first, second, masks, rounding, lanes):
    """Add the cycles of four segments of two words each, `masks` [4, 2]."""
    a0, a1 = masks[0], masks[1]
    b0, b1 = masks[2], masks[3]
    c0, c1 = masks[4], masks[5]
    d0, d1 = masks[6], masks[7]
    for i in range(lanes.size):
        x, y = first[i], second[i]
        a = _ceil(popcount(x & a0) + popcount(y & a1), rounding)
        b = _ceil(popcount(x & b0) + popcount(y & b1), rounding)
        c = _ceil(popcount(x & c0) + popcount(y & c1), rounding)
        d = _ceil(popcount(x & d0) + popcount(y & d1), rounding)
        lanes[i] += (a + b) + (c + d)


@kernel
def _one_single(words, mask, rounding, multiplicity, lanes):
    """Add the cycles of a segment of one word."""
    for i in range(lanes.size):
        lanes[i] += multiplicity * _ceil(popcount(words[i] & mask), rounding)


@kernel
def _one_short(first, second, masks, rounding, multiplicity, lanes):
    """Add the cycles of a segment of two words."""
    a0, a1 = masks[0], masks[1]
    for i in range(lanes.size):
        count = popcount(first[i] & a0) + popcount(second[i] & a1)
        lanes[i] += multiplicity * _ceil(count, rounding)


@kernel
def _one_long(words, masks, rounding, multiplicity, counts, lanes):
    """Add the cycles of a segment of any length."""
    counts[:] = np.uint64(0)
    whole = masks.size // 4 * 4
    for k in range(0, whole, 4):
        a, b, c, d = masks[k], masks[k + 1], masks[k + 2], masks[k + 3]
        w, x, y, z = words[k], words[k + 1], words[k + 2], words[k + 3]
        for i in range(lanes.size):
            left = popcount(w[i] & a) + popcount(x[i] & b)
            right = popcount(y[i] & c) + popcount(z[i] & d)
            counts[i] += left + right
    for k in range(whole, masks.size):
        a, w = masks[k], words[k]
        for i in range(lanes.size):
            counts[i] += popcount(w[i] & a)
    for i in range(lanes.size):
        lanes[i] += multiplicity * _ceil(counts[i], rounding)


@kernel
def _alike(segments, at, end):
    """Whether the next four segments are short, read the same two words and count once."""
    if at + _TOGETHER > end or segments[at].words != 2:
        return False
    for k in range(at, at + _TOGETHER):
        if segments[k].words != 2 or segments[k].multiplicity != 1:
            return False
        if segments[k].first != segments[at].first:
            return False
        if segments[k].mask != segments[at].mask + 2 * (k - at):
            return False
    return True


@kernel
def _crossbar(words, segments, masks, rounding, counts, lanes):
    """Cycles of one crossbar in every lane."""
    lanes[:] = np.uint64(0)
    at = 0
    while at < segments.size:
        segment = segments[at]
        mask = masks[segment.mask :]
        first = words[segment.first]
        if _alike(segments, at, segments.size):
            _four_short(first, words[segment.first + 1], mask, rounding, lanes)
            at += _TOGETHER
            continue
        many = np.uint64(segment.multiplicity)
        if segment.words == 2:
            _one_short(first, words[segment.first + 1], mask, rounding, many, lanes)
        elif segment.words == 1:
            _one_single(first, mask[0], rounding, many, lanes)
        else:
            own = words[segment.first : segment.first + segment.words]
            _one_long(own, mask[: segment.words], rounding, many, counts, lanes)
        at += 1


@driver
def count_cycles(words, tops, segments, crossbars, masks, rounding, out):
    """Cycles of every crossbar for every vector.

    Parameters
    ----------
    words, tops : as `recost.kernels.packing.active_wordlines` fills them
    segments : array of SEGMENT, sorted by crossbar
    crossbars : int64 [crossbars + 1], where each one's segments start
    masks : uint64, the words of the segments
    rounding : (S - 1, ceil(2^31 / S)) as uint64, see `rounding_of`
    out : int64 [crossbars, blocks * vectors of a block], overwritten
    """
    blocks = words.shape[0]
    size = out.shape[1] // blocks
    for block in numba.prange(blocks):
        used = tops[block] * size
        lanes, counts = np.empty(used, np.uint64), np.empty(used, np.uint64)
        for c in range(crossbars.size - 1):
            own = segments[crossbars[c] : crossbars[c + 1]]
            _crossbar(words[block], own, masks, rounding, counts, lanes)
            total = out[c, block * size : (block + 1) * size]
            total[:] = 0
            for plane in range(tops[block]):
                for v in range(size):
                    total[v] += np.int64(lanes[plane * size + v])


def rounding_of(rows: int, largest: int) -> tuple[np.uint64, np.uint64]:
    """What `count_cycles` needs to divide by `rows` and round up, for counts up to `largest`.

    A unit of more rows than there are is one that reads all of them at once.
    """
    rows = min(rows, max(largest, 1))
    if (largest + rows) * rows >= 1 << 31:
        raise ValueError(f"segments of {largest} rows are too long to divide by {rows}")
    return np.uint64(rows - 1), np.uint64(-(-(1 << 31) // rows))
