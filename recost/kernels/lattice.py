"""The slowest row chunk where all crossbars of a chunk work alike: exact, on the lattice.

If every column group keeps every live row, a crossbar takes G sum_b ceil(A_b / S) cycles with
A_b ~ Binomial(L, q_b) the active wordlines of slice b among the L ~ Binomial(n, rho) live rows.
That sum takes few values, far apart, and no smooth law describes its maximum; but its
distribution is a convolution of short lists.  Where every crossbar keeps rows of its own (A_b
active ones among L ~ Binomial(n, rho p) live rows that it keeps) the convolution is the law of
one crossbar, and a normal copula ties the crossbars of a chunk together.
"""

from __future__ import annotations

import math

import numpy as np

from recost.kernels._numba import inlined, kernel, light
from recost.kernels.binomial import count_pmf, pooled
from recost.kernels.normal import below, density, quantile

# Numbers of live rows that are told apart; more are pooled with their neighbours.
_POINTS = 48
# Scores of a common cause, from -_REACH to _REACH.
_REACH, _STEP = 7.0, 0.125
NODES = 113
# Crossbars that are tied like this are one.
_ONE = 0.999


@inlined
def _convolve(live, height, streams, correlation, total):
    """Distribution of sum_b ceil(A_b / height) for `live` live rows into `total`."""
    pmf, units = np.empty(live + 1), np.empty(-(-live // height) + 1)
    for i in range(total.size):
        total[i] = 0.0
    total[0] = 1.0
    top = 0
    for b in range(streams.size):
        first, last = count_pmf(live, streams[b], correlation, pmf)
        most = -(-last // height)
        for u in range(most + 1):
            units[u] = 0.0
        for k in range(first, last + 1):
            units[-(-k // height)] += pmf[k]
        # From the top down, so that a place is read before it is written.
        for t in range(top + most, -1, -1):
            value = 0.0
            for u in range(max(0, t - top), min(most, t) + 1):
                value += units[u] * total[t - u]
            total[t] = value
        top += most


@kernel
def add_law(rows, streams, share, weight, law):
    """Add `weight` times the distribution of sum_b ceil(A_b / S) to `law`.

    A_b ~ Binomial(L, q_b) and L ~ Binomial(n, share).  Exact for up to `_POINTS` values of L; of
    more, neighbours are pooled at the number in their middle.
    """
    numbers, shares, total = np.empty(_POINTS, np.int64), np.empty(_POINTS), np.empty(law.size)
    for i in range(pooled(rows.number, share, numbers, shares)):
        _convolve(numbers[i], rows.height, streams, rows.input_correlation, total)
        for t in range(total.size):
            law[t] += weight * shares[i] * total[t]


@kernel
def slowest_chunks(rows, streams, chunks, reached):
    """Add ln P(no chunk of `chunks` needs more than t units a group) to `reached[t]`.

    The sum over the kinds of row chunks is the logarithm of the distribution of the slowest.
    """
    law = np.zeros(reached.size)
    add_law(rows, streams, rows.live, 1.0, law)
    # From the top, so that small chances stay exact; normalised against the tails cut off above.
    whole = above = 0.0
    for t in range(law.size):
        whole += law[t]
    for t in range(law.size - 1, -1, -1):
        reached[t] += chunks * math.log1p(-min(above / whole, 1.0))
        above += law[t]


@light
def tie(streams, live, kept):
    """Correlation of the active rows, over all slices, of two crossbars of a row chunk.

    A row is live with `live` and kept by each with `kept`; of its X active slices
    E[X^2] = sum q + (sum q)^2 - sum q^2: Cov / Var = p (E[X^2] - rho E[X]^2) /
    (E[X^2] - rho p E[X]^2).
    """
    one = two = 0.0
    for b in range(streams.size):
        one += streams[b]
        two += streams[b] * (1.0 - streams[b])
    two += one * one
    apart = two - live * kept * one * one
    return kept * (two - live * one * one) / apart if apart > 1e-12 * two else 1.0


@inlined
def cleared(joint, cycles):
    """The first `cycles` columns of `joint`, which has a row for each node, without anything."""
    found = joint[:, :cycles]
    found[:, :] = 0.0
    return found


@kernel
def add_tied(law, crossbars, tied, stretch, joint):
    """Add ln P(none of `crossbars` needs more than t | their common cause) to `joint`.

    The crossbars have the distribution `law` each, on a lattice of which a unit is `stretch`
    units of t, and a common cause, of normal score u at row i of `joint`, with the share `tied`
    of their variance: P(T <= t | u) = Phi((Phi^-1(F(t)) - sqrt(r) u) / sqrt(1 - r)), the
    one-factor normal copula (Vasicek 1987).
    """
    whole = above = 0.0
    for t in range(law.size):
        whole += law[t]
    if tied > _ONE:
        crossbars = 1.0
    # The scores are too far apart for less.
    rest = math.sqrt(max(1.0 - tied, _STEP * _STEP))
    root = math.sqrt(1.0 - rest * rest)
    limit = law.size - 1
    for t in range(joint.shape[1] - 1, -1, -1):
        while limit > 0 and limit * stretch > t + 1e-9:
            above += law[limit]
            limit -= 1
        if above <= 0.0:
            continue
        score = -quantile(min(above / whole, 1.0))
        for i in range(NODES):
            under = below((score - root * (i * _STEP - _REACH)) / rest)
            joint[i, t] += crossbars * math.log(max(under, 1e-300))


@kernel
def slowest_tied(joint, chunks, reached):
    """Add ln P(no chunk of `chunks` goes beyond t) to `reached[t]`, crossbars as in `joint`."""
    whole = 0.0
    for i in range(NODES):
        whole += density(i * _STEP - _REACH)
    for t in range(reached.size):
        beyond = 0.0
        for i in range(NODES):
            beyond -= density(i * _STEP - _REACH) * math.expm1(joint[i, t])
        reached[t] += chunks * math.log1p(-min(beyond / whole, 1.0))


@light
def mean_of(reached):
    """The mean of a whole number from the logarithms of its distribution: sum of 1 - F."""
    mean = 0.0
    for t in range(reached.size - 1):
        mean -= math.expm1(reached[t])
    return mean
