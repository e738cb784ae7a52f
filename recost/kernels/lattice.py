"""The slowest row chunk where all crossbars of a chunk work alike: exact, on the lattice.

If every column group keeps every live row, a crossbar takes G sum_b ceil(A_b / S) cycles with
A_b ~ Binomial(L, q_b) the active wordlines of slice b among the L ~ Binomial(n, rho) live rows.
That sum takes few values, far apart, and no smooth law describes its maximum; but its
distribution is a convolution of short lists.
"""

from __future__ import annotations

import math

import numpy as np

from recost.kernels._numba import inlined, kernel
from recost.kernels.binomial import count_pmf

# Numbers of live rows that are told apart; more are pooled with their neighbours.
_POINTS = 48


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
def slowest_chunks(rows, streams, chunks, reached):
    """Add ln P(no chunk of `chunks` needs more than t units a group) to `reached[t]`.

    The sum over the kinds of row chunks is the logarithm of the distribution of the slowest.
    Exact for up to `_POINTS` different numbers of live rows; of more, neighbours are pooled at
    the number in their middle.
    """
    law, total = np.zeros(reached.size), np.empty(reached.size)
    pmf = np.empty(rows.number + 1)
    first, last = count_pmf(rows.number, rows.live, 0.0, pmf)
    while first < last and pmf[first] < 1e-15:
        first += 1
    while last > first and pmf[last] < 1e-15:
        last -= 1
    stride = -(-(last - first + 1) // _POINTS)
    for low in range(first, last + 1, stride):
        high = min(last, low + stride - 1)
        weight = 0.0
        for k in range(low, high + 1):
            weight += pmf[k]
        _convolve((low + high) // 2, rows.height, streams, rows.input_correlation, total)
        for t in range(total.size):
            law[t] += weight * total[t]
    # From the top, so that small chances stay exact; normalised against the tails cut off above.
    whole = above = 0.0
    for t in range(law.size):
        whole += law[t]
    for t in range(law.size - 1, -1, -1):
        reached[t] += chunks * math.log1p(-min(above / whole, 1.0))
        above += law[t]


@kernel
def mean_of(reached):
    """The mean of a whole number from the logarithms of its distribution: sum of 1 - F."""
    mean = 0.0
    for t in range(reached.size - 1):
        mean -= math.expm1(reached[t])
    return mean
