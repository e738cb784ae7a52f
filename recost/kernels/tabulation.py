"""The direct sums that `recost.kernels.tables` interpolates, at the places where it asks for them.

`profile` is d of that module: the density of each input slice over that of the densest.
"""

from __future__ import annotations

import numpy as np

from recost.kernels._numba import kernel
from recost.kernels.binomial import RARE, ceil_means, count_pmf
from recost.kernels.cells import INPUTS_VALUES, LIMITS_VALUES, UNITS_VALUES, WEIGHTS_VALUES
from recost.kernels.placement import ceil_div

# Neighbouring laws that are gone through together: they have about the same range.
_TOGETHER = 16


@kernel
def _laws(number, densities, laws, spans):
    """P(Bin(n, densities[j]) = k) into `laws[k, j]`, which holds zeros, for k in `spans[j]`."""
    pmf = np.empty(number + 1)
    for j in range(densities.size):
        first, last = count_pmf(number, densities[j], 0.0, pmf)
        spans[j, 0], spans[j, 1] = first, last
        for k in range(first, last + 1):
            laws[k, j] = pmf[k]


@kernel
def _central_moments(values, laws, spans, sums):
    """Mean, second and third central moment of values[k] under each law into `sums` [3, laws]."""
    sums[:, :] = 0.0
    for start in range(0, laws.shape[1], _TOGETHER):
        stop = min(start + _TOGETHER, laws.shape[1])
        first, last = spans[start, 0], spans[start, 1]
        for j in range(start, stop):
            first, last = min(first, spans[j, 0]), max(last, spans[j, 1])
        one, two, three = sums[0, start:stop], sums[1, start:stop], sums[2, start:stop]
        for k in range(first, last + 1):
            for j in range(stop - start):
                one[j] += values[k] * laws[k, start + j]
        for k in range(first, last + 1):
            for j in range(stop - start):
                off = values[k] - one[j]
                square = laws[k, start + j] * off * off
                two[j] += square
                three[j] += square * off


@kernel
def unit_sums(number, height, profile, places):
    """Cumulants of ceil(Bin(n, v d_b) / S) summed over b, over v: [places, 3]."""
    out = np.zeros((places.size, UNITS_VALUES))
    units = np.empty(number + 1)
    for k in range(number + 1):
        units[k] = ceil_div(k, height)
    for i in range(places.size):
        laws, spans = np.zeros((number + 1, profile.size)), np.empty((profile.size, 2), np.int64)
        sums = np.empty((3, profile.size))
        _laws(number, places[i] * profile, laws, spans)
        _central_moments(units, laws, spans, sums)
        for m in range(UNITS_VALUES):
            out[i, m] = sums[m].sum() / places[i]
    return out


@kernel
def input_sums(number, height, profile, thins, bases):
    """Central moments of f_t(Bin(n, u d_b)) summed over b, over t^m u: [thins, bases, 2]."""
    out = np.zeros((thins.size, bases.size, INPUTS_VALUES))
    many = profile.size
    laws = np.zeros((many, number + 1, bases.size))
    spans = np.empty((many, bases.size, 2), np.int64)
    for b in range(many):
        _laws(number, bases * profile[b], laws[b], spans[b])
    for i in range(thins.size):
        means, scratch = np.empty(number + 1), np.empty(max(number, height) + 2)
        sums = np.empty((3, bases.size))
        ceil_means(number, thins[i], 0.0, height, scratch, means)
        for b in range(many):
            _central_moments(means, laws[b], spans[b], sums)
            for m in range(INPUTS_VALUES):
                for j in range(bases.size):
                    out[i, j, m] += sums[m + 1, j] / (thins[i] ** (m + 2) * bases[j])
    return out


@kernel
def weight_sums(number, height, profile, thins, bases):
    """Central moments of sum_b f_{t d_b}(Bin(n, r)), and summed b by b: [thins, bases, 4].

    Second and third of each, over t^m r (1 - r).
    """
    out = np.zeros((thins.size, bases.size, WEIGHTS_VALUES))
    laws = np.zeros((number + 1, bases.size))
    spans = np.empty((bases.size, 2), np.int64)
    _laws(number, bases, laws, spans)
    for i in range(thins.size):
        means, scratch = np.empty(number + 1), np.empty(max(number, height) + 2)
        whole, sums = np.zeros(number + 1), np.empty((3, bases.size))
        for b in range(profile.size + 1):
            at = 0
            if b < profile.size:
                at = 2
                ceil_means(number, thins[i] * profile[b], 0.0, height, scratch, means)
                whole += means
            _central_moments(means if b < profile.size else whole, laws, spans, sums)
            for m in range(2):
                for j in range(bases.size):
                    left = bases[j] * (1.0 - bases[j])
                    if left > 0.0:
                        out[i, j, at + m] += sums[m + 1, j] / (thins[i] ** (m + 2) * left)
    return out


@kernel
def tail(number, density, above, pmf):
    """P(Bin(n, density) > above), smallest terms first."""
    first, last = count_pmf(number, density, 0.0, pmf)
    total = 0.0
    for k in range(last, max(first, above + 1) - 1, -1):
        total += pmf[k]
    return total


@kernel
def usual_from(number, height, densities):
    """From which density on u units are usual (see `ceil_moments`), u = 1.. into `densities`."""
    pmf = np.empty(number + 1)
    for i in range(densities.size):
        low, high = 0.0, 1.0
        while True:
            middle = 0.5 * (low + high)
            if middle <= low or middle >= high:
                break
            if tail(number, middle, i * height, pmf) > RARE:
                high = middle
            else:
                low = middle
        densities[i] = high


@kernel
def limit_sums(number, height, profile, usual, places):
    """What exceeds `usual[i, b]` units at v = `places[i]`, over v: [places, 4].

    sum_b P(ceil(K / S) > usual), K ~ Bin(n, v d_b), and the same weighted by
    d_b^k / (1 - v d_b)^2 for k = 0, 1, 2.
    """
    out = np.zeros((places.size, LIMITS_VALUES))
    for i in range(places.size):
        pmf = np.empty(number + 1)
        for b in range(profile.size):
            density = places[i] * profile[b]
            beyond = tail(number, density, usual[i, b] * height, pmf) / places[i]
            out[i, 0] += beyond
            if density < 1.0:
                weight = beyond / (1.0 - density) ** 2
                out[i, 1] += weight
                out[i, 2] += weight * profile[b]
                out[i, 3] += weight * profile[b] * profile[b]
    return out
