"""How many writes a cell survives, and when the first of many cells fails.

`median` and `spread` describe a cell's endurance; spread is the ln-sigma of a lognormal, 1/shape of
a Weibull and sigma/mean of a normal, so that 0 is a fixed endurance in all of them.  A normal's
negative part counts as cells that are dead from the start.
"""

from __future__ import annotations

import math

from recost.kernels import normal
from recost.kernels._numba import kernel
from recost.vocabulary import EnduranceDistribution

_FIXED = int(EnduranceDistribution.FIXED)
_LOGNORMAL = int(EnduranceDistribution.LOGNORMAL)
_WEIBULL = int(EnduranceDistribution.WEIBULL)

_LN2 = math.log(2.0)
# Points and reach of the trapezium rule over a standard normal variable: the integrands are
# smooth and fall off with the density, so it converges faster than any power of the step.
_POINTS = 129
_REACH = 8.0

_below = normal.below
_density = normal.density
_normal_quantile = normal.quantile


@kernel
def failed_share(distribution, median, spread, writes):
    """P(endurance <= writes).

    Lognormal: Phi(ln(x/median)/s).  Weibull: 1 - 2^-(x/median)^(1/s).  Normal:
    Phi((x/median - 1)/s).
    """
    if writes < 0.0:
        return 0.0
    if distribution == _FIXED or spread <= 0.0:
        return 1.0 if writes >= median else 0.0
    ratio = writes / median
    if distribution == _LOGNORMAL:
        return _below(math.log(ratio) / spread) if ratio > 0.0 else 0.0
    if distribution == _WEIBULL:
        return -math.expm1(-_LN2 * ratio ** (1.0 / spread))
    return _below((ratio - 1.0) / spread)


@kernel
def writes_at(distribution, median, spread, share):
    """The writes after which `share` of the cells has failed; the inverse of `failed_share`.

    Lognormal: median exp(s Phi^-1(f)).  Weibull: median (-log2(1 - f))^s.  Normal:
    median max(0, 1 + s Phi^-1(f)).
    """
    if distribution == _FIXED or spread <= 0.0:
        return median
    if distribution == _LOGNORMAL:
        return median * math.exp(spread * _normal_quantile(share))
    if distribution == _WEIBULL:
        return median * (-math.log1p(-share) / _LN2) ** spread
    return median * max(0.0, 1.0 + spread * _normal_quantile(share))


@kernel
def worn_share(distribution, median, spread, wear_spread, writes):
    """P(endurance <= writes exp(s_w Z)), Z standard normal: cells whose wear is spread too.

    Lognormal endurance: the spreads add in quadrature, sqrt(s^2 + s_w^2); the others are
    integrated.  `writes` is the median over the cells.
    """
    if wear_spread <= 0.0:
        return failed_share(distribution, median, spread, writes)
    if distribution in (_LOGNORMAL, _FIXED) or spread <= 0.0:
        own = 0.0 if distribution == _FIXED else spread
        total = math.sqrt(own * own + wear_spread * wear_spread)
        return failed_share(_LOGNORMAL, median, total, writes)
    step = 2.0 * _REACH / (_POINTS - 1)
    share = 0.0
    for i in range(_POINTS):
        z = i * step - _REACH
        worn = writes * math.exp(wear_spread * z)
        share += step * _density(z) * failed_share(distribution, median, spread, worn)
    return min(1.0, share)


@kernel
def first_share(cells, probability):
    """The share f at which the first of `cells` has failed with this probability: 1-(1-q)^(1/N)."""
    return -math.expm1(math.log1p(-probability) / cells)


@kernel
def first_failure(distribution, median, spread, cells, probability):
    """The writes within which the first of `cells` fails with this probability.

    median exp(s Phi^-1(1 - (1-q)^(1/N))) for a lognormal; q = 1/2 is the median of the first
    failure, q = 0.05 and 0.95 its 90 % interval.
    """
    return writes_at(distribution, median, spread, first_share(cells, probability))


@kernel
def median_of_mean(distribution, mean, spread):
    """The median endurance of the distribution with this mean.

    Lognormal: mean exp(-s^2/2).  Weibull: mean ln(2)^s / Gamma(1 + s).  Normal, fixed: the mean.
    """
    if distribution == _LOGNORMAL:
        return mean * math.exp(-0.5 * spread * spread)
    if distribution == _WEIBULL:
        return mean * _LN2**spread / math.gamma(1.0 + spread)
    return mean
