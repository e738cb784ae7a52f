"""Packed bits against the rows and slices that they stand for."""

import numpy as np
import pytest

from recost.kernels import packing, segments


def unpack(words, chunk, rows):
    """The rows whose bits are set in a column of words."""
    per_chunk = -(-chunk // 64)
    return [
        bool(int(words[r // chunk * per_chunk + r % chunk // 64]) >> (r % chunk % 64) & 1)
        for r in range(rows)
    ]


@pytest.mark.parametrize("chunk", [1, 5, 64, 65, 128, 130])
@pytest.mark.parametrize("rows", [1, 64, 129, 200])
def test_words_and_rows(chunk, rows):
    words = -(-rows // chunk) * -(-chunk // 64)
    spans = [packing.word_rows(word, chunk, rows) for word in range(words)]
    assert [row for first, end in spans for row in range(first, end)] == list(range(rows))


@pytest.mark.parametrize("chunk", [5, 64, 130])
@pytest.mark.parametrize("width", [1, 3, 7])
def test_active_wordlines(chunk, width):
    rng = np.random.default_rng(width)
    inputs = rng.integers(-127, 128, (11, 150))
    planes = [(part, s, width) for s in range(0, 7, width) for part in (1, 2)]
    words = np.empty((2, -(-150 // chunk) * -(-chunk // 64), 6 * len(planes)), np.uint64)
    tops = np.empty(2, np.int64)
    full = np.uint64(127)
    packing.active_wordlines(inputs, np.array(planes, packing.PLANE), full, chunk, words, tops)
    for v in range(12):
        for p, (part, shift, _) in enumerate(planes):
            x = np.zeros(150, int) if v == 11 else inputs[v]
            digits = (np.maximum(x if part == 1 else -x, 0) >> shift) & (2**width - 1)
            found = unpack(words[v // 6][:, p * 6 + v % 6], chunk, 150)
            assert found == [bool(digit) for digit in digits]
            assert p < tops[v // 6] or not any(found)


@pytest.mark.parametrize("chunk", [3, 64, 100])
def test_compacted_rows_are_the_kept_ones_in_order(chunk):
    rng = np.random.default_rng(chunk)
    rows = 700
    live = rng.random((3, rows)) < np.array([[0.02], [0.4], [1.0]])
    bits = np.zeros((3, 704), bool)
    bits[:, :rows] = live
    words = np.packbits(bits.reshape(3, 11, 64), axis=2, bitorder="little").view("<u8")[:, :, 0]
    packed = np.ascontiguousarray(words.T)[None].astype(np.uint64)  # sets, words, groups
    kept = np.zeros((1, 3), np.int64)
    segments.kept_rows(packed, kept)
    assert kept[0].tolist() == live.sum(axis=1).tolist()
    chunks = -(-kept[0] // chunk)
    found = np.zeros(
        chunks.sum(), [("first", "i8"), ("words", "i8"), ("mask", "i8"), ("multiplicity", "i8")]
    )
    masks = np.zeros(packed.size + len(found), np.uint64)
    used = segments.compact_groups(packed, kept, chunk, found, masks)
    assert used <= masks.size
    at = 0
    for group in range(3):
        order = np.flatnonzero(live[group])
        for k in range(chunks[group]):
            segment = found[at]
            at += 1
            own = masks[segment["mask"] : segment["mask"] + segment["words"]]
            rows_read = [
                64 * (int(segment["first"]) + w) + b
                for w, word in enumerate(own)
                for b in range(64)
                if int(word) >> b & 1
            ]
            assert rows_read == order[k * chunk : (k + 1) * chunk].tolist()
