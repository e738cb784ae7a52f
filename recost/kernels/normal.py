"""The standard normal distribution: both tails and the quantile, to full precision in each."""

from __future__ import annotations

import math

from recost.kernels._numba import light

_ROOT_HALF = math.sqrt(0.5)
_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)


@light
def density(x):
    """exp(-x^2 / 2) / sqrt(2 pi)."""
    return math.exp(-0.5 * x * x) / _ROOT_TWO_PI


@light
def below(x):
    """Phi(x) = P(X <= x), with full relative precision in the lower tail."""
    return 0.5 * math.erfc(-x * _ROOT_HALF)


@light
def above(x):
    """1 - Phi(x), with full relative precision in the upper tail."""
    return 0.5 * math.erfc(x * _ROOT_HALF)


@light
def quantile(p):
    """Phi^-1(p): the x with P(X <= x) = p; -inf at 0, inf at 1, NaN outside.

    Abramowitz and Stegun 26.2.23 (4.5e-4) as the start, then Halley's rule on the nearer tail,
    which triples the digits each time: relative error 1e-15 for p from 1e-300 to 1 - 1e-16.
    """
    if not 0.0 <= p <= 1.0:
        return math.nan
    tail = min(p, 1.0 - p)
    if tail <= 0.0:
        return -math.inf if p <= 0.0 else math.inf
    t = math.sqrt(-2.0 * math.log(tail))
    numerator = 2.515517 + t * (0.802853 + t * 0.010328)
    x = t - numerator / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    for _ in range(3):
        # above(x) - tail, over the density; Halley adds the curvature x.
        step = (above(x) - tail) / density(x)
        x += step / (1.0 - 0.5 * x * step)
    return -x if p < 0.5 else x
