"""Sums over the rows of a crossbar: what its parts have by themselves, and what all of them share.

The column groups of a crossbar are mixtures of parts of a density each.  Most of what
`recost.kernels.moments` adds up is a sum for each part, which is the same wherever the part stands,
and is made of what crossbars of the same rows and inputs share.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from recost.kernels._numba import bare, inlined, kernel
from recost.kernels.binomial import (
    add_cumulants,
    ceil_means,
    ceil_moments,
    count_pmf,
    product_correlation,
)

# Sums of a part, in each slice: the raw moments of a group's cycles, the usual most, and
# P(above that), as `recost.kernels.binomial.RawMoments` has them.
FIRST, SECOND, THIRD, USUAL, BEYOND = range(5)
_UNITS = 5


class Shared(NamedTuple):
    """What all crossbars of some rows have in common in their input slices, whatever they hold.

    `by_slice[r, b]` is E[cycles of a column group in slice b | it keeps r rows], the last column
    the sum of the others; `laws[b, a]` is P(a rows are live and have bit b set) for a from
    `spans[b, 0]` to `spans[b, 1]`.
    """

    by_slice: Any
    laws: Any
    spans: Any


@inlined
def weights_at(slices, m):
    """Where the raw moments m + 1 of a part's weights stand, over the rows that these keep.

    They are those of the mean cycles in each of the slices, and at last in all of them.
    """
    return _UNITS * slices + m * (slices + 1)


@inlined
def inputs_at(slices):
    """Where the cumulants of what `cycles_at` says stand, over active rows, summed over slices."""
    return weights_at(slices, 3)


@inlined
def cycles_at(slices):
    """Where the mean cycles of a slice begin in which 0, 1, ... live rows are active."""
    return inputs_at(slices) + 3


@inlined
def live_at(rows, slices, b):
    """Where the mean cycles of slice b begin in which 0, 1, ... rows are live.

    They are there if not all rows are.
    """
    return cycles_at(slices) + (1 + b) * (rows.number + 1)


@inlined
def sums_of_part(rows, slices):
    """How many sums a part has."""
    return live_at(rows, slices, slices if rows.live < 1.0 else 0)


@bare
def row_correlation(pair, rows):
    """Average correlation of the weights in two of n rows, from that in two rows of one kernel.

    Blocks of m rows with correlation r inside n rows: r (m-1)/(n-1) [D]; or the
    profile's own average over all pairs, if that is larger.
    """
    derived = 0.0
    if rows.number > 1 and rows.kernel_rows > 1:
        derived = pair * (min(rows.kernel_rows, rows.number) - 1) / (rows.number - 1)
    return min(1.0, max(derived, rows.weight_correlation))


@kernel
def fill_shared(rows, streams, shared):
    """Fill in what crossbars of these rows share."""
    n, slices, across = rows.number, streams.size, rows.input_correlation
    means, scratch = np.empty(n + 1), np.empty(max(n, rows.height) + 2)
    by_slice = shared.by_slice
    by_slice[:, slices] = 0.0
    for b in range(slices):
        ceil_means(n, streams[b], across, rows.height, scratch, means)
        for r in range(n + 1):
            by_slice[r, b] = means[r]
            by_slice[r, slices] += means[r]
        joint = product_correlation(rows.live, 0.0, streams[b], across)
        first, last = count_pmf(n, rows.live * streams[b], joint, shared.laws[b])
        shared.spans[b, 0], shared.spans[b, 1] = first, last


@kernel
def make_shared(rows, streams):
    """What crossbars of these rows share."""
    size, slices = rows.number + 1, streams.size
    by_slice, laws = np.empty((size, slices + 1)), np.empty((slices, size))
    shared = Shared(by_slice, laws, np.empty((slices, 2), np.int64))
    fill_shared(rows, streams, shared)
    return shared


@inlined
def add_laws(shared, many, values, terms):
    """Add `many` times the cumulants of values of the active rows, summed over slices."""
    for b in range(shared.laws.shape[0]):
        first, last = shared.spans[b, 0], shared.spans[b, 1]
        add_cumulants(terms, many, values, shared.laws[b], first, last)


@kernel
def _put_powers(rows, density, within, by_slice, powers):
    """Raw moments of the mean cycles over the rows that weights of a density keep."""
    pmf = np.empty(rows.number + 1)
    first, last = count_pmf(rows.number, rows.live * density, within, pmf)
    powers[:, :] = 0.0
    for r in range(first, last + 1):
        weight, values = pmf[r], by_slice[r]
        for b in range(values.size):
            value = values[b]
            powers[0, b] += weight * value
            powers[1, b] += weight * value * value
            powers[2, b] += weight * value * value * value


@kernel
def fill_part(rows, part, streams, shared, sums):
    """Fill in the `sums_of_part` of a part: the sums of this module, one after the other."""
    n, slices, across = rows.number, streams.size, rows.input_correlation
    scratch = np.empty(max(n, rows.height) + 2)
    within = row_correlation(part.correlation, rows)
    for b in range(slices):
        share = part.density * streams[b]
        joint = product_correlation(part.density, within, streams[b], across)
        raw = ceil_moments(n, rows.live * share, joint, rows.height, scratch)
        sums[FIRST * slices + b], sums[SECOND * slices + b] = raw.first, raw.second
        sums[THIRD * slices + b] = raw.third
        sums[USUAL * slices + b], sums[BEYOND * slices + b] = raw.usual, raw.beyond
        if rows.live < 1.0:
            cycles = sums[live_at(rows, slices, b) : live_at(rows, slices, b + 1)]
            ceil_means(n, share, joint, rows.height, scratch, cycles)
    powers = sums[weights_at(slices, 0) : inputs_at(slices)].reshape(3, slices + 1)
    _put_powers(rows, part.density, within, shared.by_slice, powers)
    inputs = sums[inputs_at(slices) : cycles_at(slices)]
    cycles = sums[cycles_at(slices) : live_at(rows, slices, 0)]
    ceil_means(n, part.density, within, rows.height, scratch, cycles)
    inputs[:] = 0.0
    add_laws(shared, 1.0, cycles, inputs)
