"""Which cells a column group covers, and how likely a row of it holds a non-zero cell."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from recost.kernels._numba import borrowing, inlined
from recost.kernels.binomial import count_pmf
from recost.kernels.powers import power
from recost.vocabulary import FilterZeros

_INDEPENDENT = int(FilterZeros.INDEPENDENT)
# Components of a mixture that differ by less than this are one component.
_SAME = 1e-15


class Patterns(NamedTuple):
    """What of a `recost.kernels.room.Room` patterns are worked out in."""

    groups: Any
    parts: Any
    shares: Any
    live: Any


@inlined
def patterns_of(room):
    """What `crossbar_patterns` needs of a room, all of which is some 180 words to hand over."""
    return Patterns(room.groups, room.parts, room.shares, room.live)


@borrowing
def touched_share(layer, cells, first, last):
    """P(a non-zero weight has a non-zero cell among its cells first..last-1).

    1 if all its cells are asked for; else 1 - prod (1 - d_s), cells independent given that the
    weight is not zero (d_s of the profile; 1 unless it says otherwise).
    """
    if first == 0 and last == cells:
        return 1.0
    none = 1.0
    for cell in range(first, last):
        none *= 1.0 - layer.cell_density[cell]
    return 1.0 - none


@borrowing
def _pair_correlation(layer, element, live_share):
    """Correlation of two rows of one kernel, for `live_share` live weights in the group.

    u = (1 - k e)^l is P(a row is zero), P(both zero) = (1 - k + k (1-e)^2)^l for kernels that
    are live with probability k and elements with e; none if all are live.
    """
    k = layer.kernel_density
    if k >= 1.0:  # rounding would leave some
        return 0.0
    zero = (1.0 - k * element) ** live_share
    both = (1.0 - k + k * (1.0 - element) * (1.0 - element)) ** live_share
    spread = zero * (1.0 - zero)
    derived = (both - zero * zero) / spread if spread > 0.0 else 0.0
    return min(1.0, max(derived, 0.0))


@borrowing
def _add_part(parts, first, at, weight, density, correlation):
    """Put a part at `at`, or add it to the one before if that has the same density.

    The mixture begins at `first`; returns where its next part goes.
    """
    if at > first and abs(parts[at - 1].density - density) < _SAME:
        parts[at - 1].weight += weight
        return at
    parts[at].weight = weight
    parts[at].density = density
    parts[at].correlation = correlation
    return at + 1


@inlined
def _mixture(layer, element, patterns, touched, first):
    """Row-density mixture of a group that touches `touched` weights; returns where it ends.

    `patterns.shares[i]` is P(weight i has a non-zero cell here | it is not zero).  Given the set of
    live filters, a live row holds a non-zero cell with 1 - prod_{live i} (1 - k e shares[i]).
    The filters' liveness is common to all rows (a mixture over the number of live ones, partial
    weights apart) unless the profile declares filter zeros independent.
    """
    shares, parts, pmf = patterns.shares, patterns.parts, patterns.live
    live = layer.kernel_density * element
    filters = layer.filter_density
    if layer.filter_zeros == _INDEPENDENT or filters >= 1.0:
        none = 1.0
        for i in range(touched):
            none *= 1.0 - filters * live * shares[i]
        pair = _pair_correlation(layer, element * filters, float(touched))
        return _add_part(parts, first, first, 1.0, 1.0 - none, pair)
    # A weight of which only some cells lie here stands at the head or at the tail.
    head = shares[0] if shares[0] < 1.0 else -1.0
    tail = shares[touched - 1] if touched > 1 and shares[touched - 1] < 1.0 else -1.0
    partial = (head >= 0.0) + (tail >= 0.0)
    whole = touched - partial
    low, high = count_pmf(whole, filters, 0.0, pmf)
    at = first
    for head_live in range(2 if head >= 0.0 else 1):
        for tail_live in range(2 if tail >= 0.0 else 1):
            alive = head_live + tail_live
            chance = power(filters, alive) * power(1.0 - filters, partial - alive)
            none = (1.0 - live * head * head_live) * (1.0 - live * tail * tail_live)
            for w in range(low, high + 1):
                density = 1.0 - none * power(1.0 - live, w)
                pair = _pair_correlation(layer, element, float(w + alive))
                at = _add_part(parts, first, at, chance * pmf[w], density, pair)
    return at


@inlined
def _touched(layer, cells, start, width, shares):
    """Shares (see `touched_share`) of the weights under bitlines start..start+width-1."""
    first_weight = start // cells
    touched = (start + width - 1) // cells - first_weight + 1
    for i in range(touched):
        weight_start = (first_weight + i) * cells
        low = max(start - weight_start, 0)
        high = min(start + width - weight_start, cells)
        shares[i] = touched_share(layer, cells, low, high)
    return touched


@borrowing
def crossbar_patterns(layer, cells, element, span, patterns):
    """The column groups of a crossbar into `patterns`; returns how many classes.

    `span` is (first bitline, counted from the first cell of a weight; bitlines of the crossbar;
    bitlines of a group).
    """
    start, bitlines, group_width = span
    groups = patterns.groups
    whole, rest = bitlines // group_width, bitlines % group_width
    # After so many groups the next begins at the same cell of a weight again.
    period = cells // math.gcd(cells, group_width)
    alike = min(whole, period)
    known = alike + (1 if rest > 0 else 0)
    used = 0
    for k in range(known):
        first, wide, many = k, group_width, (whole - k + period - 1) // period
        if k == alike:
            first, wide, many = whole, rest, 1
        head = (start + first * group_width) % cells
        touched = _touched(layer, cells, head, wide, patterns.shares)
        end = _mixture(layer, element, patterns, touched, used)
        groups[k].multiplicity, groups[k].width = float(many), wide
        groups[k].first, groups[k].count = used, end - used
        used = end
    return known


@borrowing
def pattern_sizes(cells, group_width):
    """How many group classes and parts `crossbar_patterns` may need: (classes, parts)."""
    classes = cells + 1
    return classes, classes * 4 * (group_width // cells + 3)
