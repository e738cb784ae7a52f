"""A bound of the slowest crossbar: all column groups do what is usual, but for some clusters."""

from __future__ import annotations

import math
from typing import NamedTuple

from recost.kernels._numba import borrowing, inlined, kernel
from recost.kernels.causes import causes_in, spread
from recost.kernels.elementary import exp
from recost.kernels.maximum import below
from recost.kernels.moments import LIMITS

# Clusters that come so rarely are left out.
_NEVER = 1e-4
# Of so many that are expected there is one.
_CERTAINLY = 700.0


class Clusters(NamedTuple):
    """Column groups of a crossbar that exceed what is `usual`, which come in clusters.

    `left` is the share of the crossbars that are at the sum, `absent` P(one has no cluster).
    """

    usual: float
    mean: float
    expected: float
    size: float
    tied: float
    left: float
    absent: float


@inlined
def tied_size(limits, units):
    """Clusters that are expected, their size, and how far groups are tied together."""
    _, expected, tied = limits
    tied = tied / expected if expected > 0.0 else 0.0
    size = 1.0 + (units - 1.0) * tied
    return expected / size, size, tied


@inlined
def usual_score(usual, mean, variance, third):
    """Where the usual sum ends on the standardised law of a crossbar, and that law's skewness."""
    deviation = math.sqrt(variance)
    return (usual - 0.5 - mean) / deviation, third / (variance * deviation)


@borrowing
def _clusters(limits, mean, units, variance, third):
    """The clusters of a crossbar of those moments, of which `variance` is not zero."""
    expected, size, tied = tied_size(limits, units)
    score, skewness = usual_score(limits[0], mean, variance, third)
    left = 1.0 - below(score, skewness)
    return Clusters(limits[0], mean, expected, size, tied, left, math.exp(-expected))


@inlined
def at_the_sum(crossbars, share, tied, left):
    """Independent crossbars that are at the sum; `share` is ln of chunks over crossbars."""
    return max(1.0, crossbars * exp(tied * share) * left)


@inlined
def no_cluster(expected):
    """P(a crossbar has no cluster), of which so many are expected."""
    return exp(-min(expected, _CERTAINLY))


@inlined
def exceeds(some, k, expected):
    """Whether so `some` crossbars that have more than k clusters matter."""
    return some > _NEVER and k < 10.0 * expected + 100.0


@inlined
def any_of(some):
    """P(there is one), where `some` are expected."""
    return 1.0 - exp(-min(some, _CERTAINLY))


@kernel
def _most_clusters(crossbars, share, tied, left, expected, absent):
    """The most clusters that one of the crossbars has."""
    crossbars = at_the_sum(crossbars, share, tied, left)
    term, above, k, most = absent, 1.0 - absent, 0.0, 0.0
    while exceeds(crossbars * above, k, expected):
        most += any_of(crossbars * above)
        k += 1.0
        term *= expected * (1.0 / k)
        above -= term
    return most


@borrowing
def usual_bound(out, units, crossbars, chunks):
    """The slowest of so many crossbars, in so many row chunks, where all groups do what is usual.

    Each of `units` groups has a number that it rarely exceeds; a crossbar at the sum of those
    numbers goes on only with groups that exceed theirs.  Groups that share their inputs exceed
    together, in clusters of 1 + (units - 1) r^2 for active rows of correlation r (r = 1: all at
    once; the square because far out two correlated counts meet much more rarely than r says).
    At the sum are so many crossbars as its three moments say.  Those of a chunk share its
    inputs: where all clusters come of inputs (r = 1) only its chunks are independent, and
    between that and r = 0 the number goes with the powers r^2 and 1 - r^2 of both.  The most
    clusters that one of M has are sum_k P(max > k) = sum_k (1 - exp(-M P(Poisson > k))).
    """
    found, limits = causes_in(out), (out[LIMITS, 0], out[LIMITS, 1], out[LIMITS, 2])
    variance, third = spread(found)
    if variance <= 0.0:
        return limits[0] if limits[1] <= 0.0 else math.inf
    held = _clusters(limits, found.mean, units, variance, third)
    share = math.log(chunks / crossbars)
    most = _most_clusters(crossbars, share, held.tied, held.left, held.expected, held.absent)
    return max(held.usual + most * held.size, held.mean)
