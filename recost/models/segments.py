"""What the crossbars of a real matrix read: kept rows by column group, packed for counting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.hardware import Hardware
from recost.kernels.exact_count import SEGMENT, rounding_of
from recost.kernels.packing import live_bitlines, live_rows
from recost.kernels.segments import compact_groups, kept_rows
from recost.vocabulary import Compaction, WeightEncoding, WeightSparsity

Array = np.ndarray[Any, Any]

# Where a crossbar stands: its polarity set, and its place in the grid of the set.
POSITION = np.dtype([("set", "i8"), ("row", "i8"), ("column", "i8")])

# Weights that are looked at in one go where NumPy needs a temporary array for them.
_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Shape:
    """A matrix of weights on a hardware: how its rows and bitlines are cut.

    `chunk` rows and `size` bitlines make a crossbar, `height` rows and `width` bitlines an
    operation unit; a weight has `cells` cells of `cell_bits` bits.
    """

    rows: int
    columns: int
    chunk: int
    size: int
    height: int
    width: int
    cells: int
    cell_bits: int
    sets: int
    bias: int

    @classmethod
    def of(cls, rows: int, columns: int, hardware: Hardware) -> Shape:
        """The shape of a matrix of rows x columns weights."""
        crossbar, unit = hardware.crossbar, hardware.operation_unit
        encoding, bits = hardware.mapping.encoding, hardware.precision.weight_bits
        return cls(
            rows,
            columns,
            crossbar.rows,
            crossbar.columns,
            min(unit.rows, crossbar.rows),
            min(unit.columns, crossbar.columns),
            -(-bits // crossbar.cell_bits),
            crossbar.cell_bits,
            2 if encoding == WeightEncoding.DIFFERENTIAL else 1,
            1 << (bits - 1) if encoding == WeightEncoding.OFFSET else 0,
        )

    @property
    def words(self) -> int:
        """Words of a column of bits, every chunk starting one of its own."""
        return -(-self.rows // self.chunk) * -(-self.chunk // 64)

    def stripe_units(self, columns: int) -> Array:
        """Column groups of each column of crossbars that hold `columns` weights."""
        bitlines = columns * self.cells
        starts = np.arange(0, bitlines, self.size)
        return -(-np.minimum(bitlines - starts, self.size) // self.width)


@dataclass(frozen=True)
class Segments:
    """A matrix as the counting kernel takes it (`recost.kernels.exact_count`)."""

    segments: Array
    crossbars: Array
    masks: Array
    rounding: tuple[np.uint64, np.uint64]
    positions: Array


def segments_of(weights: Array, hardware: Hardware) -> Segments:
    """The segments of integer weights [rows, columns] in the sparsity mode of a hardware."""
    shape = Shape.of(weights.shape[0], weights.shape[1], hardware)
    mode = hardware.sparsity.weights
    if mode == WeightSparsity.OU_COLUMN:
        return _column_segments(weights, shape, hardware)
    if mode in (WeightSparsity.CROSSBAR_ROW, WeightSparsity.OU_ROW):
        width = shape.size if mode == WeightSparsity.CROSSBAR_ROW else shape.width
        return _row_segments(weights, shape, hardware, width)
    if mode == WeightSparsity.MATRIX:
        rows, columns = _matrix_live(weights, shape.bias)
    else:
        rows, columns = np.ones(shape.rows, np.bool_), np.ones(shape.columns, np.bool_)
    return _shared_segments(rows, int(columns.sum()), shape)


def pack_rows(rows: Array, shape: Shape) -> Array:
    """A row of booleans as words, each chunk starting one of its own."""
    chunks, per_chunk = -(-shape.rows // shape.chunk), -(-shape.chunk // 64)
    padded = np.zeros((chunks, shape.chunk), np.bool_)
    padded.reshape(-1)[: shape.rows] = rows
    wide = np.zeros((chunks, per_chunk * 64), np.bool_)
    wide[:, : shape.chunk] = padded
    packed = np.packbits(wide.reshape(-1, 64), axis=1, bitorder="little")
    return packed.view("<u8").reshape(-1).astype(np.uint64)


def _matrix_live(weights: Array, bias: int) -> tuple[Array, Array]:
    """Which rows and which columns hold a non-zero cell somewhere in the matrix."""
    rows = np.empty(weights.shape[0], np.bool_)
    columns = np.zeros(weights.shape[1], np.bool_)
    step = max(1, _AT_ONCE // weights.shape[1])
    for start in range(0, len(rows), step):
        live = weights[start : start + step] != -bias
        rows[start : start + step] = live.any(axis=1)
        columns |= live.any(axis=0)
    return rows, columns


def _shared_segments(rows: Array, columns: int, shape: Shape) -> Segments:
    """Segments where all column groups of a set keep the same rows, pushed together."""
    live = pack_rows(rows, shape).reshape(1, -1, 1)
    kept = np.zeros((1, 1), np.int64)
    kept_rows(live, kept)
    chunk_segments, masks = _compacted(live, kept, shape.chunk)
    units = shape.stripe_units(columns)
    grid = (shape.sets, len(chunk_segments), len(units))
    segments = np.broadcast_to(chunk_segments[None, :, None], grid).reshape(-1).copy()
    segments["multiplicity"] = np.broadcast_to(units, grid).reshape(-1)
    return Segments(
        segments,
        np.arange(len(segments) + 1),
        masks,
        rounding_of(shape.height, shape.chunk),
        _positions(grid),
    )


def _compacted(live: Array, kept: Array, chunk: int) -> tuple[Array, Array]:
    """Segments (multiplicity 1) of the kept rows of all groups, and their masks."""
    chunks = -(-kept // chunk)
    segments = np.zeros(int(chunks.sum()), SEGMENT)
    segments["multiplicity"] = 1
    masks = np.zeros(live.size + len(segments), np.uint64)
    used = compact_groups(live, kept, chunk, segments, masks)
    return segments, masks[:used].copy()


def _positions(grid: tuple[int, int, int]) -> Array:
    """Positions of crossbars that fill a grid of (sets, rows, columns), in this order."""
    positions = np.zeros(int(np.prod(grid)), POSITION)
    for name, index in zip(("set", "row", "column"), np.indices(grid), strict=True):
        positions[name] = index.reshape(-1)
    return positions


@dataclass(frozen=True)
class _Groups:
    """The column groups of a matrix as `live_rows` takes them, and where each stripe's start."""

    pieces: tuple[Array, Array]
    starts: Array
    stripes: Array


def _groups_of(shape: Shape, width: int) -> _Groups:
    """The column groups of `width` bitlines; none reaches over the edge of a crossbar."""
    bitlines = shape.columns * shape.cells
    stripes = np.arange(0, bitlines, shape.size)
    starts = (stripes[:, None] + np.arange(0, shape.size, width)).reshape(-1)
    starts = starts[starts < bitlines]
    # Groups and weights both cut the bitlines; what lies between two cuts is a piece.
    cuts = np.union1d(starts, np.arange(0, bitlines, shape.cells))
    columns, low = np.divmod(cuts, shape.cells)
    high = low + np.diff(cuts, append=bitlines)
    ones = (np.uint64(1) << (shape.cell_bits * (high - low)).astype(np.uint64)) - np.uint64(1)
    masks = ones << (shape.cell_bits * (shape.cells - high)).astype(np.uint64)
    return _Groups(
        (columns, masks),
        np.append(np.searchsorted(cuts, starts), len(cuts)),
        np.append(np.searchsorted(starts, stripes), len(starts)),
    )


def _row_segments(weights: Array, shape: Shape, hardware: Hardware, width: int) -> Segments:
    """Segments where every group of `width` bitlines drops the rows that are zero in it."""
    groups = _groups_of(shape, width)
    stripes, count = groups.stripes, len(groups.starts) - 1
    live = np.empty((shape.sets, shape.words, count), np.uint64)
    encoding = int(hardware.mapping.encoding)
    live_rows(weights, groups.pieces, groups.starts, encoding, shape.bias, shape.chunk, live)
    times = np.ones(count, np.int64)
    if hardware.sparsity.weights == WeightSparsity.CROSSBAR_ROW:
        times = shape.stripe_units(shape.columns)
    rounding = rounding_of(shape.height, shape.chunk)
    if hardware.mapping.compaction == Compaction.LAYER:
        return _layer_segments(live, stripes, times, shape, rounding)
    per_chunk = -(-shape.chunk // 64)
    grid = (shape.sets, shape.words // per_chunk, count)
    by_group = live.reshape(shape.sets, -1, per_chunk, count).transpose(0, 1, 3, 2)
    segments = np.zeros(grid, SEGMENT)
    segments["first"] = np.arange(grid[1])[:, None] * per_chunk
    segments["words"] = per_chunk
    segments["mask"] = np.arange(segments.size).reshape(grid) * per_chunk
    segments["multiplicity"] = times
    bases = np.arange(grid[0] * grid[1])[:, None] * count
    crossbars = np.append((bases + stripes[:-1]).reshape(-1), segments.size)
    positions = _positions((grid[0], grid[1], len(stripes) - 1))
    masks = np.ascontiguousarray(by_group).reshape(-1)
    return Segments(segments.reshape(-1), crossbars, masks, rounding, positions)


def _layer_segments(
    live: Array, stripes: Array, times: Array, shape: Shape, rounding: tuple[np.uint64, np.uint64]
) -> Segments:
    """Segments of groups that push their kept rows together over the whole height."""
    sets, _, groups = live.shape
    kept = np.zeros((sets, groups), np.int64)
    kept_rows(live, kept)
    segments, masks = _compacted(live, kept, shape.chunk)
    chunks = -(-kept.reshape(-1) // shape.chunk)
    stripe = np.repeat(np.arange(len(stripes) - 1), np.diff(stripes))
    segments["multiplicity"] = np.repeat(np.tile(times, sets), chunks)
    positions = np.zeros(len(segments), POSITION)
    positions["set"] = np.repeat(np.repeat(np.arange(sets), groups), chunks)
    positions["column"] = np.repeat(np.tile(stripe, sets), chunks)
    ends = np.cumsum(chunks)
    positions["row"] = np.arange(len(segments)) - np.repeat(ends - chunks, chunks)
    order = np.argsort(positions, order=("set", "row", "column"), kind="stable")
    positions, first = np.unique(positions[order], return_index=True)
    return Segments(segments[order], np.append(first, len(order)), masks, rounding, positions)


def _column_segments(weights: Array, shape: Shape, hardware: Hardware) -> Segments:
    """Segments of adjacent rows; each costs its units of live bitlines if any row is active."""
    chunks = -(-shape.rows // shape.chunk)
    per_chunk = -(-shape.chunk // shape.height)
    stripes = len(shape.stripe_units(shape.columns))
    live = np.empty((shape.sets, chunks * per_chunk, stripes), np.int64)
    cut = (shape.cells, shape.cell_bits, shape.size)
    heights = (shape.chunk, shape.height)
    live_bitlines(weights, cut, int(hardware.mapping.encoding), shape.bias, heights, live)
    base, masks = _row_groups(shape)
    grid = (shape.sets, chunks, stripes, per_chunk)
    segments = np.broadcast_to(base.reshape(chunks, 1, per_chunk), grid).reshape(-1).copy()
    units = -(-live.reshape(shape.sets, chunks, per_chunk, stripes) // shape.width)
    segments["multiplicity"] = units.transpose(0, 1, 3, 2).reshape(-1)
    positions = _positions(grid[:3])
    crossbars = np.arange(len(positions) + 1) * per_chunk
    # One unit if any wordline is active: the same as a unit that reads all rows at once.
    rounding = rounding_of(shape.chunk, shape.chunk)
    return Segments(segments, crossbars, masks, rounding, positions)


def _row_groups(shape: Shape) -> tuple[Array, Array]:
    """A segment for every group of adjacent rows of every chunk; a chunk's last may be empty."""
    chunks, per_chunk = -(-shape.rows // shape.chunk), -(-shape.chunk // shape.height)
    masks = np.zeros((chunks, per_chunk, -(-shape.chunk // 64)), np.uint64)
    for row in range(shape.chunk):
        masks[:, row // shape.height, row // 64] |= np.uint64(1 << row % 64)
    segments = np.zeros((chunks, per_chunk), SEGMENT)
    first = np.arange(per_chunk) * shape.height // 64
    last = (np.minimum((np.arange(per_chunk) + 1) * shape.height, shape.chunk) - 1) // 64
    segments["first"] = np.arange(chunks)[:, None] * masks.shape[2] + first
    segments["words"] = last - first + 1
    places = np.arange(chunks * per_chunk).reshape(chunks, per_chunk)
    segments["mask"] = places * masks.shape[2] + first
    return segments, masks.reshape(-1)
