"""Work of a layer's crossbars, and how long the slowest takes.

A layer's crossbars fall into a few classes: full or last row chunk, full or last column chunk,
positive or negative set.  Each class has its moments (`crossbars`), the sum over classes gives
the expected work, and `maximum` and `lattice` give the slowest of the crossbars that wait.
"""

from __future__ import annotations

import math

from recost.kernels._numba import inlined, joined
from recost.kernels.causes import causes, causes_in, of_filters, scaled, stream_sums, together
from recost.kernels.classes import (
    KEPT_ROWS,
    WORK,
    WORK_CONVERSIONS,
    WORK_DRIVES,
    WORK_READS,
    column_class,
    input_streams,
    set_class,
)
from recost.kernels.clusters import usual_bound
from recost.kernels.columns import active_slices
from recost.kernels.compaction import (
    compacted_work,
    full_chunks,
    kept_numbers,
)
from recost.kernels.crossbars import class_moments, kept_density
from recost.kernels.known_laws import (
    add_class,
    add_tied_class,
    lattice_step,
    slices_together,
    told_apart,
)
from recost.kernels.lattice import (
    cleared,
    mean_of,
    slowest_chunks,
    slowest_known,
    slowest_tied,
)
from recost.kernels.maximum import larger, largest
from recost.kernels.moments import (
    ACTIONS,
    CONVERSIONS,
    DRIVES,
    FILTERS,
    LIMITS,
    OWN_FRESH,
    READS,
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
def joined_chunk(slowest, own, shared, slope):
    """Variance and third moment of a chunk's slowest crossbar with what the chunk adds to all.

    `slowest` are the cumulants of the slowest by its `own`, `shared` those of what is added.  For
    a cycle that the chunk adds, own variance V changes by the slope and a slowest that is a
    multiple of sqrt(V) above the mean by `swelling`.
    """
    swelling, left = 1.0, 0.0
    if own.variance > 0.0:
        more = max(0.0, slowest.mean - own.mean)
        swelling = max(0.0, 1.0 + 0.5 * more * slope / own.variance)
        left = slope * slowest.variance / own.variance
    third = slowest.third + swelling * swelling * swelling * shared.third
    third += 3.0 * swelling * left * shared.variance
    return slowest.variance + swelling * swelling * shared.variance, third


@inlined
def beyond_usual(mean, usual, unit, bound):
    """The mean of the slowest, whose smooth law does not see what goes on beyond the usual sum.

    The bound takes over there.
    """
    share = min(1.0, max(0.0, 1.0 - (usual - mean) / unit))
    return mean + share * (bound - mean)


@inlined
def _slowest_of_chunks(slowest, longest, limits, room):
    """Cumulants of the slowest crossbar of `chunks` row chunks that are alike.

    `slowest` are those of a chunk's slowest by its own; `longest` are (columns, sets, own, shared,
    filters, slope) of the class with the longest mean, `limits` (chunks, unit, bound, usual).
    Where filters are dead as a whole, columns first or chunks first both leave out what the other
    sees: the longer is taken.
    """
    columns, sets, own, shared, filters, slope = longest
    chunks, unit, bound, usual = limits
    variance, third = joined_chunk(slowest, own, shared, slope)
    if filters.variance > 0.0:  # the filters are the same in all chunks
        variance -= slowest.variance * filters.variance / own.variance
    last = largest(slowest.mean, variance, third, chunks, unit, bound, room.memory.scores)
    if filters.variance > 0.0:
        inputs = (columns, chunks * sets, unit, bound)
        other = _by_filters(inputs, own, shared, filters, room.memory.scores)
        return other if other.mean > last.mean else last
    return Cumulants(beyond_usual(last.mean, usual, unit, bound), last.variance, last.third)


@inlined
def _keeps_by_groups(structure):
    """Whether column groups keep rows, or all rows are kept, inside a row chunk."""
    whole = structure.mapping_compaction == _WHOLE_LAYER
    mode = structure.sparsity_weights
    return mode == _NO_WEIGHTS or (mode == _OU_ROW and not whole)


@inlined
def _mixed(out, streams, density, known):
    """The moments of `together`, if they are `known`; else 0."""
    if not known:
        return 0.0, 0.0, 0.0
    return together(causes_in(out), out[FILTERS, 1], stream_sums(streams)[2], density)


@inlined
def _lattice(structure, rows, streams, unit, special):
    """Of what a crossbar's cycles are multiples, given that of its groups."""
    lattice = float(unit)
    if special is not None and structure.sparsity_weights == _OU_COLUMN:
        # A row group costs its units in all active slices.
        lattice *= max(1.0, active_slices(streams, rows.height))
    return lattice


@joined
def _row_class_wait(layer, structure, place, inputs, special, tables, room):
    """Adds one row class's work; cumulants of its slowest crossbar, their bound, the lattice.

    `inputs` are (rows, rows in the chunks above as for `class_moments`, streams, slices alike,
    vectors waited for together, row chunks, `reached`).  The lattice is the unit of `reached`,
    which is filled if the law of the slowest is known on it; else 0.
    """
    rows, above, streams, alike, n, chunks, reached = inputs
    out, law, joint = room.moments, reached, room.moments
    by_crossbar = special is not None and structure.sparsity_weights == _CROSSBAR_ROW
    states = told_apart(layer, structure, (rows, above, streams, n), special, room)
    told = slices_together(structure, streams, n, special, room)
    if special is not None or states > 0:
        law, joint = room.law[: reached.size], cleared(room.joint, reached.size)
    slowest = own = Cumulants(0.0, 0.0, 0.0)
    longest, usual, every = (0.0, 0.0, own, own, own, 0.0), math.inf, told.size > 0
    unit, bound, reference, ordinary = 1.0, 0.0, (0, 0, 0.0), _keeps_by_groups(structure)
    size = structure.crossbar_columns
    widest = float(-(-min(size, place.bitlines) // structure.operation_unit_columns))
    out[FILTERS, :] = 0.0  # for moments that say nothing of them
    for i in range(2 * (place.starts + 1)):
        element, same_sets = set_class(layer, structure, i % 2)
        start, bitlines, many = column_class(place, size, i // 2) if same_sets > 0 else (0, 0, 0)
        count, piece = float(many * same_sets), (start, bitlines, element)
        if count == 0.0:
            continue
        units, same, most, kept, classes = class_moments(
            layer, structure, (rows, above, streams), piece, special, tables, room
        )
        crossbars, reference = count * layer.groups * chunks, reference if bound > 0.0 else piece
        _add_work(crossbars * layer.vectors * alike, out, crossbars * kept, room.work)
        if n == 1.0 and not same:
            most = min(most, usual_bound(out, units, crossbars, float(layer.groups * chunks)))
        most *= alike * n
        lattice = _lattice(structure, rows, streams, alike * units if same else alike, special)
        stretch = units / widest if by_crossbar else 1.0
        density = kept_density(rows.number * rows.live, kept)
        if special is not None and by_crossbar and states == 0 and every:
            add_tied_class(rows, told, (classes, count, stretch, density), law, joint, room)
        given, held = (rows, streams, n, joint), ((piece, reference), classes, same, count, stretch)
        states = add_class(states, layer, structure, given, held, special, room)
        mixed = _mixed(out, streams, density / units, ordinary or above < 0)
        (mine, shared, slope), every = causes(causes_in(out), mixed, alike, n), every and same
        if bound == 0.0 or mine.mean > own.mean:
            usual = alike * out[LIMITS, 0] if n == 1.0 and ordinary else math.inf
            own, filters = mine, of_filters(out, alike * n)
            longest = (float(many * layer.groups), float(same_sets), own, shared, filters, slope)
        mine = largest(
            mine.mean, mine.variance, mine.third, count, lattice, most, room.memory.scores
        )
        slowest = larger(slowest, mine, max(bound, most)) if bound > 0.0 else mine
        unit, bound = max(unit, lattice), max(bound, most)
    count = float(chunks * layer.groups)
    step = lattice_step(structure, inputs, widest, special)
    if states > 0 and (by_crossbar or not every):
        mine = slowest_known(joint, room.chances[:states], count, reached)
        return scaled(mine, step, own.mean), bound, step
    if not every:
        return _slowest_of_chunks(slowest, longest, (count, unit, bound, usual), room), bound, 0.0
    if special is not None and by_crossbar:
        slowest_tied(joint, count, reached)
    else:
        slowest_chunks(rows, streams, count, reached)
    # No less than the mean, however rare the rest.
    return Cumulants(own.mean, 0.0, 0.0), bound, step if by_crossbar else unit


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
    values = streams.size
    if values == 1 and mode == _OU_ROW:  # where groups differ, single ones are told apart
        width = structure.operation_unit_columns
        values = -(-min(structure.crossbar_columns, place.bitlines) // width)
    values = max(values, slices_together(structure, streams, n, special, room).size)
    if special is not None and mode == _OU_COLUMN:
        width = structure.operation_unit_columns
        values *= -(-min(structure.crossbar_columns, place.bitlines) // width)
    reached, lattice = room.reached[: values * tall + 1], math.inf
    reached[:] = 0.0
    slowest, bound, least = Cumulants(0.0, 0.0, 0.0), 0.0, 0.0
    full, chunks, last = place.row_chunks - 1, place.row_chunks, place.last_rows
    if last == size:
        full += 1
    first = 0  # rows above the first chunk, negative if there is no other
    if special is not None and by_group:
        full, chunks = full_chunks(layer, structure, place, room)
        last = min(layer.rows, size)
        if chunks == 1:  # as if crossbars were as tall as the matrix
            full, last, first, compacted = 0, layer.rows, -1, False
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
        above = first if i == 0 or full + i == 1 else (full + i - 1) * size
        given = (rows, above, streams, alike, n, alike_chunks, reached)
        mine, most, unit = _row_class_wait(layer, structure, place, given, special, tables, room)
        slowest = larger(slowest, mine, max(bound, most)) if bound > 0.0 else mine
        bound, least = max(bound, most), max(least, mine.mean)
        lattice = min(lattice, unit)
    if 0.0 < lattice < math.inf:
        # Pooled rows may leave the law a little low; what joins the chunks is the law alone.
        return max(lattice * mean_of(reached), least)
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
        share = shares[p]  # the path uses their place, if there is no other
        cycles += share * _critical_path(layer, structure, here, inputs, special, tables, room)
    if special is not None:
        whole = mode == _OU_ROW and structure.mapping_compaction == _WHOLE_LAYER
        if whole or mode == _MATRIX:
            compacted_work(layer, structure, room.streams[:kinds], alike, room)
    return cycles * (float(layer.vectors) / n)
