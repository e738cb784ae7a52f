"""Operation-unit column compression: cycles when zero columns are dropped, not zero rows.

A crossbar's rows are cut into fixed groups of S_w adjacent ones.  Of the bitlines, the q that
hold a non-zero cell in those rows are pushed together, and the group costs ceil(q / S_b) in an
input slice in which any of its wordlines is active, else nothing [reference/sre.md, OCC].
"""

from __future__ import annotations

import numpy as np

from recost.kernels._numba import kernel
from recost.kernels.binomial import count_pmf
from recost.kernels.moments import (
    ACTIONS,
    CONVERSIONS,
    DRIVES,
    OWN_FIXED,
    OWN_FRESH,
    READS,
    SHARED_FIXED,
    SHARED_FRESH,
)
from recost.vocabulary import FilterZeros

_INDEPENDENT = int(FilterZeros.INDEPENDENT)


@kernel
def column_live(layer, element, live_rows):
    """P(a weight column of a live filter is not zero in `live_rows` adjacent live rows).

    1 - product over the kernels that the rows belong to of (1 - k + k (1 - e)^m); the rows are
    taken to start at a kernel's first row.
    """
    zero = 1.0
    left = live_rows
    while left > 0:
        taken = min(left, layer.kernel_rows)
        if layer.kernel_density >= 1.0 or layer.kernel_rows <= 1:
            zero *= (1.0 - layer.kernel_density * element) ** taken
        else:
            k = layer.kernel_density
            zero *= 1.0 - k + k * (1.0 - element) ** taken
        left -= taken
    return 1.0 - zero


@kernel
def _units(weights, cells, width, density, pmf):
    """Mean and square of the units, and mean bitlines, of a row group of known live rows.

    L ~ Binomial(weights, density) live weight columns have `cells` live bitlines each.
    """
    first, last = count_pmf(weights, density, 0.0, pmf)
    one = two = 0.0
    for k in range(first, last + 1):
        units = (k * cells + width - 1) // width
        one += pmf[k] * units
        two += pmf[k] * units * units
    return one, two, weights * density * cells


@kernel
def column_moments(rows, layer, element, span, streams, out):
    """Cycles of a crossbar under column compression; fills `out` like `crossbar_moments`.

    `span` is (weights of the crossbar, cells of a weight, bitlines of an operation unit).
    Row groups are independent; every cell of a non-zero weight counts as non-zero (the caller
    refuses profiles that say otherwise).  Live filters are taken to be drawn anew for each row
    group: exact in the mean, too small in the crossbar's own variance.
    """
    weights, cells, width = span
    pmf, live_pmf = np.empty(weights + 1), np.empty(rows.height + 1)
    for cause in range(ACTIONS + 1):
        for m in range(3):
            out[cause, m] = 0.0
    start = 0
    while start < rows.number:
        height = min(rows.height, rows.number - start)
        start += height
        slices = slices_variance = active = 0.0
        for b in range(streams.size):
            some = 1.0 - (1.0 - streams[b]) ** height
            slices += some
            slices_variance += some * (1.0 - some)
            active += height * streams[b]
        first, last = count_pmf(height, rows.live, 0.0, live_pmf)
        one = within = square = bitlines = 0.0
        for live in range(first, last + 1):
            if layer.filter_zeros == _INDEPENDENT:
                density = column_live(layer, element * layer.filter_density, live)
            else:
                density = layer.filter_density * column_live(layer, element, live)
            mean, raw, wide = _units(weights, cells, width, density, pmf)
            one += live_pmf[live] * mean
            square += live_pmf[live] * mean * mean
            within += live_pmf[live] * max(0.0, raw - mean * mean)
            bitlines += live_pmf[live] * wide
        between = max(0.0, square - one * one)
        out[SHARED_FIXED, 0] += slices * one
        out[SHARED_FIXED, 1] += slices * slices * between
        out[SHARED_FRESH, 1] += slices_variance * (one * one + between)
        out[OWN_FIXED, 1] += slices * slices * within
        out[OWN_FRESH, 1] += slices_variance * within
        out[ACTIONS, CONVERSIONS] += slices * bitlines
        out[ACTIONS, DRIVES] += active * one
        out[ACTIONS, READS] += active * bitlines
    for cause in range(1, ACTIONS):
        out[cause, 0] = out[SHARED_FIXED, 0]
