from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recost.kernels.binomial import (
    ceil_means,
    ceil_moments,
    chunked_ceil_mean,
    count_pmf,
    product_correlation,
)
from tests.naive import closed_form as naive


def moments(n: int, p: float, height: int, correlation: float = 0.0) -> tuple[float, ...]:
    return tuple(ceil_moments(n, p, correlation, height, np.empty(n + 1)))[:3]


@pytest.mark.parametrize("n", [1, 2, 16, 129, 1024])
@pytest.mark.parametrize("p", [0.0, 1e-300, 1e-12, 1e-3, 0.5, 0.999, 1 - 1e-12, 1.0])
@pytest.mark.parametrize("height", [1, 3, 16, 200])
def test_moments_are_exact_from_tiny_to_certain(n: int, p: float, height: int) -> None:
    pmf = naive.binomial_pmf(n, p)
    for order, value in enumerate(moments(n, p, height), start=1):
        assert value == pytest.approx(float(naive.ceil_moment(pmf, height, order)), rel=1e-12)


def conditional_means(n: int, p: float, correlation: float, height: int) -> np.ndarray:
    means = np.empty(n + 1)
    ceil_means(n, p, correlation, height, np.empty(max(n, height) + 2), means)
    return means


@given(
    st.integers(1, 60),
    st.floats(1e-6, 1 - 1e-6),
    st.integers(1, 70),
)
def test_conditional_means_agree_with_direct_sums(n: int, p: float, height: int) -> None:
    means = conditional_means(n, p, 0.0, height)
    direct = [0.0] + [moments(a, p, height)[0] for a in range(1, n + 1)]
    np.testing.assert_allclose(means, direct, rtol=1e-12, atol=0)


@given(
    st.integers(1, 24),
    st.floats(1e-300, 1 - 1e-9),
    st.floats(1e-9, 1 - 1e-9),
    st.integers(1, 30),
)
@settings(max_examples=60)
def test_conditional_means_of_clustered_rows_agree_with_their_law(
    n: int, p: float, correlation: float, height: int
) -> None:
    direct = [
        float(naive.ceil_moment(naive.exact_beta_binomial_pmf(a, p, correlation), height, 1))
        for a in range(n + 1)
    ]
    got = conditional_means(n, p, correlation, height)
    np.testing.assert_allclose(got, direct, rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("n", "p", "correlation"),
    # Nearly independent, so that most counts are left out; at both ends alone; rare; sure.
    [(600, 0.3, 1e-6), (600, 0.5, 0.999), (300, 1e-9, 0.5), (300, 1 - 1e-9, 0.01)],
)
@pytest.mark.parametrize("height", [1, 7, 64, 700])
def test_conditional_means_of_many_clustered_rows(
    n: int, p: float, correlation: float, height: int
) -> None:
    got = conditional_means(n, p, correlation, height)
    for a in (1, n // 2, n):
        pmf = naive.exact_beta_binomial_pmf(a, p, correlation)
        assert got[a] == pytest.approx(float(naive.ceil_moment(pmf, height, 1)), rel=1e-12)


@pytest.mark.parametrize(
    ("p", "correlation"), [(0.0, 0.0), (0.0, 0.3), (1.0, 0.0), (1.0, 0.3), (0.25, 1.0)]
)
def test_conditional_means_where_all_rows_are_alike(p: float, correlation: float) -> None:
    got = conditional_means(33, p, correlation, 16)
    assert got.tolist() == [p * -(-a // 16) for a in range(34)]


@given(st.integers(2, 40), st.floats(0.01, 0.99), st.floats(0.001, 0.9))
def test_clustered_counts_are_beta_binomial(n: int, p: float, correlation: float) -> None:
    pmf = np.zeros(n + 1)
    first, last = count_pmf(n, p, correlation, pmf)
    assert (first, last) == (0, n)
    np.testing.assert_allclose(
        pmf, naive.beta_binomial_pmf(n, p, correlation), rtol=1e-8, atol=1e-300
    )


@given(st.integers(1, 300), st.floats(0, 1), st.floats(0, 1), st.integers(1, 40))
@settings(max_examples=200)
def test_more_density_never_needs_fewer_units(n: int, p: float, q: float, height: int) -> None:
    low, high = sorted((p, q))
    assert moments(n, low, height)[0] <= moments(n, high, height)[0] * (1 + 1e-12)


@given(st.integers(1, 300), st.floats(0, 1), st.integers(1, 40))
def test_units_lie_between_the_share_and_the_count(n: int, p: float, height: int) -> None:
    mean = moments(n, p, height)[0]
    assert n * p / height * (1 - 1e-12) <= mean <= min(n * p, -(-n // height)) * (1 + 1e-12)


def test_one_row_alone_and_all_rows_alike() -> None:
    assert moments(1, 0.3, 16) == pytest.approx((0.3, 0.3, 0.3))
    # Fully correlated: either no row or all rows.
    assert moments(33, 0.25, 16, correlation=1.0)[0] == pytest.approx(0.25 * 3)


@pytest.mark.parametrize(("n", "chunk", "p"), [(5, 2, 0.3), (7, 7, 0.6), (9, 4, 1.0), (3, 8, 0.5)])
def test_rows_kept_over_the_whole_height_fill_chunks(n: int, chunk: int, p: float) -> None:
    cost = np.array([0.0, 3.0, 4.0, 5.0, 5.5, 5.7, 6.0, 9.0, 9.5])[: min(chunk, n) + 1]
    expected = sum(
        float(weight) * (k // chunk * cost[min(chunk, n)] + cost[k % chunk])
        for k, weight in enumerate(naive.binomial_pmf(n, p))
    )
    assert chunked_ceil_mean(n, p, chunk, cost, np.empty(n + 1)) == pytest.approx(expected)


@given(st.floats(0.05, 0.95), st.floats(0, 1), st.floats(0.05, 0.95))
def test_thinning_by_independent_inputs_keeps_a_share_of_the_correlation(
    p: float, r: float, q: float
) -> None:
    # corr(zx, z'x') = r q (1 - p) / (1 - p q) for independent x, x'.
    expected = r * q * (1 - p) / (1 - p * q)
    assert product_correlation(p, r, q, 0.0) == pytest.approx(expected, abs=1e-12)


@given(st.integers(1, 200), st.floats(1e-6, 1), st.integers(1, 40))
def test_usual_units_are_exceeded_in_less_than_one_case_in_fifty(
    n: int, p: float, height: int
) -> None:
    pmf = naive.binomial_pmf(n, p)
    got = ceil_moments(n, p, 0.0, height, np.empty(n + 1))
    above = float(sum(q for k, q in enumerate(pmf) if -(-k // height) > got.usual))
    least = float(sum(q for k, q in enumerate(pmf) if -(-k // height) >= got.usual))
    assert got.beyond == pytest.approx(above, abs=1e-12)
    assert above <= 0.02 + 1e-12 <= least + 1e-11
