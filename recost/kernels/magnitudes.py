"""Distributions of |g|, the size of a gradient or of a weight's update.

Everything that a pruning rule or a digit of a stored number asks of the distribution is its tail
and its limited mean E[min(|g|, x)] [D]:

* pruned share at threshold t, where a smaller gradient survives with probability |g| / t:
  1 - E[min(|g|, t)] / t  (Ye et al., ECCV 2020 [P]);
* share of digit changes: sums of limited means (`slice_writes`).

`scale` is sigma of a Gaussian, b of a Laplace (mean |g|), the median |g| of a lognormal, in the
same unit as x; `spread` is the ln-sigma of a lognormal and is not used by the others.
"""

from __future__ import annotations

import math

from recost.kernels import normal
from recost.kernels._numba import kernel
from recost.vocabulary import Magnitude

_GAUSSIAN = int(Magnitude.GAUSSIAN)
_LAPLACE = int(Magnitude.LAPLACE)
_ROOT_TWO_OVER_PI = math.sqrt(2.0 / math.pi)

# Numba compiles a call through a name of this module, not through another module's attribute.
_below = normal.below
_above = normal.above
_normal_quantile = normal.quantile


@kernel
def survival(family, scale, spread, x):
    """P(|g| > x) for x >= 0."""
    if x <= 0.0 or scale <= 0.0:
        return 1.0 if x < 0.0 or (x == 0.0 and scale > 0.0) else 0.0
    if family == _GAUSSIAN:
        return 2.0 * _above(x / scale)
    if family == _LAPLACE:
        return math.exp(-x / scale)
    if spread <= 0.0:
        return 1.0 if scale > x else 0.0
    return _above(math.log(x / scale) / spread)


@kernel
def limited_mean(family, scale, spread, x):
    """E[min(|g|, x)], which is the integral of the tail from 0 to x.

    Gaussian: sigma sqrt(2/pi) (1 - exp(-x^2/2 sigma^2)) + x P(|g| > x).
    Laplace: b (1 - exp(-x/b)).
    Lognormal, L = ln(x/median)/s: median exp(s^2/2) Phi(L - s) + x Phi(-L).
    """
    if x <= 0.0 or scale <= 0.0:
        return 0.0
    if family == _GAUSSIAN:
        a = x / scale
        return -scale * _ROOT_TWO_OVER_PI * math.expm1(-0.5 * a * a) + x * 2.0 * _above(a)
    if family == _LAPLACE:
        return -scale * math.expm1(-x / scale)
    if spread <= 0.0:
        return min(scale, x)
    level = math.log(x / scale) / spread
    mean = scale * math.exp(0.5 * spread * spread)
    return mean * _below(level - spread) + x * _above(level)


@kernel
def mean(family, scale, spread):
    """E|g|: sigma sqrt(2/pi), b, or median exp(s^2/2)."""
    if family == _GAUSSIAN:
        return scale * _ROOT_TWO_OVER_PI
    if family == _LAPLACE:
        return scale
    return scale * math.exp(0.5 * spread * spread)


@kernel
def mean_square(family, scale, spread):
    """E g^2: sigma^2, 2 b^2, or median^2 exp(2 s^2)."""
    if family == _GAUSSIAN:
        return scale * scale
    if family == _LAPLACE:
        return 2.0 * scale * scale
    return scale * scale * math.exp(2.0 * spread * spread)


@kernel
def square_above(family, scale, spread, x):
    """E[g^2; |g| > x], what the gradients above x add to the mean square.

    Gaussian, a = x/sigma: sigma^2 (P(|g| > x) + a sqrt(2/pi) exp(-a^2/2)).
    Laplace: exp(-x/b) (x^2 + 2 b x + 2 b^2).
    Lognormal, L = ln(x/median)/s: median^2 exp(2 s^2) Phi(2 s - L).
    """
    if scale <= 0.0:
        return 0.0
    if x <= 0.0:
        return mean_square(family, scale, spread)
    if family == _GAUSSIAN:
        a = x / scale
        tail = 2.0 * _above(a) + a * _ROOT_TWO_OVER_PI * math.exp(-0.5 * a * a)
        return scale * scale * tail
    if family == _LAPLACE:
        return math.exp(-x / scale) * (x * x + 2.0 * scale * x + 2.0 * scale * scale)
    if spread <= 0.0:
        return scale * scale if scale > x else 0.0
    level = math.log(x / scale) / spread
    return mean_square(family, scale, spread) * _below(2.0 * spread - level)


@kernel
def quantile(family, scale, spread, p):
    """The x with P(|g| <= x) = p, for p from 0 to 1."""
    if family == _GAUSSIAN:
        return -scale * _normal_quantile(0.5 * (1.0 - p))
    if family == _LAPLACE:
        return -scale * math.log1p(-p)
    return scale * math.exp(spread * _normal_quantile(p))


@kernel
def fill_tail(family, scale, spread, out):
    """P(|g| >= m) for m = 0, 1, ... into `out`; the last entry is 0, values being clipped."""
    out[0] = 1.0
    for m in range(1, out.size - 1):
        out[m] = survival(family, scale, spread, float(m))
    out[out.size - 1] = 0.0
