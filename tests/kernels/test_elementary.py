"""The branch-free functions against the C library's, in units in the last place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recost.kernels import elementary
from recost.kernels._intrinsics import fma, fused, ones, popcount
from recost.kernels._numba import kernel


@kernel
def log(x, out):
    for i in range(x.size):
        out[i] = elementary.log(x[i])


@kernel
def exp(x, out):
    for i in range(x.size):
        out[i] = elementary.exp(x[i])


@kernel
def sine(x, out):
    for i in range(x.size):
        out[i] = elementary.sine(x[i])


@kernel
def cosine(x, out):
    for i in range(x.size):
        out[i] = elementary.cosine(x[i])


@kernel
def fma_of(a, b, c):
    return fma(a, b, c)


@kernel
def popcount_of(word):
    return popcount(word)


MODERATE = st.floats(-1e100, 1e100)


@given(MODERATE, MODERATE, MODERATE)
def test_the_interpreter_multiplies_and_adds_with_one_rounding_too(a, b, c):
    for addend in (c, -a * b):  # what is left of a product is its rounding
        found, expected = fused(a, b, addend), fma_of(a, b, addend)
        assert np.float64(found).tobytes() == np.float64(expected).tobytes()


@given(st.integers(0, 2**64 - 1))
def test_the_interpreter_counts_ones_too(word):
    assert ones(word) == popcount_of(np.uint64(word)) == sum(word >> i & 1 for i in range(64))


def spread(low, high):
    return np.concatenate(
        [np.linspace(low, high, 100_001), np.random.default_rng(0).uniform(low, high, 100_000)]
    )


@pytest.mark.parametrize(
    ("function", "reference", "x"),
    [
        (log, np.log, spread(2.0**-53, 1.0 - 2.0**-53)),
        (log, np.log, np.geomspace(1e-307, 1e308, 100_001)),
        (exp, np.exp, spread(-708.0, 709.0)),
        (exp, np.exp, spread(-1e-3, 1e-3)),
        (sine, np.sin, spread(-np.pi / 4, np.pi / 4)),
        (cosine, np.cos, spread(-np.pi / 4, np.pi / 4)),
    ],
)
def test_within_two_units_in_the_last_place(function, reference, x):
    out = np.empty_like(x)
    function(x, out)
    expected = reference(x)
    # One unit for the reference, which may be off by nearly one itself.
    assert np.max(np.abs(out - expected) / np.spacing(np.abs(expected))) <= 2.0
