"""Dot products read operation unit by operation unit, with what each read is off by.

A column group keeps some rows; in an input slice its driven rows are read `height` at a time,
in their order, and none over the edge of a chunk.  Of those driven, the rows whose bit is 1
conduct: their number n and the sum k of their cells say what the read is worth.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from recost.kernels._numba import driver, kernel


class Layout(NamedTuple):
    """What a matrix stores and how it is read.

    `cells` int64 [rows, bitlines]; `kept` bool [rows, groups]; `groups` int64 [groups + 1], where
    each group's bitlines start; `places` float64 [bitlines], what a unit of a bitline's sum is
    worth, with its sign; `columns` int64 [bitlines], the matrix column that it belongs to;
    `chunk` rows of a crossbar, `height` rows of an operation unit.  With `compacted` chunks
    are cut from the kept rows, with `fixed` an operation unit reads `height` adjacent rows.
    """

    cells: np.ndarray
    kept: np.ndarray
    groups: np.ndarray
    places: np.ndarray
    columns: np.ndarray
    chunk: int
    height: int
    compacted: bool
    fixed: bool


class Errors(NamedTuple):
    """Mean and variance of (sensed - true) by active wordlines and true sum, [n, k]."""

    mean: np.ndarray
    variance: np.ndarray


@kernel
def _reads(layout, group, driven, starts, rows):
    """The rows that a slice drives for a group, read by read; returns how many reads.

    Read r drives ``rows[starts[r] : starts[r + 1]]``.
    """
    count = used = in_read = kept = 0
    place = -1  # of the read: its chunk, or its group of adjacent rows
    for row in range(layout.kept.shape[0]):
        if not layout.kept[row, group]:
            continue
        own = (kept if layout.compacted else row) // layout.chunk
        kept += 1
        if layout.fixed:
            tall = (layout.chunk + layout.height - 1) // layout.height
            own = own * tall + row % layout.chunk // layout.height
        if not driven[row]:
            continue
        if own != place or in_read == layout.height:
            starts[count] = used
            count += 1
            in_read, place = 0, own
        rows[used] = row
        used += 1
        in_read += 1
    starts[count] = used
    return count


@kernel
def _sum(layout, bitline, bits, rows):
    """Active wordlines of a read and the true sum of a bitline."""
    active = total = 0
    for row in rows:
        if bits[row]:
            active += 1
            total += layout.cells[row, bitline]
    return active, total


@driver
def count_sums(layout, bits, driven, counts):
    """How often which sums occur: adds to `counts` int64 [vectors, n, k].

    `bits` and `driven` are bool [vectors, slices, rows]: the wordlines whose bit is 1, and
    those that are driven (a bit that is 0 may be driven where nothing skips it).
    """
    vectors, slices, rows = bits.shape
    for v in numba.prange(vectors):
        starts, read = np.empty(rows + 1, np.int64), np.empty(rows, np.int64)
        for g in range(layout.groups.size - 1):
            for b in range(slices):
                many = _reads(layout, g, driven[v, b], starts, read)
                for r in range(many):
                    own = read[starts[r] : starts[r + 1]]
                    for bitline in range(layout.groups[g], layout.groups[g + 1]):
                        active, total = _sum(layout, bitline, bits[v, b], own)
                        counts[v, active, total] += 1


@driver
def dot_products(layout, bits, driven, worth, errors, out):
    """Each dot product, and the mean and variance of its error.

    `worth` float64 [slices]: what a unit of a slice is worth, with its sign; `out` float64
    [vectors, columns, 3] (product, expected error, variance of the error), overwritten.
    """
    vectors, slices, rows = bits.shape
    for v in numba.prange(vectors):
        starts, read = np.empty(rows + 1, np.int64), np.empty(rows, np.int64)
        out[v] = 0.0
        for g in range(layout.groups.size - 1):
            for b in range(slices):
                many = _reads(layout, g, driven[v, b], starts, read)
                for r in range(many):
                    own = read[starts[r] : starts[r + 1]]
                    for bitline in range(layout.groups[g], layout.groups[g + 1]):
                        active, total = _sum(layout, bitline, bits[v, b], own)
                        one = worth[b] * layout.places[bitline]
                        cell = out[v, layout.columns[bitline]]
                        cell[0] += one * total
                        cell[1] += one * errors.mean[active, total]
                        cell[2] += one * one * errors.variance[active, total]
