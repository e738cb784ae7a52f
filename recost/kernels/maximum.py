"""The expected maximum over crossbars that wait for each other, in two levels.

Crossbars of one row chunk share its inputs and its dead rows: T_ij = U_i + W_ij, with U_i common
to the chunk's crossbars and W_ij their own.  max_ij T_ij = max_i (U_i + max_j W_ij).  At each
level the largest of M alike variables has the moments of x(u^(1/M)) over uniform u, x being the
variable's quantile function.  -ln u is exponential for every law and every M, so that a Gauss
rule for the Gumbel law of -ln(-ln u) gives the moments from seven quantiles: for normal
variables and M from 1 to 1e9 the mean to 3e-7 deviations, the deviation to 1e-5 of itself.

* Below a mean of `_FEW` units, where the lattice shows (unless the variance is small), the law
  is the Poisson, binomial or negative binomial of the same mean and variance (Panjer's class),
  and the moments are sums over P(max <= t) = F(t)^M.
* Above it x is a polynomial of the normal score z: the cube of Wilson and Hilferty (1931),
  which has the skewness g and the kurtosis 3 g^2 / 2 of a gamma law, and a term that makes it a
  variable of v units squared of variance: less 1 / (2 v) of kurtosis, which is what Panjer's
  class has less at any mean and variance, and less 1/12 of variance (Sheppard).  By
  Cornish and Fisher the two are (z^3 - z) / (48 v) deviations.

Unlike crossbars (edges) are joined by Clark's formula for the larger of two normals (Clark
1961).  For M = 1 and for a variable without spread the result is exact; else the error is
measured against exact laws in tests/kernels/test_maximum.py, and against drawn crossbars, up to
1e5 of them, in tests/models/test_straggler.py.
"""

from __future__ import annotations

import math

from recost.kernels._numba import borrowing, inlined
from recost.kernels.elementary import erfc, exp, third_root
from recost.kernels.normal import quantile
from recost.kernels.records import Cumulants

_SQRT_HALF = math.sqrt(0.5)
_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)
_FEW = 8.0
# A binomial law of much less variance than mean has hardly more values than its mean.
_LATTICE = 0.4
# A law of less skewness is as good as symmetric.
_SYMMETRIC = 1e-6
# The exponential of this is as good as nothing.
_NOTHING = -700.0
# Below this variance (squared units) the thinner tail would turn back at five deviations.
_THIN = 2.0
# Rounding can leave any ratio of moments where there is next to no variance.
_SKEW_LIMIT = 4.0
# Division takes as long as ten products, the more so where a loop is vectorised.
_THIRD, _SIXTH = 1.0 / 3.0, 1.0 / 6.0
# Gauss's rule for -ln(y) of Gumbel's law: the values of y = -ln u, and their shares.
_LOGARITHMS = (
    1.335493535608018e-08,
    1.035396486907191e-05,
    0.0009665935775359283,
    0.02485125093290154,
    0.2433111010209945,
    1.178547444753019,
    3.777435210289696,
)
SHARES = (
    1.121660462166197e-07,
    5.559963767435477e-05,
    0.003687526415819537,
    0.06601148404047627,
    0.3590548346056337,
    0.4796857136297352,
    0.09150472950461479,
)
# Places of a row of memory: scores, and the number that they belong to.
MEMORY = len(SHARES) + 1


@inlined
def _base(x, skewness):
    """What Wilson and Hilferty take the third root of: not above 0 beyond the end of the law."""
    return 1.0 + 0.5 * skewness * x


@inlined
def _score(root, skewness):
    """The normal score that belongs to that root."""
    return 6.0 / skewness * (root - 1.0) + skewness / 6.0


@borrowing
def below(x, skewness):
    """P(X <= x) for a standardised X of that skewness."""
    z = x
    if abs(skewness) >= _SYMMETRIC:
        base = _base(x, skewness)
        if base <= 0.0:  # beyond the end of a distribution that is bounded on this side
            return 0.0 if skewness > 0.0 else 1.0
        z = _score(base**_THIRD, skewness)
    return 0.5 * math.erfc(-z * _SQRT_HALF)


@inlined
def below_each(x, skewness):
    """`below` without branches."""
    base, skewed = _base(x, skewness), abs(skewness) >= _SYMMETRIC
    inside = base > 0.0
    z = _score(third_root(base if inside else 1.0), skewness if skewed else 1.0)
    share = 0.5 * erfc(-(z if skewed else x) * _SQRT_HALF)
    beyond = 0.0 if skewness > 0.0 else 1.0
    return share if inside or not skewed else beyond


@borrowing
def _at_zero(mean, variance):
    """P(0) of Panjer's law with that mean and variance, in lattice units."""
    if abs(variance - mean) < 1e-9 * mean:
        return math.exp(-mean)
    if variance < mean:
        return (variance / mean) ** (mean * mean / (mean - variance))
    return (mean / variance) ** (mean * mean / (variance - mean))


@borrowing
def _panjer_ratio(t, mean, variance):
    """P(t + 1) / P(t) of Panjer's law: (a + b/(t+1)) with a = 1 - mean/variance."""
    a = 1.0 - mean / variance
    return max(0.0, (a * t + mean * mean / variance) / (t + 1.0))


@borrowing
def _few_largest(mean, variance, count, bound):
    """Raw moments about `mean` of the largest of `count` variables of Panjer's law."""
    term = reached = _at_zero(mean, variance)
    one = two = three = before = t = 0.0
    while before < 1.0 - 1e-15:
        if t + 0.5 >= bound:
            t, upto = bound, 1.0
        else:
            upto = reached**count
        off = t - mean
        one += (upto - before) * off
        two += (upto - before) * off * off
        three += (upto - before) * off * off * off
        before = upto
        term *= _panjer_ratio(t, mean, variance)
        reached = min(1.0, reached + term)
        if term <= 1e-18 * reached and t > mean:
            reached = 1.0
        t += 1.0
    return one, two, three


@inlined
def scores(count, memory):
    """The normal scores of the largest of `count` at the rule's nodes: a row of `memory`.

    Row i holds the scores of the number in its last place, once they are computed.
    """
    row = memory[int(count) % memory.shape[0]]
    if row[len(SHARES)] != count:
        for i in range(len(SHARES)):
            row[i] = -quantile(-math.expm1(-_LOGARITHMS[i] / count))
        row[len(SHARES)] = count
    return row


@inlined
def tail(variance, third):
    """What `beyond` makes quantiles of: (deviation, a sixth of the skewness, how thin the tail)."""
    deviation = math.sqrt(variance)
    skewness = min(_SKEW_LIMIT, max(-_SKEW_LIMIT, third / (variance * deviation)))
    return deviation, skewness * _SIXTH, 1.0 / (48.0 * max(variance, _THIN))


@inlined
def beyond(z, deviation, a, thin, reach):
    """The value of normal score z less the mean: not above `reach`, in units.

    Of deviation 1 the Wilson-Hilferty value is 2/g ((1 + g z/6 - g^2/36)^3 - 1) with g = 6 a.  It
    is multiplied out, so that g = 0 is no exception.
    """
    c = 1.0 - a * a
    skewed = z * (c * c + a * z * (c + a * z * _THIRD)) - a * (c + a * a * a * a * _THIRD)
    # Where a bounded tail is flat there is less to take off: the sum goes on rising with z.
    slope = c + a * z
    thinner = z * (z * z - 1.0) * thin * min(1.0, slope * slope)
    return min(deviation * (skewed - thinner), reach)


@inlined
def add_node(raw, z, share, law):
    """Raw moments with a node of the rule more: its score, its share, and what `beyond` takes."""
    deviation, a, thin, reach = law
    off = beyond(z, deviation, a, thin, reach)
    one, two, three = raw
    return one + share * off, two + share * off * off, three + share * off * off * off


@inlined
def varies(mean, variance, bound):
    """Whether variables differ: spread that rounding left is none; nor is any at the bound."""
    return variance > 1e-12 * (1.0 + mean * mean) and mean < bound


@inlined
def is_smooth(mean, variance, unit):
    """Whether nothing is seen of the lattice."""
    return mean >= _FEW * unit or variance <= _LATTICE * mean * unit


@inlined
def of_raw(mean, raw, unit, bound):
    """Cumulants of the largest, of which `raw` are the moments about the mean, in units."""
    one, two, three = raw
    return Cumulants(
        min(mean + unit * max(0.0, one), bound),
        unit * unit * max(0.0, two - one * one),
        unit * unit * unit * (three - 3.0 * one * two + 2.0 * one * one * one),
    )


@borrowing
def _smooth_largest(variance, third, reach, row):
    """Raw moments of the largest of variables of mean 0, none above `reach`, in units.

    `row` are the scores of their number.
    """
    deviation, a, thin = tail(variance, third)
    raw = 0.0, 0.0, 0.0
    for i in range(len(SHARES)):
        raw = add_node(raw, row[i], SHARES[i], (deviation, a, thin, reach))
    return raw


@borrowing
def largest(mean, variance, third, count, unit, bound, memory):
    """Cumulants of the largest of `count` independent variables that are alike.

    The variables are multiples of `unit` between 0 and `bound`; `memory` holds what was computed
    for a count before, [any number, `MEMORY`], zeros to begin with.  Continuous in all arguments
    but at `_FEW` units, where the mean of 1e5 jumps by 0.4 %, that of 10 by less than 0.1 %.
    """
    if count <= 1.0 or not varies(mean, variance, bound):
        return Cumulants(mean, variance, third)
    units = 1.0 / unit
    spread, reach = variance * units * units, (bound - mean) * units
    if is_smooth(mean, variance, unit):
        raw = _smooth_largest(spread, third * units * units * units, reach, scores(count, memory))
    else:
        raw = _few_largest(mean * units, spread, count, bound * units)
    return of_raw(mean, raw, unit, bound)


@inlined
def _clark(a, b, spread, law, bound):
    """Cumulants of the larger of two normals; `law` are P(the first is the larger) and a density.

    The density is that of their difference, of deviation `spread`, at 0, times the spread.
    """
    share, density = law
    mean = a.mean * share + b.mean * (1.0 - share) + spread * density
    square = (
        (a.variance + a.mean * a.mean) * share
        + (b.variance + b.mean * b.mean) * (1.0 - share)
        + (a.mean + b.mean) * spread * density
    )
    third = a.third if share >= 0.5 else b.third
    return Cumulants(min(mean, bound), max(0.0, square - mean * mean), third)


@borrowing
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
    return _clark(a, b, spread, (share, density), bound)


@inlined
def larger_each(a, b, bound):
    """`larger` without branches."""
    spread, first = math.sqrt(a.variance + b.variance), a.mean >= b.mean
    differ = spread > 0.0
    score = (a.mean - b.mean) / (spread if differ else 1.0)
    share = 0.5 * erfc(-score * _SQRT_HALF)
    density = _DENSITY_AT_0 * exp(max(-0.5 * score * score, _NOTHING))
    found = _clark(a, b, spread, (share, density), bound)
    return Cumulants(
        found.mean if differ else (a.mean if first else b.mean),
        found.variance if differ else 0.0,
        found.third if differ else (a.third if first else b.third),
    )
