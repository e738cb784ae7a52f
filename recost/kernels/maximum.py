"""The expected maximum over crossbars that wait for each other, in two levels.

Crossbars of one row chunk share its inputs and its dead rows: T_ij = U_i + W_ij, with U_i common
to the chunk's crossbars and W_ij their own.  max_ij T_ij = max_i (U_i + max_j W_ij).  At each
level the moments of the largest of M alike variables are sums over P(max <= t) = F(t)^M, with

* below a mean of `_FEW` units, where the lattice shows (unless the variance is small): the
  Poisson, binomial or negative binomial law of the same mean and variance (Panjer's class);
* above it: a normal score corrected for skewness g at t + half a step,
  z = (6/g) ((1 + g x / 2)^(1/3) - 1) + g/6, x the standardised value (Wilson and Hilferty 1931).

Unlike crossbars (edges) are joined by Clark's formula for the larger of two normals (Clark
1961).  For M = 1 and for a variable without spread the result is exact; else the error against
Monte Carlo is measured in tests/kernels/test_maximum.py.
"""

from __future__ import annotations

import math

from recost.kernels._numba import kernel
from recost.kernels.records import Cumulants

_SQRT_HALF = math.sqrt(0.5)
_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)
_FEW = 15.0
# A binomial law of much less variance than mean has hardly more values than its mean.
_LATTICE = 0.4
# Steps of a sixteenth of a deviation: the midpoint rule then errs by less than 1e-4 deviations.
_STEPS = 16.0
# Rounding can leave any ratio of moments where there is next to no variance.
_SKEW_LIMIT = 4.0
_REACH = 9.0  # deviations; the largest of 1e9 normals lies at 6


@kernel
def _skewed(z, skewness):
    """The standardised value whose Wilson-Hilferty score is z."""
    if abs(skewness) < 1e-6:
        return z
    base = 1.0 + skewness * z / 6.0 - skewness * skewness / 36.0
    return 2.0 / skewness * (base * base * base - 1.0)


@kernel
def below(x, skewness):
    """P(X <= x) for a standardised X of that skewness."""
    z = x
    if abs(skewness) >= 1e-6:
        base = 1.0 + 0.5 * skewness * x
        if base <= 0.0:  # beyond the end of a distribution that is bounded on this side
            return 0.0 if skewness > 0.0 else 1.0
        z = 6.0 / skewness * (base ** (1.0 / 3.0) - 1.0) + skewness / 6.0
    return 0.5 * math.erfc(-z * _SQRT_HALF)


@kernel
def _at_zero(mean, variance):
    """P(0) of Panjer's law with that mean and variance, in lattice units."""
    if abs(variance - mean) < 1e-9 * mean:
        return math.exp(-mean)
    if variance < mean:
        return (variance / mean) ** (mean * mean / (mean - variance))
    return (mean / variance) ** (mean * mean / (variance - mean))


@kernel
def _panjer_ratio(t, mean, variance):
    """P(t + 1) / P(t) of Panjer's law: (a + b/(t+1)) with a = 1 - mean/variance."""
    a = 1.0 - mean / variance
    return max(0.0, (a * t + mean * mean / variance) / (t + 1.0))


@kernel
def largest(mean, variance, third, count, unit, bound):
    """Cumulants of the largest of `count` independent variables that are alike.

    The variables are multiples of `unit` between 0 and `bound`.
    """
    # Spread that rounding left behind is none; nor is there any at the bound.
    if count <= 1.0 or variance <= 1e-12 * (1.0 + mean * mean) or mean >= bound:
        return Cumulants(mean, variance, third)
    deviation = math.sqrt(variance)
    skewness = min(_SKEW_LIMIT, max(-_SKEW_LIMIT, third / (variance * deviation)))
    few = mean < _FEW * unit and variance > _LATTICE * mean * unit
    # A sum of several kinds of units can spread less than the lattice of each allows.
    lattice = unit if deviation > 0.5 * unit else 0.0
    step = unit if few else max(lattice, deviation / _STEPS)
    start = 0.0
    if not few:
        low = mean + deviation * _skewed(-_REACH, skewness)
        start = max(0.0, math.floor(low / step) * step)
    spread_units = variance / (unit * unit)
    term = reached = _at_zero(mean / unit, spread_units)
    one = two = three = before = 0.0
    t = start
    while before < 1.0 - 1e-15:
        if t + 0.5 * step >= bound:
            t, upto = bound, 1.0
        elif few:
            upto = reached**count
        else:
            upto = below((t + 0.5 * step - mean) / deviation, skewness) ** count
        off = t - mean
        one += (upto - before) * off
        two += (upto - before) * off * off
        three += (upto - before) * off * off * off
        before = upto
        if few:
            term *= _panjer_ratio(t / unit, mean / unit, spread_units)
            reached = min(1.0, reached + term)
            if term <= 1e-18 * reached and t > mean:
                reached = 1.0
        t += step
    return Cumulants(
        min(mean + max(0.0, one), bound),
        max(0.0, two - one * one),
        three - 3.0 * one * two + 2.0 * one * one * one,
    )


@kernel
def larger(a, b, bound):
    """Cumulants of the larger of two independent variables, as if both were normal (Clark).

    Neither exceeds `bound`, which two normals do not know.
    """
    spread = math.sqrt(a.variance + b.variance)
    if spread <= 0.0:
        return a if a.mean >= b.mean else b
    score = (a.mean - b.mean) / spread
    share = 0.5 * math.erfc(-score * _SQRT_HALF)
    density = _DENSITY_AT_0 * math.exp(-0.5 * score * score)
    mean = a.mean * share + b.mean * (1.0 - share) + spread * density
    square = (
        (a.variance + a.mean * a.mean) * share
        + (b.variance + b.mean * b.mean) * (1.0 - share)
        + (a.mean + b.mean) * spread * density
    )
    third = a.third if share >= 0.5 else b.third
    return Cumulants(min(mean, bound), max(0.0, square - mean * mean), third)
