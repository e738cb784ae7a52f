"""Update policies: which gradients are written, and what is written in their place.

A policy turns a gradient g into an update u that is 0 (nothing is written) or not:

* sgd: u = g.
* threshold t: u = g where |g| >= t, else 0.  Biased: what is small is lost for good.
* stochastic t: where |g| < t, u = sign(g) t with probability |g|/t, else 0; E u = g
  (Ye et al., ECCV 2020, arXiv 1908.00173 [P]).
* structured: a crossbar row, column or weight i with norm r_i is kept as a whole with
  probability p_i = min(1, r_i/t), and then u = g/p_i; E u = g [D].
* endurance-aware: the same with p_i = min(1, (r_i/t) f(c_i)), f(c) = ((mean c + 1)/(c + 1))^k for
  the number of updates c that structure i has had: ESSENCE (TCAD 2023) says that the probability
  follows the current update counts; the law is this project's [D].
"""

from __future__ import annotations

from typing import NamedTuple

from recost.kernels import magnitudes
from recost.kernels._numba import kernel
from recost.vocabulary import UpdatePolicy

_SGD = int(UpdatePolicy.SGD)
_THRESHOLD = int(UpdatePolicy.THRESHOLD)
_STOCHASTIC = int(UpdatePolicy.STOCHASTIC)

_survival = magnitudes.survival
_limited_mean = magnitudes.limited_mean
_mean = magnitudes.mean
_mean_square = magnitudes.mean_square
_square_above = magnitudes.square_above


class Update(NamedTuple):
    """The distribution of |g| and the policy that it goes through.

    `level` is the threshold t of `threshold` and `stochastic`, in the unit of `scale`, and the
    probability p that the whole structure is kept for `structured` and `endurance-aware`.
    `family`, `scale` and `spread` are those of `magnitudes`.
    """

    policy: int
    level: float
    family: int
    scale: float
    spread: float


@kernel
def kept_survival(update, x):
    """P(|u| > x) for x >= 0; at 0 the share of gradients that are written.

    threshold: P(|g| > max(x, t)); stochastic: E[min(|g|, t)]/t below t, P(|g| > x) from t on;
    structured: p P(|g| > p x).
    """
    policy, level, family, scale, spread = update
    if policy == _SGD or (policy <= _STOCHASTIC and level <= 0.0):
        return _survival(family, scale, spread, x)
    if policy == _THRESHOLD:
        return _survival(family, scale, spread, max(x, level))
    if policy == _STOCHASTIC:
        if x < level:
            return _limited_mean(family, scale, spread, level) / level
        return _survival(family, scale, spread, x)
    return level * _survival(family, scale, spread, level * x)


@kernel
def kept_limited_mean(update, x):
    """E[min(|u|, x)], the integral of `kept_survival` from 0 to x."""
    policy, level, family, scale, spread = update
    if policy == _SGD or (policy <= _STOCHASTIC and level <= 0.0):
        return _limited_mean(family, scale, spread, x)
    if policy == _THRESHOLD:
        flat = min(x, level) * _survival(family, scale, spread, level)
        if x <= level:
            return flat
        below = _limited_mean(family, scale, spread, level)
        return flat + _limited_mean(family, scale, spread, x) - below
    if policy == _STOCHASTIC:
        if x < level:
            return x * _limited_mean(family, scale, spread, level) / level
        return _limited_mean(family, scale, spread, x)
    return _limited_mean(family, scale, spread, level * x)


@kernel
def atom(update):
    """P(|u| = t): the share of gradients that a stochastic threshold t raises to t."""
    policy, level, family, scale, spread = update
    if policy != _STOCHASTIC or level <= 0.0:
        return 0.0
    return kept_survival(update, 0.0) - _survival(family, scale, spread, level)


@kernel
def kept_share(update):
    """Share of gradients that are written: 1, P(|g| > t), E[min(|g|, t)]/t, or p."""
    return kept_survival(update, 0.0)


@kernel
def lost_gradient(update):
    """Share of the gradient's absolute sum that the policy loses on average (its bias).

    threshold: E[|g|; |g| < t] / E|g|; the other policies are unbiased and lose nothing.
    """
    policy, level, family, scale, spread = update
    if policy != _THRESHOLD or level <= 0.0 or scale <= 0.0:
        return 0.0
    kept_level = level * _survival(family, scale, spread, level)
    return (_limited_mean(family, scale, spread, level) - kept_level) / _mean(family, scale, spread)


@kernel
def gradient_noise(update):
    """E[(u - g)^2] / E[g^2]: the mean square that the policy puts on top of the gradient.

    threshold: E[g^2; |g| < t]; stochastic: t E[|g|; |g| < t] - E[g^2; |g| < t];
    structured: E[g^2] (1/p - 1); each over E[g^2].
    """
    policy, level, family, scale, spread = update
    if policy == _SGD or scale <= 0.0:
        return 0.0
    if policy > _STOCHASTIC:
        return 1.0 / level - 1.0
    if level <= 0.0:
        return 0.0
    square = _mean_square(family, scale, spread)
    small = square - _square_above(family, scale, spread, level)
    if policy == _THRESHOLD:
        return small / square
    kept_level = level * _survival(family, scale, spread, level)
    return (level * (_limited_mean(family, scale, spread, level) - kept_level) - small) / square
