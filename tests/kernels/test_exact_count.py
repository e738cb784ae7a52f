"""Counting of packed segments: the division, and segments of every length."""

import numpy as np
import pytest

from recost.kernels import exact_count


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 9, 16, 100, 1000, 16_384])
def test_the_reciprocal_divides_and_rounds_up(rows):
    largest = 16_384
    bias, reciprocal = exact_count.rounding_of(rows, largest)
    counts = np.arange(largest + 1, dtype=np.uint64)
    found = ((counts + bias) * reciprocal) >> np.uint64(31)
    assert np.array_equal(found, -(-np.arange(largest + 1) // rows))


def test_segments_that_are_too_long_are_refused():
    with pytest.raises(ValueError, match="too long"):
        exact_count.rounding_of(30_000, 100_000)


def test_a_unit_taller_than_its_rows_reads_them_at_once():
    assert exact_count.rounding_of(500, 20) == exact_count.rounding_of(20, 20)


def count(words, segments, masks, rows=4):
    blocks, _, lanes = words.shape
    out = np.empty((1, blocks * lanes), np.int64)
    exact_count.count_cycles(
        words,
        np.ones(blocks, np.int64),
        segments,
        np.array([0, len(segments)]),
        masks,
        exact_count.rounding_of(rows, 64 * words.shape[1]),
        out,
    )
    return out[0]


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 8, 9])
@pytest.mark.parametrize("many", [1, 3, 4, 9])
def test_segments_of_every_length(length, many):
    rng = np.random.default_rng([length, many])
    words = rng.integers(0, 2**64, (3, length + 2, 5), np.uint64)
    masks = rng.integers(0, 2**64, length * many, np.uint64)
    segments = np.zeros(many, exact_count.SEGMENT)
    segments["first"] = rng.integers(0, 3, many) if many != 4 else 1
    segments["words"], segments["mask"] = length, np.arange(many) * length
    segments["multiplicity"] = rng.integers(1, 5, many) if many != 4 else 1
    expected = [
        sum(
            int(s["multiplicity"])
            * -(
                -sum(
                    (int(words[b, s["first"] + w, v]) & int(masks[s["mask"] + w])).bit_count()
                    for w in range(length)
                )
                // 4
            )
            for s in segments
        )
        for b in range(3)
        for v in range(5)
    ]
    assert count(words, segments, masks).tolist() == expected
