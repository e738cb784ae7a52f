"""What makes crossbars unlike each other: cumulants of the cycles that a chunk or a crossbar adds.

`recost.kernels.moments` splits the variance of a crossbar's cycles by four causes.  Inputs and
dead rows are common to the crossbars of a row chunk, weights are a crossbar's own; over the
vectors that are waited for together the weights stay and the inputs change.
"""

from __future__ import annotations

from recost.kernels._numba import inlined
from recost.kernels.moments import (
    FILTERS,
    OWN_FIXED,
    OWN_FRESH,
    SHARED_FIXED,
    SHARED_FRESH,
)
from recost.kernels.records import Cumulants


@inlined
def _summed(out, fixed, fresh, alike, n):
    """Cumulants of n vectors' cycles by a fixed cause and one that each vector draws anew."""
    return Cumulants(
        alike * n * out[fixed, 0],
        alike * alike * n * (n * out[fixed, 1] + out[fresh, 1]),
        alike * alike * alike * n * (n * n * out[fixed, 2] + out[fresh, 2]),
    )


@inlined
def together(out, streams, density):
    """Third moments that two causes make together: (E h e^2, E g e^2, E g h e).

    g, h and e are what a crossbar takes more for its inputs, for its weights and for both.  The
    third moment R that `crossbar_moments` finds is that of single groups in single slices.  Were
    their cycles the sum of x w over rows, x ~ Bernoulli(q) and w ~ Bernoulli(p), R would hold
    e^3, 3 h e^2, 3 g e^2 and 6 g h e as (1-2p)(1-2q) : 3q (1-2p) : 3p (1-2q) : 6pq: so it is
    shared out.  But all slices have their weights in common and all groups their inputs, which
    makes h and g as much larger as the variances say.  Nothing is said of groups that differ in
    their density because filters are dead as a whole.
    """
    both, many = out[OWN_FRESH, 1], 0.0
    if both <= 1e-9 * (out[SHARED_FRESH, 1] + out[OWN_FIXED, 1]) or out[FILTERS, 1] > 0.0:
        return 0.0, 0.0, 0.0
    q = 0.0
    for b in range(streams.size):  # of the slices that rows are active in
        many += streams[b]
        q += streams[b] * streams[b]
    q /= many
    share = out[OWN_FRESH, 2] / (1.0 + density + q - 2.0 * density * q)
    weights = out[OWN_FIXED, 1] / both * (1.0 - q)
    inputs = out[SHARED_FRESH, 1] / both * (1.0 - density)
    return (
        weights * (1.0 - 2.0 * density) * share,
        inputs * (1.0 - 2.0 * q) * share,
        inputs * weights * share,
    )


@inlined
def causes(out, mixed, alike, n):
    """Cumulants of a crossbar's own cycles in n vectors, those of its row chunk's, and a slope.

    The slope is the variance that the own cycles gain for a cycle that the row chunk adds to all.
    `mixed` are the moments of `together`; what goes with live rows goes with their number.
    """
    weights, inputs, both = mixed
    own = _summed(out, OWN_FIXED, OWN_FRESH, alike, n)
    shared = _summed(out, SHARED_FIXED, SHARED_FRESH, alike, n)
    live = out[SHARED_FIXED, 1] / out[OWN_FRESH, 0] if out[OWN_FRESH, 0] > 0.0 else 0.0
    scale, slope = alike * alike * alike * n, 0.0
    own = Cumulants(own.mean, own.variance, own.third + 3.0 * scale * n * weights)
    if shared.variance > 0.0:
        gained = inputs + 2.0 * n * both + live * n * (out[OWN_FRESH, 1] + n * out[OWN_FIXED, 1])
        slope = scale * gained / shared.variance
    third = shared.third + 3.0 * scale * n * live * out[SHARED_FRESH, 1]
    return own, Cumulants(shared.mean, shared.variance, third), slope


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
