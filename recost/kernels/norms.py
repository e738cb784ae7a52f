"""The norm of a structure: the mean size of n weights whose gradients are lognormal.

Its mean and mean square are known, its distribution is not; for a wide lognormal the one of the
same two moments (Fenton and Wilkinson) misses E[min(norm, x)] by up to 40 %.  That is got here
from the Laplace transform E[exp(-u X)]^n by Stehfest's inversion, within 1 %, and a lognormal of
mean 1 is fitted to it at the threshold in use: within 13 % from a third of the threshold to three
times it, for spreads up to 3.
"""

from __future__ import annotations

import math

import numpy as np

from recost.kernels import magnitudes
from recost.kernels._numba import kernel
from recost.vocabulary import Magnitude

_LOGNORMAL = int(Magnitude.LOGNORMAL)
_limited_mean = magnitudes.limited_mean

# Terms of Stehfest's sum; more cancel beyond double precision.
_TERMS = 14
_STEP, _REACH = 0.1, 8.5
# Below this share above the limit the inversion's error decides; the two moments are used then.
_RESOLVED = 1e-4


def _stehfest(terms: int) -> np.ndarray:
    """V_k of f(x) = (ln 2/x) sum of V_k F(k ln 2/x) (Stehfest, CACM 13, 1970, algorithm 368)."""
    half = terms // 2
    weights = []
    for k in range(1, terms + 1):
        total = sum(
            j**half
            * math.factorial(2 * j)
            / (
                math.factorial(half - j)
                * math.factorial(j)
                * math.factorial(j - 1)
                * math.factorial(k - j)
                * math.factorial(2 * j - k)
            )
            for j in range((k + 1) // 2, min(k, half) + 1)
        )
        weights.append((-1) ** (k + half) * total)
    return np.array(weights)


_WEIGHTS = _stehfest(_TERMS)


@kernel
def _one_minus_transform(u, spread, members):
    """1 - E[exp(-u X / n)]^n for X lognormal with mean 1."""
    missing = 0.0
    count = int(2 * _REACH / _STEP) + 1
    for i in range(count):
        z = i * _STEP - _REACH
        x = math.exp(spread * z - 0.5 * spread * spread)
        missing -= math.expm1(-u * x / members) * math.exp(-0.5 * z * z)
    missing *= _STEP / math.sqrt(2.0 * math.pi)
    if missing >= 1.0:
        return 1.0
    return -math.expm1(members * math.log1p(-missing))


@kernel
def limited_norm(spread, members, x):
    """E[min(norm, x)] of the mean of `members` lognormals of mean 1 and ln-sigma `spread`.

    Its transform over x is (1 - E exp(-u norm)) / u^2.
    """
    if members == 1 or spread <= 0.0:
        median = math.exp(-0.5 * spread * spread)
        return _limited_mean(_LOGNORMAL, median, spread, x)
    scale = math.log(2.0) / x
    total = 0.0
    for k in range(1, _TERMS + 1):
        u = k * scale
        total += _WEIGHTS[k - 1] * _one_minus_transform(u, spread, members) / (u * u)
    return min(1.0, x, max(0.0, scale * total))


@kernel
def fitted_spread(spread, members, threshold):
    """The ln-sigma of the lognormal of mean 1 with the norm's E[min(norm, threshold)].

    Bisection: that falls with the spread.  Where nearly nothing lies above the threshold, that of
    the same two moments: sqrt(ln(1 + (exp(s^2) - 1)/n)).
    """
    if members == 1:
        return spread
    wide = math.sqrt(math.log1p(math.expm1(spread * spread) / members))
    target = limited_norm(spread, members, threshold)
    if min(1.0 - target, 1.0 - target / min(1.0, threshold)) < _RESOLVED:
        return wide
    low, high = 0.0, wide
    for _ in range(50):
        middle = 0.5 * (low + high)
        median = math.exp(-0.5 * middle * middle)
        if _limited_mean(_LOGNORMAL, median, middle, threshold) > target:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
