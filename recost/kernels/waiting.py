"""Work of a layer's crossbars, and how long the slowest takes.

A layer's crossbars fall into a few classes: full or last row chunk, full or last column chunk,
positive or negative set.  Each class has its moments (`crossbars`), the sum over classes gives
the expected work, and `maximum` and `lattice` give the slowest of the crossbars that wait.
"""

from __future__ import annotations

import math

from recost.kernels._numba import borrowing, inlined
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
from recost.kernels.columns import active_slices
from recost.kernels.compaction import (
    compacted_work,
    full_chunks,
    kept_numbers,
)
from recost.kernels.crossbars import class_moments, usual_bound
from recost.kernels.lattice import add_tied, cleared, mean_of, slowest_chunks, slowest_tied, tie
from recost.kernels.maximum import larger, largest
from recost.kernels.moments import (
    ACTIONS,
    CONVERSIONS,
    DRIVES,
    FILTERS,
    OWN_FIXED,
    OWN_FRESH,
    READS,
    SHARED_FIXED,
    SHARED_FRESH,
)
from recost.kernels.placement import place
from recost.kernels.records import Cumulants, Rows
from recost.vocabulary import ActivationSparsity, Compaction, Sync, WeightSparsity

_NO_WEIGHTS = int(WeightSparsity.NONE)
_MATRIX = int(WeightSparsity.MATRIX)
_CROSSBAR_ROW = int(WeightSparsity.CROSSBAR_ROW)
_OU_ROW = int(WeightSparsity.OU_ROW)
_OU_COLUMN = int(WeightSparsity.OU_COLUMN)
_WHOLE_LAYER = int(Compaction.LAYER)
_NO_ACTIVATIONS = int(ActivationSparsity.NONE)
_BY_LAYER = int(Sync.LAYER)


@inlined
def _summed(out, fixed, fresh, alike, n):
    """Cumulants of n vectors' cycles by a fixed cause and one that each vector draws anew."""
    return Cumulants(
        alike * n * out[fixed, 0],
        alike * alike * n * (n * out[fixed, 1] + out[fresh, 1]),
        alike * alike * alike * n * (n * n * out[fixed, 2] + out[fresh, 2]),
    )


@inlined
def _add_work(times, out, kept, work):
    """Add the expected actions of `times` passes through a class of crossbars to `work`."""
    work[WORK] += times * out[OWN_FRESH, 0]
    work[WORK_CONVERSIONS] += times * out[ACTIONS, CONVERSIONS]
    work[WORK_DRIVES] += times * out[ACTIONS, DRIVES]
    work[WORK_READS] += times * out[ACTIONS, READS]
    work[KEPT_ROWS] += kept


@inlined
def _by_filters(inputs, own, shared, filters, memory):
    """Cumulants of the slowest crossbar where live filters tell the columns apart.

    T_ij = U_i + V_j + W_ij.  `inputs` are (columns, crossbars of a column, unit, bound), `shared`
    the cumulants of U, `filters` those of V, which is part of the crossbar's `own`, V + W.  The
    largest over a column's crossbars comes first, then that over the columns, between which the
    U are no difference.
    """
    columns, crossbars, unit, bound = inputs
    single = max(0.0, own.variance - filters.variance)
    third = own.third - filters.third + shared.third
    inner = largest(own.mean, single + shared.variance, third, crossbars, unit, bound, memory)
    variance = filters.variance
    if single > 0.0:
        variance += inner.variance * single / (single + shared.variance)
    return largest(inner.mean, variance, filters.third, columns, unit, bound, memory)


@inlined
def _swelling(own, more, unit):
    """What the slowest crossbar of a chunk adds for a cycle that the chunk's inputs add to all.

    The spread of crossbars changes with their mean: in Panjer's class dV/dm = 2 V / m - 1, in
    units, so that a slowest that is `more` above the mean, a multiple of sqrt(V), moves by
    1 + more / (2 V) dV/dm.  Where spread falls, near the bound, the bound says it already.
    """
    slope = 2.0 * own.variance / (own.mean * unit) - 1.0
    change = 0.5 * more * unit * slope / own.variance
    return 1.0 + max(0.0, change)


@inlined
def _slowest_of_chunks(slowest, longest, limits, room):
    """Cumulants of the slowest crossbar of `chunks` row chunks that are alike.

    `slowest` are those of a chunk's slowest by its own; `longest` are (columns, sets, own, shared,
    filters) of the class with the longest mean, `limits` (chunks, unit, bound, whether for one
    vector).  Where filters are dead as a whole, columns first or chunks first both leave out
    what the other sees: the longer is taken.
    """
    columns, sets, own, shared, filters = longest
    chunks, unit, bound, alone = limits
    swelling = 1.0
    if alone and own.variance > 0.0 and slowest.mean > own.mean:
        swelling = _swelling(own, slowest.mean - own.mean, unit)
    variance = slowest.variance + swelling * swelling * shared.variance
    third = slowest.third + swelling * swelling * swelling * shared.third
    if filters.variance > 0.0:  # the filters are the same in all chunks
        variance -= slowest.variance * filters.variance / own.variance
    last = largest(slowest.mean, variance, third, chunks, unit, bound, room.memory)
    if filters.variance > 0.0:
        inputs = (columns, chunks * sets, unit, bound)
        other = _by_filters(inputs, own, shared, filters, room.memory)
        if other.mean > last.mean:
            return other
    return last


@borrowing
def _row_class_wait(layer, structure, place, inputs, special, tables, room):
    """Adds one row class's work; cumulants of its slowest crossbar, their bound, the lattice.

    `inputs` are (rows, rows in the chunks above, streams, slices alike, vectors waited for
    together, row chunks, `reached`).  The lattice is the groups of a crossbar if all work
    alike, when `reached` is filled; else 0.
    """
    rows, above, streams, alike, n, chunks, reached = inputs
    out, law, joint = room.moments, reached, room.moments
    by_crossbar, by_column = False, False
    if special is not None:
        by_crossbar = structure.sparsity_weights == _CROSSBAR_ROW
        by_column = structure.sparsity_weights == _OU_COLUMN
        law, joint = room.law[: reached.size], cleared(room.joint, reached.size)
    slowest = own = shared = filters = Cumulants(0.0, 0.0, 0.0)
    unit, bound, every, columns, sets = 1.0, 0.0, n == 1.0, 0.0, 0.0
    size = structure.crossbar_columns
    widest = float(-(-min(size, place.bitlines) // structure.operation_unit_columns))
    for i in range(2 * column_classes(place, size)):
        start, bitlines, many = column_class(place, size, i // 2)
        element, same_sets = set_class(layer, structure, i % 2)
        count = float(many * same_sets)
        if count == 0.0:
            continue
        out[FILTERS, 1] = out[FILTERS, 2] = 0.0
        given, piece = (rows, above, streams, law), (start, bitlines, element)
        units, same, most, kept = class_moments(
            layer, structure, given, piece, special, tables, room
        )
        crossbars = float(layer.groups * chunks) * count
        _add_work(crossbars * layer.vectors * alike, out, crossbars * kept, room.work)
        if n == 1.0 and not same:
            most = min(most, usual_bound(out, units, crossbars))
        most *= alike * n
        lattice = float(alike * units) if same else float(alike)
        if special is not None and by_column:  # a row group costs its units in all active slices
            lattice *= max(1.0, active_slices(streams, rows.height))
        if special is not None and by_crossbar:
            tied = tie(streams, rows.live, kept / max(rows.number * rows.live, 1e-300))
            add_tied(law, count, tied, units / widest, joint)
        every = every and same
        mine = _summed(out, OWN_FIXED, OWN_FRESH, alike, n)
        if bound == 0.0 or mine.mean > own.mean:
            own, columns, sets = mine, float(many * layer.groups), float(same_sets)
            shared = _summed(out, SHARED_FIXED, SHARED_FRESH, alike, n)
            scale = alike * n
            filters = Cumulants(
                0.0, scale * scale * out[FILTERS, 1], scale * scale * scale * out[FILTERS, 2]
            )
        mine = largest(mine.mean, mine.variance, mine.third, count, lattice, most, room.memory)
        slowest = larger(slowest, mine, max(bound, most)) if bound > 0.0 else mine
        unit, bound = max(unit, lattice), max(bound, most)
    count = float(chunks * layer.groups)
    if special is not None and by_crossbar and every:
        slowest_tied(joint, count, reached)
        unit = alike * widest
    elif every:
        slowest_chunks(rows, streams, count, reached)
    if every:  # no less than the mean, however rare the rest
        return Cumulants(own.mean, 0.0, 0.0), bound, unit
    longest = (columns, sets, own, shared, filters)
    slowest = _slowest_of_chunks(slowest, longest, (count, unit, bound, n == 1.0), room)
    return slowest, bound, 0.0


@inlined
def _critical_path(layer, structure, place, inputs, special, tables, room):
    """Cycles of the slowest crossbar in `n` vectors; adds the work of all."""
    streams, alike, n = inputs
    mode = structure.sparsity_weights
    by_group = mode == _OU_ROW and structure.mapping_compaction == _WHOLE_LAYER
    compacted = by_group or mode in (_MATRIX, _NO_WEIGHTS)
    size = structure.crossbar_rows
    height = min(structure.operation_unit_rows, size)
    tall = -(-min(layer.rows, size) // height)
    # The exact law, in units of `lattice`, where all crossbars of a row chunk work alike.
    reached, lattice = room.reached[: streams.size * tall + 1], math.inf
    reached[:] = 0.0
    slowest, bound = Cumulants(0.0, 0.0, 0.0), 0.0
    full, chunks, last = place.row_chunks - 1, place.row_chunks, place.last_rows
    if last == size:
        full += 1
    if special is not None and by_group:
        full, chunks = full_chunks(layer, structure, place, room)
        last = min(layer.rows, size)
    for i in range(chunks - full + 1):
        alike_chunks = full if i == 0 else 1
        if alike_chunks == 0:
            continue
        rows = Rows(
            size if i == 0 else last,
            height,
            1.0 if compacted else layer.row_density,
            layer.kernel_rows,
            layer.weight_correlation,
            layer.activation_correlation,
        )
        above = 0 if i == 0 else (full + i - 1) * size
        given = (rows, above, streams, alike, n, alike_chunks, reached)
        mine, most, unit = _row_class_wait(layer, structure, place, given, special, tables, room)
        slowest = larger(slowest, mine, max(bound, most)) if bound > 0.0 else mine
        bound = max(bound, most)
        lattice = min(lattice, unit)
    if 0.0 < lattice < math.inf:
        return max(lattice * mean_of(reached), slowest.mean)
    return slowest.mean


@inlined
def crossbar_work(layer, structure, placed, special, tables, room):
    """Expected work of a layer's crossbars into `room`; returns its critical path in cycles.

    The cycles are of one image and one copy of the weights: the slowest crossbar of every
    vector (`mapping.sync = "vector"`) or over all vectors ("layer").  `placed` is the placement
    of the rows and columns that the mode keeps.  `special` is None unless the mode keeps rows by
    matrices, layers or crossbars, or columns: code that is not compiled without need.  `tables`
    (`recost.kernels.tables`) are those that a sweep reads moments from, else None.
    """
    room.work[:] = 0.0
    mode = structure.sparsity_weights
    kinds, alike = input_streams(layer, structure.sparsity_activations, room.streams)
    # Vectors that are waited for together; where inputs are dense, one is like another.
    n = 1.0
    if structure.mapping_sync == _BY_LAYER and structure.sparsity_activations != _NO_ACTIVATIONS:
        n = float(layer.vectors)
    inputs = (room.streams[:kinds], alike, n)
    numbers, shares, points = room.numbers, room.chances, 1
    shares[0] = 1.0
    if special is not None and mode == _MATRIX:
        points = kept_numbers(layer, structure, placed, numbers, shares)
    cycles, columns = 0.0, placed.bitlines // placed.cells_per_weight
    for p in range(points):
        here = placed
        if special is not None and mode == _MATRIX:
            if numbers[p] == 0:
                continue
            here = place(numbers[p], columns, layer.groups, structure)
        cycles += shares[p] * _critical_path(layer, structure, here, inputs, special, tables, room)
    if special is not None:
        whole = mode == _OU_ROW and structure.mapping_compaction == _WHOLE_LAYER
        if whole or mode == _MATRIX:
            compacted_work(layer, structure, room.streams[:kinds], alike, room)
    return cycles * (float(layer.vectors) / n)
