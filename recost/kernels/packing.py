"""Zeros of real matrices as bits of 64-bit words: live rows of weights, active wordlines of inputs.

Rows are cut into chunks of a crossbar's height, and every chunk starts a word of its own: row r
is bit ``(r % chunk) % 64`` of word ``(r // chunk) * ceil(chunk / 64) + (r % chunk) // 64``.
"""

from __future__ import annotations

import numba
import numpy as np

from recost.kernels._numba import driver, inlined, kernel
from recost.vocabulary import WeightEncoding

# A slice of the inputs: which part of a signed value it is cut from (`PLAIN`, or the pass of
# sign-magnitude), its lowest bit and its width.
PLANE = np.dtype([("part", "i8"), ("shift", "i8"), ("width", "i8")])
PLAIN, POSITIVE, NEGATIVE = range(3)

_DIFFERENTIAL = int(WeightEncoding.DIFFERENTIAL)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)


@kernel
def word_rows(word, chunk, rows):
    """The rows of a word as (first, end); empty where a chunk has no rows left."""
    per_chunk = (chunk + 63) // 64
    start = word // per_chunk * chunk
    first = start + word % per_chunk * 64
    return first, min(first + 64, start + chunk, rows)


@inlined
def _magnitude(weight, part, bias):
    """What a crossbar set stores of a weight: `part` 0 all of it, 1 positive, -1 negative."""
    value = np.int64(weight)
    if part == 0:
        return np.uint64(value + bias if bias > 0 else abs(value))
    return np.uint64(max(part * value, np.int64(0)))


@kernel
def _live_pieces(weights, part, bias, pieces, bit, live):
    """Set a row's bit in the word of every piece of a weight that is not zero."""
    columns, masks = pieces
    if columns.size == weights.size:
        # Every weight is one piece: no lookup, and the loop vectorises.
        for j in range(weights.size):
            found = _magnitude(weights[j], part, bias) & masks[j]
            live[j] |= np.uint64(found != _ZERO) << bit
    else:
        for p in range(columns.size):
            found = _magnitude(weights[columns[p]], part, bias) & masks[p]
            live[p] |= np.uint64(found != _ZERO) << bit


@driver
def live_rows(weights, pieces, starts, encoding, bias, chunk, live):
    """Which rows have a non-zero cell in which column group.

    Parameters
    ----------
    weights : integers [rows, columns]
    pieces : (matrix column int64, bits of the magnitude uint64) of every piece of a weight that
        lies in one group, by group; every column is in at least one piece
    starts : int64 [groups + 1], where each group's pieces start
    encoding, bias : code of `WeightEncoding`, and 2^(Bw - 1) for `offset`, else 0
    chunk : rows of a crossbar
    live : uint64 [sets, words, groups], overwritten; two sets if differential (positive first)
    """
    for word in numba.prange(live.shape[1]):
        first, end = word_rows(word, chunk, weights.shape[0])
        found = np.empty(pieces[0].size, np.uint64)
        for s in range(live.shape[0]):
            part = 1 - 2 * s if encoding == _DIFFERENTIAL else 0
            found[:] = _ZERO
            for row in range(first, end):
                _live_pieces(weights[row], part, bias, pieces, np.uint64(row - first), found)
            for g in range(starts.size - 1):
                joined = _ZERO
                for p in range(starts[g], starts[g + 1]):
                    joined |= found[p]
                live[s, word, g] = joined


@driver
def live_bitlines(weights, shape, encoding, bias, heights, live):
    """How many bitlines of each crossbar hold a non-zero cell in each group of adjacent rows.

    `shape` is (cells of a weight, bits of a cell, bitlines of a crossbar), `heights` (rows of a
    crossbar, rows of a group); `live` is int64 [sets, row groups, column chunks], overwritten.
    """
    cells, cell_bits, bitlines = shape
    chunk, height = heights
    per_chunk = (chunk + height - 1) // height
    cell_mask = np.uint64((1 << cell_bits) - 1)
    for group in numba.prange(live.shape[1]):
        start = group // per_chunk * chunk
        first = start + group % per_chunk * height
        end = min(first + height, start + chunk, weights.shape[0])
        joined = np.empty(weights.shape[1], np.uint64)
        for s in range(live.shape[0]):
            part = 1 - 2 * s if encoding == _DIFFERENTIAL else 0
            joined[:] = _ZERO
            live[s, group, :] = 0
            for row in range(first, end):
                for j in range(joined.size):
                    joined[j] |= _magnitude(weights[row, j], part, bias)
            for j in range(joined.size):
                for cell in range(cells):
                    value = joined[j] >> np.uint64(cell_bits * (cells - 1 - cell))
                    if value & cell_mask:
                        live[s, group, (j * cells + cell) // bitlines] += 1


@kernel
def _load(inputs, row, full, values):
    """The parts of a row's values in a block of vectors; returns the bits in use of each part."""
    plain = positive = negative = _ZERO
    for v in range(inputs.shape[0]):
        value = np.int64(inputs[v, row])
        values[PLAIN, v] = np.uint64(value) & full
        values[POSITIVE, v] = np.uint64(max(value, np.int64(0)))
        values[NEGATIVE, v] = np.uint64(max(-value, np.int64(0)))
    for v in range(inputs.shape[0]):
        plain |= values[PLAIN, v]
        positive |= values[POSITIVE, v]
        negative |= values[NEGATIVE, v]
    return plain, positive, negative


@kernel
def _pack_row(values, used, planes, bit, words):
    """Set a row's bit in the words of a block, plane by plane; returns the planes in use.

    `words` [planes * vectors].  Indices are unsigned because a signed one may count from the
    end, which would keep the loops from vectorising.
    """
    size = np.uint64(values.shape[1])
    top = 0
    for p in range(planes.size):
        part = planes[p].part
        shift, width = np.uint64(planes[p].shift), np.uint64(planes[p].width)
        mask = (_ONE << width) - _ONE
        if (used[part] >> shift) & mask == _ZERO:
            continue  # high bits are mostly zero in all vectors
        top = p + 1
        base = np.uint64(p) * size
        if mask == _ONE:
            for v in range(size):
                words[base + v] |= ((values[part, v] >> shift) & _ONE) << bit
        else:
            # A slice is 0 .. mask: adding the mask carries into the next bit unless it is 0.
            for v in range(size):
                words[base + v] |= ((((values[part, v] >> shift) & mask) + mask) >> width) << bit
    return top


@kernel
def _pack_block(inputs, planes, full, chunk, words):
    """The words of a block of vectors; returns one more than its last plane in use."""
    values = np.zeros((3, words.shape[1] // planes.size), np.uint64)
    top = 0
    for w in range(words.shape[0]):
        first, end = word_rows(w, chunk, inputs.shape[1])
        out = words[w]
        out[:] = _ZERO
        for row in range(first, end):
            used = _load(inputs, row, full, values)
            top = max(top, _pack_row(values, used, planes, np.uint64(row - first), out))
    return top


@driver
def active_wordlines(inputs, planes, full, chunk, words, tops):
    """Which wordlines are active in which input slice.

    Parameters
    ----------
    inputs : integers [vectors, rows]
    planes : array of PLANE, the slices
    full : 2^Ba - 1, the bits of an input
    chunk : rows of a crossbar
    words : uint64 [blocks, words, planes * vectors of a block], overwritten
    tops : int64 [blocks], overwritten: planes from this one on are zero in the whole block
    """
    size = words.shape[2] // planes.size
    for block in numba.prange(words.shape[0]):
        first = block * size
        end = min(first + size, inputs.shape[0])
        tops[block] = _pack_block(inputs[first:end], planes, full, chunk, words[block])
