"""Operation-unit column compression: cycles when zero columns are dropped, not zero rows.

A crossbar's rows are cut into fixed groups of S_w adjacent ones.  Of the bitlines, the q that
hold a non-zero cell in those rows are pushed together, and the group costs ceil(q / S_b) in an
input slice in which any of its wordlines is active, else nothing [OCC of Yang et al., ISCA 2019].

Live rows and active slices of a row group are common to the crossbars of a row chunk.  The slowest
of them is found from the joint law of a crossbar's cycles and a score of all that is common.
"""

from __future__ import annotations

import math

import numpy as np

from recost.kernels._numba import kernel
from recost.kernels.binomial import add_central, count_pmf, log_none
from recost.kernels.moments import (
    ACTIONS,
    CONVERSIONS,
    DRIVES,
    OWN_FIXED,
    OWN_FRESH,
    READS,
    SHARED_FIXED,
    SHARED_FRESH,
)
from recost.kernels.records import Rows
from recost.vocabulary import FilterZeros

_INDEPENDENT = int(FilterZeros.INDEPENDENT)
# Scores of a common cause in a deviation of it, and deviations that one row group is apart.
_FINE, _REACH = 4.0, 4.0
# Chances below this are left out: hardly one of 1e9 crossbars is so unlikely.
_NEVER = 1e-13


@kernel
def column_live(layer, element, live_rows):
    """P(a weight column of a live filter is not zero in `live_rows` adjacent live rows).

    1 - product over the kernels that the rows belong to of (1 - k + k (1 - e)^m); the rows are
    taken to start at a kernel's first row.
    """
    zero = 1.0
    left = live_rows
    while left > 0:
        taken = min(left, layer.kernel_rows)
        if layer.kernel_density >= 1.0 or layer.kernel_rows <= 1:
            zero *= (1.0 - layer.kernel_density * element) ** taken
        else:
            k = layer.kernel_density
            zero *= 1.0 - k + k * (1.0 - element) ** taken
        left -= taken
    return 1.0 - zero


@kernel
def active_slices(streams, height):
    """Expected input slices in which any of `height` wordlines is active."""
    slices = 0.0
    for b in range(streams.size):
        slices += 1.0 - (1.0 - streams[b]) ** height
    return slices


@kernel
def _units(weights, cells, width, density, pmf):
    """Raw moments of the units, and mean bitlines, of a row group of known live rows.

    L ~ Binomial(weights, density) live weight columns have `cells` live bitlines each.
    """
    first, last = count_pmf(weights, density, 0.0, pmf)
    one = two = three = 0.0
    for k in range(first, last + 1):
        units = (k * cells + width - 1) // width
        one += pmf[k] * units
        two += pmf[k] * units * units
        three += pmf[k] * units * units * units
    return one, two, three, weights * density * cells


@kernel
def column_moments(rows, layer, piece, streams, out):
    """Cycles of a crossbar under column compression; fills `out` like `crossbar_moments`.

    `piece` is (element density, weights of the crossbar, cells of a weight, bitlines of an
    operation unit).  Row groups are independent; every cell of a non-zero weight counts as
    non-zero (the caller refuses profiles that say otherwise).  Live filters are taken to be drawn
    anew for each row group: exact in the mean, too small in the crossbar's own variance.
    """
    element, weights, cells, width = piece
    pmf, live_pmf = np.empty(weights + 1), np.empty(rows.height + 1)
    for cause in range(ACTIONS + 1):
        for m in range(3):
            out[cause, m] = 0.0
    start = 0
    while start < rows.number:
        height = min(rows.height, rows.number - start)
        start += height
        slices = active_slices(streams, height)
        slices_variance = active = 0.0
        for b in range(streams.size):
            none = (1.0 - streams[b]) ** height
            slices_variance += none * (1.0 - none)
            active += height * streams[b]
        first, last = count_pmf(height, rows.live, 0.0, live_pmf)
        one = two = three = square = cube = bitlines = 0.0
        for live in range(first, last + 1):
            if layer.filter_zeros == _INDEPENDENT:
                density = column_live(layer, element * layer.filter_density, live)
            else:
                density = layer.filter_density * column_live(layer, element, live)
            mean, mean_square, mean_cube, wide = _units(weights, cells, width, density, pmf)
            one += live_pmf[live] * mean
            two += live_pmf[live] * mean_square
            three += live_pmf[live] * mean_cube
            square += live_pmf[live] * mean * mean
            cube += live_pmf[live] * mean * mean * mean
            bitlines += live_pmf[live] * wide
        add_central(out[SHARED_FIXED], 1.0, slices * one, slices**2 * square, slices**3 * cube)
        own = max(0.0, two - square)
        third = three - cube - 3.0 * one * own
        out[OWN_FIXED, 1] += slices * slices * own
        out[OWN_FIXED, 2] += slices * slices * slices * third
        out[SHARED_FRESH, 1] += slices_variance * square
        out[OWN_FRESH, 1] += slices_variance * own
        out[ACTIONS, CONVERSIONS] += slices * bitlines
        out[ACTIONS, DRIVES] += active * one
        out[ACTIONS, READS] += active * bitlines
    for cause in range(1, ACTIONS):
        out[cause, 0] = out[SHARED_FIXED, 0]


@kernel
def _slices_law(streams, height, told, chances):
    """P(s input slices have an active wordline among `height`) into `chances`.

    Where slices are not `told` apart, one is active, for sure.
    """
    chances[:] = 0.0
    chances[0 if told else 1] = 1.0
    for b in range(streams.size if told else 0):
        none = (1.0 - streams[b]) ** height
        for s in range(b + 1, 0, -1):
            chances[s] = chances[s] * none + chances[s - 1] * (1.0 - none)
        chances[0] *= none


@kernel
def _unit_means(layer, height, piece, means):
    """E[units | l live rows] of a row group, l = 0..height, into `means`."""
    element, weights, cells, width = piece
    pmf = np.empty(weights + 1)
    for live in range(height + 1):
        density = column_live(layer, element * layer.filter_density, live)
        means[live] = _units(weights, cells, width, density, pmf)[0]


@kernel
def _common_scores(layer, rows, piece, chances, scores):
    """What the crossbars of a row chunk have in common, as whole numbers, into `scores`.

    scores[s, l] is s E[units | l] for a row group of l live rows in s active slices (of
    `chances`), in parts of 1/`_FINE` of the deviation of its sum over the chunk: from `_REACH` of
    these deviations below the mean, which is as good as any below, to as many above.
    """
    means, pmf = np.empty(rows.height + 1), np.empty(rows.height + 1)
    _unit_means(layer, rows.height, piece, means)
    first, last = count_pmf(rows.height, rows.live, 0.0, pmf)
    one = two = 0.0
    for s in range(chances.size):
        for live in range(first, last + 1):
            value = s * means[live]
            one += chances[s] * pmf[live] * value
            two += chances[s] * pmf[live] * value * value
    variance = (two - one * one) * rows.number / rows.height
    fine = _FINE / math.sqrt(variance) if variance > 1e-9 * two else 0.0
    for s in range(chances.size):
        for live in range(rows.height + 1):
            off = max(-_REACH * _FINE, min(_REACH * _FINE, (s * means[live] - one) * fine))
            scores[s, live] = int(off + _REACH * _FINE + 0.5)


@kernel
def _group_law(layer, rows, piece, chances, scores, table):
    """P(score, cycles) of one row group, all of `rows`, into `table`; of a score in column 0.

    Cycles t stand in column t + 1.
    """
    element, weights, cells, width = piece
    pmf, live_pmf = np.empty(weights + 1), np.empty(rows.number + 1)
    table[:, :] = 0.0
    first, last = count_pmf(rows.number, rows.live, 0.0, live_pmf)
    for live in range(first, last + 1):
        density = column_live(layer, element * layer.filter_density, live)
        low, high = count_pmf(weights, density, 0.0, pmf)
        for s in range(chances.size):
            chance, score = live_pmf[live] * chances[s], scores[s, live]
            table[score, 0] += chance
            for k in range(low, high + 1):
                table[score, 1 + s * ((k * cells + width - 1) // width)] += chance * pmf[k]


@kernel
def _add_group(law, window, table, total):
    """Law of scores and cycles with one more row group into `total`; returns its window.

    `window` is (first, last score, first, last column); column 0 is the law of the score.
    """
    low, high, least, most = window
    top, wide = high + table.shape[0] - 1, table.shape[1] - 2
    total[low : top + 1, 0] = 0.0
    total[low : top + 1, least : most + wide + 1] = 0.0
    for score in range(table.shape[0]):
        for i in range(low, high + 1):
            total[i + score, 0] += law[i, 0] * table[score, 0]
        for cycles in range(wide + 1):
            chance = table[score, 1 + cycles]
            if chance < _NEVER:
                continue
            for i in range(low, high + 1):
                for t in range(least, most + 1):
                    total[i + score, t + cycles] += law[i, t] * chance
    most += wide
    # The scores that are told apart are the same for all crossbars of the chunk.
    while low < top and total[low, 0] < _NEVER:
        low += 1
    while top > low and total[top, 0] < _NEVER:
        top -= 1
    while least < most and total[low : top + 1, least].sum() < _NEVER:
        least += 1
    while most > least and total[low : top + 1, most].sum() < _NEVER:
        most -= 1
    return low, top, least, most


@kernel
def _add_states(law, window, crossbars, joint, shares):
    """Add ln P(none of `crossbars` takes more than t | its score) to `joint`: see `add_columns`."""
    low, high, least, most = window
    block, states = -(-(high - low + 1) // joint.shape[0]), 0
    for start in range(low, high + 1, block):
        end = min(high + 1, start + block)
        share, above = law[start:end, 0].sum(), 0.0
        for t in range(joint.shape[1] - 1, -1, -1):
            if above > 0.0:
                joint[states, t] += log_none(crossbars, above / share)
            if least <= t + 1 <= most:
                above += law[start:end, t + 1].sum()
        shares[states] = share
        states += 1
    return states


@kernel
def add_columns(layer, inputs, piece, reference, crossbars, joint, shares):
    """Add ln P(none of `crossbars` takes more than t | the score of their chunk) to `joint`.

    `inputs` are (rows, streams, whether slices are told apart); `piece` is as for
    `column_moments`, `reference` that of the crossbar whose mean is the score.  Row groups are
    independent, so that the law of a crossbar's score and cycles is a convolution over them; given
    the score, crossbars are taken to be independent (means within 0.3 %, 2 % where several slices
    are told apart).  Row i of `joint`, t up to what any crossbar takes, is for one score, or for
    neighbours if there are more; `shares[i]` is its chance.  Returns how many rows.
    """
    rows, streams, told = inputs
    _, weights, cells, width = piece
    chances = np.empty(streams.size + 1 if told else 2)
    scores = np.empty((chances.size, rows.height + 1), np.int64)
    _slices_law(streams, rows.height, told, chances)
    _common_scores(layer, rows, reference, chances, scores)
    wide = (chances.size - 1) * ((weights * cells + width - 1) // width) + 2
    tall = -(-rows.number // rows.height)
    table = np.empty((scores.max() + 1, wide))
    law = np.empty((tall * table.shape[0], tall * wide))
    total, window, height = np.empty_like(law), (0, 0, 1, 1), 0
    law[0, :2] = 1.0
    for g in range(tall):
        here = min(rows.height, rows.number - g * rows.height)
        if here != height:
            height = here
            _slices_law(streams, height, told, chances)
            held = Rows(height, height, rows.live, rows.kernel_rows, 0.0, 0.0)
            _group_law(layer, held, piece, chances, scores, table)
        window = _add_group(law, window, table, total)
        law, total = total, law
    return _add_states(law, window, crossbars, joint, shares)
