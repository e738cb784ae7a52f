"""The scratch space in which a layer is counted: made once, where many are counted in a row."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from recost.kernels._numba import light
from recost.kernels.classes import WORKS
from recost.kernels.compaction import POINTS
from recost.kernels.lattice import NODES
from recost.kernels.moments import RESULTS
from recost.kernels.patterns import pattern_sizes
from recost.kernels.placement import ceil_div
from recost.kernels.records import GROUP, PART, SLICES
from recost.vocabulary import WeightSparsity

_CROSSBAR_ROW = int(WeightSparsity.CROSSBAR_ROW)
_OU_ROW = int(WeightSparsity.OU_ROW)
_OU_COLUMN = int(WeightSparsity.OU_COLUMN)
# Times an input vector is streamed, at most.
_PASSES = 2


class Room(NamedTuple):
    """Arrays that a layer is counted in; what they hold does not outlast the layer.

    But `memory` does (`recost.kernels.remembered`).
    """

    work: Any  # of the layer, `WORKS`
    streams: Any  # P(a wordline is active) of each input slice
    reached: Any  # the law of the slowest row chunk on its lattice
    law: Any  # of one crossbar that keeps rows of its own, and of a chunk of them (`lattice`)
    joint: Any
    moments: Any  # of a class of crossbars, [RESULTS, 3]
    groups: Any
    parts: Any
    shares: Any  # of the weights that a column group touches
    live: Any  # P(so many of these weights lie in live filters)
    numbers: Any  # of rows that are kept or active, and how likely each is
    chances: Any
    memory: Any


@light
def make_room(structure, memory):
    """Room for any layer on a structure, with what is remembered of others."""
    cells = ceil_div(structure.precision_weight_bits, structure.crossbar_cell_bits)
    asked, nodes, points = structure.operation_unit_columns, 0, POINTS
    if structure.sparsity_weights == _CROSSBAR_ROW:
        asked, nodes, points = structure.crossbar_columns, NODES, NODES
    if structure.sparsity_weights == _OU_COLUMN:
        nodes, points = NODES, NODES
    height = min(structure.operation_unit_rows, structure.crossbar_rows)
    cycles = _PASSES * SLICES
    if structure.sparsity_weights == _OU_ROW:
        nodes, cycles = POINTS, max(cycles, ceil_div(structure.crossbar_columns, asked))
    cycles = cycles * ceil_div(structure.crossbar_rows, height) + 1
    classes, parts = pattern_sizes(cells, asked)
    touched = asked // cells + 3
    return Room(
        np.zeros(WORKS),
        np.empty(_PASSES * SLICES),
        np.empty(cycles),
        np.empty(cycles),
        np.empty((nodes, cycles)),
        np.empty((RESULTS, 3)),
        np.empty(classes + 1, GROUP),
        np.empty(parts + 1, PART),
        np.empty(touched),
        np.empty(touched),
        np.ones(points, np.int64),
        np.ones(points),
        memory,
    )
