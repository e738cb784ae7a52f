"""Operation-unit cycles counted by loops over cells, straight from the definition.

Signed weights become sets of non-negative values; cells most significant first on adjacent
bitlines; bitlines and rows cut into crossbars, bitlines of a crossbar into groups; a group
drops the rows in which all its cells are zero; in an input slice it takes
``ceil(active kept rows / S_w)`` cycles.
"""

from math import ceil

from recost.vocabulary import (
    ActivationSparsity,
    Compaction,
    InputEncoding,
    Sync,
    WeightEncoding,
    WeightSparsity,
)


def weight_sets(weights, hardware):
    """The matrices of non-negative values that crossbars store."""
    encoding, bits = hardware.mapping.encoding, hardware.precision.weight_bits
    if encoding == WeightEncoding.DIFFERENTIAL:
        return [
            [[max(w, 0) for w in row] for row in weights],
            [[max(-w, 0) for w in row] for row in weights],
        ]
    if encoding == WeightEncoding.MAGNITUDE:
        return [[[abs(w) for w in row] for row in weights]]
    return [[[w + 2 ** (bits - 1) for w in row] for row in weights]]


def cells_of(matrix, hardware):
    """Every weight as its cells on adjacent bitlines, the most significant first."""
    bits = hardware.crossbar.cell_bits
    count = ceil(hardware.precision.weight_bits / bits)
    return [
        [value >> bits * (count - 1 - s) & 2**bits - 1 for value in row for s in range(count)]
        for row in matrix
    ]


def slices_of(vector, hardware, signed):
    """The wordlines that are active in each input slice, as sets of rows.

    Sign-magnitude streams inputs twice if any of them is negative (`signed`).
    """
    precision, mode = hardware.precision, hardware.sparsity.activations
    count = ceil(precision.input_bits / precision.dac_bits)
    parts = [vector]
    if signed and precision.input_encoding == InputEncoding.SIGN_MAGNITUDE:
        parts = [[max(x, 0) for x in vector], [max(-x, 0) for x in vector]]
    if precision.input_encoding == InputEncoding.TWOS_COMPLEMENT:
        parts = [[x % 2**precision.input_bits for x in vector]]
    slices = []
    for part in parts:
        for s in range(count):
            digits = [x >> s * precision.dac_bits & 2**precision.dac_bits - 1 for x in part]
            if mode == ActivationSparsity.NONE:
                slices.append(set(range(len(vector))))
            elif mode == ActivationSparsity.VALUE:
                slices.append({i for i, x in enumerate(part) if x})
            else:
                slices.append({i for i, digit in enumerate(digits) if digit})
    return slices


def cut(items, size):
    """A list in pieces of `size`; the last may be shorter."""
    return [items[i : i + size] for i in range(0, len(items), size)]


def crossbars_of(weights, hardware):
    """Each crossbar as (set, row chunk, column chunk) and the units of work that it reads.

    A unit of work is (rows it reads, rows at a time, how often it is repeated).
    """
    sets = [cells_of(matrix, hardware) for matrix in weight_sets(weights, hardware)]
    count = len(sets[0][0]) // len(weights[0])
    rows, columns = list(range(len(weights))), list(range(len(weights[0])))
    if hardware.sparsity.weights == WeightSparsity.MATRIX:
        rows = [i for i in rows if any(any(cells[i]) for cells in sets)]
        columns = [
            j
            for j in columns
            if any(any(row[j * count : (j + 1) * count]) for cells in sets for row in cells)
        ]
    bitlines = [j * count + s for j in columns for s in range(count)]
    found = []
    for index, cells in enumerate(sets):
        for column, stripe in enumerate(cut(bitlines, hardware.crossbar.columns)):
            found += [
                ((index, row, column), work)
                for row, work in stripe_work(cells, rows, stripe, hardware)
            ]
    return sorted(found, key=lambda entry: entry[0])


def stripe_work(cells, rows, stripe, hardware):
    """The crossbars under one chunk of bitlines: (row chunk, its units of work)."""
    mode, height = hardware.sparsity.weights, hardware.operation_unit.rows
    chunks = cut(rows, hardware.crossbar.rows)
    groups = cut(stripe, hardware.operation_unit.columns)
    if mode == WeightSparsity.OU_COLUMN:
        return [
            (k, [column_work(cells, adjacent, stripe, hardware) for adjacent in cut(chunk, height)])
            for k, chunk in enumerate(chunks)
        ]
    looked_at = [stripe] * len(groups) if mode == WeightSparsity.CROSSBAR_ROW else groups
    if mode in (WeightSparsity.NONE, WeightSparsity.MATRIX):
        return [(k, [(chunk, height, 1)] * len(groups)) for k, chunk in enumerate(chunks)]

    def kept(chunk, group):
        return [i for i in chunk if any(cells[i][b] for b in group)]

    if hardware.mapping.compaction == Compaction.LAYER:
        columns = [cut(kept(rows, group), hardware.crossbar.rows) for group in looked_at]
        return [
            (k, [(pieces[k], height, 1) for pieces in columns if k < len(pieces)])
            for k in range(max(len(pieces) for pieces in columns))
        ]
    return [
        (k, [(kept(chunk, group), height, 1) for group in looked_at])
        for k, chunk in enumerate(chunks)
    ]


def column_work(cells, adjacent, stripe, hardware):
    """Adjacent rows: all units of their live bitlines if any of the rows is active."""
    live = sum(any(cells[i][b] for i in adjacent) for b in stripe)
    width = min(hardware.operation_unit.columns, hardware.crossbar.columns)
    return adjacent, len(adjacent), ceil(live / width)


def count(weights, inputs, hardware):
    """Cycles by crossbar and vector: {position: [cycles of each vector]}."""
    weights = [[int(w) for w in row] for row in weights]
    inputs = [[int(x) for x in vector] for vector in inputs]
    signed = any(x < 0 for vector in inputs for x in vector)
    slices = [slices_of(vector, hardware, signed) for vector in inputs]
    return {
        position: [
            sum(
                ceil(sum(i in active for i in rows) / height) * times
                for active in own
                for rows, height, times in work
            )
            for own in slices
        ]
        for position, work in crossbars_of(weights, hardware)
    }


def stragglers(cycles):
    """The slowest crossbar of every vector, summed; and the slowest crossbar's sum."""
    if not cycles:
        return {Sync.VECTOR: 0, Sync.LAYER: 0}
    return {
        Sync.VECTOR: sum(max(vector) for vector in zip(*cycles.values(), strict=True)),
        Sync.LAYER: max(sum(vectors) for vectors in cycles.values()),
    }
