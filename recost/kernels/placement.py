"""How a layer's matrix is cut into crossbars: computed here and nowhere else."""

from __future__ import annotations

import math

from recost.kernels._numba import borrowing
from recost.kernels.records import Placement
from recost.vocabulary import Compaction, WeightEncoding, WeightSparsity

_DIFFERENTIAL = int(WeightEncoding.DIFFERENTIAL)
_MATRIX = int(WeightSparsity.MATRIX)
_OU_ROW = int(WeightSparsity.OU_ROW)
_LAYER = int(Compaction.LAYER)


@borrowing
def ceil_div(a, b):
    """The smallest integer not below a / b, for positive b."""
    return -(-a // b)


@borrowing
def place(rows, columns, groups, structure):
    """Cut `groups` matrices of rows x columns weights into crossbars.

    c = ceil(weight_bits / cell_bits) cells a weight, adjacent on c bitlines; rows in chunks of
    `crossbar.rows`, bitlines in chunks of `crossbar.columns` (a weight may straddle two).
    Each group of a grouped convolution is a matrix of its own: no crossbar holds two.
    """
    cells = ceil_div(structure.precision_weight_bits, structure.crossbar_cell_bits)
    bitlines = columns * cells
    row_chunks = ceil_div(rows, structure.crossbar_rows)
    column_chunks = ceil_div(bitlines, structure.crossbar_columns)
    sets = 2 if structure.mapping_encoding == _DIFFERENTIAL else 1
    return Placement(
        cells,
        bitlines,
        row_chunks,
        rows - (row_chunks - 1) * structure.crossbar_rows,
        column_chunks,
        bitlines - (column_chunks - 1) * structure.crossbar_columns,
        cells // math.gcd(cells, structure.crossbar_columns),
        sets,
        groups * sets * row_chunks * column_chunks,
    )


@borrowing
def frees_crossbars(structure):
    """Whether the sparsity removes whole rows or filters of a matrix.

    It does so by matrices, or where rows are compacted over the whole height of the layer;
    anything finer leaves gaps that nothing else fills.
    """
    return structure.sparsity_weights == _MATRIX or (
        structure.sparsity_weights == _OU_ROW and structure.mapping_compaction == _LAYER
    )


@borrowing
def kept_shape(layer, structure, row_live, filter_live):
    """Expected rows and columns that remain to be placed, rounded up, at least 1 x 1.

    Of a matrix of which `frees_crossbars` says that it is smaller than the layer's; `row_live` is
    P(a row is kept), `filter_live` P(a filter is kept).
    """
    # A density read from a file as 0.3680000001 must not cost a whole row more.
    rows, columns = max(1, int(layer.rows * row_live + 1.0 - 1e-9)), layer.columns
    if structure.sparsity_weights == _MATRIX:
        columns = max(1, int(columns * filter_live + 1.0 - 1e-9))
    return min(rows, layer.rows), min(columns, layer.columns)
