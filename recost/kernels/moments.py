"""Mean, variance and skew of the cycles of one crossbar for one input vector, in closed form.

A crossbar takes T = sum_b sum_g ceil(K_gb / S) cycles: K_gb counts the rows of its chunk that
are live (shared by everything), have bit b set (shared by its column groups and by all crossbars
of the row chunk) and hold a non-zero cell in group g (shared by its input slices and, over
time, by all vectors).  The three causes are independent, so the variance splits exactly:

    Var T = Var E[T | rows]                                  the row chunk, for good
          + Var E[T | rows, inputs] - Var E[T | rows]        the row chunk, each vector anew
          + Var E[T | rows, weights] - Var E[T | rows]       the crossbar, for good
          + the rest                                         the crossbar, each vector anew

With A ~ Bin(n, rho q_b), r ~ Bin(n, rho p_g), L ~ Bin(n, rho) every term is the variance of a
tabulated conditional mean (the split by causes is derived here).  It is exact
for independent rows.  The third central moment takes the same combination of third moments and
leaves out the mixed third-order terms: it only shapes the tail of a maximum.  Clustered rows
put beta-binomial counts in place of binomial ones; then all but the mean are approximations.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from recost.kernels._numba import inlined, kernel
from recost.kernels.binomial import (
    add_central,
    add_cumulants,
    ceil_means,
    ceil_moments,
    count_pmf,
    product_correlation,
)

# Rows of the array that `crossbar_moments` fills; columns: mean, variance, third central moment.
SHARED_FIXED, SHARED_FRESH, OWN_FIXED, OWN_FRESH, ACTIONS = range(5)
# ... whose row ACTIONS holds these expectations instead.
CONVERSIONS, DRIVES, READS = range(3)
# The last row: units that the groups rarely exceed, how many groups do on average, and these
# weighted by the square of the correlation between two groups' active rows.
LIMITS = 5
# Of the crossbar's own fixed causes, what comes of the filters that are dead as a whole.
FILTERS = 6
RESULTS = 7

# Rows of the table of terms; the columns are those above.
_UNITS, _INPUT, _INPUT_ONE, _WEIGHT, _WEIGHT_ONE = range(5)
_LIVE, _LIVE_SLICE, _LIVE_GROUP, _LIVE_BOTH = range(5, 9)


class Shared(NamedTuple):
    """What all crossbars of some rows have in common in their input slices, whatever they hold.

    `by_slice[r, b]` is E[cycles of a column group in slice b | it keeps r rows], the last column
    the sum of the others; `laws[b, a]` is P(a rows are live and have bit b set) for a from
    `spans[b, 0]` to `spans[b, 1]`.
    """

    by_slice: Any
    laws: Any
    spans: Any


@kernel
def row_correlation(pair, rows):
    """Average correlation of the weights in two of n rows, from that in two rows of one kernel.

    Blocks of m rows with correlation r inside n rows: r (m-1)/(n-1) [D]; or the
    profile's own average over all pairs, if that is larger.
    """
    derived = 0.0
    if rows.number > 1 and rows.kernel_rows > 1:
        derived = pair * (min(rows.kernel_rows, rows.number) - 1) / (rows.number - 1)
    return min(1.0, max(derived, rows.weight_correlation))


@kernel
def _mix(values, group, parts, mixed):
    """The tables of a group's parts, averaged by their weights, into `mixed`."""
    for i in range(mixed.size):
        mixed[i] = 0.0
    for c in range(group.first, group.first + group.count):
        for i in range(mixed.size):
            mixed[i] += parts[c].weight * values[c, i]


@inlined
def _unit_terms(rows, groups, parts, streams, terms, out):
    """Moments of single groups in single slices, their limits, and the expected actions."""
    n = rows.number
    pmf = np.empty(n + 1)
    across = rows.input_correlation
    for k in range(groups.size):
        many, wide = groups[k].multiplicity, groups[k].width
        for b in range(streams.size):
            one = two = three = active = usual = beyond = tied = 0.0
            for c in range(groups[k].first, groups[k].first + groups[k].count):
                share = parts[c].density * streams[b]
                within = row_correlation(parts[c].correlation, rows)
                joint = product_correlation(parts[c].density, within, streams[b], across)
                raw = ceil_moments(n, rows.live * share, joint, rows.height, pmf)
                one += parts[c].weight * raw.first
                two += parts[c].weight * raw.second
                three += parts[c].weight * raw.third
                active += parts[c].weight * n * rows.live * share
                if raw.usual > usual:
                    usual, beyond, tied = raw.usual, 0.0, 0.0
                if raw.usual == usual:
                    # The correlation of two groups' counts, which the inputs tie together.
                    other = 1.0 - rows.live * share
                    tie = parts[c].density * (1.0 - streams[b]) / other if other > 0.0 else 1.0
                    beyond += parts[c].weight * raw.beyond
                    tied += parts[c].weight * raw.beyond * tie * tie
            add_central(terms[_UNITS], many, one, two, three)
            out[LIMITS, 0] += many * usual
            out[LIMITS, 1] += many * beyond
            out[LIMITS, 2] += many * tied
            out[ACTIONS, CONVERSIONS] += many * wide * one
            out[ACTIONS, DRIVES] += many * active
            out[ACTIONS, READS] += many * wide * active


@kernel
def fill_shared(rows, streams, shared):
    """Fill in what crossbars of these rows share."""
    n, slices, across = rows.number, streams.size, rows.input_correlation
    means, scratch = np.empty(n + 1), np.empty(max(n, rows.height) + 2)
    by_slice = shared.by_slice
    by_slice[:, slices] = 0.0
    for b in range(slices):
        ceil_means(n, streams[b], across, rows.height, scratch, means)
        for r in range(n + 1):
            by_slice[r, b] = means[r]
            by_slice[r, slices] += means[r]
        joint = product_correlation(rows.live, 0.0, streams[b], across)
        first, last = count_pmf(n, rows.live * streams[b], joint, shared.laws[b])
        shared.spans[b, 0], shared.spans[b, 1] = first, last


@kernel
def make_shared(rows, streams):
    """What crossbars of these rows share."""
    size, slices = rows.number + 1, streams.size
    by_slice, laws = np.empty((size, slices + 1)), np.empty((slices, size))
    shared = Shared(by_slice, laws, np.empty((slices, 2), np.int64))
    fill_shared(rows, streams, shared)
    return shared


@inlined
def _input_terms(rows, groups, parts, shared, terms):
    """Causes that act through the inputs: E[T | a rows have the bit], whole and by group."""
    n = rows.number
    size = n + 1
    scratch = np.empty(max(n, rows.height) + 2)
    by_input = np.empty((parts.size, size))
    for c in range(parts.size):
        within = row_correlation(parts[c].correlation, rows)
        ceil_means(n, parts[c].density, within, rows.height, scratch, by_input[c])
    mixed = np.empty((groups.size, size))
    total = np.zeros(size)
    for k in range(groups.size):
        _mix(by_input, groups[k], parts, mixed[k])
        for a in range(size):
            total[a] += groups[k].multiplicity * mixed[k, a]
    single = groups.size == 1 and groups[0].multiplicity == 1.0
    for b in range(shared.laws.shape[0]):
        law, first, last = shared.laws[b], shared.spans[b, 0], shared.spans[b, 1]
        add_cumulants(terms[_INPUT], 1.0, total, law, first, last)
        for k in range(0 if single else groups.size):
            many = groups[k].multiplicity
            add_cumulants(terms[_INPUT_ONE], many, mixed[k], law, first, last)
    for m in range(3 if single else 0):
        terms[_INPUT_ONE, m] = terms[_INPUT, m]


@inlined
def _weight_terms(rows, groups, parts, shared, terms, out):
    """Causes that act through the weights: E[T | r rows kept], over all slices and by slice.

    And E[T | live filters], over all slices.
    """
    n, slices, by_slice = rows.number, shared.laws.shape[0], shared.by_slice
    pmf, raw = np.empty(n + 1), np.empty((3, slices + 1))
    for k in range(groups.size):
        raw[:, :] = 0.0
        one = two = three = 0.0
        for c in range(groups[k].first, groups[k].first + groups[k].count):
            within = row_correlation(parts[c].correlation, rows)
            first, last = count_pmf(n, rows.live * parts[c].density, within, pmf)
            mean = 0.0
            for r in range(first, last + 1):
                weight, values = parts[c].weight * pmf[r], by_slice[r]
                mean += pmf[r] * values[slices]
                for b in range(slices + 1):
                    value = values[b]
                    raw[0, b] += weight * value
                    raw[1, b] += weight * value * value
                    raw[2, b] += weight * value * value * value
            one += parts[c].weight * mean
            two += parts[c].weight * mean * mean
            three += parts[c].weight * mean * mean * mean
        if groups[k].count > 1:
            add_central(out[FILTERS], groups[k].multiplicity, one, two, three)
        for b in range(slices + 1):
            row = _WEIGHT if b == slices else _WEIGHT_ONE
            many = groups[k].multiplicity
            add_central(terms[row], many, raw[0, b], raw[1, b], raw[2, b])


@inlined
def _live_terms(rows, groups, parts, streams, terms):
    """Causes that act through rows that are zero everywhere: E[T | l rows live]."""
    n = rows.number
    size = n + 1
    pmf, scratch = np.empty(size), np.empty(max(n, rows.height) + 2)
    across = rows.input_correlation
    first, last = count_pmf(n, rows.live, 0.0, pmf)
    by_live, mixed = np.empty((parts.size, size)), np.empty(size)
    group_sum, everything = np.zeros((groups.size, size)), np.zeros(size)
    for b in range(streams.size):
        for c in range(parts.size):
            within = row_correlation(parts[c].correlation, rows)
            joint = product_correlation(parts[c].density, within, streams[b], across)
            share = parts[c].density * streams[b]
            ceil_means(n, share, joint, rows.height, scratch, by_live[c])
        slice_sum = np.zeros(size)
        for k in range(groups.size):
            many = groups[k].multiplicity
            _mix(by_live, groups[k], parts, mixed)
            add_cumulants(terms[_LIVE_BOTH], many, mixed, pmf, first, last)
            for i in range(size):
                slice_sum[i] += many * mixed[i]
                group_sum[k, i] += mixed[i]
        add_cumulants(terms[_LIVE_SLICE], 1.0, slice_sum, pmf, first, last)
        for i in range(size):
            everything[i] += slice_sum[i]
    for k in range(groups.size):
        many = groups[k].multiplicity
        add_cumulants(terms[_LIVE_GROUP], many, group_sum[k], pmf, first, last)
    add_cumulants(terms[_LIVE], 1.0, everything, pmf, first, last)


@kernel
def sum_moments(rows, groups, parts, streams, shared, out):
    """`crossbar_moments`, with the multiplicity and the width of every group in the sums.

    `shared` is that of the rows.
    """
    terms = np.zeros((9, 3))
    for cause in range(RESULTS):
        for m in range(3):
            out[cause, m] = 0.0
    _unit_terms(rows, groups, parts, streams, terms, out)
    _input_terms(rows, groups, parts, shared, terms)
    _weight_terms(rows, groups, parts, shared, terms, out)
    if rows.live < 1.0:
        _live_terms(rows, groups, parts, streams, terms)
    for m in range(3):
        live = terms[_LIVE, m]
        shared = terms[_INPUT, m] - terms[_LIVE_SLICE, m]
        fixed = terms[_WEIGHT, m] - terms[_LIVE_GROUP, m]
        rest = terms[_UNITS, m] - terms[_INPUT_ONE, m] - terms[_WEIGHT_ONE, m]
        out[SHARED_FIXED, m] = live
        out[SHARED_FRESH, m] = shared
        out[OWN_FIXED, m] = fixed
        out[OWN_FRESH, m] = rest + terms[_LIVE_BOTH, m]
    for cause in range(ACTIONS):
        out[cause, 0] = terms[_UNITS, 0]
    # Differences of equal numbers leave a few ulps that a square root must not see.
    for cause in range(ACTIONS):
        out[cause, 1] = max(0.0, out[cause, 1])


@kernel
def alone(groups):
    """Column groups as `sum_moments` takes them: one that has none beside it stands for itself.

    What crossbars of more such groups do follows from it (`repeat_group`).
    """
    held = groups.copy()
    if groups.size == 1:
        held[0].multiplicity, held[0].width = 1.0, 1
    return held


@inlined
def repeat_group(many, width, out):
    """Of one group of one bitline to `many` groups of `width` that keep their rows alike.

    Shared causes move all of them together, own ones each by itself: their m-th cumulants grow by
    many^m and by many.
    """
    shared = many
    for m in range(3):
        out[SHARED_FIXED, m] *= shared
        out[SHARED_FRESH, m] *= shared
        out[OWN_FIXED, m] *= many
        out[OWN_FRESH, m] *= many
        out[FILTERS, m] *= many
        out[LIMITS, m] *= many
        shared *= many
    out[ACTIONS, CONVERSIONS] *= many * width
    out[ACTIONS, DRIVES] *= many
    out[ACTIONS, READS] *= many * width


@kernel
def crossbar_moments(rows, groups, parts, streams, out):
    """Cycles of a crossbar for one vector.

    `rows` are its rows, `streams[b]` is P(an activation is active in slice b), `groups` and
    `parts` its column groups (`recost.kernels.records`).  Fills `out`, [RESULTS, 3]: the mean
    (in the first column of every cause), variance and third moment of the four causes of the
    module docstring; the expected ADC conversions, wordline drives and cell reads; the limits; the
    part of the filters.
    """
    sum_moments(rows, alone(groups), parts, streams, make_shared(rows, streams), out)
    if groups.size == 1:
        repeat_group(groups[0].multiplicity, groups[0].width, out)
