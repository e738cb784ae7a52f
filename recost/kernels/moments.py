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

import numpy as np

from recost.kernels._numba import bare, inlined, kernel
from recost.kernels.binomial import (
    add_central,
    add_cumulants,
    count_pmf,
)
from recost.kernels.copying import copy_onto
from recost.kernels.part_sums import (
    BEYOND,
    FIRST,
    SECOND,
    THIRD,
    USUAL,
    add_laws,
    cycles_at,
    fill_part,
    inputs_at,
    live_at,
    make_shared,
    sums_of_part,
    weights_at,
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


@bare
def _mix(values, group, parts, mixed):
    """The tables of a group's parts, averaged by their weights, into `mixed`."""
    for i in range(mixed.size):
        mixed[i] = 0.0
    for c in range(group.first, group.first + group.count):
        for i in range(mixed.size):
            mixed[i] += parts[c].weight * values[c, i]


@bare
def _unit_terms(rows, groups, parts, streams, sums, terms, out):
    """Moments of single groups in single slices, their limits, and the expected actions."""
    n, slices = rows.number, streams.size
    for k in range(groups.size):
        many, wide = groups[k].multiplicity, groups[k].width
        for b in range(slices):
            one = two = three = active = usual = beyond = tied = 0.0
            for c in range(groups[k].first, groups[k].first + groups[k].count):
                share, raw = parts[c].density * streams[b], sums[c]
                one += parts[c].weight * raw[FIRST * slices + b]
                two += parts[c].weight * raw[SECOND * slices + b]
                three += parts[c].weight * raw[THIRD * slices + b]
                active += parts[c].weight * n * rows.live * share
                most, above = raw[USUAL * slices + b], raw[BEYOND * slices + b]
                if most > usual:
                    usual, beyond, tied = most, 0.0, 0.0
                if most == usual:
                    # The correlation of two groups' counts, which the inputs tie together.
                    other = 1.0 - rows.live * share
                    tie = parts[c].density * (1.0 - streams[b]) / other if other > 0.0 else 1.0
                    beyond += parts[c].weight * above
                    tied += parts[c].weight * above * tie * tie
            add_central(terms[_UNITS], many, one, two, three)
            out[LIMITS, 0] += many * usual
            out[LIMITS, 1] += many * beyond
            out[LIMITS, 2] += many * tied
            out[ACTIONS, CONVERSIONS] += many * wide * one
            out[ACTIONS, DRIVES] += many * active
            out[ACTIONS, READS] += many * wide * active


@bare
def _input_terms(rows, groups, parts, known, scratch, terms):
    """Causes that act through the inputs: E[T | a rows have the bit], whole and by group.

    `known` as in `sum_moments`; `scratch` are two arrays of a number for each count of rows.
    """
    (shared, sums), (total, mixed) = known, scratch
    slices = shared.laws.shape[0]
    total[:] = 0.0
    cycles = sums[:, cycles_at(slices) : live_at(rows, slices, 0)]
    for k in range(groups.size):
        many, c = groups[k].multiplicity, groups[k].first
        if groups[k].count == 1 and parts[c].weight == 1.0:
            for m in range(3):
                terms[_INPUT_ONE, m] += many * sums[c, inputs_at(slices) + m]
            copy_onto(cycles[c], mixed)
        else:
            _mix(cycles, groups[k], parts, mixed)
            add_laws(shared, many, mixed, terms[_INPUT_ONE])
        for a in range(total.size):
            total[a] += many * mixed[a]
    if groups.size == 1 and groups[0].multiplicity == 1.0:  # which it is by itself
        for m in range(3):
            terms[_INPUT, m] = terms[_INPUT_ONE, m]
    else:
        add_laws(shared, 1.0, total, terms[_INPUT])


@bare
def _weight_terms(groups, parts, slices, sums, terms, out):
    """Causes that act through the weights: E[T | r rows kept], over all slices and by slice.

    And E[T | live filters], over all slices.
    """
    first, second, third = weights_at(slices, 0), weights_at(slices, 1), weights_at(slices, 2)
    for k in range(groups.size):
        many, one, two, three = groups[k].multiplicity, 0.0, 0.0, 0.0
        for c in range(groups[k].first, groups[k].first + groups[k].count):
            mean = sums[c, first + slices]
            one += parts[c].weight * mean
            two += parts[c].weight * mean * mean
            three += parts[c].weight * mean * mean * mean
        if groups[k].count > 1:
            add_central(out[FILTERS], many, one, two, three)
        for b in range(slices + 1):
            one = two = three = 0.0
            for c in range(groups[k].first, groups[k].first + groups[k].count):
                one += parts[c].weight * sums[c, first + b]
                two += parts[c].weight * sums[c, second + b]
                three += parts[c].weight * sums[c, third + b]
            add_central(terms[_WEIGHT if b == slices else _WEIGHT_ONE], many, one, two, three)


@bare
def _live_terms(rows, groups, parts, known, scratch, terms):
    """Causes that act through rows that are zero everywhere: E[T | l rows live].

    `known` as in `sum_moments`; `scratch` are four arrays of a number for each count of rows, and
    one that has them for each group.
    """
    (shared, sums), (pmf, slice_sum, mixed, everything, group_sum) = known, scratch
    slices, size = shared.laws.shape[0], rows.number + 1
    first, last = count_pmf(rows.number, rows.live, 0.0, pmf)
    everything[:], group_sum[:, :] = 0.0, 0.0
    for b in range(slices):
        cycles = sums[:, live_at(rows, slices, b) : live_at(rows, slices, b + 1)]
        slice_sum[:] = 0.0
        for k in range(groups.size):
            many = groups[k].multiplicity
            _mix(cycles, groups[k], parts, mixed)
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
def sum_moments(rows, groups, parts, streams, known, out):
    """`crossbar_moments`, with the multiplicity and the width of every group in the sums.

    `known` are what the rows share and the sums of each part (`recost.kernels.part_sums`).
    """
    sums = known[1]
    size, slices, terms = rows.number + 1, streams.size, np.zeros((9, 3))
    scratch = np.empty(size), np.empty(size)
    for cause in range(RESULTS):
        for m in range(3):
            out[cause, m] = 0.0
    _unit_terms(rows, groups, parts, streams, sums, terms, out)
    _input_terms(rows, groups, parts, known, scratch, terms)
    _weight_terms(groups, parts, slices, sums, terms, out)
    if rows.live < 1.0:
        live = np.empty(size), np.empty(size), np.empty((groups.size, size))
        _live_terms(rows, groups, parts, known, scratch + live, terms)
    for m in range(3):
        through = terms[_INPUT, m] - terms[_LIVE_SLICE, m]
        fixed = terms[_WEIGHT, m] - terms[_LIVE_GROUP, m]
        rest = terms[_UNITS, m] - terms[_INPUT_ONE, m] - terms[_WEIGHT_ONE, m]
        out[SHARED_FIXED, m] = terms[_LIVE, m]
        out[SHARED_FRESH, m] = through
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
    shared = make_shared(rows, streams)
    sums = np.empty((parts.size, sums_of_part(rows, streams.size)))
    for c in range(parts.size):
        fill_part(rows, parts[c], streams, shared, sums[c])
    sum_moments(rows, alone(groups), parts, streams, (shared, sums), out)
    if groups.size == 1:
        repeat_group(groups[0].multiplicity, groups[0].width, out)
