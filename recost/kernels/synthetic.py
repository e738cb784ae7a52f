"""Weights and inputs drawn from a layer's densities, cell by cell and bit by bit.

A weight is live if its row, its filter, its kernel (the `kernel_rows` adjacent rows of one
input channel, in one filter) and it itself are.  Zeros cluster by copying: with probability
sqrt(r) an element takes what is drawn once for its kernel in place of a draw of its own, so that
two elements of a kernel have the correlation r and the density stays.  Inputs cluster alike, by
the windows of one channel in one vector.  Where a kernel is a single row (linear layers) the
cluster is the whole column, or the whole vector.

Every random number is a function of the key, the trial and the place in the matrix: nothing
depends on the number of threads.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

from recost.kernels._numba import driver, inlined, kernel
from recost.kernels.philox import words

_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_ONE, _ZERO = np.uint64(1), np.uint64(0)
# Cells of a matrix are numbered below this; what is drawn for a cell stands above it.
_PLACE = np.uint64(48)
# What the four numbers of a place's first block are for; digits and bits have blocks of their own.
_STRUCTURE, _SHARED, _OWN, _FIRST_DIGITS = range(4)


class Weights(NamedTuple):
    """Densities of a layer's weights, as `recost.kernels.records.BOUND_LAYER` names them.

    `cells` is P(cell is not 0 | weight is not 0), most significant first, `forced` the cell
    that is set where all others are 0, with `cells` changed to leave its density as it is;
    `bits` are the bits of a cell.
    """

    row: float
    filters: float
    kernel: float
    element: float
    correlation: float
    positive: float
    independent: bool
    kernel_rows: int
    cells: np.ndarray
    forced: int
    bits: int


class Inputs(NamedTuple):
    """Densities of a layer's inputs: `slices` is P(slice is not 0), least significant first.

    With `together` the slices of a value are drawn given that it is not 0 (`nonzero`), and
    `slices` are conditional; `forced` is the slice that is set where all others are 0.  Without
    it the slices are independent of each other.  `signed` inputs are negative half of the time.
    """

    nonzero: float
    slices: np.ndarray
    forced: int
    together: bool
    signed: bool
    correlation: float
    kernel_rows: int


@inlined
def _chance(p):
    """A probability as the limit that a 32-bit number has to stay below."""
    return np.uint64(p * 4294967296.0 + 0.5)


@inlined
def _place(purpose, place):
    return (np.uint64(purpose) << _PLACE) | np.uint64(place)


@kernel
def _draw_line(key, purpose, start, trial, p, live):
    """live[i] = 1 with probability p, drawn for the places start, start + 1, ..."""
    limit = _chance(p)
    for i in range(live.size):
        first, _ = words(key, _place(purpose, np.uint64(start) + np.uint64(i)), trial)
        live[i] = np.uint64((first & _LOW) < limit)


@kernel
def _add_digits(key, place, trial, weights, live, values):
    """Cells of the live weights of a row: values[j] becomes the magnitude."""
    count = weights.cells.size
    top = (np.uint64(1) << np.uint64(weights.bits)) - _ONE
    for s in range(count):
        shift = np.uint64(weights.bits * (count - 1 - s))
        limit = _chance(weights.cells[s])
        for j in range(live.size):
            cell = _place(_FIRST_DIGITS + s, np.uint64(place) + np.uint64(j))
            first, second = words(key, cell, trial)
            # States 1 .. top alike: the high half of a product with a 32-bit number.
            state = _ONE + (((second & _LOW) * top) >> _HALF)
            values[j] |= (state if (first & _LOW) < limit else _ZERO) << shift
    shift = np.uint64(weights.bits * (count - 1 - weights.forced))
    for j in range(live.size):
        values[j] = (values[j] if values[j] != _ZERO else _ONE << shift) if live[j] else _ZERO


@kernel
def _weight_row(key, row, trial, weights, shared, live, values):
    """Which weights of a row are live, in and out through `live`; their signs and magnitudes."""
    columns = live.size
    place = np.uint64(row) * np.uint64(columns)
    element = weights.element * (weights.filters if weights.independent else 1.0)
    own, copied = _chance(element), _chance(math.sqrt(weights.correlation))
    positive = _chance(weights.positive)
    for j in range(columns):
        first, second = words(key, _place(_OWN, place + np.uint64(j)), trial)
        alone = np.uint64((first & _LOW) < own)
        there = shared[j] if (first >> _HALF) < copied else alone
        # The sign waits in the second bit.
        live[j] = (live[j] & there) | (np.uint64((second & _LOW) < positive) << _ONE)
        values[j] = _ZERO
    if weights.cells.min() < 1.0 or weights.bits > 1:
        for j in range(columns):
            shared[j] = live[j] & _ONE
        _add_digits(key, place, trial, weights, shared, values)
    else:
        ones = (np.uint64(1) << np.uint64(weights.cells.size)) - _ONE
        for j in range(columns):
            values[j] = ones if live[j] & _ONE else _ZERO


@driver
def draw_weights(key, trial, weights, span, out):
    """Rows of a matrix of weights into `out` [n, columns].

    `span` is (first row, rows of the whole matrix).  A weight is the signed magnitude of its
    cells, cells.size * bits bits.
    """
    start, rows = span
    count, columns = out.shape
    height = weights.kernel_rows if weights.kernel_rows > 1 else rows
    rows_live, filters_live = np.empty(count, np.uint64), np.ones(columns, np.uint64)
    _draw_line(key, _STRUCTURE, start, trial, weights.row, rows_live)
    if not weights.independent:
        _draw_line(key, _STRUCTURE, rows, trial, weights.filters, filters_live)
    kernels = max(1, weights.kernel_rows)
    element = weights.element * (weights.filters if weights.independent else 1.0)
    base = rows + columns
    for n in numba.prange(count):
        row = start + n
        live, shared = np.empty(columns, np.uint64), np.empty(columns, np.uint64)
        values = np.empty(columns, np.uint64)
        _draw_line(key, _STRUCTURE, base + row // kernels * columns, trial, weights.kernel, live)
        _draw_line(key, _SHARED, row // height * columns, trial, element, shared)
        for j in range(columns):
            live[j] &= filters_live[j] & rows_live[n]
        _weight_row(key, row, trial, weights, shared, live, values)
        for j in range(columns):
            value = np.int64(values[j])
            out[n, j] = value if live[j] & np.uint64(2) else -value


@kernel
def _values(key, purpose, start, trial, inputs, values):
    """Input values without sign, drawn for the places start, start + 1, ..."""
    slices = inputs.slices.size
    for i in range(values.size):
        values[i] = _ZERO
    for block in range((slices + 3) // 4):
        limits = np.zeros(4, np.uint64)
        for k in range(min(4, slices - 4 * block)):
            limits[k] = _chance(inputs.slices[4 * block + k])
        a, b, c, d = limits[0], limits[1], limits[2], limits[3]
        shift = np.uint64(4 * block)
        for i in range(values.size):
            cell = _place(purpose + 2 * block, np.uint64(start) + np.uint64(i))
            first, second = words(key, cell, trial)
            low = np.uint64((first & _LOW) < a) | (np.uint64((first >> _HALF) < b) << _ONE)
            high = np.uint64((second & _LOW) < c) | (np.uint64((second >> _HALF) < d) << _ONE)
            values[i] |= (low | (high << np.uint64(2))) << shift
    if not inputs.together:
        return
    limit, alone = _chance(inputs.nonzero), _ONE << np.uint64(inputs.forced)
    for i in range(values.size):
        first, _ = words(key, _place(purpose + 64, np.uint64(start) + np.uint64(i)), trial)
        value = values[i] if values[i] != _ZERO else alone
        values[i] = value if (first & _LOW) < limit else _ZERO


@driver
def draw_inputs(key, trial, inputs, start, out):
    """Inputs [vectors, rows] into `out`: bit s of a magnitude is slice s.

    The first is vector `start` of the trial.
    """
    vectors, rows = out.shape
    height = inputs.kernel_rows if inputs.kernel_rows > 1 else rows
    clusters = (rows + height - 1) // height
    copied = _chance(math.sqrt(inputs.correlation))
    for v in numba.prange(vectors):
        number = start + v
        own, shared = np.empty(rows, np.uint64), np.zeros(clusters, np.uint64)
        _values(key, _OWN, number * rows, trial, inputs, own)
        if inputs.correlation > 0.0:
            _values(key, _SHARED + 128, number * clusters, trial, inputs, shared)
        for i in range(rows):
            first, second = words(key, _place(_STRUCTURE, number * rows + i), trial)
            value = shared[i // height] if (first & _LOW) < copied else own[i]
            negative = inputs.signed and second >> np.uint64(63)
            out[v, i] = -np.int64(value) if negative else np.int64(value)
