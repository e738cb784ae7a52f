"""Cycles and actions of a class of crossbars: every sparsity mode in closed form."""

from __future__ import annotations

from recost.kernels._numba import borrowing, inlined
from recost.kernels.columns import column_moments
from recost.kernels.compaction import compacted_moments
from recost.kernels.moments import (
    ACTIONS,
    DRIVES,
    LIMITS,
    crossbar_moments,
)
from recost.kernels.patterns import crossbar_patterns, patterns_of
from recost.kernels.remembered import remembered_moments
from recost.kernels.tables import tabulated_moments
from recost.vocabulary import Compaction, WeightSparsity

_CROSSBAR_ROW = int(WeightSparsity.CROSSBAR_ROW)
_OU_ROW = int(WeightSparsity.OU_ROW)
_OU_COLUMN = int(WeightSparsity.OU_COLUMN)
_WHOLE_LAYER = int(Compaction.LAYER)


@inlined
def _dense_groups(bitlines, group_width, groups, parts):
    """Column groups that keep every row; returns how many classes."""
    parts[0].weight, parts[0].density, parts[0].correlation = 1.0, 1.0, 0.0
    whole = bitlines // group_width
    classes = 0
    if whole > 0:
        groups[0].multiplicity, groups[0].width = float(whole), group_width
        groups[0].first, groups[0].count = 0, 1
        classes = 1
    if bitlines % group_width:
        groups[classes].multiplicity, groups[classes].width = 1.0, bitlines % group_width
        groups[classes].first, groups[classes].count = 0, 1
        classes += 1
    return classes


@inlined
def _moments(rows, groups, parts, streams, tables, room):
    """Moments of a crossbar by direct sums, as remembered, or from the tables of a sweep."""
    if tables is not None:
        tabulated_moments(rows, groups, parts, streams, tables, room.moments)
    elif room.memory.known.shape[0] > 0:
        remembered_moments(rows, groups, parts, streams, room.memory, room.moments)
    else:
        crossbar_moments(rows, groups, parts, streams, room.moments)


@inlined
def column_units(structure, bitlines):
    """Bitlines of a column group, and how many groups a crossbar of so many bitlines has."""
    width = min(structure.operation_unit_columns, bitlines)
    return width, -(-bitlines // width)


@inlined
def most_cycles(structure, number, units, slices):
    """Cycles of a crossbar of so many rows and column groups that keep all rows, in all slices."""
    height = min(structure.operation_unit_rows, structure.crossbar_rows)
    return float(-(-min(number, structure.crossbar_rows) // height) * units * slices)


@inlined
def group_patterns(layer, structure, piece, patterns):
    """Column groups of a crossbar and their parts into `patterns`: how many, and kept rows.

    The last is the sum over groups of the share of live rows that one keeps.
    """
    start, bitlines, element = piece
    groups, parts, mode = patterns.groups, patterns.parts, structure.sparsity_weights
    cells = -(-structure.precision_weight_bits // structure.crossbar_cell_bits)
    width, _ = column_units(structure, bitlines)
    if mode in (_CROSSBAR_ROW, _OU_ROW):
        asked = bitlines if mode == _CROSSBAR_ROW else width
        span = start, bitlines, asked
        known = crossbar_patterns(layer, cells, element, span, patterns)
    else:
        known = _dense_groups(bitlines, width, groups, parts)
    kept = 0.0
    for k in range(known):
        for c in range(groups[k].first, groups[k].first + groups[k].count):
            kept += groups[k].multiplicity * parts[c].weight * parts[c].density
    return known, groups[known - 1].first + groups[known - 1].count, kept


@inlined
def column_span(structure, piece):
    """Units of a crossbar whose columns are compressed, and its piece as `add_columns` takes it."""
    _, bitlines, element = piece
    cells = -(-structure.precision_weight_bits // structure.crossbar_cell_bits)
    width, units = column_units(structure, bitlines)
    return units, (element, -(-bitlines // cells), cells, width)


@inlined
def kept_density(live, kept):
    """The density of `kept` rows among so many that are live."""
    return kept / max(live, 1e-300)


@borrowing
def class_moments(layer, structure, inputs, piece, special, tables, room):
    """Moments of a class of crossbars, in `room`; returns (units, alike, bound, kept rows, known).

    `known` classes of column groups are in `room`.  `units` column groups are cut from the
    crossbar; where they work `alike` the cycles are multiples of their number.

    `piece` is (start, bitlines, element density): the first bitline counted from the first cell
    of a weight, how many there are, and how dense their weights.  `rows` tell what the mode
    leaves: compacted rows are all live.  `inputs` are these rows, those in the chunks above
    (negative where they are all of a matrix whose kept rows one chunk holds), and the streams.
    """
    rows, above, streams = inputs
    out, groups, parts = room.moments, room.groups, room.parts
    mode, (_, units) = structure.sparsity_weights, column_units(structure, piece[1])
    most = most_cycles(structure, rows.number, units, streams.size)
    if special is not None and mode == _OU_COLUMN:
        column_moments(rows, layer, column_span(structure, piece)[1], streams, out)
        out[LIMITS, 0], out[LIMITS, 1] = most, 0.0
        return units, False, most, 0.0, 0
    known, used, kept = group_patterns(layer, structure, piece, patterns_of(room))
    kept *= rows.number * rows.live
    whole = structure.mapping_compaction == _WHOLE_LAYER and mode == _OU_ROW
    if special is not None and whole and above >= 0:
        compacted_moments(layer, rows, above, groups[:known], parts[:used], streams, out)
        out[LIMITS, 0] = most
        return units, False, most, kept, known
    _moments(rows, groups[:known], parts[:used], streams, tables, room)
    if mode != _CROSSBAR_ROW:
        alike = True
        for c in range(used):
            alike = alike and parts[c].density == 1.0
        return units, alike, most, kept, known
    # All column groups keep the same rows: they are driven again for each, and cycle together.
    for cause in range(ACTIONS):
        out[cause, 0] *= units
        out[cause, 1] *= units * units
        out[cause, 2] *= units * units * units
    out[ACTIONS, DRIVES] *= units
    return units, True, most, kept, known
