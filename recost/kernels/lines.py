"""Counts times prices where only prices differ: every total is a straight line in each price."""

from __future__ import annotations

from recost.kernels._numba import borrowing, kernel

# Points that are worked on together: a few rows of them stay in the fastest cache.
_SPAN = 2048


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
def _add_up(base, slopes, values, first, target):
    """`base` and what the prices `values` of points from `first` on add to it, one by one."""
    many = target.size
    for p in range(many):
        target[p] = base
    for k in range(slopes.size):
        # A price that does not reach a total is not worth a look at its values.
        if slopes[k] != 0.0:
            slope, value = slopes[k], values[k, first : first + many]
            for p in range(many):
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
        for t in range(rows.size):
            if rows[t] >= 0:
                target = totals[rows[t], first : first + many]
                _add_up(base[item, t], slopes[item, t], values, first, target)
        first += many
