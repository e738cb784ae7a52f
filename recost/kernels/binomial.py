"""How many operation units a random number of active rows needs: E[ceil(K/S)] and its kin.

K is the number of active rows among n: binomial where rows are independent, beta-binomial
where they are clustered.  Every expectation is a direct sum over the probability function,
which is built outwards from its mode by the ratio of neighbours and then normalised: the
textbook recurrence from (1-p)^n underflows to 0, and lgamma loses digits that this does not.
Relative error about 1e-14 for p from 1e-300 to 1 and n up to 1e5.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from recost.kernels._numba import bare, inlined, kernel

# Terms below this share of the mode's are left out: 1e5 of them add less than 1e-17.
_NEGLIGIBLE = 1e-22


# The largest chance below 1: its complement has a logarithm.
_SURE = 1.0 - 2.0**-53
# What a group exceeds in less than one case in fifty is not its usual number of units.
RARE = 0.02


@inlined
def log_none(count, chance):
    """Logarithm of P(K = 0), K ~ Binomial(count, chance); finite where rounding made that 0."""
    return count * math.log1p(-min(chance, _SURE))


class RawMoments(NamedTuple):
    """E[C], E[C^2], E[C^3] of a whole number C; its usual most, and P(C is above that)."""

    first: float
    second: float
    third: float
    usual: float
    beyond: float


@bare
def count_pmf(n, p, correlation, pmf):
    """P(K = k) for k = 0..n into `pmf`; returns the first and last k that matter.

    K ~ Binomial(n, p) for `correlation` 0, else beta-binomial with that intra-class correlation
    r = 1/(alpha + beta + 1).  Ratio of neighbours: (n-k)/(k+1) * p/(1-p), or
    (n-k)/(k+1) * (alpha+k)/(beta+n-k-1).  `pmf` has at least n + 1 places; those outside the
    range returned are not written.
    """
    if n <= 0 or p <= 0.0:
        pmf[0] = 1.0
        return 0, 0
    if p >= 1.0:
        pmf[n] = 1.0
        return n, n
    if correlation >= 1.0:  # all rows alike
        pmf[: n + 1] = 0.0
        pmf[0] = 1.0 - p
        pmf[n] = p
        return 0, n
    clustered = correlation > 0.0
    alpha = beta = odds = 0.0
    if clustered:
        alpha = p * (1.0 - correlation) / correlation
        beta = (1.0 - p) * (1.0 - correlation) / correlation
    else:
        odds = p / (1.0 - p)
    start = min(n, int((n + 1) * p))
    pmf[start] = 1.0
    total = 1.0
    last = start
    value = 1.0
    for k in range(start, n):
        ratio = (alpha + k) / (beta + (n - k - 1)) if clustered else odds
        value *= (n - k) / (k + 1.0) * ratio
        pmf[k + 1] = value
        total += value
        last = k + 1
        if value < _NEGLIGIBLE and not clustered:
            break
    first = start
    value = 1.0
    for k in range(start - 1, -1, -1):
        ratio = (alpha + k) / (beta + (n - k - 1)) if clustered else odds
        value /= (n - k) / (k + 1.0) * ratio
        pmf[k] = value
        total += value
        first = k
        if value < _NEGLIGIBLE and not clustered:
            break
    for k in range(first, last + 1):
        pmf[k] /= total
    return first, last


@bare
def ceil_moments(n, p, correlation, height, pmf):
    """Raw moments of ceil(K / height): operation units that K active rows need.

    E[C^m] = sum_k P(K = k) ceil(k / height)^m [D; DOF and ORC of Yang et al., ISCA 2019].
    `pmf` is scratch of n + 1 places.
    """
    first, last = count_pmf(n, p, correlation, pmf)
    one = two = three = above = beyond = 0.0
    usual, k = -1, last
    while k >= first:
        units = (k + height - 1) // height
        low, share = max(first, (units - 1) * height + 1), 0.0
        while k >= low:  # all that need so many units
            share += pmf[k]
            k -= 1
        if usual < 0 and above + share > RARE:
            usual, beyond = units, above
        above += share
        term = share * units
        one += term
        two += term * units
        three += term * units * units
    return RawMoments(one, two, three, float(usual), beyond)


@bare
def _clustered_means(n, p, correlation, height, law, means):
    """`ceil_means` of beta-binomial K_a, the rows of Polya's urn (Feller, vol. 1, V.2).

    Given that k of a rows are active, one more is with chance (alpha + k) / (alpha + beta + a),
    and adds an operation unit if k is a multiple of `height`.  `law` has n + 1 places; P(K_a = k)
    stands in n - k, so that each is made of itself and the next one, as `ceil_means` does it.
    """
    alpha, beta = (
        p * (1.0 - correlation) / correlation,
        (1.0 - p) * (1.0 - correlation) / correlation,
    )
    low = high = 0  # others are too unlikely to add to any mean
    law[n] = 1.0
    for a in range(n):
        share = 1.0 / (alpha + beta + a)
        # Four sums at once, none of which waits for another.
        one = two = three = four = 0.0
        k = -(-low // height) * height
        while k + 3 * height <= high:
            one += law[n - k] * (alpha + k)
            two += law[n - k - height] * (alpha + (k + height))
            three += law[n - k - 2 * height] * (alpha + (k + 2 * height))
            four += law[n - k - 3 * height] * (alpha + (k + 3 * height))
            k += 4 * height
        while k <= high:
            one += law[n - k] * (alpha + k)
            k += height
        means[a + 1] = means[a] + ((one + two) + (three + four)) * share
        high += 1
        some = law[n - high : n - low + 1]
        last = some.size - 1
        some[0] = 0.0
        idle, active = a - high, high - 1
        for i in range(last):
            stays, joins = (beta + (idle + i)) * share, (alpha + (active - i)) * share
            some[i] = some[i] * stays + some[i + 1] * joins
        some[last] *= (beta + (a - low)) * share
        while high > low and law[n - high] < _NEGLIGIBLE * p:
            high -= 1
        while low < high and law[n - low] < _NEGLIGIBLE * p:
            low += 1


@bare
def ceil_means(n, p, correlation, height, scratch, means):
    """E[ceil(K_a / height)] for K_a ~ Binomial(a, p), a = 0..n, into `means`.

    Independent rows: one more row adds an operation unit exactly if it is active and the
    count before it is a multiple of `height`, so the mean grows by p P(K_a = 0 mod height), and
    the residues of K_a follow a cyclic recurrence.  All terms are positive: nothing cancels.
    Clustered rows: see `_clustered_means`.  `scratch` has max(n, height) + 1 places.
    """
    means[0] = 0.0
    if p >= 1.0 or correlation >= 1.0:  # all rows or none
        for a in range(1, n + 1):
            means[a] = min(p, 1.0) * ((a + height - 1) // height)
        return
    if correlation > 0.0:
        _clustered_means(n, p, correlation, height, scratch, means)
        return
    # The residues from height - 1 down to 0: each is made of itself and the next one, which is
    # as yet what it was, so that several are worked on at once.
    zero = height - 1
    scratch[:height] = 0.0
    scratch[zero] = 1.0
    for a in range(n):
        means[a + 1] = means[a] + p * scratch[zero]
        wrapped = scratch[0]
        some = scratch[zero - min(a + 1, zero) : height]
        for i in range(some.size - 1):
            some[i] = (1.0 - p) * some[i] + p * some[i + 1]
        scratch[zero] = (1.0 - p) * scratch[zero] + p * wrapped if height > 1 else 1.0


@bare
def chunked_ceil_mean(n, p, chunk, means, pmf):
    """E over K ~ Binomial(n, p) of the summed `means` of K rows cut into chunks of `chunk`.

    `means[a]` is the expected cost of a chunk of a rows; K rows cost
    floor(K / chunk) means[chunk] + means[K mod chunk].  `pmf` is scratch of n + 1 places.
    """
    first, last = count_pmf(n, p, 0.0, pmf)
    total = 0.0
    for k in range(first, last + 1):
        total += pmf[k] * ((k // chunk) * means[min(chunk, n)] + means[k % chunk])
    return total


@kernel
def pooled(n, p, correlation, numbers, shares):
    """`count_pmf` as the numbers in the middle of equal blocks, with the share of each block.

    Fills `numbers` and `shares` and returns how many; as many as they have places, or every
    number that is likelier than 1e-12 by itself, if these are fewer.
    """
    pmf = np.empty(n + 1)
    first, last = count_pmf(n, p, correlation, pmf)
    while first < last and pmf[first] < 1e-12:
        first += 1
    while last > first and pmf[last] < 1e-12:
        last -= 1
    block = -(-(last - first + 1) // numbers.size)
    block += 1 - block % 2  # odd, so that it has a middle
    used = 0
    for low in range(first, last + 1, block):
        high = min(last, low + block - 1)
        numbers[used] = min(low + block // 2, last)
        shares[used] = 0.0
        for k in range(low, high + 1):
            shares[used] += pmf[k]
        used += 1
    return used


@bare
def product_correlation(p, correlation_p, q, correlation_q):
    """Intra-class correlation of z x for independent z (mean p) and x (mean q).

    (E[zz'] E[xx'] - p^2 q^2) / (pq (1 - pq)), with E[zz'] = p^2 + r_p p (1-p), likewise x.
    """
    joint = p * q
    if joint <= 0.0 or joint >= 1.0:
        return 0.0
    pairs_p = p * p + correlation_p * p * (1.0 - p)
    pairs_q = q * q + correlation_q * q * (1.0 - q)
    return max(0.0, (pairs_p * pairs_q - joint * joint) / (joint * (1.0 - joint)))


@bare
def add_cumulants(terms, weight, values, pmf, first, last):
    """Add `weight` times (mean, variance, third central moment) of values[k] to `terms`.

    The moments are over k = first..last with probabilities pmf[k].
    """
    # Four sums at once, none of which waits for another.
    some = last - first + 1
    whole = first + some - some % 4
    one = two = three = four = 0.0
    for k in range(first, whole, 4):
        one += pmf[k] * values[k]
        two += pmf[k + 1] * values[k + 1]
        three += pmf[k + 2] * values[k + 2]
        four += pmf[k + 3] * values[k + 3]
    for k in range(whole, last + 1):
        one += pmf[k] * values[k]
    mean = (one + two) + (three + four)
    variance = third = variance_2 = third_2 = 0.0
    for k in range(first, last, 2):
        off, off_2 = values[k] - mean, values[k + 1] - mean
        square, square_2 = pmf[k] * off * off, pmf[k + 1] * off_2 * off_2
        variance += square
        variance_2 += square_2
        third += square * off
        third_2 += square_2 * off_2
    if some % 2:
        off = values[last] - mean
        variance += pmf[last] * off * off
        third += pmf[last] * off * off * off
    variance, third = variance + variance_2, third + third_2
    terms[0] += weight * mean
    terms[1] += weight * variance
    terms[2] += weight * third


@bare
def add_central(terms, weight, one, two, three):
    """Add `weight` times (mean, variance, third central moment) given raw moments."""
    terms[0] += weight * one
    terms[1] += weight * max(0.0, two - one * one)
    terms[2] += weight * (three - 3.0 * one * two + 2.0 * one * one * one)
