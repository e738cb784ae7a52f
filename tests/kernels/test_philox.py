"""Counter-based random numbers: the published vectors, the distributions, the independence."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recost.kernels import philox
from recost.kernels._numba import kernel
from tests.naive import philox as naive

word = st.integers(min_value=0, max_value=2**64 - 1)


@kernel
def words(key, cell, trial):
    return philox.words(key, cell, trial)


@kernel
def normal_pair(key, cell, trial):
    return philox.normals(key, cell, trial)


@kernel
def fill(key, trial, pairs, quads):
    for cell in range(pairs.shape[0]):
        pairs[cell, 0], pairs[cell, 1] = philox.normals(key, cell, trial)
        a, b, c, d = philox.normals4(key, cell, trial)
        quads[cell, 0], quads[cell, 1], quads[cell, 2], quads[cell, 3] = a, b, c, d


@pytest.fixture(scope="module")
def sample():
    n = 200_000
    pairs, quads = np.empty((n, 2)), np.empty((n, 4))
    fill(philox.stream_key(1, "test"), 7, pairs, quads)
    return pairs, quads


# Random123's kat_vectors: counter, key, answer.
KNOWN = [
    ("00000000 " * 4, "00000000 " * 2, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff " * 4, "ffffffff " * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        "243f6a88 85a308d3 13198a2e 03707344",
        "a4093822 299f31d0",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_known_answers(counter, key, answer):
    def pack(text):
        values = [int(part, 16) for part in text.split()]
        return [low | high << 32 for low, high in zip(values[::2], values[1::2], strict=True)]

    arguments = [np.uint64(value) for value in (*pack(key), *pack(counter))]
    assert list(words(*arguments)) == pack(answer)
    assert list(naive.words(*map(int, arguments))) == pack(answer)


@given(word, word, word)
def test_words_against_the_naive_twin(key, cell, trial):
    found = words(np.uint64(key), np.uint64(cell), np.uint64(trial))
    assert found == naive.words(key, cell, trial)


@given(word, word, word)
def test_normals_against_the_naive_twin(key, cell, trial):
    found = normal_pair(np.uint64(key), np.uint64(cell), np.uint64(trial))
    assert found == pytest.approx(naive.normals(key, cell, trial), rel=1e-12, abs=1e-14)


def test_keys_differ_by_seed_and_by_stream():
    keys = {
        philox.stream_key(seed, *stream)
        for seed in range(50)
        for stream in [(), ("a",), ("b",), ("a", 1), ("a1",)]
    }
    assert len(keys) == 250
    assert philox.stream_key(3, "a") == philox.stream_key(3, "a")


def test_the_normals_are_normal_and_independent(sample):
    pairs, quads = sample
    columns = [*pairs.T, *quads.T]
    for column in columns:
        assert stats.kstest(column, "norm").pvalue > 1e-3
        assert abs(column.mean()) < 4 / math.sqrt(column.size)
        assert abs(column.var() - 1) < 4 * math.sqrt(2 / column.size)
        assert abs(np.corrcoef(column[:-1], column[1:])[0, 1]) < 4 / math.sqrt(column.size)
    for x, y in (
        (pairs[:, 0], pairs[:, 1]),
        *((quads[:, i], quads[:, j]) for i in range(4) for j in range(i)),
    ):
        assert abs(np.corrcoef(x, y)[0, 1]) < 4 / math.sqrt(x.size)
        assert abs(np.corrcoef(x**2, y**2)[0, 1]) < 4 / math.sqrt(x.size)
        angle = np.arctan2(x, y) / (2 * math.pi) + 0.5
        assert stats.kstest(angle, "uniform").pvalue > 1e-3


@kernel
def pairs(key, cell, trial):
    return philox.normal_pair_and_uniforms(key, cell, trial)


def test_normals_and_uniforms_of_one_block():
    key = philox.stream_key(3, "pair")
    sample = np.array([pairs(key, cell, 7) for cell in range(20_000)])
    moments = ((0, 1), (0, 1), (0.5, 1 / 12), (0.5, 1 / 12))
    for column, (mean, variance) in zip(sample.T, moments, strict=True):
        assert abs(column.mean() - mean) < 4.0 * np.sqrt(variance / len(column))
        assert np.var(column) == pytest.approx(variance, rel=0.05)
    assert np.abs(np.corrcoef(sample.T) - np.eye(4)).max() < 0.03
    assert np.all((sample[:, 2:] > 0.0) & (sample[:, 2:] < 1.0))
