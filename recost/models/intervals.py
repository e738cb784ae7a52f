"""Confidence intervals of simulated numbers, and when to stop simulating."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from recost.kernels.normal import quantile

Array = np.ndarray[Any, Any]

#: What an interval misses the truth with, over all looks together.
ALPHA = 0.05
# Twenty doublings are a million times the first look.
_LOOKS = 20


def looks(first: int) -> Iterator[tuple[int, float]]:
    """Trials at each look of a sequential study, and the alpha that the look may spend.

    The number of trials doubles from look to look, on a schedule fixed beforehand, and look j
    spends ``ALPHA / 2^j``: by Bonferroni's inequality all intervals together miss the truth
    with at most ALPHA, so the last one does too, whatever made it the last.
    """
    for look in range(1, _LOOKS + 1):
        yield first << (look - 1), ALPHA / 2.0**look


def normal_quantile(alpha: float) -> float:
    """The z that a normal exceeds in size with probability alpha."""
    return float(quantile(1.0 - 0.5 * alpha))


def student_quantile(alpha: float, freedom: int) -> float:
    """The t that Student's t exceeds in size with probability alpha.

    Hill's expansion (Algorithm 396, CACM 1970) about the normal: within 1e-4 of t for 5 degrees
    of freedom or more, 2 % for 2; exact for 1 and 2 by their closed forms.
    """
    if freedom < 1:
        return math.inf
    if freedom == 1:
        return 1.0 / math.tan(0.5 * math.pi * alpha)
    if freedom == 2:
        return math.sqrt(2.0 / (alpha * (2.0 - alpha)) - 2.0)
    a = 1.0 / (freedom - 0.5)
    b = 48.0 / (a * a)
    c = ((20700.0 * a / b - 98.0) * a - 16.0) * a + 96.36
    d = ((94.5 / (b + c) - 3.0) / b + 1.0) * math.sqrt(a * 0.5 * math.pi) * freedom
    x, y = d * alpha, (d * alpha) ** (2.0 / freedom)
    if y > 0.05 + a:
        x = -normal_quantile(alpha)
        y = x * x
        if freedom < 5:
            c += 0.3 * (freedom - 4.5) * (x + 0.6)
        c = (((0.05 * d * x - 5.0) * x - 7.0) * x - 2.0) * x + b + c
        y = (((((0.4 * y + 6.3) * y + 36.0) * y + 94.5) / c - y - 3.0) / b + 1.0) * x
        y = math.expm1(a * y * y)
    else:
        inner = ((1.0 / (((freedom + 6.0) / (freedom * y) - 0.089 * d - 0.822)
                         * (freedom + 2.0) * 3.0) + 0.5 / (freedom + 4.0)) * y - 1.0)  # fmt: skip
        y = inner * (freedom + 1.0) / (freedom + 2.0) + 1.0 / y
    return math.sqrt(freedom * y)


def mean_interval(values: Array, alpha: float = ALPHA) -> tuple[float, float]:
    """Student's interval of the mean of independent values; infinite for fewer than two."""
    n = len(values)
    if n < 2:
        return -math.inf, math.inf
    mean, half = float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(n)
    half *= student_quantile(alpha, n - 1)
    return mean - half, mean + half


def weighted_share(
    successes: Array, trials: Array, weights: Array, alpha: float = ALPHA
) -> tuple[float, float, float]:
    """A weighted sum of shares that are estimated each by itself: (estimate, low, high).

    Wilson's score interval of every share with the correction for continuity (Newcombe 1998),
    joined by the recovery of variances (Zou and Donner 2008): ``estimate -+ sqrt(sum of squares
    of the weighted half-widths)``.  Unlike a normal interval it is not empty where no error was
    seen.  A share without trials may be anything.
    """
    z = normal_quantile(alpha)
    n = np.maximum(trials, 1)
    share = np.where(trials > 0, successes / n, 0.0)
    spread = z * z - 1.0 / n + 4.0 * n * share * (1.0 - share)
    skew = 4.0 * share - 2.0
    centre, scale = 2.0 * n * share + z * z, 2.0 * (n + z * z)
    lower = (centre - (z * np.sqrt(np.maximum(spread + skew, 0.0)) + 1.0)) / scale
    upper = (centre + (z * np.sqrt(np.maximum(spread - skew, 0.0)) + 1.0)) / scale
    low = np.where((trials > 0) & (share > 0.0), np.clip(lower, 0.0, share), 0.0)
    high = np.where((trials > 0) & (share < 1.0), np.clip(upper, share, 1.0), 1.0)
    estimate = float(np.sum(weights * share))
    below = math.sqrt(float(np.sum((weights * (share - low)) ** 2)))
    above = math.sqrt(float(np.sum((weights * (high - share)) ** 2)))
    return estimate, max(0.0, estimate - below), estimate + above
