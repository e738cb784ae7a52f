"""What makes crossbars unlike each other: cumulants of the cycles that a chunk or a crossbar adds.

`recost.kernels.moments` splits the variance of a crossbar's cycles by four causes.  Inputs and
dead rows are common to the crossbars of a row chunk, weights are a crossbar's own; over the
vectors that are waited for together the weights stay and the inputs change.
"""

from __future__ import annotations

from typing import NamedTuple

from recost.kernels._numba import inlined
from recost.kernels.moments import (
    ACTIONS,
    FILTERS,
    OWN_FIXED,
    OWN_FRESH,
    SHARED_FIXED,
    SHARED_FRESH,
)
from recost.kernels.records import Cumulants


class Causes(NamedTuple):
    """Mean of a crossbar's cycles; variance and third moment by each cause.

    `rows` and `inputs` are of its row chunk, for good and each vector anew; `weights` and `rest`
    its own.
    """

    mean: float
    rows: float
    rows_third: float
    inputs: float
    inputs_third: float
    weights: float
    weights_third: float
    rest: float
    rest_third: float


@inlined
def causes_in(out):
    """The causes in what `recost.kernels.moments.crossbar_moments` fills."""
    return Causes(
        out[OWN_FRESH, 0],
        out[SHARED_FIXED, 1],
        out[SHARED_FIXED, 2],
        out[SHARED_FRESH, 1],
        out[SHARED_FRESH, 2],
        out[OWN_FIXED, 1],
        out[OWN_FIXED, 2],
        out[OWN_FRESH, 1],
        out[OWN_FRESH, 2],
    )


@inlined
def put_causes(found, out):
    """Put causes where `causes_in` finds them."""
    for cause in range(ACTIONS):
        out[cause, 0] = found.mean
    out[SHARED_FIXED, 1], out[SHARED_FIXED, 2] = found.rows, found.rows_third
    out[SHARED_FRESH, 1], out[SHARED_FRESH, 2] = found.inputs, found.inputs_third
    out[OWN_FIXED, 1], out[OWN_FIXED, 2] = found.weights, found.weights_third
    out[OWN_FRESH, 1], out[OWN_FRESH, 2] = found.rest, found.rest_third


@inlined
def spread(found):
    """Variance and third moment of a crossbar's cycles, by all causes."""
    variance = found.rows + found.inputs + found.weights + found.rest
    return variance, found.rows_third + found.inputs_third + found.weights_third + found.rest_third


@inlined
def stream_sums(streams):
    """P(a row is active): the largest over slices, the sum, and the mean over active rows."""
    largest = total = squares = 0.0
    for b in range(streams.size):
        largest = max(largest, streams[b])
        total += streams[b]
        squares += streams[b] * streams[b]
    return largest, total, squares / total if total > 0.0 else 0.0


@inlined
def _summed(fixed, fresh, alike, n):
    """Cumulants of n vectors' cycles by a fixed cause and one that each vector draws anew."""
    return (
        alike * alike * n * (n * fixed[0] + fresh[0]),
        alike * alike * alike * n * (n * n * fixed[1] + fresh[1]),
    )


@inlined
def together(found, filters, q, density):
    """Third moments that two causes make together: (E h e^2, E g e^2, E g h e).

    g, h and e are what a crossbar takes more for its inputs, for its weights and for both.  The
    third moment R that `crossbar_moments` finds is that of single groups in single slices.  Were
    their cycles the sum of x w over rows, x ~ Bernoulli(q) and w ~ Bernoulli(p), R would hold
    e^3, 3 h e^2, 3 g e^2 and 6 g h e as (1-2p)(1-2q) : 3q (1-2p) : 3p (1-2q) : 6pq: so it is
    shared out.  But all slices have their weights in common and all groups their inputs, which
    makes h and g as much larger as the variances say.  Nothing is said of groups that differ in
    their density because `filters`, as a variance, are dead as a whole.  q is that of the slices
    that rows are active in (`stream_sums`).
    """
    both = found.rest
    if both <= 1e-9 * (found.inputs + found.weights) or filters > 0.0:
        return 0.0, 0.0, 0.0
    share = found.rest_third / (1.0 + density + q - 2.0 * density * q)
    weights = found.weights / both * (1.0 - q)
    inputs = found.inputs / both * (1.0 - density)
    return (
        weights * (1.0 - 2.0 * density) * share,
        inputs * (1.0 - 2.0 * q) * share,
        inputs * weights * share,
    )


@inlined
def causes(found, mixed, alike, n):
    """Cumulants of a crossbar's own cycles in n vectors, those of its row chunk's, and a slope.

    The slope is the variance that the own cycles gain for a cycle that the row chunk adds to all.
    `mixed` are the moments of `together`; what goes with live rows goes with their number.
    """
    weights, inputs, both = mixed
    fixed, fresh = (found.weights, found.weights_third), (found.rest, found.rest_third)
    variance, third = _summed(fixed, fresh, alike, n)
    fixed, fresh = (found.rows, found.rows_third), (found.inputs, found.inputs_third)
    shared, skewed = _summed(fixed, fresh, alike, n)
    live = found.rows / found.mean if found.mean > 0.0 else 0.0
    scale, slope, mean = alike * alike * alike * n, 0.0, alike * n * found.mean
    if shared > 0.0:
        gained = inputs + 2.0 * n * both + live * n * (found.rest + n * found.weights)
        slope = scale * gained / shared
    own = Cumulants(mean, variance, third + 3.0 * scale * n * weights)
    skewed += 3.0 * scale * n * live * found.inputs
    return own, Cumulants(mean, shared, skewed), slope


@inlined
def of_filters(out, times):
    """Cumulants of what the live filters add to `times` the cycles."""
    return Cumulants(0.0, times * times * out[FILTERS, 1], times * times * times * out[FILTERS, 2])


@inlined
def scaled(cumulants, unit, least):
    """Cumulants of `unit` times a number, of which the mean is known to be `least` or more."""
    return Cumulants(
        max(unit * cumulants.mean, least),
        unit * unit * cumulants.variance,
        unit * unit * unit * cumulants.third,
    )
