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

from recost.kernels import abreast
from recost.kernels._numba import inlined
from recost.kernels.cells import READ
from recost.kernels.class_block import CUT, KNOWN
from recost.kernels.classes import column_class, set_class
from recost.kernels.crossbars import column_units
from recost.kernels.records import BOUND_LAYER, SLICES
from recost.vocabulary import Compaction, Sync, WeightSparsity

_OU_ROW = int(WeightSparsity.OU_ROW)
_WHOLE_LAYER = int(Compaction.LAYER)
_BY_VECTOR = int(Sync.VECTOR)
# Classes of crossbars of an ordinary layer: full or last rows, full or last bitlines, two sets.
_TERMS = 8
# Numbers that name a class, and a cut.
_KEY, _CUT_KEY = 6, 3
# What says how large a layer is, and nothing of its crossbars.
_SIZES = ("groups", "rows", "columns", "vectors", "inputs", "outputs", "macs", "weights",
          "vector_operations")  # fmt: skip


_FIELDS: Any = BOUND_LAYER.fields
_KERNELS = _FIELDS["kernel_density"][1] // 8
# The words that `input_streams` reads.
_INPUTS = np.array(
    [
        _FIELDS["nonzero_share"][1] // 8,
        *(_FIELDS["slice_density"][1] // 8 + slice_ for slice_ in range(SLICES)),
    ]
)
_SLICES = [_FIELDS[name][1] // 8 for name in ("slices", "passes")]


class Ordinary(NamedTuple):
    """Classes of crossbars of ordinary layers, what is known of them, and what comes out.

    Layer i has the classes `terms[i, :many[i]]` (see `wait_each`), none if it is not ordinary, and
    the densities of layer `kinds[i]`, of which inputs move if `driven`, and weights those of layer
    `weights[i]`.  What layer `waits[i]` does for a vector it does too; at `odd[i]` points of a
    block it is a case of its own.

    Class c has in `classes[c]` the layer of its densities, its rows, first bitline, bitlines, set,
    and how many sets are like that.  A cut is what classes of alike column groups have in common:
    `cuts[k]` are layer, first bitline and set, and weights are as dense as in cut `like[k]`.  Class
    c has the cut `cut_of[c]`, none if that is negative, and reads from tables what class `reads[c]`
    reads.  `used` says how many classes and how many cuts there are.

    What is known of cut k is in row k of `cut`, what class c has read in row c of `got`, what is
    known of the class in hand in `known`, of all in `held`, and what layer i does in row i of
    `done`; `space` is scratch (see `class_block`, `cells`, `abreast`).
    """

    kinds: Any
    driven: Any
    weights: Any
    waits: Any
    many: Any
    odd: Any
    terms: Any
    used: Any
    classes: Any
    cuts: Any
    like: Any
    cut_of: Any
    reads: Any
    cut: Any
    got: Any
    known: Any
    held: Any
    space: Any
    done: Any


def alike_layers(moving: Any) -> dict[str, Any]:
    """The `kinds`, `driven` and `weights` of `Moving`, from the rest of it."""
    layers, size = moving.layers, BOUND_LAYER.itemsize // 8
    alike = layers.copy()
    for name in _SIZES:
        alike[name] = 0
    kinds, weights = np.arange(layers.size), np.arange(layers.size)
    driven = np.zeros(layers.size, bool)
    known = dict[tuple[bytes, ...], int]()
    for i in np.flatnonzero(moving.moves & (moving.first == kinds)).tolist():
        moves = slice(moving.starts[i], moving.starts[i + 1])
        places, numbers = moving.words[moves] - i * size, moving.numbers[moves]
        if layers["kernel_density"][i] >= 1.0 and _KERNELS not in places:
            alike["kernel_rows"][i] = 0  # no kernel is dead, whatever its size
        inputs = np.isin(places, _INPUTS)
        driven[i] = inputs.any()
        key = (alike[i], places, numbers, moving.directions[i])
        kinds[i] = known.setdefault(tuple(part.tobytes() for part in key), i)
        words = alike[i : i + 1].copy().view(np.int64)
        words[_INPUTS] = words[_SLICES] = 0
        less = (words, places[~inputs], numbers[~inputs])
        weights[i] = known.setdefault(tuple(part.tobytes() for part in less), i)
    return {"kinds": kinds, "driven": driven, "weights": weights}


def make_ordinary(moving: Any) -> Ordinary:
    """Space for the layers of a network that moves."""
    layers = moving.layers
    classes = _TERMS * layers.size
    return Ordinary(
        moving.kinds,
        moving.driven,
        moving.weights,
        np.arange(layers.size),
        np.zeros(layers.size, np.int64),
        np.zeros(layers.size, np.int64),
        np.empty((layers.size, _TERMS, 4), np.int64),
        np.zeros(2, np.int64),
        np.empty((classes, _KEY), np.int64),
        np.empty((classes, _CUT_KEY), np.int64),
        np.empty(classes, np.int64),
        np.empty(classes, np.int64),
        np.empty(classes, np.int64),
        np.empty((classes, CUT)),
        np.empty((classes, READ)),
        np.empty(KNOWN),
        np.empty((classes, abreast.CLASS)),
        np.empty(abreast.SCRATCH),
        np.empty((layers.size, abreast.DONE)),
    )


@inlined
def _numbered(rows, used, k, wanted):
    """The number of the row that is as wanted, of `used[k]`; a new one if there is none."""
    for c in range(used[k]):
        alike = True
        for e in range(rows.shape[1]):
            alike = alike and rows[c, e] == wanted[e]
        if alike:
            return c
    new = used[k]
    for e in range(rows.shape[1]):
        rows[new, e] = wanted[e]
    used[k] = new + 1
    return new


@inlined
def _like(ordinary, k):
    """The first cut of the same densities of weights as cut k."""
    cuts, weights = ordinary.cuts, ordinary.weights
    for first in range(k):
        alike = weights[cuts[first, 0]] == weights[cuts[k, 0]]
        if alike and cuts[first, 1] == cuts[k, 1] and cuts[first, 2] == cuts[k, 2]:
            return first
    return k


@inlined
def plan_cuts(structure, ordinary):
    """How the crossbars of all classes are cut, and which of them read the same."""
    classes = ordinary.classes
    cells = -(-structure.precision_weight_bits // structure.crossbar_cell_bits)
    for c in range(ordinary.used[0]):
        ordinary.cut_of[c], ordinary.reads[c] = -1, c
        width, _ = column_units(structure, structure.crossbar_columns)
        # Groups are alike if all are as wide and begin at the same cell of a weight.
        if classes[c, 3] % width == 0 and width % cells == 0:
            wanted = classes[c, 0], classes[c, 2], classes[c, 4]
            cut = _numbered(ordinary.cuts, ordinary.used, 1, wanted)
            ordinary.cut_of[c], ordinary.like[cut] = cut, _like(ordinary, cut)
            for k in range(c):
                same = ordinary.cut_of[k] == cut and classes[k, 1] == classes[c, 1]
                if same and ordinary.reads[c] == c:
                    ordinary.reads[c] = k


@inlined
def _waits_of(layers, ordinary, i):
    """The first layer whose crossbars are those of layer i, as far as a vector is concerned."""
    many, terms = ordinary.many, ordinary.terms
    for k in range(i if many[i] > 0 else 0):
        alike = many[k] == many[i] and layers[k].groups == layers[i].groups
        alike = alike and ordinary.kinds[k] == ordinary.kinds[i]
        for t in range(many[i] if alike else 0):
            for e in range(terms.shape[2]):
                alike = alike and terms[k, t, e] == terms[i, t, e]
        if alike:
            return k
    return i


@inlined
def plan_layer(layers, structure, place, ordinary, i):
    """The classes of crossbars of layer i, if it is ordinary."""
    layer = layers[i]
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
                term[0], term[1] = _numbered(ordinary.classes, ordinary.used, 0, wanted), row
                term[2], term[3] = chunks, many * sets
                used += 1
    ordinary.many[i] = used
    ordinary.waits[i] = _waits_of(layers, ordinary, i)
