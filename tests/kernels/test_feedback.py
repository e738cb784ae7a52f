"""Count feedback: stationary rates, their spread and their maximum against simulation."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from recost.kernels import feedback
from tests.kernels.laws import at_rate
from tests.naive import wear


def solved(rate, exponent, lasting, fresh):
    return at_rate(feedback.Law(1.0, exponent, lasting, fresh), rate)


@pytest.mark.parametrize("fresh", [0.0, 0.7, 2.0])
@pytest.mark.parametrize("y", [0.03, 0.9, 4.0])
def test_keep_rate_from_its_definition(fresh, y):
    law = feedback.Law(1.0, 0.0, 0.0, fresh)
    if fresh == 0.0:
        expected = min(1.0, y)
    else:
        expected, _ = integrate.quad(
            lambda z: min(1.0, y * math.exp(fresh * z - fresh**2 / 2)) * stats.norm.pdf(z),
            -10,
            10,
            points=[(math.log(1 / y) + fresh**2 / 2) / fresh],
        )
    assert feedback.keep_rate(law, y) == pytest.approx(expected, rel=1e-9)
    step = 1e-5
    slope = math.log(feedback.keep_rate(law, y * (1 + step)) / feedback.keep_rate(law, y))
    assert feedback.elasticity(law, y) == pytest.approx(slope / math.log1p(step), abs=1e-3)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 3.0])
def test_far_from_saturation_counts_go_as_the_power_of_the_reference(exponent):
    law = feedback.Law(1e5, exponent, 0.8, 0.3)
    rate = feedback.mean_rate(law)
    rates = [feedback.write_rate(law, norm, rate) for norm in (1.0, 7.0)]
    assert rates[1] / rates[0] == pytest.approx(7.0 ** (1 / (1 + exponent)), rel=1e-6)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 3.0])
@pytest.mark.parametrize(("lasting", "fresh"), [(0.0, 0.0), (0.8, 0.0), (1.0, 1.5)])
def test_mean_rate_and_threshold_undo_each_other(exponent, lasting, fresh):
    law = solved(0.0972, exponent, lasting, fresh)
    assert feedback.mean_rate(law) == pytest.approx(0.0972, rel=1e-9)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("fresh", [0.0, 1.2])
def test_stationary_counts_against_simulation(exponent, fresh):
    steps, structures, lasting = 4000, 600, 0.8
    z = stats.norm.ppf((np.arange(structures) + 0.5) / structures)
    norms = np.exp(lasting * z - lasting**2 / 2)
    law = solved(0.1, exponent, lasting, fresh)
    random = np.random.default_rng(21)
    counts, kept, norm, error = wear.update_counts(
        "endurance-aware", law.threshold, exponent, norms, fresh, steps, random
    )
    rate = feedback.mean_rate(law)
    expected = np.array([feedback.write_rate(law, value, rate) for value in norms])
    distribution = feedback.count_distribution(law, rate, steps)
    grid = np.exp(lasting * np.linspace(-8, 8, len(distribution.rates)) - lasting**2 / 2)
    deviations = np.interp(norms, grid, distribution.deviations)
    # The theory of counts is good to about one update each, besides the chance of the draw.
    expected *= feedback.mean_count(law, rate, steps) / (rate * steps)
    assert abs(counts.mean() - steps * expected.mean()) < (
        3.0 * np.sqrt(np.mean(deviations**2) / structures) + 1.0
    )
    middle = slice(50, -50)
    score = (counts - steps * expected)[middle] / deviations[middle]
    assert abs(score.mean()) < 0.5
    assert np.std(score) == pytest.approx(1.0, abs=4.0 / math.sqrt(2 * score.size))
    # The kept gradient is unbiased and as noisy as the closed form says.
    noise = feedback.gradient_noise(law, rate)
    whole = np.mean(norms**2) * math.exp(fresh**2)
    assert error.mean() / whole == pytest.approx(noise, rel=0.05)
    assert np.mean(kept / norm) == pytest.approx(1.0, abs=0.02)


def test_maximum_without_feedback_is_the_binomial_quantile():
    # reference: 1e4 rows of equal p, 78,200 steps: 7,917 for a mean of 7,600, under 7,955.
    steps, rows, p = 78_200, 1e4, 7600 / 78_200
    law = solved(p, 0.0, 0.0, 0.0)
    counts = feedback.count_distribution(law, p, steps)
    got = feedback.largest_count(counts, steps, rows, 0.5)
    assert got == pytest.approx(stats.binom.ppf(2 ** (-1 / rows), steps, p), abs=1.0)
    assert got == pytest.approx(7917, abs=1.0)
    assert got < steps * p + math.sqrt(2 * math.log(rows) * steps * p * (1 - p))


@pytest.mark.parametrize("exponent", [0.0, 1.0, 3.0])
def test_maximum_over_rows_against_simulation(exponent):
    steps, structures, lasting, trials = 1500, 300, 0.8, 40
    law = solved(0.05, exponent, lasting, 0.0)
    random = np.random.default_rng(23)
    largest = []
    for _ in range(trials):
        norms = random.lognormal(-(lasting**2) / 2, lasting, structures)
        counts, *_ = wear.update_counts(
            "endurance-aware", law.threshold, exponent, norms, 0.0, steps, random
        )
        largest.append(counts.max())
    counts = feedback.count_distribution(law, 0.05, steps)
    expected = feedback.mean_largest_count(counts, steps, structures)
    # One update for the theory of single counts.
    assert abs(np.mean(largest) - expected) < 3.0 * np.std(largest) / math.sqrt(trials) + 1.0


def test_the_reference_ratios_of_maximum_to_mean():
    # Monte Carlo of the reference, one run: 2,000 structures, 20,000 steps, 7.5, 3.0, 1.8.
    ratios = []
    for exponent in (0.0, 1.0, 3.0):
        law = feedback.Law(20.0, exponent, 0.8, 0.0)
        rate = feedback.mean_rate(law)
        counts = feedback.count_distribution(law, rate, 20_000)
        low, high = (
            feedback.largest_count(counts, 20_000, 2000, q) / (20_000 * rate)
            for q in (0.001, 0.999)
        )
        ratios.append((low, high))
    for (low, high), published in zip(ratios, (7.5, 3.0, 1.8), strict=True):
        assert low < published < high


def test_everything_is_written_where_norms_are_far_above_the_threshold():
    law = feedback.Law(1e-6, 2.0, 0.5, 0.5)
    assert feedback.mean_rate(law) == pytest.approx(1.0, rel=1e-6)
    counts = feedback.count_distribution(law, 1.0, 1000)
    assert feedback.mean_largest_count(counts, 1000, 50.0) == pytest.approx(1000, abs=0.6)
