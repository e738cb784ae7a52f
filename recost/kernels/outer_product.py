"""Outer products on sliced weights, bit for bit: W += a b^T in saturating slices.

A weight is the sum of S digits, w = sum_k s_k 2^(p k), k = 0 the least significant; slice k is a
cell that holds a whole number from `low[k]` to `high[k]` and stops there.  An outer product adds
a_i b_j to every weight: the row vector |b| is streamed one bit a cycle, n = 0, 1, ...; the column
vector |a| is shifted left once a cycle and cut into chunks of p bits, and chunk k goes to slice k
of the columns whose bit b_n is set (PANTHER, IEEE TC 2020, eq. 6 [P]):

    D_k = sum_n b_n chunk_k(|a| 2^n),   sum_k D_k 2^(p k) = |a| |b|

Signs take four polarity phases, of which a cell (i, j) is active in one.  All its steps there have
one sign, and stopping at a bound after each of several steps of one sign ends where stopping once
after their sum ends: clip(clip(s + x) + y) = clip(s + x + y) for x y >= 0.  So D_k is added whole
and clipped once.  That does not hold across phases of different sign, nor when something that
depends on the state or on chance happens between the steps; `outer_product_noise` is for those.

Carry resolution reads all slices of a weight, adds them up, and writes its digits back.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recost.kernels._numba import kernel

#: The most bits a row vector is streamed in; `increments` is written out for this many.
STREAM_BITS = 16
# Examples whose bit masks are kept in the first-level cache while a crossbar row goes by.
_BLOCK = 8


class Layout(NamedTuple):
    """The slices of a weight, least significant first.

    Attributes
    ----------
    low, high : int16[S]
        The range of each slice, -2^(b-1) and 2^(b-1) - 1; b at most 14.
    chunk_bits : int
        p, the bits of a digit; at most 10, so that D_k fits 16 bits.
    balanced : bool
        Digits after carry resolution: -2^(p-1)..2^(p-1)-1 if true, else 0..2^p-1.  The most
        significant slice takes what is left over, in its whole range.
    """

    low: np.ndarray
    high: np.ndarray
    chunk_bits: int
    balanced: bool


class Tally(NamedTuple):
    """What the slices of a set of weights lost; each an int64[S] that kernels add to.

    Attributes
    ----------
    saturated : cells at either bound after an example, summed over examples
    clipped : steps of the slice that did not fit, |requested - done|, summed over cells
    requested : steps asked for, |D_k|, summed over cells
    """

    saturated: np.ndarray
    clipped: np.ndarray
    requested: np.ndarray


@kernel
def resolved_bounds(layout):
    """The smallest and the largest weight that carry resolution can write, both int64."""
    p = layout.chunk_bits
    slices = layout.low.size
    least = -(np.int64(1) << (p - 1)) if layout.balanced else np.int64(0)
    most = (np.int64(1) << (p - 1)) - 1 if layout.balanced else (np.int64(1) << p) - 1
    lowest = highest = np.int64(0)
    for k in range(slices - 1):
        lowest += least << (p * k)
        highest += most << (p * k)
    top = p * (slices - 1)
    lowest += np.int64(layout.low[slices - 1]) << top
    highest += np.int64(layout.high[slices - 1]) << top
    return lowest, highest


@kernel
def write_weights(weights, layout, state):
    """Write int64 weights [rows, columns] as digits into `state` [rows, S, columns].

    A weight outside `resolved_bounds` is written as the nearest bound; the sum of what that cuts
    off is returned, in units of the last place.
    """
    lowest, highest = resolved_bounds(layout)
    p = layout.chunk_bits
    half = np.int64(1) << (p - 1) if layout.balanced else np.int64(0)
    modulus = np.int64(1) << p
    top = layout.low.size - 1
    lost = np.int64(0)
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            rest = min(max(weights[i, j], lowest), highest)
            lost += abs(weights[i, j] - rest)
            for k in range(top):
                digit = ((rest + half) & (modulus - 1)) - half
                state[i, k, j] = digit
                rest = (rest - digit) >> p
            state[i, top, j] = rest
    return lost


@kernel
def read_weights(state, layout, weights):
    """The weights that slices [rows, S, columns] stand for, into int64 `weights`."""
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            total = np.int64(0)
            for k in range(layout.low.size):
                total += np.int64(state[i, k, j]) << (layout.chunk_bits * k)
            weights[i, j] = total


@kernel
def resolve_carries(state, layout, weights):
    """Read every weight and write its digits back; returns what did not fit (`write_weights`).

    `weights` [rows, columns] is scratch and holds the weights that were read.
    """
    read_weights(state, layout, weights)
    return write_weights(weights, layout, state)


@kernel
def chunks_of(magnitude, layout, chunks):
    """chunk_k(|a| 2^n) = (|a| 2^n >> p k) mod 2^p into `chunks` [S, STREAM_BITS]."""
    full = (np.int64(1) << layout.chunk_bits) - 1
    for k in range(chunks.shape[0]):
        low = layout.chunk_bits * k
        for n in range(STREAM_BITS):
            chunks[k, n] = ((magnitude << n) >> low) & full


@kernel
def stream(row, masks, signs):
    """The bits of |b_j| as masks [STREAM_BITS, columns], all ones where set; signs 0 or -1."""
    for j in range(row.size):
        signs[j] = -1 if row[j] < 0 else 0
    for n in range(STREAM_BITS):
        for j in range(row.size):
            masks[n, j] = -((abs(row[j]) >> n) & 1)


@kernel
def increments(chunks, masks, steps):
    """D_k of every column, sum_n chunk_kn b_n, into `steps` [S, columns].

    Written out, in the narrowest lanes that hold 16 (2^p - 1): a loop over bits would go through
    memory 16 times.  Bytes do for p up to 4.
    """
    for k in range(steps.shape[0]):
        c = chunks[k]
        c0, c1, c2, c3, c4, c5, c6, c7 = c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
        c8, c9, ca, cb, cc, cd, ce, cf = c[8], c[9], c[10], c[11], c[12], c[13], c[14], c[15]
        for j in range(steps.shape[1]):
            steps[k, j] = (
                (c0 & masks[0, j])
                + (c1 & masks[1, j])
                + (c2 & masks[2, j])
                + (c3 & masks[3, j])
                + (c4 & masks[4, j])
                + (c5 & masks[5, j])
                + (c6 & masks[6, j])
                + (c7 & masks[7, j])
                + (c8 & masks[8, j])
                + (c9 & masks[9, j])
                + (ca & masks[10, j])
                + (cb & masks[11, j])
                + (cc & masks[12, j])
                + (cd & masks[13, j])
                + (ce & masks[14, j])
                + (cf & masks[15, j])
            )


@kernel
def add_steps(cells, steps, signs, flip, layout, lanes):
    """s_k <- clip(s_k + sign D_k) for the cells [S, columns] of one crossbar row.

    `flip` is -1 if a is negative, else 0, and `signs` likewise for b: x ^ s - s negates x where
    s is -1.  `lanes` int32[3, S, columns] takes what a `Tally` counts, column by column, so
    that nothing is summed across lanes here.
    """
    for k in range(cells.shape[0]):
        low, high = layout.low[k], layout.high[k]
        for j in range(cells.shape[1]):
            sign = np.int16(signs[j] ^ flip)
            step = np.int16(steps[k, j])
            wanted = np.int16(cells[k, j] + np.int16(np.int16(step ^ sign) - sign))
            reached = np.int16(min(max(wanted, low), high))
            cells[k, j] = reached
            lanes[0, k, j] += np.int32((reached == low) | (reached == high))
            lanes[1, k, j] += np.int32(abs(np.int16(wanted - reached)))
            lanes[2, k, j] += np.int32(step)


@kernel
def flush(lanes, tally):
    """Add the lanes of `add_steps` to a tally and clear them."""
    for k in range(lanes.shape[1]):
        saturated = clipped = requested = np.int64(0)
        for j in range(lanes.shape[2]):
            saturated += lanes[0, k, j]
            clipped += lanes[1, k, j]
            requested += lanes[2, k, j]
        tally.saturated[k] += saturated
        tally.clipped[k] += clipped
        tally.requested[k] += requested
    lanes[:] = 0


@kernel
def _accumulate_block(state, columns, rows, layout, lane, tally):
    """Outer products of a few examples without carry resolution, a crossbar row at a time."""
    examples, width = rows.shape
    slices = layout.low.size
    masks = np.empty((examples, STREAM_BITS, width), lane.dtype)
    signs = np.empty((examples, width), np.int16)
    chunks = np.empty((slices, STREAM_BITS), lane.dtype)
    steps = np.empty((slices, width), lane.dtype)
    lanes = np.zeros((3, slices, width), np.int32)
    for e in range(examples):
        stream(rows[e], masks[e], signs[e])
    for i in range(columns.shape[1]):
        for e in range(examples):
            a = columns[e, i]
            chunks_of(abs(a), layout, chunks)
            increments(chunks, masks[e], steps)
            add_steps(state[i], steps, signs[e], np.int16(-1 if a < 0 else 0), layout, lanes)
        flush(lanes, tally)


@kernel
def accumulate(state, columns, rows, layout, lane, schedule, tally):
    """Add the outer products of a run of examples to sliced weights, resolving carries.

    Parameters
    ----------
    state : int16[M, S, N]
        The slices of an M x N matrix; changed in place.
    columns, rows : int64[E, M], int64[E, N]
        The vectors a and b of each example; |b| < 2^16, and |a| |b| < 2^(p S).
    layout : Layout
    lane : uint8[0] or uint16[0]
        Its dtype is that of the lanes; bytes if 16 (2^p - 1) <= 255.
    schedule : (int, int)
        Examples between carry resolutions (0: never), and how many have passed since the last.
    tally : Tally

    Returns
    -------
    (int, int) : examples since the last resolution; units of the last place cut off by them
    """
    interval, since = schedule
    weights = np.empty((state.shape[0], state.shape[2]), np.int64)
    lost = np.int64(0)
    start = 0
    while start < rows.shape[0]:
        stop = min(start + _BLOCK, rows.shape[0])
        if interval > 0:
            stop = min(stop, start + interval - since)
        _accumulate_block(state, columns[start:stop], rows[start:stop], layout, lane, tally)
        since += stop - start
        start = stop
        if interval > 0 and since >= interval:
            lost += resolve_carries(state, layout, weights)
            since = 0
    return since, lost


@kernel
def digit_steps(updates, layout, steps, signs):
    """The digits of |u_j|, (|u| >> p k) mod 2^p, into `steps` [S, cells]; signs 0 or -1.

    The update of a whole batch that is added at once, a digit to each slice, as the authors'
    functional simulation does it [S]: an outer product whose row vector is 1.
    """
    full = (np.int64(1) << layout.chunk_bits) - 1
    for j in range(updates.size):
        signs[j] = -1 if updates[j] < 0 else 0
    for k in range(steps.shape[0]):
        low = layout.chunk_bits * k
        for j in range(updates.size):
            steps[k, j] = (abs(updates[j]) >> low) & full


@kernel
def accumulate_updates(state, updates, layout, lane, schedule, tally):
    """Add whole updates int64[E, cells] to the slices int16[1, S, cells] of single weights.

    As `accumulate`, for updates that are not outer products: |u| < 2^(p S).
    """
    interval, since = schedule
    cells = updates.shape[1]
    slices = layout.low.size
    weights = np.empty((1, cells), np.int64)
    steps = np.empty((slices, cells), lane.dtype)
    signs = np.empty(cells, np.int16)
    lanes = np.zeros((3, slices, cells), np.int32)
    lost = np.int64(0)
    for e in range(updates.shape[0]):
        digit_steps(updates[e], layout, steps, signs)
        add_steps(state[0], steps, signs, np.int16(0), layout, lanes)
        flush(lanes, tally)
        since += 1
        if interval > 0 and since >= interval:
            lost += resolve_carries(state, layout, weights)
            since = 0
    return since, lost
