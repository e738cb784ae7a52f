"""Outer products on cells whose writes are neither linear nor exact.

The law of a write is that of the authors' functional simulation (Aayush-Ankit/puma-tensorflow,
puma_models.py, class nonideality [S]), for a cell of range R = high - low in steps:

    up    s += (low + w0 - s)  (1 - exp(-alpha x / R))
    down  s += (high - w0 - s) (1 - exp(-alpha x / R)),   w0 = R / (1 - exp(-alpha))
    s += normal * sigma sqrt(R |move|)

for x requested steps; alpha -> 0 is linear, s +- x.  Steps of one sign compose: the distance to
w0 shrinks by exp(-alpha x / R), and the variances of the noise add.  So a polarity phase is again
one write, exactly for the nonlinearity and in distribution for the noise; stopping at a bound is
then once a phase, where steps stop each by itself.

The simulation applies the law to whole weights and, of the nonlinearity, uses only what it does to
the size of the noise; here every slice is a cell, and the nonlinearity moves it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from recost.kernels import outer_product, philox
from recost.kernels._numba import kernel

_STREAM_BITS = outer_product.STREAM_BITS
_chunks_of = outer_product.chunks_of
_stream = outer_product.stream
_increments = outer_product.increments
_digit_steps = outer_product.digit_steps
_resolve = outer_product.resolve_carries
_normals = philox.normals
# Below this alpha the exponential law is linear to the last bit.
_LINEAR = 1e-12


class Writing(NamedTuple):
    """How a cell takes a write: `sigma` and `alpha` of the law, and the key of its noise."""

    sigma: float
    alpha: float
    key: np.uint64


@kernel
def move(level, step, low, high, alpha):
    """How far a write of `step` (signed) moves a cell that stands at `level`, without noise."""
    span = high - low
    if alpha < _LINEAR:
        return step
    reach = span / -math.expm1(-alpha)
    share = -math.expm1(-alpha * abs(step) / span)
    return ((low + reach) - level if step >= 0.0 else (high - reach) - level) * share


@kernel
def write_cells(levels, steps, polarity, layout, writing, counter, tally):
    """Write the cells [S, columns] of one crossbar row, float64 levels in steps of a slice.

    `polarity` is (signs, flip) of `outer_product.add_steps`.  `counter` is (first cell,
    example): the noise of slice k in column j is normal number first cell + k columns + j of
    that example.
    """
    signs, flip = polarity
    first, example = counter
    columns = levels.shape[1]
    for k in range(levels.shape[0]):
        low, high = float(layout.low[k]), float(layout.high[k])
        saturated = 0
        clipped = requested = 0.0
        for j in range(columns):
            size = float(steps[k, j])
            step = -size if signs[j] ^ flip else size
            moved = move(levels[k, j], step, low, high, writing.alpha)
            if writing.sigma > 0.0 and size > 0.0:
                noise, _ = _normals(writing.key, first + k * columns + j, example)
                moved += noise * writing.sigma * math.sqrt((high - low) * abs(moved))
            wanted = levels[k, j] + moved
            reached = min(max(wanted, low), high)
            levels[k, j] = reached
            saturated += reached in (low, high)
            clipped += abs(wanted - reached)
            requested += size
        tally.saturated[k] += saturated
        tally.clipped[k] += clipped
        tally.requested[k] += requested


@kernel
def sense(levels, layout, state):
    """The nearest whole level of each cell [rows, S, columns] into `state`, as a read finds it."""
    for i in range(levels.shape[0]):
        for k in range(levels.shape[1]):
            for j in range(levels.shape[2]):
                nearest = math.floor(levels[i, k, j] + 0.5)
                state[i, k, j] = min(max(nearest, layout.low[k]), layout.high[k])


@kernel
def _refresh(levels, layout):
    """Carry resolution of analog levels: sense, add up, write the digits exactly (verified)."""
    state = np.empty(levels.shape, np.int16)
    weights = np.empty((levels.shape[0], levels.shape[2]), np.int64)
    sense(levels, layout, state)
    lost = _resolve(state, layout, weights)
    levels[:] = state
    return lost


@kernel
def accumulate_noisy(levels, columns, rows, layout, writing, schedule, tally):
    """As `outer_product.accumulate` for cells with `writing`; float64[M, S, N] levels.

    `schedule` is (interval, since, first example): the last counts the noise.  The tally's
    arrays are float64.  Returns since and what carry resolutions cut off.
    """
    interval, since, example = schedule
    width = rows.shape[1]
    slices = layout.low.size
    masks = np.empty((_STREAM_BITS, width), np.uint16)
    signs = np.empty(width, np.int16)
    chunks = np.empty((slices, _STREAM_BITS), np.uint16)
    steps = np.empty((slices, width), np.uint16)
    lost = np.int64(0)
    for e in range(rows.shape[0]):
        _stream(rows[e], masks, signs)
        for i in range(columns.shape[1]):
            a = columns[e, i]
            _chunks_of(abs(a), layout, chunks)
            _increments(chunks, masks, steps)
            counter = (i * slices * width, example + e)
            polarity = (signs, np.int16(-1 if a < 0 else 0))
            write_cells(levels[i], steps, polarity, layout, writing, counter, tally)
        since += 1
        if interval > 0 and since >= interval:
            lost += _refresh(levels, layout)
            since = 0
    return since, lost


@kernel
def accumulate_updates_noisy(levels, updates, layout, writing, schedule, tally):
    """As `outer_product.accumulate_updates` for cells with `writing`; float64[1, S, cells]."""
    interval, since, example = schedule
    slices = layout.low.size
    cells = updates.shape[1]
    steps = np.empty((slices, cells), np.uint16)
    signs = np.empty(cells, np.int16)
    lost = np.int64(0)
    for e in range(updates.shape[0]):
        _digit_steps(updates[e], layout, steps, signs)
        polarity = (signs, np.int16(0))
        write_cells(levels[0], steps, polarity, layout, writing, (0, example + e), tally)
        since += 1
        if interval > 0 and since >= interval:
            lost += _refresh(levels, layout)
            since = 0
    return since, lost
