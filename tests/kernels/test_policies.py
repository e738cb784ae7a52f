"""Update policies: kept share, bias and noise in closed form against samples."""

import math

import numpy as np
import pytest
from scipy import special

from recost.kernels import policies
from recost.vocabulary import Magnitude, UpdatePolicy
from tests.naive import wear

SAMPLES = 300_000
UPDATES = [
    ("sgd", 0.0, "gaussian", 1.0, 0.0),
    ("threshold", 0.8, "gaussian", 1.0, 0.0),
    ("threshold", 2.0, "lognormal", 1.0, 1.0),
    ("stochastic", 1.0, "gaussian", 1.0, 0.0),
    ("stochastic", 3.0, "laplace", 0.7, 0.0),
    ("stochastic", 5.0, "lognormal", 1.0, 1.0),
    ("structured", 0.3, "gaussian", 1.0, 0.0),
    ("endurance-aware", 0.1, "lognormal", 1.0, 0.8),
]


def make(policy, level, family, scale, spread):
    codes = int(UpdatePolicy.from_text(policy)), int(Magnitude.from_text(family))
    return policies.Update(codes[0], level, codes[1], scale, spread)


def drawn(policy, level, family, scale, spread):
    random = np.random.default_rng(7)
    sizes = wear.magnitudes(family, scale, spread, SAMPLES, random)
    return sizes, wear.updates(policy, level, sizes, random)


def within(values, expected):
    """Whether the mean is within three standard errors of what is expected."""
    deviation = np.std(values)
    if values.dtype == bool:
        deviation = math.sqrt(expected * (1.0 - expected))
    return abs(np.mean(values) - expected) <= 3.0 * deviation / math.sqrt(len(values)) + 1e-12


@pytest.mark.parametrize("case", UPDATES)
def test_what_is_kept(case):
    sizes, updates = drawn(*case)
    update = make(*case)
    assert within(updates > 0.0, policies.kept_share(update))
    for x in (0.4, 1.5, 4.0):
        assert within(updates > x, policies.kept_survival(update, x))
        assert within(np.minimum(updates, x), policies.kept_limited_mean(update, x))
    # Lost share of the absolute gradient, and the mean square of the error.
    loss = (sizes - updates) / sizes.mean()
    assert within(loss, policies.lost_gradient(update) * policies._mean(*update[2:]) / sizes.mean())
    error = (updates - sizes) ** 2
    expected = policies.gradient_noise(update) * policies._mean_square(*update[2:])
    assert within(error, expected)


def test_the_threshold_raises_what_it_keeps():
    _, updates = drawn(*UPDATES[3])
    assert within(updates == 1.0, policies.atom(make(*UPDATES[3])))
    assert policies.atom(make(*UPDATES[1])) == 0.0


@pytest.mark.parametrize("a", [0.5, 1.0, 2.0, 3.0, 5.0, 10.0])
def test_pruned_share_of_gaussian_gradients(a):
    # S = erf(a/sqrt2) - 2/(a sqrt(2 pi)) (1 - exp(-a^2/2)).
    expected = special.erf(a / math.sqrt(2)) - 2 / (a * math.sqrt(2 * math.pi)) * (
        1 - math.exp(-a * a / 2)
    )
    pruned = 1.0 - policies.kept_share(make("stochastic", a, "gaussian", 1.0, 0.0))
    assert pruned == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("spread", "percentile"), [(2.0, 0.974), (3.0, 0.956)])
def test_pruned_share_of_lognormal_gradients(spread, percentile):
    # Keeping 0.097 of the gradients takes a threshold at these percentiles of |g|.
    level = math.exp(spread * special.ndtri(percentile))
    kept = policies.kept_share(make("stochastic", level, "lognormal", 1.0, spread))
    assert kept == pytest.approx(0.097, abs=0.0015)


def test_a_threshold_of_zero_is_sgd():
    for policy in ("threshold", "stochastic"):
        update = make(policy, 0.0, "laplace", 1.0, 0.0)
        assert policies.kept_share(update) == 1.0
        assert policies.gradient_noise(update) == 0.0
        assert policies.lost_gradient(update) == 0.0
        assert policies.kept_limited_mean(update, 2.0) == pytest.approx(1.0 - math.exp(-2.0))
