"""Work of the modes that push kept rows together over the whole height of a matrix."""

from __future__ import annotations

import numpy as np

from recost.kernels._numba import kernel
from recost.kernels.binomial import ceil_means, chunked_ceil_mean, count_pmf
from recost.kernels.classes import (
    KEPT_ROWS,
    WORK,
    WORK_CONVERSIONS,
    WORK_DRIVES,
    WORK_READS,
    column_class,
    column_classes,
    matrix_shares,
    set_class,
)
from recost.kernels.patterns import crossbar_patterns
from recost.kernels.placement import place
from recost.vocabulary import WeightEncoding, WeightSparsity

_MATRIX = int(WeightSparsity.MATRIX)
_OFFSET = int(WeightEncoding.OFFSET)


@kernel
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


@kernel
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


@kernel
def _group_work(layer, structure, placed, total, active, times, room):
    """Rows dropped by each column group for itself, over the whole height."""
    pmf = np.empty(layer.rows + 1)
    cells, size = placed.cells_per_weight, structure.crossbar_columns
    width = min(structure.operation_unit_columns, size)
    work, groups, parts = room.work, room.groups, room.parts
    offset = structure.mapping_encoding == _OFFSET
    live = 1.0 if offset else layer.row_density
    for i in range(2 * column_classes(placed, size)):
        start, bitlines, many = column_class(placed, size, i // 2)
        element, sets = set_class(layer, structure, i % 2)
        if many * sets == 0:
            continue
        span = (start, bitlines, width)
        known = crossbar_patterns(layer, offset, cells, element, span, room)
        for k in range(known):
            for c in range(groups[k].first, groups[k].first + groups[k].count):
                share = live * parts[c].density
                chance = parts[c].weight * groups[k].multiplicity * many * sets
                units = chunked_ceil_mean(layer.rows, share, total.size - 1, total, pmf)
                work[WORK] += times * chance * units
                work[WORK_CONVERSIONS] += times * chance * groups[k].width * units
                kept = chance * layer.rows * share
                work[WORK_DRIVES] += times * kept * active
                work[WORK_READS] += times * kept * groups[k].width * active
                work[KEPT_ROWS] += float(layer.groups) * kept


@kernel
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
