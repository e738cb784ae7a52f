"""Counts times prices where only prices differ: every total is a straight line in each price."""

from __future__ import annotations

from typing import Any, NamedTuple

from recost.kernels._numba import borrowing, kernel
from recost.kernels.digits import go_through

# Points that are worked on together: a few rows of them stay in the fastest cache.
_SPAN = 2048
# Points in a row with the same price from which on it is worth working on them by themselves.
_LONG = 256


class Prices(NamedTuple):
    """Prices of points by their numbers: `digits`, and the `levels` that these stand for."""

    digits: Any
    levels: Any


class Line(NamedTuple):
    """Totals of points by their prices: ``base[t] + sum_k slopes[t, k] price_k``.

    `rows` number the totals that differ from point to point, and are -1 for others.
    """

    base: Any
    slopes: Any
    rows: Any


@borrowing
def _run_from(at, first, points):
    """How many points from `first` on are of the same item, of those worked on together."""
    most = min(_SPAN, points - first)
    if at.size == 1:
        return most
    many = 1
    while many < most and at[first + many] == at[first]:
        many += 1
    return many


@borrowing
def _add_up(base, slopes, alike, values, target):
    """`base` and what the prices `values` of points add to it, one price after the other.

    The first `alike` prices are the same at all of the points.
    """
    k = 0
    # A price that does not reach a total is not worth a look at its values.
    while k < slopes.size and (k < alike or slopes[k] == 0.0):
        if slopes[k] != 0.0:
            base += slopes[k] * values[k, 0]
        k += 1
    if k == slopes.size:
        for p in range(target.size):
            target[p] = base
        return
    slope, value = slopes[k], values[k]
    for p in range(target.size):
        target[p] = base + slope * value[p]
    for more in range(k + 1, slopes.size):
        if slopes[more] != 0.0:
            slope, value = slopes[more], values[more]
            for p in range(target.size):
                target[p] += slope * value[p]


@kernel
def price_lines(base, slopes, at, values, rows, totals):
    """Totals on straight lines: `totals[rows[t], p] = base[i, t] + sum_k slopes[i, t, k] v[k, p]`.

    i is `at[p]`, or `at[0]` for all points; a total whose row is -1 is left out.
    """
    points = values.shape[1]
    first = 0
    while first < points:
        many = _run_from(at, first, points)
        item = at[first if at.size > 1 else 0]
        here = values[:, first : first + many]
        for t in range(rows.size):
            if rows[t] >= 0:
                target = totals[rows[t], first : first + many]
                _add_up(base[item, t], slopes[item, t], 0, here, target)
        first += many


@borrowing
def _until_next(number, runs):
    """How many numbers from this one on have the same digits, but for those that change often."""
    most = _SPAN
    for run in runs:
        if run >= _LONG:
            most = min(most, run - number % run)
    return most


@kernel
def price_stretch(start, points, prices, line, values, totals):
    """Prices of points that follow each other in a space, and their totals on a straight line.

    ``values[k, p]`` is what `recost.kernels.digits.go_through` has of price k, and
    ``totals[rows[t], p] = base[t] + sum_k slopes[t, k] values[k, p]`` (a row of -1 is left out).
    Prices that change seldom come first.
    """
    runs, rows, first = prices.digits.runs, line.rows, 0
    alike = 0
    while alike < runs.size and runs[alike] >= _LONG:
        alike += 1
    while first < points:
        many = min(points - first, _until_next(start + first, runs))
        here = values[:, first : first + many]
        go_through(start + first, prices.digits, prices.levels, here)
        for t in range(rows.size):
            if rows[t] >= 0:
                target = totals[rows[t], first : first + many]
                _add_up(line.base[t], line.slopes[t], alike, here, target)
        first += many
