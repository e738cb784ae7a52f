"""The slowest row chunk where all crossbars of a chunk work alike: exact, on the lattice.

If every column group keeps every live row, a crossbar takes G sum_b ceil(A_b / S) cycles with
A_b ~ Binomial(L, q_b) the active wordlines of slice b among the L ~ Binomial(n, rho) live rows.
That sum takes few values, far apart, and no smooth law describes its maximum; but its
distribution is a convolution of short lists.  Where every crossbar keeps rows of its own (A_b
active ones among L ~ Binomial(n, rho p) live rows that it keeps) the convolution is the law of
one crossbar, and a normal copula ties the crossbars of a chunk together.

Where only one input slice tells crossbars apart (dense inputs, or values that are skipped as a
whole) the number of active rows of a chunk says all that its crossbars have in common: given
it, the cycles of a crossbar are a convolution over its groups, crossbars are independent, and
the slowest is exact again.
"""

from __future__ import annotations

import math

import numpy as np

from recost.kernels._numba import bare, inlined, kernel, light
from recost.kernels.binomial import count_pmf, log_none, pooled, product_correlation
from recost.kernels.normal import below, density, quantile
from recost.kernels.part_sums import row_correlation
from recost.kernels.records import Cumulants

# Numbers of live rows that are told apart; more are pooled with their neighbours.
_POINTS = 48
# Scores of a common cause, from -_REACH to _REACH.
_REACH, _STEP = 7.0, 0.125
NODES = 113
# Crossbars that are tied like this are one.
_ONE = 0.999
# Chances below this are left out: of 1e9 crossbars none is so unlikely.
_NEVER = 1e-18


@inlined
def _convolve(live, height, streams, correlation, total):
    """Distribution of sum_b ceil(A_b / height) for `live` live rows into `total`.

    What lies beyond its last place counts there.
    """
    pmf, units = np.empty(live + 1), np.empty(-(-live // height) + 1)
    for i in range(total.size):
        total[i] = 0.0
    total[0] = 1.0
    top = 0
    for b in range(streams.size):
        first, last = count_pmf(live, streams[b], correlation, pmf)
        most = min(-(-last // height), total.size - 1 - top)
        for u in range(most + 1):
            units[u] = 0.0
        for k in range(first, last + 1):
            units[min(-(-k // height), most)] += pmf[k]
        # From the top down, so that a place is read before it is written.
        for t in range(top + most, -1, -1):
            value = 0.0
            for u in range(max(0, t - top), min(most, t) + 1):
                value += units[u] * total[t - u]
            total[t] = value
        top += most


@kernel
def add_law(rows, streams, share, weight, law):
    """Add `weight` times the distribution of sum_b ceil(A_b / S) to `law`.

    A_b ~ Binomial(L, q_b) and L ~ Binomial(n, share).  Exact for one slice, of which
    A ~ Binomial(n, share q), and for up to `_POINTS` values of L; of more, neighbours are pooled
    at the number in their middle.
    """
    numbers, shares, total = np.empty(_POINTS, np.int64), np.empty(_POINTS), np.empty(law.size)
    within, points, active = rows.input_correlation, 1, streams
    if streams.size == 1:
        within = product_correlation(share, 0.0, streams[0], within)
        active = share * streams
        numbers[0], shares[0] = rows.number, 1.0
    else:
        points = pooled(rows.number, share, 0.0, numbers, shares)
    for i in range(points):
        _convolve(numbers[i], rows.height, active, within, total)
        for t in range(total.size):
            law[t] += weight * shares[i] * total[t]


@kernel
def slowest_chunks(rows, streams, chunks, reached):
    """Add ln P(no chunk of `chunks` needs more than t units a group) to `reached[t]`.

    The sum over the kinds of row chunks is the logarithm of the distribution of the slowest.
    """
    law = np.zeros(reached.size)
    add_law(rows, streams, rows.live, 1.0, law)
    # From the top, so that small chances stay exact; normalised against the tails cut off above.
    whole = above = 0.0
    for t in range(law.size):
        whole += law[t]
    for t in range(law.size - 1, -1, -1):
        # ln 0 is said apart, for Python's own logarithm refuses it where Numba's gives -inf.
        beyond = above / whole
        reached[t] += chunks * math.log1p(-beyond) if beyond < 1.0 else -math.inf
        above += law[t]


@light
def tie(streams, live, kept):
    """Correlation of the active rows, over all slices, of two crossbars of a row chunk.

    A row is live with `live` and kept by each with `kept`; of its X active slices
    E[X^2] = sum q + (sum q)^2 - sum q^2: Cov / Var = p (E[X^2] - rho E[X]^2) /
    (E[X^2] - rho p E[X]^2).
    """
    one = two = 0.0
    for b in range(streams.size):
        one += streams[b]
        two += streams[b] * (1.0 - streams[b])
    two += one * one
    apart = two - live * kept * one * one
    return kept * (two - live * one * one) / apart if apart > 1e-12 * two else 1.0


@inlined
def cleared(joint, cycles):
    """The first `cycles` columns of `joint`, which has a row for each node, without anything."""
    found = joint[:, :cycles]
    found[:, :] = 0.0
    return found


@bare
def add_tied(law, crossbars, tied, stretch, joint):
    """Add ln P(none of `crossbars` needs more than t | their common cause) to `joint`.

    The crossbars have the distribution `law` each, on a lattice of which a unit is `stretch`
    units of t, and a common cause, of normal score u at row i of `joint`, with the share `tied`
    of their variance: P(T <= t | u) = Phi((Phi^-1(F(t)) - sqrt(r) u) / sqrt(1 - r)), the
    one-factor normal copula (Vasicek 1987).
    """
    whole = above = 0.0
    for t in range(law.size):
        whole += law[t]
    if tied > _ONE:
        crossbars = 1.0
    # The scores are too far apart for less.
    rest = math.sqrt(max(1.0 - tied, _STEP * _STEP))
    root = math.sqrt(1.0 - rest * rest)
    limit = law.size - 1
    for t in range(joint.shape[1] - 1, -1, -1):
        while limit > 0 and limit * stretch > t + 1e-9:
            above += law[limit]
            limit -= 1
        if above <= 0.0:
            continue
        score = -quantile(min(above / whole, 1.0))
        for i in range(NODES):
            under = below((score - root * (i * _STEP - _REACH)) / rest)
            joint[i, t] += crossbars * math.log(max(under, 1e-300))


@bare
def slowest_tied(joint, chunks, reached):
    """Add ln P(no chunk of `chunks` goes beyond t) to `reached[t]`, crossbars as in `joint`."""
    whole = 0.0
    for i in range(NODES):
        whole += density(i * _STEP - _REACH)
    for t in range(reached.size):
        beyond = 0.0
        for i in range(NODES):
            beyond -= density(i * _STEP - _REACH) * math.expm1(joint[i, t])
        reached[t] += log_none(chunks, beyond / whole)


@light
def mean_of(reached):
    """The mean of a whole number from the logarithms of its distribution: sum of 1 - F."""
    mean = 0.0
    for t in range(reached.size - 1):
        mean -= math.expm1(reached[t])
    return mean


@kernel
def known_actives(rows, stream, numbers, shares):
    """Numbers of active rows of a chunk into `numbers`, with their shares; returns how many.

    Of more than `numbers` has places, neighbours are pooled at the number in their middle.
    """
    joint = product_correlation(rows.live, 0.0, stream, rows.input_correlation)
    return pooled(rows.number, rows.live * stream, joint, numbers, shares)


@inlined
def _group_units(rows, parts, active, pmf, units):
    """Distribution of a group's units for `active` rows into `units`; returns where it ends."""
    end = -(-active // rows.height)
    for u in range(end + 1):
        units[u] = 0.0
    for c in range(parts.size):
        within = row_correlation(parts[c].correlation, rows)
        first, last = count_pmf(active, parts[c].density, within, pmf)
        for k in range(first, last + 1):
            units[-(-k // rows.height)] += parts[c].weight * pmf[k]
    while end > 0 and units[end] < _NEVER:
        end -= 1
    return end


@kernel
def add_known(rows, groups, parts, actives, crossbars, stretch, joint):
    """Add ln P(none of `crossbars` needs more than t | actives[i] rows are active) to `joint[i]`.

    The crossbars have the column groups `groups`, of which a unit is `stretch` units of t.
    """
    tall = -(-rows.number // rows.height)
    size = 1
    for k in range(groups.size):
        size += int(groups[k].multiplicity) * tall
    pmf, units, law = np.empty(rows.number + 1), np.empty(tall + 1), np.empty(size)
    for i in range(actives.size):
        low = high = 0
        law[0] = 1.0
        for k in range(groups.size):
            held = parts[groups[k].first : groups[k].first + groups[k].count]
            most = _group_units(rows, held, actives[i], pmf, units)
            for _ in range(int(groups[k].multiplicity)):
                # From the top down, so that a place is read before it is written.
                for t in range(high + most, low - 1, -1):
                    value = 0.0
                    for u in range(max(0, t - high), min(most, t - low) + 1):
                        value += units[u] * law[t - u]
                    law[t] = value
                high += most
                while high > low and law[high] < _NEVER:
                    high -= 1
                while low < high and law[low] < _NEVER:
                    low += 1
        above = 0.0
        for t in range(joint.shape[1] - 1, -1, -1):
            while high >= low and high * stretch > t + 1e-9:
                above += law[high]
                high -= 1
            if above > 0.0:
                joint[i, t] += log_none(crossbars, above)


@bare
def slowest_known(joint, shares, chunks, reached):
    """Add ln P(no chunk of `chunks` goes beyond t) to `reached[t]`, crossbars as in `joint`.

    `shares[i]` is the chance of row i of `joint`.  Returns the cumulants of the slowest.
    """
    one = two = three = before = 0.0
    for t in range(reached.size):
        beyond = 0.0
        for i in range(shares.size):
            beyond -= shares[i] * math.expm1(joint[i, t])
        most = log_none(chunks, beyond)
        reached[t] += most
        chance = math.exp(most) - before
        before += chance
        one += chance * t
        two += chance * t * t
        three += chance * t * t * t
    third = three - 3.0 * one * two + 2.0 * one * one * one
    return Cumulants(one, max(0.0, two - one * one), third)
