"""The normal distribution against scipy's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from recost.kernels import normal

TAILS = [1e-300, 1e-100, 1e-30, 1e-12, 1e-6, 1e-3, 0.02425, 0.1, 0.3, 0.499, 0.5]


@pytest.mark.parametrize("p", TAILS)
def test_quantile_of_the_lower_tail(p):
    assert normal.quantile(p) == pytest.approx(special.ndtri(p), rel=2e-15, abs=1e-15)


@pytest.mark.parametrize("p", [0.51, 0.7, 0.97575, 0.999, 1.0 - 1e-9, 1.0 - 1e-15])
def test_quantile_of_the_upper_tail(p):
    assert normal.quantile(p) == pytest.approx(special.ndtri(p), rel=1e-14)


def test_quantile_outside_and_at_the_ends():
    assert normal.quantile(0.0) == -math.inf
    assert normal.quantile(1.0) == math.inf
    assert math.isnan(normal.quantile(-0.1))
    assert math.isnan(normal.quantile(math.nan))


@given(st.floats(min_value=-37.0, max_value=8.0))
def test_tails(x):
    assert normal.below(x) == pytest.approx(float(stats.norm.cdf(x)), rel=1e-12)
    assert normal.above(-x) == normal.below(x)
    assert normal.density(x) == pytest.approx(float(stats.norm.pdf(x)), rel=1e-12)


def test_quantile_undoes_the_lower_tail():
    for x in np.linspace(-30.0, 5.0, 71):
        assert normal.quantile(normal.below(x)) == pytest.approx(x, rel=1e-9, abs=1e-14)
