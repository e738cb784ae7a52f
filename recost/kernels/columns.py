"""Operation-unit column compression: cycles when zero columns are dropped, not zero rows.

A crossbar's rows are cut into fixed groups of S_w adjacent ones.  Of the bitlines, the q that
hold a non-zero cell in those rows are pushed together, and the group costs ceil(q / S_b) in an
input slice in which any of its wordlines is active, else nothing [OCC of Yang et al., ISCA 2019].
"""

from __future__ import annotations

import numpy as np

from recost.kernels._numba import kernel
from recost.kernels.binomial import add_central, count_pmf
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
def active_slices(streams, height):
    """Expected input slices in which any of `height` wordlines is active."""
    slices = 0.0
    for b in range(streams.size):
        slices += 1.0 - (1.0 - streams[b]) ** height
    return slices


@kernel
def _units(weights, cells, width, density, pmf):
    """Raw moments of the units, and mean bitlines, of a row group of known live rows.

    L ~ Binomial(weights, density) live weight columns have `cells` live bitlines each.
    """
    first, last = count_pmf(weights, density, 0.0, pmf)
    one = two = three = 0.0
    for k in range(first, last + 1):
        units = (k * cells + width - 1) // width
        one += pmf[k] * units
        two += pmf[k] * units * units
        three += pmf[k] * units * units * units
    return one, two, three, weights * density * cells


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
        slices = active_slices(streams, height)
        slices_variance = active = 0.0
        for b in range(streams.size):
            none = (1.0 - streams[b]) ** height
            slices_variance += none * (1.0 - none)
            active += height * streams[b]
        first, last = count_pmf(height, rows.live, 0.0, live_pmf)
        one = two = three = square = cube = bitlines = 0.0
        for live in range(first, last + 1):
            if layer.filter_zeros == _INDEPENDENT:
                density = column_live(layer, element * layer.filter_density, live)
            else:
                density = layer.filter_density * column_live(layer, element, live)
            mean, mean_square, mean_cube, wide = _units(weights, cells, width, density, pmf)
            one += live_pmf[live] * mean
            two += live_pmf[live] * mean_square
            three += live_pmf[live] * mean_cube
            square += live_pmf[live] * mean * mean
            cube += live_pmf[live] * mean * mean * mean
            bitlines += live_pmf[live] * wide
        add_central(out[SHARED_FIXED], 1.0, slices * one, slices**2 * square, slices**3 * cube)
        own = max(0.0, two - square)
        third = three - cube - 3.0 * one * own
        out[OWN_FIXED, 1] += slices * slices * own
        out[OWN_FIXED, 2] += slices * slices * slices * third
        out[SHARED_FRESH, 1] += slices_variance * square
        out[OWN_FRESH, 1] += slices_variance * own
        out[ACTIONS, CONVERSIONS] += slices * bitlines
        out[ACTIONS, DRIVES] += active * one
        out[ACTIONS, READS] += active * bitlines
    for cause in range(1, ACTIONS):
        out[cause, 0] = out[SHARED_FIXED, 0]
