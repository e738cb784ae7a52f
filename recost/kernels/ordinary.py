"""Layers that are counted at many points side by side, and what is known of their crossbars.

A layer is ordinary if its column groups keep rows of a chunk, several input slices tell crossbars
apart and the crossbars of every vector wait for each other: what nearly all layers of a sweep
are.  What a crossbar does (`class_moments`, `causes`) depends on densities and on its rows and
bitlines; it is worked out once for all layers that share these.  Where a point makes a layer
another case (`APART`) it is counted by itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.np.unsafe.ndarray import to_fixed_tuple

from recost.kernels import abreast
from recost.kernels._numba import borrowing, inlined
from recost.kernels.abreast import BLOCK
from recost.kernels.causes import causes, together
from recost.kernels.classes import (
    KEPT_ROWS,
    WORK_CONVERSIONS,
    WORK_DRIVES,
    WORK_READS,
    column_class,
    input_streams,
    set_class,
)
from recost.kernels.clusters import clusters, spread
from recost.kernels.crossbars import class_moments, kept_density
from recost.kernels.moments import ACTIONS, CONVERSIONS, DRIVES, FILTERS, OWN_FRESH, READS
from recost.kernels.records import BOUND_LAYER, Rows
from recost.vocabulary import Compaction, Sync, WeightSparsity

_OU_ROW = int(WeightSparsity.OU_ROW)
_WHOLE_LAYER = int(Compaction.LAYER)
_BY_VECTOR = int(Sync.VECTOR)
# Classes of crossbars of an ordinary layer: full or last rows, full or last bitlines, two sets.
_TERMS = 8
# Numbers that name a class.
_KEY = 6
# What says how large a layer is, and nothing of its crossbars.
_SIZES = ("groups", "rows", "columns", "vectors", "inputs", "outputs", "macs", "weights",
          "vector_operations")  # fmt: skip


_FIELDS: Any = BOUND_LAYER.fields
_KERNELS = _FIELDS["kernel_density"][1] // 8


class Ordinary(NamedTuple):
    """Classes of crossbars of ordinary layers, what is known of them, and what comes out.

    Layer i has the classes `terms[i, :many[i]]` (see `wait_each`), none if it is not
    ordinary, and the densities of layer `kinds[i]`.  Class c has in `classes[c]` the layer of its
    densities, its rows, first bitline, bitlines, set, and how many sets are like that; `used`
    says how many classes there are.  `held` has what is known of class c in row
    c, `done` what layer i does in row i, and `space` is scratch (see `abreast`).
    """

    kinds: Any
    many: Any
    terms: Any
    used: Any
    classes: Any
    held: Any
    space: Any
    done: Any


def make_ordinary(moving: Any) -> Ordinary:
    """Space for the layers of a network that moves."""
    layers, size = moving.layers, BOUND_LAYER.itemsize // 8
    alike = layers.copy()
    for name in _SIZES:
        alike[name] = 0
    kinds, known = np.arange(layers.size), dict[tuple[bytes, ...], int]()
    for i in np.flatnonzero(moving.moves & (moving.first == kinds)).tolist():
        moves = slice(moving.starts[i], moving.starts[i + 1])
        places, numbers = moving.words[moves] - i * size, moving.numbers[moves]
        if layers["kernel_density"][i] >= 1.0 and _KERNELS not in places:
            alike["kernel_rows"][i] = 0  # no kernel is dead, whatever its size
        key = (
            alike[i].tobytes(),
            places.tobytes(),
            numbers.tobytes(),
            moving.directions[i].tobytes(),
        )
        kinds[i] = known.setdefault(key, i)
    return Ordinary(
        kinds,
        np.zeros(layers.size, np.int64),
        np.empty((layers.size, _TERMS, 4), np.int64),
        np.zeros(1, np.int64),
        np.empty((_TERMS * layers.size, _KEY), np.int64),
        np.empty((_TERMS * layers.size, abreast.CLASS)),
        np.empty(abreast.SCRATCH),
        np.empty((layers.size, abreast.DONE)),
    )


@inlined
def _class_of(ordinary, wanted):
    """The number of a class of crossbars, which is a new one if there is none like it."""
    classes = ordinary.classes
    for c in range(ordinary.used[0]):
        alike = True
        for k in range(classes.shape[1]):
            alike = alike and classes[c, k] == wanted[k]
        if alike:
            return c
    new = ordinary.used[0]
    for k in range(classes.shape[1]):
        classes[new, k] = wanted[k]
    ordinary.used[0] = new + 1
    return new


@borrowing
def plan_layer(layer, structure, place, ordinary, i):
    """The classes of crossbars of layer i, if it is ordinary."""
    ordinary.many[i] = 0
    if (
        structure.sparsity_weights != _OU_ROW
        or structure.mapping_compaction == _WHOLE_LAYER
        or structure.mapping_sync != _BY_VECTOR
        or place.starts > 1
    ):
        return
    used, size = 0, structure.crossbar_rows
    full = place.row_chunks - (0 if place.last_rows == size else 1)
    for row in range(2):
        rows, chunks = (size, full) if row == 0 else (place.last_rows, place.row_chunks - full)
        for k in range(4 if chunks > 0 else 0):
            _, sets = set_class(layer, structure, k % 2)
            start, bitlines, many = column_class(place, structure.crossbar_columns, k // 2)
            if sets * many > 0:
                wanted = ordinary.kinds[i], rows, start, bitlines, k % 2, sets
                term = ordinary.terms[i, used]
                term[0], term[1] = _class_of(ordinary, wanted), row
                term[2], term[3] = chunks, many * sets
                used += 1
    ordinary.many[i] = used


@inlined
def _hold(out, layer_moments, streams, alike, held, p):
    """Keep what `class_moments` found of a crossbar at point p of a block."""
    rows, units, most, kept = layer_moments
    variance, third = spread(out)
    group = clusters(out, units, variance, third)
    density = kept_density(rows, kept)
    own, shared, slope = causes(out, together(out, streams, density / units), alike, 1.0)
    held[p + abreast.APART] = 0.0
    held[p + abreast.WORK] = out[OWN_FRESH, 0]
    held[p + abreast.WORK + WORK_CONVERSIONS * BLOCK] = out[ACTIONS, CONVERSIONS]
    held[p + abreast.WORK + WORK_DRIVES * BLOCK] = out[ACTIONS, DRIVES]
    held[p + abreast.WORK + WORK_READS * BLOCK] = out[ACTIONS, READS]
    held[p + abreast.WORK + KEPT_ROWS * BLOCK] = kept
    held[p + abreast.MOST], held[p + abreast.USUAL] = most, group.usual
    held[p + abreast.EXPECTED], held[p + abreast.SIZE] = group.expected, group.size
    held[p + abreast.TIED], held[p + abreast.LEFT] = group.tied, group.left
    held[p + abreast.ABSENT] = group.absent
    held[p + abreast.MEAN], held[p + abreast.VARIANCE] = own.mean, own.variance
    held[p + abreast.THIRD], held[p + abreast.SHARED] = own.third, shared.variance
    held[p + abreast.SKEWED], held[p + abreast.SLOPE] = shared.third, slope


@inlined
def know_class(layer, structure, which, tables, room, ordinary, p):
    """What a crossbar of class `which` does at point p of a block."""
    _, number, start, bitlines, numbered, sets = to_fixed_tuple(ordinary.classes[which], _KEY)
    kinds, alike = input_streams(layer, structure.sparsity_activations, room.streams)
    streams, out, held = room.streams[:kinds], room.moments, ordinary.held[which]
    element, same_sets = set_class(layer, structure, numbered)
    rows = Rows(
        number,
        min(structure.operation_unit_rows, structure.crossbar_rows),
        layer.row_density,
        layer.kernel_rows,
        layer.weight_correlation,
        layer.activation_correlation,
    )
    out[FILTERS, :] = 0.0
    given, piece = (rows, np.int64(0), streams), (start, bitlines, element)
    units, same, most, kept, _ = class_moments(layer, structure, given, piece, None, tables, room)
    apart = same or same_sets != sets or kinds == 1 or out[FILTERS, 1] > 0.0
    if apart or not spread(out)[0] > 0.0:
        for k in range(abreast.CLASS // BLOCK):
            held[p + k * BLOCK] = 0.0
        held[p + abreast.APART] = held[p + abreast.ABSENT] = 1.0
        return
    _hold(out, (rows, units, most, kept), streams, alike, held, p)
