"""How often structures are written whose probability falls with the writes they have had.

Structure i (a row, a column, a weight) has norm r_i = rho_i Z: rho_i = exp(s_b z - s_b^2/2) lasts
the whole training, Z is drawn anew each step, lognormal with spread s_w and mean 1; norms are in
units of their mean.  It is written with probability min(1, (r_i/t) ((mean c + 1)/(c_i + 1))^k).

Counts then grow as c_i = x_i T with the stationary rates [D]

    x_i = h((rho_i/t) (mean x / x_i)^k),   h(y) = E[min(1, y Z)]

which is x_i ~ rho_i^(1/(1+k)) far from saturation (h(y) = y).  The feedback also narrows the
chance fluctuation of a count: Var c_i = T x_i (1 - x_i) / (1 + 2 k e_i), e = d ln h / d ln y,
the binomial's for k = 0; and since (c + 1)^-k is convex, fluctuation feeds back into the mean,
which gains q (q + 1) / 2 (1 - x) / (1 + 2 q) ln(1 + T x) updates, q = k e.  Good to about one
update in a count, so for T x >> 1.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from recost.kernels import magnitudes, normal
from recost.kernels._numba import kernel
from recost.vocabulary import Magnitude

_LOGNORMAL = int(Magnitude.LOGNORMAL)

# Lasting factors are taken on an even grid of their normal variable; a step of 0.008 resolves
# the step in P(count <= c | z), whose width in z is the relative noise of a count over s_b.
_REACH = 8.0
_FINE = 2001
_COARSE = 97

_below = normal.below
_density = normal.density
_limited_mean = magnitudes.limited_mean
_survival = magnitudes.survival
_square_above = magnitudes.square_above


class Law(NamedTuple):
    """`threshold` t over the mean norm, exponent `feedback` k, spreads `lasting` and `fresh`.

    `hard` is a threshold that keeps what is above it and nothing else: h(y) = P(y Z > 1).
    `square` is E Z^2 where Z is not quite the lognormal (`norms`); 0: the lognormal's exp(s_w^2).
    """

    threshold: float
    feedback: float
    lasting: float
    fresh: float
    hard: bool = False
    square: float = 0.0


@kernel
def keep_rate(law, y):
    """h(y) = E[min(1, y Z)] = y E[min(Z, 1/y)] for Z lognormal with mean 1; hard: P(y Z > 1)."""
    median = math.exp(-0.5 * law.fresh * law.fresh)
    if law.hard:
        return _survival(_LOGNORMAL, median, law.fresh, 1.0 / y)
    return min(1.0, y * _limited_mean(_LOGNORMAL, median, law.fresh, 1.0 / y))


@kernel
def elasticity(law, y):
    """Elasticity d ln h / d ln y = y E[Z; y Z < 1] / h(y), from 1 to 0 where all is written."""
    median = math.exp(-0.5 * law.fresh * law.fresh)
    limit = 1.0 / y
    limited = _limited_mean(_LOGNORMAL, median, law.fresh, limit)
    certain = limit * _survival(_LOGNORMAL, median, law.fresh, limit)
    return max(0.0, (limited - certain) / limited)


@kernel
def write_rate(law, norm, mean_rate):
    """Updates a step of a structure of lasting norm rho: x = h((rho/t) (mean x / x)^k).

    Newton's rule on ln x from x = 1: ln h - ln x falls with ln x and is concave, since the
    elasticity of h falls from 1 to 0, so every step stays above the one solution.
    """
    reach = norm / law.threshold
    if law.feedback <= 0.0:
        return keep_rate(law, reach)
    log_rate = 0.0
    for _ in range(100):
        # Beyond 1e80 h is 1 to all digits.
        y = min(1e80, reach * math.exp(law.feedback * (math.log(mean_rate) - log_rate)))
        excess = math.log(keep_rate(law, y)) - log_rate
        step = excess / (1.0 + law.feedback * elasticity(law, y))
        log_rate += step
        if abs(step) < 1e-13:
            break
    return math.exp(log_rate)


@kernel
def _points(lasting, points):
    """Size of the grid: one point where the lasting norms are all alike."""
    return points if lasting > 0.0 else 1


@kernel
def fill_factors(lasting, norms, weights):
    """Lasting norms (mean 1) on an even grid of z, and the share of structures at each."""
    if norms.size == 1:
        norms[0] = weights[0] = 1.0
        return
    step = 2.0 * _REACH / (norms.size - 1)
    total = 0.0
    for g in range(norms.size):
        z = g * step - _REACH
        norms[g] = math.exp(lasting * z - 0.5 * lasting * lasting)
        weights[g] = _density(z)
        total += weights[g]
    for g in range(norms.size):
        weights[g] /= total


@kernel
def mean_count(law, rate, steps):
    """Updates of a structure after `steps`: T x and what fluctuation adds through the feedback.

    A variance v t at count x t raises the drift by q (q + 1)/2 v/(x^2 t) of itself; shared by
    all structures it is not fed back, so it adds up to a logarithm.
    """
    if law.feedback <= 0.0:
        return rate * steps
    exponent = law.feedback * elasticity(law, 1.0 / law.threshold)
    gain = 0.5 * exponent * (exponent + 1.0) * (1.0 - rate) / (1.0 + 2.0 * exponent)
    return min(float(steps), rate * steps + gain * math.log1p(rate * steps))


@kernel
def _mean_given(law, norms, weights, mean_rate):
    """The mean of the rates that structures settle at if their mean count rate is `mean_rate`."""
    total = 0.0
    for g in range(norms.size):
        total += weights[g] * write_rate(law, norms[g], mean_rate)
    return total


@kernel
def settled_rate(law, norms, weights):
    """Mean updates a step of structures with these lasting norms, `weights` of each.

    The x that is the mean of the rates it leads to; bisection, since that mean grows with less
    than x.
    """
    if law.feedback <= 0.0:
        return _mean_given(law, norms, weights, 1.0)
    low, high = -60.0, 0.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        if _mean_given(law, norms, weights, math.exp(middle)) > math.exp(middle):
            low = middle
        else:
            high = middle
    return math.exp(0.5 * (low + high))


@kernel
def mean_rate(law):
    """Mean updates a step over all structures that there could be."""
    points = _points(law.lasting, _COARSE)
    norms, weights = np.empty(points), np.empty(points)
    fill_factors(law.lasting, norms, weights)
    return settled_rate(law, norms, weights)


@kernel
def gradient_noise(law, rate):
    """E[(u - g)^2] / E[g^2] of the kept gradients u = g/p; u is unbiased.

    With y = (rho/t) (mean x / x)^k: E[rho^2 Z max(Z, 1/y)] / E[rho^2 Z^2] - 1.
    """
    points = _points(law.lasting, _COARSE)
    norms, weights = np.empty(points), np.empty(points)
    fill_factors(law.lasting, norms, weights)
    median = math.exp(-0.5 * law.fresh * law.fresh)
    own = math.exp(law.fresh * law.fresh)
    mean_square = law.square if law.square > 0.0 else own
    kept = whole = 0.0
    for g in range(points):
        x = write_rate(law, norms[g], rate)
        limit = law.threshold / norms[g] * (x / rate) ** law.feedback
        limited = _limited_mean(_LOGNORMAL, median, law.fresh, limit)
        small = limited - limit * _survival(_LOGNORMAL, median, law.fresh, limit)
        # What lies above the limit is the mean square without what lies below it.
        above = mean_square - own + _square_above(_LOGNORMAL, median, law.fresh, limit)
        kept += weights[g] * norms[g] ** 2 * (limit * small + above)
        whole += weights[g] * norms[g] ** 2 * mean_square
    return kept / whole - 1.0


@kernel
def _skewed_below(count, mean, deviation, rate):
    """P(c <= count) for a binomial-like count: normal with the binomial's skew.

    Cornish and Fisher: c + 1/2 = mean + sd (z + g (z^2 - 1)/6), solved for z.
    """
    if deviation <= 0.0:
        return 1.0 if count >= mean else 0.0
    score = (count + 0.5 - mean) / deviation
    bend = (1.0 - 2.0 * rate) / deviation / 6.0
    inside = 1.0 + 4.0 * bend * (bend + score)
    if inside <= 0.0 or abs(bend) < 1e-12:
        return _below(score)
    return _below(2.0 * (bend + score) / (1.0 + math.sqrt(inside)))


class Counts(NamedTuple):
    """Rates, deviations and shares of structures on the grid of lasting norms."""

    rates: np.ndarray
    deviations: np.ndarray
    weights: np.ndarray


@kernel
def count_distribution(law, rate, steps):
    """The distribution of updates of a structure after `steps`, given the mean rate."""
    points = _points(law.lasting, _FINE)
    norms, weights = np.empty(points), np.empty(points)
    fill_factors(law.lasting, norms, weights)
    rates, deviations = np.empty(points), np.empty(points)
    rise = mean_count(law, rate, steps) / (rate * steps)
    for g in range(points):
        x = write_rate(law, norms[g], rate)
        y = norms[g] / law.threshold * (rate / x) ** law.feedback
        rates[g] = min(1.0, x * rise)
        narrow = 1.0 + 2.0 * law.feedback * elasticity(law, min(y, 1e80))
        deviations[g] = math.sqrt(steps * x * max(0.0, 1.0 - x) / narrow)
    return Counts(rates, deviations, weights)


@kernel
def share_below(counts, steps, count):
    """P(a structure has had at most `count` updates)."""
    total = 0.0
    for g in range(counts.rates.size):
        mean = counts.rates[g] * steps
        total += counts.weights[g] * _skewed_below(
            count, mean, counts.deviations[g], counts.rates[g]
        )
    return min(1.0, total)


@kernel
def count_quantile(counts, steps, above):
    """The count that a structure exceeds with probability `above`."""
    low, high = 0.0, float(steps)
    for _ in range(60):
        middle = 0.5 * (low + high)
        if 1.0 - share_below(counts, steps, middle) > above:
            low = middle
        else:
            high = middle
    return high


@kernel
def largest_count(counts, steps, structures, probability):
    """The count that the most written of `structures` stays below with this probability."""
    return count_quantile(counts, steps, -math.expm1(math.log(probability) / structures))


@kernel
def mean_largest_count(counts, steps, structures):
    """E[max over structures], the quantile integrated over its probability."""
    points = 49
    step = 12.0 / (points - 1)
    total = weight = 0.0
    for i in range(points):
        z = i * step - 6.0
        total += _density(z) * largest_count(counts, steps, structures, _below(z))
        weight += _density(z)
    return total / weight
