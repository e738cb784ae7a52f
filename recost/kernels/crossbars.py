"""Cycles and actions of the crossbars of one layer: every sparsity mode in closed form.

A layer's crossbars fall into a few classes: full or last row chunk, full or last column chunk,
positive or negative set.  Each class gets its moments (`moments`, `columns`), the sum over
classes gives the expected work, and `maximum` gives the slowest of the crossbars that wait.
"""

from __future__ import annotations

import math

from recost.kernels._numba import inlined, kernel
from recost.kernels.classes import (
    KEPT_ROWS,
    WORK,
    WORK_CONVERSIONS,
    WORK_DRIVES,
    WORK_READS,
    column_class,
    column_classes,
    input_streams,
    set_class,
)
from recost.kernels.columns import column_moments
from recost.kernels.compaction import compacted_work
from recost.kernels.lattice import mean_of, slowest_chunks
from recost.kernels.maximum import below, larger, largest
from recost.kernels.moments import (
    ACTIONS,
    CONVERSIONS,
    DRIVES,
    LIMITS,
    OWN_FIXED,
    OWN_FRESH,
    READS,
    SHARED_FIXED,
    SHARED_FRESH,
    crossbar_moments,
)
from recost.kernels.patterns import crossbar_patterns
from recost.kernels.records import Cumulants, Rows
from recost.kernels.tables import tabulated_moments
from recost.vocabulary import (
    Compaction,
    Sync,
    WeightEncoding,
    WeightSparsity,
)

_NO_WEIGHTS = int(WeightSparsity.NONE)
_MATRIX = int(WeightSparsity.MATRIX)
_CROSSBAR_ROW = int(WeightSparsity.CROSSBAR_ROW)
_OU_ROW = int(WeightSparsity.OU_ROW)
_OU_COLUMN = int(WeightSparsity.OU_COLUMN)
_OFFSET = int(WeightEncoding.OFFSET)
_WHOLE_LAYER = int(Compaction.LAYER)
_BY_LAYER = int(Sync.LAYER)


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
def _moments(rows, groups, parts, streams, tables, out):
    """Moments of a crossbar by direct sums, or from the tables of a sweep."""
    if tables is None:
        crossbar_moments(rows, groups, parts, streams, out)
    else:
        tabulated_moments(rows, groups, parts, streams, tables, out)


@inlined
def class_moments(layer, structure, inputs, piece, special, tables, room):
    """Moments of a class of crossbars, in `room`; returns (units, alike, bound, kept rows).

    `units` column groups are cut from the crossbar; where they work `alike` the cycles are
    multiples of their number.

    `piece` is (start, bitlines, element density): the first bitline counted from the first cell
    of a weight, how many there are, and how dense their weights.  `rows` tell what the mode
    leaves: compacted rows are all live.  `inputs` are these rows and the streams.
    """
    start, bitlines, element = piece
    rows, streams = inputs
    out, groups, parts = room.moments, room.groups, room.parts
    mode = structure.sparsity_weights
    cells = -(-structure.precision_weight_bits // structure.crossbar_cell_bits)
    width = min(structure.operation_unit_columns, bitlines)
    units = -(-bitlines // width)
    tall = -(-rows.number // rows.height)
    if special is not None and mode == _OU_COLUMN:
        weights = -(-bitlines // cells)
        column_moments(rows, layer, element, (weights, cells, width), streams, out)
        out[LIMITS, 0], out[LIMITS, 1] = float(tall * units * streams.size), 0.0
        return units, False, float(tall * units * streams.size), 0.0
    asked = bitlines if mode == _CROSSBAR_ROW else width
    if mode in (_CROSSBAR_ROW, _OU_ROW) and structure.mapping_compaction != _WHOLE_LAYER:
        offset = structure.mapping_encoding == _OFFSET
        known = crossbar_patterns(layer, offset, cells, element, (start, bitlines, asked), room)
    else:
        known = _dense_groups(bitlines, width, groups, parts)
    used = groups[known - 1].first + groups[known - 1].count
    kept = 0.0
    for k in range(known):
        for c in range(groups[k].first, groups[k].first + groups[k].count):
            kept += groups[k].multiplicity * parts[c].weight * parts[c].density
    kept *= rows.number * rows.live
    apart = mode == _OU_ROW and structure.mapping_compaction == _WHOLE_LAYER
    if apart:  # every group has pushed its own rows together, so no two share their inputs
        groups[0].multiplicity = 1.0
        known = used = 1
    _moments(rows, groups[:known], parts[:used], streams, tables, out)
    if apart:
        for cause in range(ACTIONS):
            out[cause, 0] *= units
        for m in range(1, 3):
            out[OWN_FRESH, m] = units * (out[SHARED_FRESH, m] + out[OWN_FRESH, m])
            out[SHARED_FRESH, m] = 0.0
        for m in range(3):
            out[LIMITS, m] *= units
        return units, False, float(tall * units * streams.size), kept
    if mode != _CROSSBAR_ROW:
        alike = True
        for c in range(used):
            alike = alike and parts[c].density == 1.0
        return units, alike, float(tall * units * streams.size), kept
    # All column groups keep the same rows: they are driven again for each, and cycle together.
    for cause in range(ACTIONS):
        out[cause, 0] *= units
        out[cause, 1] *= units * units
        out[cause, 2] *= units * units * units
    out[ACTIONS, DRIVES] *= units
    return units, True, float(tall * units * streams.size), kept


@kernel
def usual_bound(out, units, crossbars):
    """What no crossbar of so many exceeds, as a rule.

    Each of `units` groups has a number that it rarely exceeds; a crossbar at the sum of those
    numbers goes on only with groups that exceed theirs.  At the sum are so many crossbars as
    its three moments say, M; of these, half of the time, none has more exceedances than the x
    with P(Poisson(expected) > x) <= 1 / (2 M).  Groups that share their inputs exceed together,
    in clusters of 1 + (units - 1) r^2 for active rows of correlation r (r = 1: all at once; the
    square because far out two correlated counts meet much more rarely than r says).
    """
    usual, expected = out[LIMITS, 0], out[LIMITS, 1]
    variance = third = 0.0
    for cause in range(ACTIONS):
        variance += out[cause, 1]
        third += out[cause, 2]
    if variance <= 0.0:
        return usual if expected <= 0.0 else math.inf
    cluster = 1.0
    if expected > 0.0:
        cluster += (units - 1.0) * out[LIMITS, 2] / expected
    expected /= cluster
    deviation = math.sqrt(variance)
    reached = below((usual - 0.5 - out[OWN_FRESH, 0]) / deviation, third / deviation**3)
    crossbars = max(1.0, crossbars * (1.0 - reached))
    term = math.exp(-expected)
    above = 1.0 - term
    x = 0.0
    while above > 0.5 / crossbars and x < 10.0 * expected + 100.0:
        x += 1.0
        term *= expected / x
        above -= term
    return max(usual + x * cluster, out[OWN_FRESH, 0])


@inlined
def _row_class_wait(layer, structure, place, inputs, special, tables, room):
    """Adds one row class's work; cumulants of its slowest crossbar, their bound, the lattice.

    The lattice is the groups of a crossbar if all work alike, when `reached` is filled; else 0.
    """
    rows, streams, alike, chunks, reached = inputs
    work, out, memory = room.work, room.moments, room.memory
    by_layer = structure.mapping_sync == _BY_LAYER
    n = float(layer.vectors) if by_layer else 1.0
    slowest = Cumulants(0.0, 0.0, 0.0)
    shared_variance = shared_third = longest = 0.0
    unit, bound, every = 1.0, 0.0, n == 1.0
    size = structure.crossbar_columns
    for i in range(column_classes(place, size)):
        start, bitlines, many = column_class(place, size, i)
        for j in range(2):
            element, sets = set_class(layer, structure, j)
            count = many * sets
            if count == 0:
                continue
            units, same, most, kept = class_moments(
                layer, structure, (rows, streams), (start, bitlines, element), special, tables, room
            )
            times = float(layer.groups * chunks * count * layer.vectors * alike)
            work[WORK] += times * out[OWN_FRESH, 0]
            work[WORK_CONVERSIONS] += times * out[ACTIONS, CONVERSIONS]
            work[WORK_DRIVES] += times * out[ACTIONS, DRIVES]
            work[WORK_READS] += times * out[ACTIONS, READS]
            work[KEPT_ROWS] += float(layer.groups * chunks * count) * kept
            own = alike * n * out[OWN_FIXED, 0]
            variance = alike * alike * n * (n * out[OWN_FIXED, 1] + out[OWN_FRESH, 1])
            third = alike**3 * n * (n * n * out[OWN_FIXED, 2] + out[OWN_FRESH, 2])
            if n == 1.0 and not same:
                most = min(most, usual_bound(out, units, float(layer.groups * chunks * count)))
            most *= alike * n
            lattice = float(alike * units) if same else float(alike)
            every = every and same
            mine = largest(own, variance, third, float(count), lattice, most, memory)
            slowest = larger(slowest, mine, max(bound, most)) if bound > 0.0 else mine
            if out[OWN_FIXED, 0] > longest or bound == 0.0:
                longest = out[OWN_FIXED, 0]
                shared_variance = n * (n * out[SHARED_FIXED, 1] + out[SHARED_FRESH, 1])
                shared_third = n * (n * n * out[SHARED_FIXED, 2] + out[SHARED_FRESH, 2])
            unit, bound = max(unit, lattice), max(bound, most)
    every = every and structure.sparsity_weights != _CROSSBAR_ROW
    if every:
        slowest_chunks(rows, streams, float(chunks * layer.groups), reached)
    variance = slowest.variance + alike * alike * shared_variance
    third = slowest.third + alike**3 * shared_third
    count = float(chunks * layer.groups)
    slowest = largest(slowest.mean, variance, third, count, unit, bound, memory)
    return slowest, bound, unit if every else 0.0


@inlined
def crossbar_work(layer, structure, place, special, tables, room):
    """Expected work of a layer's crossbars into `room`; returns its critical path in cycles.

    The cycles are of one image and one copy of the weights: the slowest crossbar of every
    vector (`mapping.sync = "vector"`) or over all vectors ("layer").  `place` is the placement
    of the rows and columns that the mode keeps.  `special` is None unless the mode is one of
    those that compact whole columns or layers; their code is not compiled without need.
    `tables` (`recost.kernels.tables`) are those that a sweep reads moments from, else None.
    """
    room.work[:] = 0.0
    kinds, alike = input_streams(layer, structure.sparsity_activations, room.streams)
    streams = room.streams[:kinds]
    mode = structure.sparsity_weights
    compacted = mode == _MATRIX or (
        mode == _OU_ROW and structure.mapping_compaction == _WHOLE_LAYER
    )
    live = 1.0 if compacted or mode == _NO_WEIGHTS else layer.row_density
    if structure.mapping_encoding == _OFFSET:  # a zero row is not a row of zero cells
        live = 1.0
    slowest, bound = Cumulants(0.0, 0.0, 0.0), 0.0
    # The exact law, in units of `lattice`, where all crossbars of a row chunk work alike.
    height = min(structure.operation_unit_rows, structure.crossbar_rows)
    tall = -(-min(layer.rows, structure.crossbar_rows) // height)
    reached, lattice = room.reached[: kinds * tall + 1], math.inf
    reached[:] = 0.0
    full = place.row_chunks - 1
    for i in range(2):
        count = structure.crossbar_rows if i == 0 else place.last_rows
        chunks = full if i == 0 else 1
        if place.last_rows == structure.crossbar_rows:
            chunks = place.row_chunks * (1 - i)
        if chunks == 0:
            continue
        rows = Rows(
            count,
            height,
            live,
            layer.kernel_rows,
            layer.weight_correlation,
            layer.activation_correlation,
        )
        inputs = (rows, streams, alike, chunks, reached)
        mine, most, unit = _row_class_wait(layer, structure, place, inputs, special, tables, room)
        slowest = larger(slowest, mine, max(bound, most)) if bound > 0.0 else mine
        bound = max(bound, most)
        lattice = min(lattice, unit)
    if special is not None and compacted:
        compacted_work(layer, structure, streams, alike, room)
    vectors = 1.0 if structure.mapping_sync == _BY_LAYER else float(layer.vectors)
    if 0.0 < lattice < math.inf:
        return lattice * mean_of(reached) * vectors
    return slowest.mean * vectors
