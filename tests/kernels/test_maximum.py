"""The slowest of many crossbars: against exact laws, and against drawn crossbars."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recost.kernels import maximum
from recost.kernels._numba import kernel
from recost.kernels.maximum import MEMORY, below, below_each, larger, larger_each
from recost.kernels.maximum import largest as largest_of
from recost.kernels.records import Cumulants
from tests.naive.closed_form import gumbel_rule, normal_maximum


def largest(*arguments: float) -> Cumulants:
    return largest_of(*arguments, np.zeros((1, MEMORY)))


COUNTS = (1, 2, 10, 100, 1000, 10_000, 100_000)


@pytest.mark.parametrize("law", [
    stats.poisson(0.01), stats.poisson(0.3), stats.poisson(3), stats.poisson(7),
    stats.poisson(14), stats.poisson(40), stats.poisson(700),
    stats.binom(15, 0.5), stats.binom(40, 0.5), stats.binom(40, 0.9), stats.binom(40, 0.99),
    stats.binom(4, 0.5), stats.binom(1024, 0.3), stats.nbinom(5, 0.3), stats.nbinom(60, 0.2),
], ids=lambda law: f"{law.dist.name}{law.args}")  # fmt: skip
@pytest.mark.parametrize("count", COUNTS)
def test_expected_maximum_within_two_percent_of_exact(law: stats.rv_discrete, count: int) -> None:
    mean, variance, skewness = (float(m) for m in law.stats("mvs"))
    bound = float(law.support()[1]) if math.isfinite(law.support()[1]) else 1e6
    values = np.arange(0, min(bound, law.ppf(1 - 1e-15)) + 1)
    exact = float(np.sum(1 - law.cdf(values - 1)[1:] ** count)) + float(
        1 - law.cdf(values[-1]) ** count
    )
    got = largest(mean, variance, skewness * variance**1.5, float(count), 1.0, bound)
    assert got.mean == pytest.approx(exact, rel=0.02)


def test_the_quadrature_is_gauss_rule_for_gumbels_law() -> None:
    nodes, shares = gumbel_rule(len(maximum.SHARES))
    order = np.argsort(np.exp(-nodes))
    np.testing.assert_allclose(maximum._LOGARITHMS, np.exp(-nodes[order]), rtol=1e-6)
    np.testing.assert_allclose(maximum.SHARES, shares[order], rtol=1e-6)


@pytest.mark.parametrize("count", [2, 3, 5, 10, 100, 1e4, 1e6, 1e9])
def test_the_largest_of_normals(count: float) -> None:
    # So many units that nothing is seen of the lattice.
    mean, variance, third = normal_maximum(count)
    got = largest(1e9, 1e12, 0.0, float(count), 1.0, 2e9)
    assert (got.mean - 1e9) / 1e6 == pytest.approx(mean, abs=1e-6)
    assert got.variance / 1e12 == pytest.approx(variance, rel=2e-5)
    assert got.third / 1e18 == pytest.approx(third, abs=1e-3)


@pytest.mark.parametrize("count", [2, 100, 1e5])
@pytest.mark.parametrize("mean", [2.0, 30.0, 2e4])
def test_a_little_more_of_anything_changes_little(mean: float, count: float) -> None:
    def at(mean: float, variance: float, third: float) -> float:
        return largest(mean, variance, third, count, 1.0, 2e5).mean

    start = at(mean, mean, mean)
    for k in range(3):
        moments = [mean] * 3
        moments[k] *= 1 + 1e-6
        assert at(*moments) == pytest.approx(start, rel=1e-5)


def test_a_few_units_pass_into_many_without_a_step_to_be_seen() -> None:
    few, many = 8.0 - 1e-9, 8.0 + 1e-9
    for count, step in ((10.0, 0.001), (1e5, 0.005)):
        below = largest(few, few, few, count, 1.0, 1e6).mean
        assert largest(many, many, many, count, 1.0, 1e6).mean == pytest.approx(below, rel=step)


@given(st.floats(1, 1e4), st.floats(0.1, 1e3), st.floats(-1, 1), st.integers(1, 10**6))
def test_more_crossbars_never_wait_less(mean: float, spread: float, skew: float, n: int) -> None:
    variance = spread * spread
    one = largest(mean, variance, skew * spread**3, float(n), 1.0, 1e9).mean
    more = largest(mean, variance, skew * spread**3, float(2 * n), 1.0, 1e9).mean
    assert one <= more + 1e-6 * spread
    if n == 1:
        assert one == mean


def test_bound_and_certainty() -> None:
    assert largest(7.0, 0.0, 0.0, 1e5, 1.0, 100.0).mean == 7.0
    assert largest(90.0, 400.0, 0.0, 1e5, 1.0, 100.0).mean == pytest.approx(100.0, rel=1e-3)


def test_larger_of_two_normals_is_clarks_formula() -> None:
    # Two alike: mean + deviation / sqrt(pi), variance (1 - 1/pi).
    got = larger(Cumulants(5.0, 4.0, 0.0), Cumulants(5.0, 4.0, 0.0), 100.0)
    assert got.mean == pytest.approx(5 + 2 / math.sqrt(math.pi))
    assert got.variance == pytest.approx(4 * (1 - 1 / math.pi))
    assert larger(Cumulants(9.0, 0.0, 0.0), Cumulants(2.0, 0.0, 0.0), 100.0).mean == 9.0
    assert larger(Cumulants(9.0, 4.0, 0.0), Cumulants(9.0, 4.0, 0.0), 9.5).mean == 9.5


@kernel
def _below(x, skewness, one, each):
    for i in range(x.size):
        one[i], each[i] = below(x[i], skewness[i]), below_each(x[i], skewness[i])


@kernel
def _larger(a, b, bound, one, each):
    for i in range(a.shape[0]):
        first, second = Cumulants(a[i, 0], a[i, 1], a[i, 2]), Cumulants(b[i, 0], b[i, 1], b[i, 2])
        found, other = larger(first, second, bound), larger_each(first, second, bound)
        one[i, 0], one[i, 1], one[i, 2] = found.mean, found.variance, found.third
        each[i, 0], each[i, 1], each[i, 2] = other.mean, other.variance, other.third


def test_without_branches_shares_below_are_the_same() -> None:
    """Also where the law ends, on either side, and where it is symmetric."""
    x, skewness = np.meshgrid(
        np.linspace(-9.0, 9.0, 181), [-4.0, -1.0, -0.1, -1e-7, 0.0, 1e-7, 0.1, 1.0, 4.0]
    )
    one, each = np.full((2, x.size), np.nan)
    _below(x.ravel(), skewness.ravel(), one, each)
    np.testing.assert_allclose(each, one, rtol=1e-12, atol=1e-15)
    assert one.min() == 0.0
    assert one.max() == 1.0


def test_without_branches_the_larger_is_the_same() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.uniform(-1.0, 1.0, (2, 300, 3)) * [5.0, 1.0, 1.0] + [5.0, 1.0, 0.0]
    a[::3, 1] = b[::5, 1] = 0.0  # both do not vary at every 15th
    a[::30, 0] = b[::30, 0]
    a[1::50, 0] = 1e3  # far apart
    one, each = np.full((2, 300, 3), np.nan)
    _larger(a, b, 9.0, one, each)
    np.testing.assert_allclose(each, one, rtol=1e-12, atol=1e-12)
