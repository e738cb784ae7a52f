"""Work of the modes that push kept rows together over the whole height of a matrix."""

from __future__ import annotations

import math

import numpy as np

from recost.kernels._numba import light
from recost.kernels.binomial import add_central, ceil_means, chunked_ceil_mean, count_pmf, pooled
from recost.kernels.classes import (
    KEPT_ROWS,
    WORK,
    WORK_CONVERSIONS,
    WORK_DRIVES,
    WORK_READS,
    column_class,
    matrix_shares,
    set_class,
)
from recost.kernels.moments import (
    ACTIONS,
    OWN_FIXED,
    OWN_FRESH,
    RESULTS,
    SHARED_FRESH,
    crossbar_moments,
)
from recost.kernels.patterns import crossbar_patterns, patterns_of
from recost.kernels.placement import place
from recost.kernels.records import GROUP, PART, Rows
from recost.vocabulary import WeightSparsity

_MATRIX = int(WeightSparsity.MATRIX)
# Numbers of kept rows that are told apart; more are pooled with their neighbours.
POINTS = 48


@light
def _expected_groups(layer, structure, placed, filters):
    """Expected column groups and bitlines of a matrix whose dead filters are gone."""
    size, width = structure.crossbar_columns, structure.operation_unit_columns
    pmf = np.empty(layer.columns + 1)
    first, last = count_pmf(layer.columns, filters, 0.0, pmf)
    groups = 0.0
    for k in range(first, last + 1):
        whole, rest = divmod(k * placed.cells_per_weight, size)
        groups += pmf[k] * (whole * -(-size // width) + -(-rest // width))
    return groups, layer.columns * filters * placed.cells_per_weight


@light
def _matrix_work(layer, structure, placed, total, active, times, work):
    """Rows and filters dropped over the whole matrix: every column group keeps the same rows."""
    pmf = np.empty(layer.rows + 1)
    row, filters = matrix_shares(layer, structure)
    groups, bitlines = _expected_groups(layer, structure, placed, filters)
    units = chunked_ceil_mean(layer.rows, row, total.size - 1, total, pmf)
    times *= placed.sets
    work[WORK] = times * groups * units
    work[WORK_CONVERSIONS] = times * bitlines * units
    work[WORK_DRIVES] = times * groups * layer.rows * row * active
    work[WORK_READS] = times * bitlines * layer.rows * row * active


@light
def _group_work(layer, structure, placed, total, active, times, room):
    """Rows dropped by each column group for itself, over the whole height."""
    pmf = np.empty(layer.rows + 1)
    cells, size = placed.cells_per_weight, structure.crossbar_columns
    width = min(structure.operation_unit_columns, size)
    work, groups, parts = room.work, room.groups, room.parts
    for i in range(2 * (placed.starts + 1)):
        start, bitlines, many = column_class(placed, size, i // 2)
        element, sets = set_class(layer, structure, i % 2)
        if many * sets == 0:
            continue
        span = (start, bitlines, width)
        known = crossbar_patterns(layer, cells, element, span, patterns_of(room))
        for k in range(known):
            for c in range(groups[k].first, groups[k].first + groups[k].count):
                share = layer.row_density * parts[c].density
                chance = parts[c].weight * groups[k].multiplicity * many * sets
                units = chunked_ceil_mean(layer.rows, share, total.size - 1, total, pmf)
                work[WORK] += times * chance * units
                work[WORK_CONVERSIONS] += times * chance * groups[k].width * units
                kept = chance * layer.rows * share
                work[WORK_DRIVES] += times * kept * active
                work[WORK_READS] += times * kept * groups[k].width * active
                work[KEPT_ROWS] += float(layer.groups) * kept


@light
def _widest_groups(layer, structure, placed):
    """Expected column groups of a crossbar of a matrix whose dead filters are gone."""
    pmf = np.empty(layer.columns + 1)
    _, filters = matrix_shares(layer, structure)
    first, last = count_pmf(layer.columns, filters, 0.0, pmf)
    groups = 0.0
    for k in range(first, last + 1):
        wide = min(structure.crossbar_columns, k * placed.cells_per_weight)
        groups += pmf[k] * -(-wide // structure.operation_unit_columns)
    return groups


@light
def kept_numbers(layer, structure, placed, numbers, shares):
    """How many rows a matrix keeps, and the chance of each number; returns how many numbers.

    Each chance is times the column groups of the widest crossbar, over those as `placed`: its
    slowest crossbar is as wide as any.
    """
    row, _ = matrix_shares(layer, structure)
    points = pooled(layer.rows, row, 0.0, numbers, shares)
    wide = min(structure.crossbar_columns, placed.bitlines)
    stretch = _widest_groups(layer, structure, placed)
    stretch /= -(-wide // structure.operation_unit_columns)
    for p in range(points):
        shares[p] *= stretch
    return points


@light
def full_chunks(layer, structure, placed, room):
    """Row chunks that every column group fills with the rows it keeps, and those that any enters.

    Within six deviations of the number that a group keeps.
    """
    cells, size = placed.cells_per_weight, structure.crossbar_columns
    groups, parts = room.groups, room.parts
    least, most = 1.0, 0.0
    for i in range(2 * (placed.starts + 1)):
        start, bitlines, many = column_class(placed, size, i // 2)
        element, sets = set_class(layer, structure, i % 2)
        if many * sets == 0:
            continue
        span = (start, bitlines, min(structure.operation_unit_columns, size))
        known = crossbar_patterns(layer, cells, element, span, patterns_of(room))
        for c in range(groups[known - 1].first + groups[known - 1].count):
            least = min(least, layer.row_density * parts[c].density)
            most = max(most, layer.row_density * parts[c].density)
    low = layer.rows * least - 6.0 * math.sqrt(layer.rows * least * (1.0 - least))
    high = layer.rows * most + 6.0 * math.sqrt(layer.rows * most * (1.0 - most))
    full = max(0, int(low / structure.crossbar_rows))
    entered = int(min(high, layer.rows - 1.0) / structure.crossbar_rows) + 1
    return full, entered


@light
def compacted_moments(layer, rows, above, groups, parts, streams, out):
    """Cycles of a crossbar whose groups have each pushed their own rows together.

    Group g keeps R ~ Binomial(layer.rows, share) rows over the whole height, of which
    min(max(R - above, 0), rows) lie in this row chunk, all of them live.  No two groups share
    their inputs, so that all causes are the crossbar's own.  Fills the causes of `out`.
    """
    for cause in range(RESULTS):
        for m in range(3):
            out[cause, m] = 0.0
    alone, plain = np.zeros(1, GROUP), np.zeros(1, PART)
    alone[0].multiplicity, alone[0].width, alone[0].count = 1.0, 1, 1
    plain[0].weight, plain[0].density = 1.0, 1.0
    numbers, shares = np.empty(POINTS, np.int64), np.empty(POINTS)
    one_group, before = np.zeros((RESULTS, 3)), 0
    for k in range(groups.size):
        one = two = three = fresh = fresh_third = 0.0
        for c in range(groups[k].first, groups[k].first + groups[k].count):
            share = layer.row_density * parts[c].density
            for i in range(pooled(layer.rows, share, 0.0, numbers, shares)):
                here = min(max(numbers[i] - above, 0), rows.number)
                if here == 0:
                    continue
                if here != before:
                    held = Rows(
                        here, rows.height, 1.0, rows.kernel_rows, 0.0, rows.input_correlation
                    )
                    crossbar_moments(held, alone, plain, streams, one_group)
                    before = here
                weight, mean = parts[c].weight * shares[i], one_group[OWN_FIXED, 0]
                one += weight * mean
                two += weight * mean * mean
                three += weight * mean * mean * mean
                fresh += weight * one_group[SHARED_FRESH, 1]
                fresh_third += weight * one_group[SHARED_FRESH, 2]
        many = groups[k].multiplicity
        add_central(out[OWN_FIXED], many, one, two, three)
        out[OWN_FRESH, 1] += many * fresh
        out[OWN_FRESH, 2] += many * fresh_third
    for cause in range(ACTIONS):
        out[cause, 0] = out[OWN_FIXED, 0]


@light
def compacted_work(layer, structure, streams, alike, room):
    """Expected work where kept rows are pushed together over the whole height of the matrix.

    R' ~ Binomial(rows, share kept) rows fill chunks of a crossbar's height; exact in the mean
    for independent rows, whatever crossbars were placed.  Overwrites the work in `room`.
    """
    placed = place(layer.rows, layer.columns, layer.groups, structure)
    height = min(structure.operation_unit_rows, structure.crossbar_rows)
    chunk = min(structure.crossbar_rows, layer.rows)
    means, total = np.empty(chunk + 1), np.zeros(chunk + 1)
    scratch = np.empty(max(layer.rows, height) + 2)
    across = min(1.0, layer.activation_correlation)
    active = 0.0
    for b in range(streams.size):
        ceil_means(chunk, streams[b], across, height, scratch, means)
        active += streams[b]
        for a in range(chunk + 1):
            total[a] += means[a]
    times = float(layer.groups * layer.vectors * alike)
    room.work[:] = 0.0
    if structure.sparsity_weights == _MATRIX:
        _matrix_work(layer, structure, placed, total, active, times, room.work)
    else:
        _group_work(layer, structure, placed, total, active, times, room)
