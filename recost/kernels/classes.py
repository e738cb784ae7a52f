"""The classes into which a layer's crossbars and input slices fall, and what a mode keeps."""

from __future__ import annotations

from recost.kernels._numba import borrowing, inlined
from recost.kernels.powers import power
from recost.vocabulary import ActivationSparsity, FilterZeros, WeightEncoding, WeightSparsity

_NO_WEIGHTS = int(WeightSparsity.NONE)
_OU_ROW = int(WeightSparsity.OU_ROW)
_VALUE = int(ActivationSparsity.VALUE)
_BIT = int(ActivationSparsity.BIT)
_OFFSET = int(WeightEncoding.OFFSET)
_DIFFERENTIAL = int(WeightEncoding.DIFFERENTIAL)
_INDEPENDENT = int(FilterZeros.INDEPENDENT)

# What the crossbars of a layer do for one image, as `recost.kernels.crossbars` adds it up.
WORK, WORK_CONVERSIONS, WORK_DRIVES, WORK_READS, KEPT_ROWS = range(5)
WORKS = 5


@inlined
def alike_slices(layer, activations):
    """How many input slices each kind of `input_streams` stands for."""
    if activations == _BIT:
        return 1
    return layer.slices if activations == _VALUE else layer.slices * layer.passes


@inlined
def input_streams(layer, activations, streams):
    """P(a wordline is active) for each kind of slice into `streams`: (kinds, alike slices).

    Dense inputs drive every slice alike; value skipping repeats one draw in all slices; bits
    differ by slice.  A slice that is always zero costs nothing and is left out.
    """
    if activations == _BIT:
        used = 0
        for _ in range(layer.passes):
            for b in range(layer.slices):
                if layer.slice_density[b] > 0.0:
                    streams[used] = layer.slice_density[b]
                    used += 1
        return used, alike_slices(layer, activations)
    if activations == _VALUE:
        for i in range(layer.passes):
            streams[i] = layer.nonzero_share
        return layer.passes, alike_slices(layer, activations)
    streams[0] = 1.0
    return 1, alike_slices(layer, activations)


@inlined
def column_class(place, size, i):
    """Class i of a layer's column chunks: (start in a weight, bitlines, how many).

    Chunks of `size` bitlines start at different cells of a weight where its cells do not divide
    `size`; the starts repeat after `place.starts` = cells / gcd(cells, size) chunks.  The last
    class is the last chunk, unless it is like the others.
    """
    cells, period = place.cells_per_weight, place.starts
    full = place.column_chunks - 1
    alike = period == 1 and place.last_bitlines == size
    if i == period:
        return (full * size) % cells, place.last_bitlines, 0 if alike else 1
    count = (full - i + period - 1) // period if full > i else 0
    return (i * size) % cells, size, count + (1 if alike else 0)


@borrowing
def set_class(layer, structure, i):
    """Class i of a layer's polarity sets: (element density, how many sets)."""
    if structure.mapping_encoding != _DIFFERENTIAL:
        return layer.element_density, 1 - i
    if layer.positive_share == 0.5 or structure.sparsity_weights == _NO_WEIGHTS:
        return 0.5 * layer.element_density, 2 - 2 * i
    share = layer.positive_share if i == 0 else 1.0 - layer.positive_share
    return layer.element_density * share, 1


@borrowing
def matrix_shares(layer, structure):
    """P(a row) and P(a filter) is not zero over the whole matrix: (rows, filters).

    A row (a filter) is kept if it is live and one of its elements is, rows and filters apart;
    elements of one filter's kernels count one by one.  In offset encoding no row of cells is zero.
    """
    if structure.mapping_encoding == _OFFSET:
        return 1.0, 1.0
    live = layer.filter_density * layer.kernel_density * layer.element_density
    row = layer.row_density * (1.0 - power(1.0 - live, layer.columns))
    if layer.filter_zeros == _INDEPENDENT:
        return row, 1.0 - power(1.0 - layer.row_density * live, layer.rows)
    column = layer.row_density * layer.kernel_density * layer.element_density
    return row, layer.filter_density * (1.0 - power(1.0 - column, layer.rows))


@borrowing
def kept_shares(layer, structure):
    """Shares of a matrix's rows and filters that have to be placed: (rows, filters)."""
    row, filters = matrix_shares(layer, structure)
    if structure.sparsity_weights == _OU_ROW:
        # Over the layer's height a group keeps the rows in which one of its weights lives.
        cells = -(-structure.precision_weight_bits // structure.crossbar_cell_bits)
        weights = max(1.0, structure.operation_unit_columns / cells)
        element, _ = set_class(layer, structure, 0)
        live = layer.filter_density * layer.kernel_density * element
        row = layer.row_density * (1.0 - (1.0 - live) ** weights)
    return row, filters
