"""Intervals against scipy, and how often they hold the truth."""

import numpy as np
import pytest
from scipy import stats

from recost.models import intervals


@pytest.mark.parametrize("freedom", [1, 2, 3, 5, 10, 59, 1000])
@pytest.mark.parametrize("alpha", [0.5, 0.05, 1e-3, 1e-6])
def test_student(freedom, alpha):
    expected = stats.t.isf(alpha / 2, freedom)
    assert intervals.student_quantile(alpha, freedom) == pytest.approx(expected, rel=1e-3)


def test_few_values_know_nothing():
    assert intervals.mean_interval(np.array([1.0])) == (-np.inf, np.inf)
    assert intervals.student_quantile(0.05, 0) == np.inf


def test_mean_interval_is_students():
    values = np.random.default_rng(0).normal(size=12)
    expected = stats.t.interval(0.95, 11, values.mean(), stats.sem(values))
    assert intervals.mean_interval(values) == pytest.approx(expected, rel=1e-4)


def test_looks_spend_no_more_than_alpha():
    plan = list(intervals.looks(16))
    assert [trials for trials, _ in plan[:4]] == [16, 32, 64, 128]
    assert sum(alpha for _, alpha in plan) <= intervals.ALPHA


@pytest.mark.parametrize("wrong", [0, 1, 3, 47, 50])
def test_one_share_has_wilsons_interval(wrong):
    found = intervals.weighted_share(np.array([wrong]), np.array([50]), np.ones(1))
    expected = stats.binomtest(wrong, 50).proportion_ci(method="wilsoncc")
    assert found == pytest.approx((wrong / 50, expected.low, expected.high))


def test_no_error_seen_is_not_no_error():
    estimate, low, high = intervals.weighted_share(np.zeros(5), np.full(5, 100), np.full(5, 0.2))
    assert (estimate, low) == (0.0, 0.0)
    assert 0.005 < high < 0.05
    assert intervals.weighted_share(np.zeros(1), np.zeros(1), np.ones(1)) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("scale", [0.3, 0.01])
def test_weighted_shares_hold_the_truth(scale):
    rng = np.random.default_rng(1)
    weights = rng.dirichlet(np.ones(12))
    shares = scale * rng.random(12)
    trials = np.full(12, 200)
    held = 0
    for _ in range(1000):
        drawn = rng.binomial(trials, shares)
        _, low, high = intervals.weighted_share(drawn, trials, weights)
        held += low <= float(weights @ shares) <= high
    assert held >= 945


def test_stopping_early_keeps_the_intervals_honest():
    # Values of mean 1: stop at the first look whose interval is narrow enough.
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(1000):
        values = rng.exponential(size=8 << 10)
        for trials, alpha in intervals.looks(8):
            low, high = intervals.mean_interval(values[:trials], alpha)
            if high - low < 0.4 * values[:trials].mean() or trials == len(values):
                break
        held += low <= 1.0 <= high
    assert held >= 930
