"""Which crossbars of a row chunk have a law that is known, and how their classes are added to it.

Laws of the slowest on a lattice (`lattice`, `columns`) are asked for where few cycles differ;
the smooth law of `maximum` does for the rest.
"""

from __future__ import annotations

from recost.kernels._numba import inlined
from recost.kernels.columns import active_slices, add_columns
from recost.kernels.crossbars import column_span
from recost.kernels.lattice import add_known, add_law, add_tied, known_actives, tie
from recost.kernels.moments import OWN_FIXED, OWN_FRESH
from recost.vocabulary import Compaction, FilterZeros, WeightSparsity

_CROSSBAR_ROW = int(WeightSparsity.CROSSBAR_ROW)
_OU_ROW = int(WeightSparsity.OU_ROW)
_OU_COLUMN = int(WeightSparsity.OU_COLUMN)
_WHOLE_LAYER = int(Compaction.LAYER)
_INDEPENDENT = int(FilterZeros.INDEPENDENT)
# Where a crossbar's own cycles vary by more (units squared), nothing is seen of the lattice.
_SMOOTH = 4.0
# Input slices of several vectors whose numbers of active rows are told apart.
_TOLD = 16
# Row groups of fewer rows have so much of the active slices of the others, to be like them.
_EVEN = 0.99


@inlined
def _keeps_rows_apart(layer, structure, above):
    """Whether crossbars, or their groups, keep rows of a chunk each for itself.

    `above` is negative where one chunk is the whole matrix.  Filters that are dead as a whole
    would tie those of a column together.
    """
    mode = structure.sparsity_weights
    whole = structure.mapping_compaction == _WHOLE_LAYER and above >= 0
    apart = layer.filter_zeros == _INDEPENDENT or layer.filter_density >= 1.0
    return apart and (mode == _CROSSBAR_ROW or (mode == _OU_ROW and not whole))


@inlined
def add_tied_class(rows, streams, crossbars, law, joint, room):
    """Add a class of crossbars to the laws of `add_tied`.

    `crossbars` are (group classes, how many crossbars, units of the lattice in a unit of theirs,
    share of the live rows that they keep).
    """
    classes, count, stretch, density = crossbars
    law[:] = 0.0
    for c in range(room.groups[classes - 1].first + room.groups[classes - 1].count):
        part = room.parts[c]
        add_law(rows, streams, rows.live * part.density, part.weight, law)
    add_tied(law, count, tie(streams, rows.live, density), stretch, joint)


@inlined
def slices_together(structure, streams, n, special, room):
    """Input slices of the `n` vectors that are waited for together, if the law of all is asked for.

    The slices of one vector; of several where crossbars keep rows, unless there are too many.
    """
    if n == 1.0:
        return streams
    many = int(n) * streams.size
    if special is None or structure.sparsity_weights != _CROSSBAR_ROW or many > _TOLD:
        return streams[:0]
    for b in range(streams.size, many):
        room.streams[b] = room.streams[b - streams.size]
    return room.streams[:many]


@inlined
def told_apart(layer, structure, inputs, special, room):
    """How many numbers of active rows of a row chunk are told apart: 0 if that is not enough.

    Columns have scores instead, of which `_add_columns` says how many.
    """
    rows, above, streams, n = inputs
    if special is not None and structure.sparsity_weights == _OU_COLUMN:
        return 1 if layer.filter_zeros == _INDEPENDENT or layer.filter_density >= 1.0 else 0
    if n == 1.0 and streams.size == 1 and _keeps_rows_apart(layer, structure, above):
        return known_actives(rows, streams[0], room.numbers, room.chances)
    return 0


@inlined
def _add_columns(layer, structure, inputs, pieces, crossbars, room):
    """Add a class of crossbars to the laws of `add_columns`, if these are wanted.

    `inputs` are (rows, streams, vectors waited for together, laws); `pieces` those of the class,
    and of the first one of its row chunk.  Of many vectors each row group takes as many slices as
    the next, if only it is as tall.  Returns how many states there are, 0 where the smooth law
    will do.
    """
    rows, streams, n, joint = inputs
    told, short = n == 1.0, rows.number % rows.height
    slices = max(1.0, active_slices(streams, rows.height))
    own = room.moments[OWN_FIXED, 1] + room.moments[OWN_FRESH, 1] / n
    if own > _SMOOTH * slices * slices:
        return 0
    if short > 0 and not told and active_slices(streams, short) < _EVEN * slices:
        return 0
    most, _ = column_span(structure, pieces[0])
    most *= -(-rows.number // rows.height) * (streams.size if told else 1)
    if most >= joint.shape[1]:
        return 0
    given = (rows, streams, told)
    piece, reference = column_span(structure, pieces[0])[1], column_span(structure, pieces[1])[1]
    return add_columns(layer, given, piece, reference, crossbars, joint, room.chances)


@inlined
def lattice_step(structure, inputs, widest, special):
    """Cycles in a unit of the laws of `slowest_known`."""
    rows, _, streams, alike, n, _, _ = inputs
    if special is not None and structure.sparsity_weights == _CROSSBAR_ROW:
        return alike * widest
    if special is not None and structure.sparsity_weights == _OU_COLUMN and n > 1.0:
        return alike * n * active_slices(streams, rows.height)
    return float(alike)


@inlined
def add_class(states, layer, structure, inputs, crossbars, special, room):
    """Add a class of crossbars to the laws of `add_known`, if these are wanted for all so far.

    `inputs` as for `_add_columns`; `crossbars` are (pieces, group classes, whether all groups work
    alike, how many crossbars, units of the lattice in a unit of theirs).  Returns how many states
    there are, 0 where the smooth law will do.
    """
    rows, _, _, joint = inputs
    pieces, classes, same, count, stretch = crossbars
    if special is not None and structure.sparsity_weights == _OU_COLUMN:
        if states == 0:
            return 0
        return _add_columns(layer, structure, inputs, pieces, count, room)
    own = room.moments[OWN_FIXED, 1] + room.moments[OWN_FRESH, 1]
    if states == 0 or not (same or 0.0 < own < _SMOOTH):
        return 0
    groups = room.groups[:classes]
    parts = room.parts[: groups[classes - 1].first + groups[classes - 1].count]
    add_known(rows, groups, parts, room.numbers[:states], count, stretch, joint)
    return states
