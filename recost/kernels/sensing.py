"""Bitline currents of cells with lognormal resistance, and the sums that are read from them.

A cell in state l conducts ``I_l exp(s_l N)``, N a standard normal: ln R is normal about the
state's ln R, so that I_l = V / R_l is the median current [DL-RSIM, Lin et al., ICCAD 2018].
A bitline adds the currents of its active cells; the true sum is that of their states.  Trials
are the lanes of every inner loop, so nothing is added across lanes and the bits do not depend
on the vector width.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

from recost.kernels._intrinsics import fma
from recost.kernels._numba import driver, inlined, kernel
from recost.kernels.elementary import exp
from recost.kernels.philox import normals4, uniform, words

# Trials of a block.
LANES = 256
# Where a stratum's trials start in the trial half of the counter.
_STRATUM = np.uint64(1) << np.uint64(40)
# What draws, other than currents, are for: the upper part of the cell half of the counter.
_STATES = np.uint64(1) << np.uint64(40)
_READING = np.uint64(2) << np.uint64(40)

_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_NEVER = np.uint64(1) << np.uint64(33)  # above every 32-bit number

# A block of `LANES` trials of one stratum, from trial `first` on.
BLOCK = np.dtype([("stratum", "i8"), ("first", "i8")])


class Bitline(NamedTuple):
    """The cells of a bitline: `active` of them, with the median current and the spread by state.

    One spread stands for all states.
    `states` are the cumulative probabilities of the states, [strata, states - 1] in units of
    2^-32: P(state < l) at l - 1.  Cells of two states need none: stratum k has k ones.
    """

    active: int
    currents: np.ndarray
    spreads: np.ndarray
    states: np.ndarray


class Reader(NamedTuple):
    """How a current becomes a sum: the number of thresholds below it.

    Thresholds `first + k step` lie between the sums k and k + 1.  The current is off by a
    uniform share within +-`clamping`; within `band` steps of a threshold the amplifier decides
    by chance.
    """

    first: float
    step: float
    largest: int
    clamping: float
    band: float


@inlined
def _four(key, quad, trial, spreads, currents):
    """The sum of the currents of four cells."""
    a, b, c, d = normals4(key, quad, trial)
    left = fma(currents[1], exp(spreads[1] * b), currents[0] * exp(spreads[0] * a))
    right = fma(currents[3], exp(spreads[3] * d), currents[2] * exp(spreads[2] * c))
    return left + right


@kernel
def _two_state_currents(key, trial, bitline, ones, sums):
    """Add the currents of cells of which the first `ones` are on."""
    active = bitline.active
    off, on = bitline.spreads[0], bitline.spreads[-1]
    for quad in range((active + 3) // 4):
        at = quad * 4
        spreads = (
            on if at < ones else off,
            on if at + 1 < ones else off,
            on if at + 2 < ones else off,
            on if at + 3 < ones else off,
        )
        # The last quad may be cut: the cells that are not there conduct nothing.
        currents = (
            bitline.currents[1 if at < ones else 0],
            bitline.currents[1 if at + 1 < ones else 0] if at + 1 < active else 0.0,
            bitline.currents[1 if at + 2 < ones else 0] if at + 2 < active else 0.0,
            bitline.currents[1 if at + 3 < ones else 0] if at + 3 < active else 0.0,
        )
        for lane in range(sums.size):
            own = trial + np.uint64(lane)
            sums[lane] += _four(key, np.uint64(quad), own, spreads, currents)


@kernel
def _chances(key, quad, trial, chances):
    """Four random 32-bit numbers in every lane, `chances` uint64 [4, lanes]."""
    for lane in range(chances.shape[1]):
        first, second = words(key, _STATES | quad, trial + np.uint64(lane))
        chances[0, lane] = first & _LOW
        chances[1, lane] = first >> _HALF
        chances[2, lane] = second & _LOW
        chances[3, lane] = second >> _HALF


@kernel
def _by_state(values, shares, chances, out, totals):
    """The value of the state that each lane's number stands for; adds the state to `totals`.

    Goes through the states, three at a time, and keeps the last that a number reaches: unlike a
    table looked up lane by lane this vectorises.
    """
    out[:] = values[0]
    last = values.size - 1
    for at in range(0, last, 3):
        # States beyond the last are never reached.
        a, b, c = shares[at], _NEVER, _NEVER
        x = values[at + 1]
        y = z = x
        if at + 1 < last:
            b, y = shares[at + 1], values[at + 2]
        if at + 2 < last:
            c, z = shares[at + 2], values[at + 3]
        for lane in range(out.size):
            chance = chances[lane]
            value = x if chance >= a else out[lane]
            value = y if chance >= b else value
            out[lane] = z if chance >= c else value
            totals[lane] += np.int64(chance >= a) + np.int64(chance >= b) + np.int64(chance >= c)


@kernel
def _drawn_currents(key, trial, bitline, shares, sums, totals):
    """Add the currents of cells whose states are drawn, and the states."""
    chances = np.empty((4, sums.size), np.uint64)
    currents, spreads = np.empty((4, sums.size)), np.empty((4, sums.size))
    spreads[:] = bitline.spreads[0]
    unused = np.empty(sums.size, np.int64)
    for at in range((bitline.active + 3) // 4):
        quad = np.uint64(at)
        _chances(key, quad, trial, chances)
        for k in range(4):
            if at * 4 + k >= bitline.active:  # a cell that is not there conducts nothing
                currents[k] = 0.0
                continue
            _by_state(bitline.currents, shares, chances[k], currents[k], totals)
            if bitline.spreads.size > 1:
                _by_state(bitline.spreads, shares, chances[k], spreads[k], unused)
        for lane in range(sums.size):
            own = trial + np.uint64(lane)
            i = (currents[0, lane], currents[1, lane], currents[2, lane], currents[3, lane])
            s = (spreads[0, lane], spreads[1, lane], spreads[2, lane], spreads[3, lane])
            sums[lane] += _four(key, quad, own, s, i)


@kernel
def _read(key, trial, reader, sums, sensed):
    """The sums that are read from the currents of a block."""
    chancy = reader.clamping > 0.0 or reader.band > 0.0
    scale = 1.0 / reader.step
    for lane in range(sums.size):
        current = sums[lane]
        high = False
        if chancy:
            first, second = words(key, _READING, trial + np.uint64(lane))
            current *= 1.0 + reader.clamping * (2.0 * uniform(first) - 1.0)
            high = uniform(second) < 0.5
        place = (current - reader.first) * scale
        # Clipped before it becomes an integer: a current may be anything.
        place = min(max(place, -1.0), float(reader.largest))
        near = math.floor(place + 0.5)
        if abs(place - near) < reader.band:
            code = int(near) + (1 if high else 0)
        else:
            code = math.floor(place) + 1
        sensed[lane] = min(max(code, 0), reader.largest)


@driver
def sense(key, blocks, bitline, reader, true, sensed):
    """True and sensed sums of blocks of trials into `true` and `sensed`, int32 [blocks, LANES].

    Cells of two states have k ones in stratum k.  Cells of more draw their states from the
    stratum's probabilities, and the true sum is what it comes to.
    """
    for b in numba.prange(blocks.size):
        stratum = blocks[b].stratum
        trial = np.uint64(stratum) * _STRATUM + np.uint64(blocks[b].first)
        sums = np.zeros(LANES)
        if bitline.currents.size == 2:
            true[b, :] = stratum
            _two_state_currents(key, trial, bitline, stratum, sums)
        else:
            totals = np.zeros(LANES, np.int64)
            _drawn_currents(key, trial, bitline, bitline.states[stratum], sums, totals)
            for lane in range(LANES):
                true[b, lane] = totals[lane]
        _read(key, trial, reader, sums, sensed[b])


@driver
def bitline_currents(key, blocks, bitline, out):
    """The currents themselves, float64 [blocks, LANES]; cells of two states."""
    for b in numba.prange(blocks.size):
        stratum = blocks[b].stratum
        trial = np.uint64(stratum) * _STRATUM + np.uint64(blocks[b].first)
        out[b, :] = 0.0
        _two_state_currents(key, trial, bitline, stratum, out[b])


@kernel
def tabulate(true, sensed, lanes, counts):
    """Add the first lanes[b] trials of every block to `counts` [true, sensed]."""
    for b in range(true.shape[0]):
        for lane in range(lanes[b]):
            counts[true[b, lane], sensed[b, lane]] += 1
