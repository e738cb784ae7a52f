"""Distributions of gradients: closed forms against quadrature and samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from recost.kernels import magnitudes
from recost.vocabulary import Magnitude
from tests.naive import wear

CASES = [("gaussian", 1.7, 0.0), ("laplace", 0.6, 0.0), ("lognormal", 0.3, 1.1)]


def code(family):
    return int(Magnitude.from_text(family))


@pytest.mark.parametrize(("family", "scale", "spread"), CASES)
@pytest.mark.parametrize("x", [0.05, 0.7, 3.0])
def test_limited_mean_is_the_integral_of_the_tail(family, scale, spread, x):
    area, _ = integrate.quad(
        lambda t: magnitudes.survival(code(family), scale, spread, t), 0.0, x, epsabs=1e-13
    )
    assert magnitudes.limited_mean(code(family), scale, spread, x) == pytest.approx(area, rel=1e-10)


@pytest.mark.parametrize(("family", "scale", "spread"), CASES)
def test_square_above_from_its_definition(family, scale, spread):
    # E[g^2; g > x] = x^2 P(g > x) + integral of 2 t P(g > t) from x on.
    x = 0.4
    tail, _ = integrate.quad(
        lambda t: 2.0 * t * magnitudes.survival(code(family), scale, spread, t), x, np.inf
    )
    expected = x * x * magnitudes.survival(code(family), scale, spread, x) + tail
    got = magnitudes.square_above(code(family), scale, spread, x)
    assert got == pytest.approx(expected, rel=1e-7)
    whole = magnitudes.mean_square(code(family), scale, spread)
    assert magnitudes.square_above(code(family), scale, spread, 0.0) == whole


@pytest.mark.parametrize(("family", "scale", "spread"), CASES)
def test_moments_against_samples(family, scale, spread):
    sample = wear.magnitudes(family, scale, spread, 400_000, np.random.default_rng(1))
    for values, expected in (
        (sample, magnitudes.mean(code(family), scale, spread)),
        (np.minimum(sample, 0.5), magnitudes.limited_mean(code(family), scale, spread, 0.5)),
        (sample**2 * (sample > 0.5), magnitudes.square_above(code(family), scale, spread, 0.5)),
        (sample > 0.5, magnitudes.survival(code(family), scale, spread, 0.5)),
    ):
        error = np.std(values) / np.sqrt(len(values))
        assert abs(np.mean(values) - expected) < 3.0 * error


@given(
    st.sampled_from(CASES),
    st.floats(min_value=1e-6, max_value=1.0 - 1e-9),
)
def test_quantile_undoes_the_tail(case, p):
    family, scale, spread = case
    x = magnitudes.quantile(code(family), scale, spread, p)
    assert magnitudes.survival(code(family), scale, spread, x) == pytest.approx(1.0 - p, rel=1e-6)


def test_a_lognormal_without_spread_is_a_constant():
    lognormal = code("lognormal")
    assert magnitudes.survival(lognormal, 2.0, 0.0, 1.9) == 1.0
    assert magnitudes.survival(lognormal, 2.0, 0.0, 2.0) == 0.0
    assert magnitudes.limited_mean(lognormal, 2.0, 0.0, 5.0) == 2.0
    assert magnitudes.square_above(lognormal, 2.0, 0.0, 1.0) == 4.0


@pytest.mark.parametrize("family", ["gaussian", "laplace", "lognormal"])
def test_no_gradient_at_all(family):
    assert magnitudes.survival(code(family), 0.0, 1.0, 0.0) == 0.0
    assert magnitudes.limited_mean(code(family), 0.0, 1.0, 1.0) == 0.0
    assert magnitudes.mean(code(family), 0.0, 1.0) == 0.0
