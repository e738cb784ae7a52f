"""What crossbars of a class do at points side by side, from tables where they cover it.

Densities are worked out point by point, once for all crossbars that are cut alike; tables are read
and moments made of that in loops over points, by the formulas of `tables`, `causes` and
`clusters`.  Where a point is a case of its own its moments are those of `class_moments`.
"""

from __future__ import annotations

import math

import numpy as np

from recost.kernels import abreast
from recost.kernels._intrinsics import lane, put_lane
from recost.kernels._numba import borrowing, inlined
from recost.kernels.blocks import BLOCK
from recost.kernels.causes import Causes, causes, causes_in, spread, stream_sums, together
from recost.kernels.cells import RHO, P, X, read_table
from recost.kernels.classes import (
    KEPT_ROWS,
    WORK_CONVERSIONS,
    WORK_DRIVES,
    WORK_READS,
    input_streams,
    set_class,
)
from recost.kernels.clusters import no_cluster, tied_size, usual_score
from recost.kernels.crossbars import (
    class_moments,
    column_units,
    group_patterns,
    kept_density,
    most_cycles,
)
from recost.kernels.maximum import below_each
from recost.kernels.moments import ACTIONS, CONVERSIONS, DRIVES, FILTERS, LIMITS, READS
from recost.kernels.records import Rows
from recost.kernels.tables import (
    actions_of,
    find_table,
    independent,
    read_causes,
    read_limits,
)

# What is known of a cut at each point: densities as tables have them (no numbers where column
# groups are no case for tables), P(a row is active) over slices as `stream_sums` says, kinds of
# slices, and sets.
_TOTAL, _STEEP, _KINDS, _SETS = range(3 * BLOCK, 7 * BLOCK, BLOCK)
CUT = 7 * BLOCK
# What is known of a class before its clusters: causes, actions, limits, rows that it keeps, their
# density, q of `together`, the bound of its cycles, and whether it has to be counted by itself.
_CAUSES, _MANY_CAUSES = 0, len(Causes._fields)
_ACTIONS = _CAUSES + _MANY_CAUSES * BLOCK
_LIMITS = _ACTIONS + 3 * BLOCK
_KEPT, _DENSITY, _Q, _MOST, _APART = range(_LIMITS + 3 * BLOCK, _LIMITS + 8 * BLOCK, BLOCK)
KNOWN = _LIMITS + 8 * BLOCK
_ACTIONS_ROW, _LIMITS_ROW = _ACTIONS // BLOCK, _LIMITS // BLOCK


@inlined
def _rows(layer, structure, number):
    """So many rows of a crossbar."""
    return Rows(
        number,
        min(structure.operation_unit_rows, structure.crossbar_rows),
        layer.row_density,
        layer.kernel_rows,
        layer.weight_correlation,
        layer.activation_correlation,
    )


@borrowing
def know_inputs(layer, structure, streams, cut, p):
    """P(a wordline of a crossbar is active), at point p of a block; `streams` are scratch."""
    kinds, _ = input_streams(layer, structure.sparsity_activations, streams)
    cut[X + p], cut[_TOTAL + p], cut[_STEEP + p] = stream_sums(streams[:kinds])
    cut[_KINDS + p] = float(kinds)


@borrowing
def know_weights(layer, structure, key, patterns, cut, p):
    """Densities of crossbars, at point p of a block; `key` are (layer, first bitline, set)."""
    element, sets = set_class(layer, structure, key[2])
    width, _ = column_units(structure, structure.crossbar_columns)
    known, used, _ = group_patterns(layer, structure, (key[1], width, element), patterns)
    # That rows depend does not depend on how many there are, if it is more than one.
    rows, parts = _rows(layer, structure, 2), patterns.parts[:used]
    simple = independent(rows, patterns.groups[:known], parts)
    cut[P + p] = parts[0].density if simple else math.nan
    cut[RHO + p], cut[_SETS + p] = layer.row_density, float(sets)


@borrowing
def fill_cut(points, driven, cut, like):
    """What is known of a cut at its first point alone, or from a cut that is `like` it."""
    if not driven:
        for k in (X, _TOTAL, _STEEP, _KINDS):
            for p in range(points):
                cut[k + p] = cut[k]
    for k in (P, RHO, _SETS):
        for p in range(points):
            cut[k + p] = like[k + p]


@borrowing
def _read_class(points, structure, shape, cut, got, known):
    """What is known of a class from what was read; returns how many points are left out.

    `shape` are (rows, bitlines, sets).  What is left out is `_APART`, below 0.
    """
    number, bitlines, sets = shape
    width, units = column_units(structure, bitlines)
    many, left = float(units), 0
    tall = most_cycles(structure, number, units, 1)
    for p in range(points):
        found, exact = read_causes(many, got, p)
        density, rho = cut[P + p], cut[RHO + p]
        kept = float(number) * rho * density
        actions = actions_of(found.mean, (many, width), kept, cut[_TOTAL + p])
        limits = read_limits(many, got, p)
        _put(found, actions, limits, known, p)
        kept *= many
        known[_KEPT + p], known[_Q + p] = kept, cut[_STEEP + p]
        known[_DENSITY + p] = kept_density(float(number) * rho, kept) / units
        known[_MOST + p] = tall * cut[_KINDS + p]
        apart = density == 1.0 or cut[_KINDS + p] == 1.0 or cut[_SETS + p] != sets
        known[_APART + p] = (1.0 if apart else 0.0) if exact else -1.0
        left += 0 if exact else 1
    return left


@inlined
def _put(found, actions, limits, known, p):
    """Put causes, actions and limits of a crossbar at point p."""
    put_lane(known, _CAUSES, BLOCK, p, found)
    put_lane(known, _ACTIONS_ROW, BLOCK, p, actions)
    put_lane(known, _LIMITS_ROW, BLOCK, p, limits)


@borrowing
def count_class(layer, structure, shape, tables, room, known, p):
    """What is known of a class at point p by itself; `shape` are its numbers after the layer."""
    number, start, bitlines, numbered, sets = shape
    kinds, _ = input_streams(layer, structure.sparsity_activations, room.streams)
    streams, out = room.streams[:kinds], room.moments
    element, same_sets = set_class(layer, structure, numbered)
    rows = _rows(layer, structure, number)
    out[FILTERS, :] = 0.0
    given, piece = (rows, np.int64(0), streams), (start, bitlines, element)
    units, same, most, kept, _ = class_moments(layer, structure, given, piece, None, tables, room)
    actions = out[ACTIONS, CONVERSIONS], out[ACTIONS, DRIVES], out[ACTIONS, READS]
    limits = out[LIMITS, 0], out[LIMITS, 1], out[LIMITS, 2]
    _put(causes_in(out), actions, limits, known, p)
    known[_KEPT + p], known[_Q + p] = kept, stream_sums(streams)[2]
    density = kept_density(rows.number * rows.live, kept)
    known[_DENSITY + p], known[_MOST + p] = density / units, most
    apart = same or same_sets != sets or kinds == 1 or out[FILTERS, 1] > 0.0
    known[_APART + p] = 1.0 if apart else 0.0


@inlined
def is_left(known, p):
    """Whether a point has been left out."""
    return known[_APART + p] < 0.0


@borrowing
def hold_class(points, units, alike, known, held):
    """What `wait_each` has to know of a class of so many column groups, from what is known."""
    few = 0
    for p in range(points):
        found = Causes(*lane(known, _CAUSES, _MANY_CAUSES, BLOCK, p))
        variance, third = spread(found)
        limits = lane(known, _LIMITS_ROW, 3, BLOCK, p)
        usual = limits[0]
        expected, size, tied = tied_size(limits, units)
        score, skewness = usual_score(usual, found.mean, variance, third)
        mixed = together(found, 0.0, known[_Q + p], known[_DENSITY + p])
        own, shared, slope = causes(found, mixed, alike, 1.0)
        held[p + abreast.USUAL], held[p + abreast.EXPECTED] = usual, expected
        held[p + abreast.SIZE], held[p + abreast.TIED] = size, tied
        held[p + abreast.LEFT] = 1.0 - below_each(score, skewness)
        held[p + abreast.ABSENT] = no_cluster(expected)
        held[p + abreast.MEAN], held[p + abreast.VARIANCE] = own.mean, own.variance
        held[p + abreast.THIRD], held[p + abreast.SHARED] = own.third, shared.variance
        held[p + abreast.SKEWED], held[p + abreast.SLOPE] = shared.third, slope
        held[p + abreast.MOST], held[p + abreast.WORK] = known[_MOST + p], found.mean
        apart = known[_APART + p] > 0.0 or not variance > 0.0
        held[p + abreast.APART] = 1.0 if apart else 0.0
        few += 1 if apart else 0
    for p in range(points):
        held[p + abreast.WORK + WORK_CONVERSIONS * BLOCK] = known[_ACTIONS + p]
        held[p + abreast.WORK + WORK_DRIVES * BLOCK] = known[_ACTIONS + BLOCK + p]
        held[p + abreast.WORK + WORK_READS * BLOCK] = known[_ACTIONS + 2 * BLOCK + p]
        held[p + abreast.WORK + KEPT_ROWS * BLOCK] = known[_KEPT + p]
    for p in range(points if few > 0 else 0):
        if held[p + abreast.APART] > 0.0:  # nothing that is no number
            for k in range(abreast.CLASS // BLOCK):
                held[p + k * BLOCK] = 0.0
            held[p + abreast.APART] = held[p + abreast.ABSENT] = 1.0


@inlined
def leave_out(points, known):
    """Leave all points out; returns how many they are."""
    for p in range(points):
        known[_APART + p] = -1.0
    return points


@borrowing
def know_class(points, structure, key, tables, cut, reads, known):
    """What is known of a class, of which `key` are the numbers, at points of a cut from tables.

    `reads` are (whether it is the first that reads the table there, room for what is read, in
    which others find it).  Returns how many points are left out, which `is_left` tells.
    """
    first, got = reads
    number, height = key[1], min(structure.operation_unit_rows, structure.crossbar_rows)
    table = find_table(tables, number, height)
    if table < 0:
        return leave_out(points, known)
    if first:
        for k in (P, RHO, X):
            for p in range(points):
                got[k + p] = cut[k + p]
        read_table(tables, table, points, got)
    return _read_class(points, structure, (number, key[3], key[5]), cut, got, known)
