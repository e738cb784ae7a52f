"""Action counts of one layer of inference: crossbars, indices, data movement."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recost.kernels._numba import borrowing, inlined, light
from recost.kernels.classes import (
    KEPT_ROWS,
    WORK,
    WORK_CONVERSIONS,
    WORK_DRIVES,
    WORK_READS,
    kept_shares,
)
from recost.kernels.count_codes import (
    ADC_CONVERSIONS,
    BUS_BITS,
    CELL_READS,
    CELLS_USED,
    CROSSBARS,
    CYCLES,
    INDEX_BITS_READ,
    INDEX_BITS_STORED,
    INDEX_DECODES,
    INPUT_REGISTER_BITS,
    MEMORY_BITS_READ,
    MEMORY_BITS_WRITTEN,
    NETWORK_BIT_HOPS,
    OU_ACTIVATIONS,
    OUTPUT_REGISTER_WRITES,
    SAMPLES,
    SHIFT_ADDS,
    VECTOR_OPERATIONS,
    WORDLINE_DRIVES,
)
from recost.kernels.placement import frees_crossbars, kept_shape, place
from recost.kernels.remembered import make_memory
from recost.kernels.room import make_room
from recost.kernels.waiting import crossbar_work
from recost.vocabulary import Compaction, WeightSparsity

_OU_ROW = int(WeightSparsity.OU_ROW)
_WHOLE_LAYER = int(Compaction.LAYER)


@borrowing
def layer_placement(layer, structure):
    """The placement of what a layer's matrix keeps under the hardware's sparsity."""
    rows, columns = layer.rows, layer.columns
    if frees_crossbars(structure):
        row, filters = kept_shares(layer, structure)
        rows, columns = kept_shape(layer, structure, row, filters)
    return place(rows, columns, layer.groups, structure)


@inlined
def index_width(structure, rows):
    """Bits of one stored row index: the file's, or enough to name every row it may come from."""
    if structure.sparsity_index_bits > 0:
        return structure.sparsity_index_bits
    bits = 1
    while 1 << bits < rows:
        bits += 1
    return bits


@inlined
def fill_work(layer, structure, placed, work):
    """Energy of pipeline-fill cycles in which nothing is gated: one full unit a crossbar."""
    times = float(layer.vectors * layer.passes * structure.operation_unit_fill_cycles)
    rows = min(structure.operation_unit_rows, structure.crossbar_rows, layer.rows)
    wide = min(structure.operation_unit_columns, structure.crossbar_columns, placed.bitlines)
    work[WORK_CONVERSIONS] += times * placed.crossbars * wide
    work[WORK_DRIVES] += times * placed.crossbars * rows
    work[WORK_READS] += times * placed.crossbars * rows * wide


@inlined
def image_bits(layer, structure):
    """Bits of a layer for one image: inputs to its rows, sums of its columns, outputs."""
    bits = structure.precision_input_bits
    vectors = float(layer.groups * layer.vectors)
    return vectors * layer.rows * bits, vectors * layer.columns * bits, float(layer.outputs * bits)


@inlined
def moved_bits(bits, strip, row_chunks, per_core, per_tile):
    """Bits read from tile memories, over buses, and from tile to tile, of `image_bits`.

    Every core that holds part of a row chunk fetches the chunk's inputs once a vector, dead rows
    with the others (a second pass finds them in the register); each row chunk's partial sums
    cross the bus to be added, and the network where the chunks of a layer span tiles; outputs go
    to the tile memory of the next layer.  Partial sums are as wide as activations (ISAAC's
    16-bit accumulation).  `strip` are the crossbars of a row chunk; whole numbers come as floats,
    whose division rounded down is exact below 2^53, so that a loop of layers vectorises.
    """
    inputs, partial, outputs = bits
    fetched = inputs * np.ceil(strip / per_core)
    tiles = np.ceil(row_chunks / max(1.0, np.floor(per_tile / strip)))
    return fetched, fetched + partial * row_chunks, partial * (tiles - 1.0) + outputs


@inlined
def data_movement(layer, structure, placed, counts):
    """Bits between tile memories, cores and tiles for one image, added to `counts`."""
    bits = image_bits(layer, structure)
    per_core = float(structure.hierarchy_crossbars_per_core)
    per_tile = per_core * structure.hierarchy_cores_per_tile
    strip = float(placed.column_chunks * placed.sets)
    fetched, over_bus, crossing = moved_bits(
        bits, strip, float(placed.row_chunks), per_core, per_tile
    )
    counts[MEMORY_BITS_READ] += fetched
    counts[MEMORY_BITS_WRITTEN] += bits[2]
    counts[BUS_BITS] += over_bus
    counts[NETWORK_BIT_HOPS] += crossing * structure.network_on_chip_hops


@inlined
def count_placed(layer, structure, placed, counts):
    """What follows from where a layer lies, whatever its densities, into `counts`; the rest 0."""
    for i in range(counts.size):
        counts[i] = 0.0
    counts[CROSSBARS] = float(placed.crossbars)
    height = (placed.row_chunks - 1) * structure.crossbar_rows + placed.last_rows
    counts[CELLS_USED] = float(layer.groups * placed.sets * height * placed.bitlines)
    counts[VECTOR_OPERATIONS] = float(layer.vector_operations)
    data_movement(layer, structure, placed, counts)


class Done(NamedTuple):
    """What crossbars do for one image; of their index lists bits stored, lists and bits read."""

    activations: float
    conversions: float
    drives: float
    reads: float
    stored: float
    lists: float
    listed: float


@inlined
def put_done(structure, done, counts):
    """Put what crossbars do, of one layer or of many, into the counts that follow from it."""
    counts[OU_ACTIVATIONS] = done.activations
    counts[ADC_CONVERSIONS] = done.conversions
    counts[WORDLINE_DRIVES] = done.drives
    counts[CELL_READS] = done.reads
    counts[SAMPLES] = done.conversions
    counts[SHIFT_ADDS] = done.conversions
    counts[OUTPUT_REGISTER_WRITES] = done.conversions
    counts[INPUT_REGISTER_BITS] = done.drives * structure.precision_dac_bits
    counts[INDEX_BITS_STORED] = done.stored
    counts[INDEX_DECODES] = done.lists
    counts[INDEX_BITS_READ] = done.listed


@inlined
def index_lists(layer, structure):
    """Bits of an index for each kept row, and how often a list is read for one image."""
    if structure.sparsity_weights != _OU_ROW:
        return 0, 0
    whole = structure.mapping_compaction == _WHOLE_LAYER
    reach = layer.rows if whole else min(layer.rows, structure.crossbar_rows)
    # A group's index list is read once a vector and pass, for all its input slices.
    return index_width(structure, reach), layer.vectors * layer.passes


@inlined
def fill_cycles(layer, structure):
    """Cycles that filling the pipelines adds to a layer's critical path."""
    return float(layer.vectors * (structure.operation_unit_fill_cycles * layer.passes))


@inlined
def count_done(layer, structure, placed, cycles, work, counts):
    """What crossbars do for one image into `counts`, which hold what `count_placed` says.

    `cycles` are those of the critical path, `work` what `crossbar_work` adds up.
    """
    counts[CYCLES] = cycles + fill_cycles(layer, structure)
    if not structure.operation_unit_gated:
        fill_work(layer, structure, placed, work)
    width, times = index_lists(layer, structure)
    kept, lists = work[KEPT_ROWS], work[KEPT_ROWS] * times
    done = Done(
        work[WORK],
        work[WORK_CONVERSIONS],
        work[WORK_DRIVES],
        work[WORK_READS],
        kept * width,
        lists,
        lists * width,
    )
    put_done(structure, done, counts)


@borrowing
def _count_in(layer, structure, special, tables, room, counts):
    """`layer_counts` in a room, of whose two dozen arrays it counts as no holder."""
    placed = layer_placement(layer, structure)
    count_placed(layer, structure, placed, counts)
    cycles = crossbar_work(layer, structure, placed, special, tables, room)
    count_done(layer, structure, placed, cycles, room.work, counts)


@inlined
def count_layer(layer, structure, special, tables, memory, counts):
    """`layer_counts` with a memory of what was counted before."""
    _count_in(layer, structure, special, tables, make_room(structure, memory), counts)


@light
def layer_counts(layer, structure, special, tables, counts):
    """Actions, cycles and crossbars of one layer, one image, into `counts` (see `Count`).

    `special` and `tables` as in `recost.kernels.waiting.crossbar_work`.
    """
    count_layer(layer, structure, special, tables, make_memory(1, 0), counts)
