"""The branch-free functions against the C library's, in units in the last place."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recost.kernels import elementary
from recost.kernels._intrinsics import (
    fma,
    fused,
    one_by_one,
    ones,
    popcount,
    sums_of_2,
    sums_of_4,
)
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
def erfc(x, out):
    for i in range(x.size):
        out[i] = elementary.erfc(x[i])


@kernel
def third_root(x, out):
    for i in range(x.size):
        out[i] = elementary.third_root(x[i])


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


@kernel
def sums_of(factors, row, at, step):
    return sums_of_2(factors, row, at, step), sums_of_4(factors, row, at, step)


@given(st.lists(MODERATE, min_size=40, max_size=40), st.integers(0, 12), st.integers(0, 8))
def test_the_interpreter_adds_up_products_side_by_side_too(numbers, at, step):
    row, factors = np.array(numbers), (1.0, 0.3, -7.5, 1e-3)
    wanted = [row[at + f] for f in range(4)]
    for k in range(1, 4):
        wanted = [fma_of(factors[k], row[at + k * step + f], w) for f, w in enumerate(wanted)]
    found = sums_of(factors, row, at, step)
    twins = tuple(one_by_one(n)(factors, row, at, step) for n in (2, 4))
    assert found == twins == (tuple(wanted[:2]), tuple(wanted))


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


@pytest.mark.parametrize(
    ("function", "reference", "x", "units"),
    [
        (erfc, np.vectorize(math.erfc), spread(-1.0, 6.0), 8.0),
        (erfc, np.vectorize(math.erfc), spread(-26.0, 26.0), 8.0),
        (third_root, np.cbrt, spread(0.0, 10.0)[1:], 11.0),
        (third_root, np.cbrt, np.geomspace(1e-8, 1e8, 100_001), 11.0),
    ],
)
def test_within_some_units_in_the_last_place(function, reference, x, units):
    out = np.empty_like(x)
    function(x, out)
    expected = reference(x)
    assert np.max(np.abs(out - expected) / np.spacing(np.abs(expected))) <= units + 1.0


def test_erfc_beyond_its_range_is_what_it_is_at_the_end():
    x, out = np.array([26.0, 27.0, 1e300, -26.0, -1e300]), np.empty(5)
    erfc(x, out)
    assert out[0] == out[1] == out[2] < 1e-290
    assert out[3] == out[4] == 2.0
