"""Endurance of cells and the first failure of many: closed forms against samples and limits."""

import math

import numpy as np
import pytest
from scipy import stats

from recost.kernels import endurance
from recost.vocabulary import EnduranceDistribution
from tests.naive import wear

CELLS = [
    ("lognormal", 0.5),
    ("lognormal", 1.5),
    ("weibull", 0.3),
    ("weibull", 1.0),
    ("normal", 0.1),
]


def code(distribution):
    return int(EnduranceDistribution.from_text(distribution))


@pytest.mark.parametrize(("distribution", "spread"), CELLS)
def test_failed_share_against_samples_and_scipy(distribution, spread):
    sample = wear.endurance(distribution, 1e6, spread, 200_000, np.random.default_rng(3))
    exact = {
        "lognormal": stats.lognorm(spread, scale=1e6),
        "weibull": stats.weibull_min(1 / spread, scale=1e6 / math.log(2) ** spread),
        "normal": stats.norm(1e6, spread * 1e6),
    }[distribution]
    for writes in (3e5, 9e5, 1e6, 1.2e6):
        share = endurance.failed_share(code(distribution), 1e6, spread, writes)
        assert share == pytest.approx(exact.cdf(writes), rel=1e-10)
        error = math.sqrt(max(share * (1 - share), 1e-9) / len(sample))
        assert abs(np.mean(sample <= writes) - share) < 3.0 * error


@pytest.mark.parametrize(("distribution", "spread"), CELLS)
@pytest.mark.parametrize("share", [1e-9, 1e-3, 0.5, 0.99])
def test_writes_at_undoes_failed_share(distribution, spread, share):
    writes = endurance.writes_at(code(distribution), 1e6, spread, share)
    if writes > 0.0:
        again = endurance.failed_share(code(distribution), 1e6, spread, writes)
        assert again == pytest.approx(share, rel=1e-9)
    assert endurance.writes_at(code(distribution), 1e6, spread, 0.5) == pytest.approx(1e6)


@pytest.mark.parametrize(("distribution", "spread"), CELLS)
def test_first_failure_of_a_hundred_thousand_against_samples(distribution, spread):
    cells, trials = 100_000, 60
    random = np.random.default_rng(5)
    firsts = np.array(
        [wear.endurance(distribution, 1.0, spread, cells, random).min() for _ in range(trials)]
    )
    for q in (0.25, 0.5, 0.75):
        expected = endurance.first_failure(code(distribution), 1.0, spread, cells, q)
        error = math.sqrt(q * (1 - q) / trials)
        assert abs(np.mean(firsts <= expected) - q) < 3.0 * error


@pytest.mark.parametrize("cells", [1e5, 1e6, 1e7, 1e8])
@pytest.mark.parametrize(("distribution", "spread"), CELLS)
def test_first_failure_of_up_to_a_hundred_million(cells, distribution, spread):
    # The minimum of N uniforms is 1 - U^(1/N): the cell at that share of the distribution.
    random = np.random.default_rng(9)
    shares = -np.expm1(np.log(random.random(4000)) / cells)
    firsts = np.array(
        [endurance.writes_at(code(distribution), 1.0, spread, share) for share in shares]
    )
    for q in (0.05, 0.5, 0.95):
        expected = endurance.first_failure(code(distribution), 1.0, spread, cells, q)
        assert abs(np.mean(firsts <= expected) - q) < 3.0 * math.sqrt(q * (1 - q) / len(firsts))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (1e5, (0.337, 0.114, 0.0384, 0.0130, 1.5e-3)),
        (1e6, (0.299, 0.0895, 0.0268, 0.0080, 7.2e-4)),
        (1e8, (0.242, 0.0586, 0.0142, 0.0034, 2.0e-4)),
    ],
)
def test_the_reference_table_of_first_failures(cells, expected):
    spreads = (0.25, 0.5, 0.75, 1.0, 1.5)
    got = [endurance.first_failure(code("lognormal"), 1.0, s, cells, 0.5) for s in spreads]
    assert got == pytest.approx(expected, rel=0.02)
    one_percent = [endurance.writes_at(code("lognormal"), 1.0, s, 0.01) for s in spreads]
    assert one_percent == pytest.approx((0.559, 0.312, 0.175, 0.098, 0.031), rel=0.02)


def test_first_failure_of_weibull_cells():
    # reference: eta (ln 2 / N)^(1/beta), eta = median / ln(2)^(1/beta).
    cells, shape = 1e6, 2.5
    eta = 1e6 / math.log(2) ** (1 / shape)
    expected = eta * (math.log(2) / cells) ** (1 / shape)
    got = endurance.first_failure(code("weibull"), 1e6, 1 / shape, cells, 0.5)
    assert got == pytest.approx(expected, rel=1e-9)


def test_spreads_of_endurance_and_wear_add_in_quadrature():
    got = endurance.worn_share(code("lognormal"), 1.0, 0.5, 0.8, 0.4)
    total = math.hypot(0.5, 0.8)
    assert got == endurance.failed_share(code("lognormal"), 1.0, total, 0.4)
    # reference: N = 1e6, Monte Carlo 0.01065 against 0.01053.
    first = endurance.first_failure(code("lognormal"), 1.0, total, 1e6, 0.5)
    assert first == pytest.approx(0.01053, rel=1e-3)
    random = np.random.default_rng(2)
    cells, trials = 200_000, 40
    firsts = [
        np.min(random.lognormal(0, 0.5, cells) / random.lognormal(0, 0.8, cells))
        for _ in range(trials)
    ]
    expected = endurance.first_failure(code("lognormal"), 1.0, total, cells, 0.5)
    assert abs(np.mean(np.array(firsts) <= expected) - 0.5) < 3.0 * 0.5 / math.sqrt(trials)


@pytest.mark.parametrize(("distribution", "spread"), [("weibull", 0.4), ("normal", 0.2)])
def test_spread_wear_on_other_distributions(distribution, spread):
    random = np.random.default_rng(4)
    lives = wear.endurance(distribution, 1.0, spread, 400_000, random)
    lives /= random.lognormal(0.0, 0.6, lives.size)
    for writes in (0.2, 0.8, 2.0):
        share = endurance.worn_share(code(distribution), 1.0, spread, 0.6, writes)
        error = math.sqrt(share * (1 - share) / lives.size)
        assert abs(np.mean(lives <= writes) - share) < 3.0 * error


def test_fixed_endurance():
    fixed = code("fixed")
    assert endurance.failed_share(fixed, 1e6, 0.7, 1e6 - 1) == 0.0
    assert endurance.failed_share(fixed, 1e6, 0.7, 1e6) == 1.0
    assert endurance.first_failure(fixed, 1e6, 0.0, 1e8, 0.5) == 1e6
    # Without a spread of its own only the wear's spread is left.
    assert endurance.worn_share(fixed, 1.0, 0.7, 0.3, 0.9) == endurance.failed_share(
        code("lognormal"), 1.0, 0.3, 0.9
    )


@pytest.mark.parametrize(("distribution", "spread"), CELLS)
def test_median_of_a_mean(distribution, spread):
    median = endurance.median_of_mean(code(distribution), 1e6, spread)
    sample = wear.endurance(distribution, median, spread, 400_000, np.random.default_rng(14))
    assert abs(sample.mean() - 1e6) < 3.0 * sample.std() / math.sqrt(len(sample))
