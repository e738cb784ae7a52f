"""Writes that are nonlinear and noisy, against the authors' law and against exact ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recost.kernels.outer_product_noise import move
from recost.models.sliced_matrix import SlicedMatrix, Writing
from recost.models.slices import Slicing
from tests.naive import outer_product as naive

SLICING = Slicing((4, 4, 4, 6, 6, 5, 5, 5))


@given(st.floats(-32, 31), st.floats(-40, 40), st.floats(0.01, 8))
def test_the_law_is_the_authors(level, step, alpha):
    ours = move(level, step, -32.0, 31.0, alpha)
    assert ours == pytest.approx(
        naive.nonideal_step(level, step, -32, 31, alpha), rel=1e-9, abs=1e-9
    )


@given(
    st.floats(-32, 31),
    st.floats(0, 20),
    st.floats(0, 20),
    st.floats(0, 8),
    st.sampled_from((1, -1)),
)
def test_steps_of_one_sign_compose(level, first, second, alpha, sign):
    whole = move(level, sign * (first + second), -32.0, 31.0, alpha)
    half = move(level, sign * first, -32.0, 31.0, alpha)
    rest = move(level + half, sign * second, -32.0, 31.0, alpha)
    assert half + rest == pytest.approx(whole, rel=1e-9, abs=1e-9)


@given(st.floats(-32, 31), st.floats(-40, 40))
def test_no_nonlinearity_is_linear_and_the_limit_of_little(level, step):
    assert move(level, step, -32.0, 31.0, 0.0) == step
    assert move(level, step, -32.0, 31.0, 1e-9) == pytest.approx(step, abs=1e-5)


def train(writing: Writing | None, scale: int = 300, examples: int = 40) -> SlicedMatrix:
    rng = np.random.default_rng(1)
    matrix = SlicedMatrix(SLICING, rng.integers(-(2**28), 2**28, (16, 32)), 10, writing)
    columns = rng.integers(-scale, scale, (examples, 16))
    matrix.add_outer_product(columns, rng.integers(-scale, scale, (examples, 32)))
    return matrix


def test_without_noise_the_float_cells_equal_the_exact_ones():
    exact = train(None)
    # So little nonlinearity that the law is linear, on cells of float64.
    nearly = train(Writing(nonlinearity=1e-13))
    assert (nearly.weights() == exact.weights()).all()
    assert (nearly.saturated == exact.saturated).all()
    assert (nearly.clipped == exact.clipped).all()


def test_the_noise_has_the_size_of_the_law():
    # One write of x steps from 0: the standard deviation is sigma sqrt(R x).
    wide = Slicing((8,) * 8, 32)
    sigma, steps = 0.05, 5
    matrix = SlicedMatrix(wide, np.zeros((64, 64)), writing=Writing(noise=sigma, seed=3))
    matrix.add_outer_product(np.full(64, steps), np.ones(64))
    lowest = matrix.slices()[-1]
    expected = sigma * math.sqrt(255 * steps)
    assert lowest.mean() == pytest.approx(steps, abs=5 * expected / 64)
    assert lowest.std() == pytest.approx(expected, rel=5 / math.sqrt(2 * 64 * 64))
    assert (matrix.slices()[:-1] == 0).all()  # a slice that is not written has no noise


def test_noise_depends_on_seed_and_example_only():
    first, again = train(Writing(0.1, 0.5, seed=1)), train(Writing(0.1, 0.5, seed=1))
    other = train(Writing(0.1, 0.5, seed=2))
    assert (first.slices() == again.slices()).all()
    assert (first.slices() != other.slices()).any()


def test_nonlinearity_slows_towards_a_bound():
    # From the upper half, a step up moves less than a step down.
    assert move(20.0, 4.0, -32.0, 31.0, 3.0) < 4.0 < -move(20.0, -4.0, -32.0, 31.0, 3.0)
