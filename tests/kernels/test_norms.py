"""Norms of structures: means of wide lognormals against samples."""

import math

import numpy as np
import pytest

from recost.kernels import feedback, norms


def sampled(spread, members, size=200_000):
    random = np.random.default_rng(41)
    total = np.zeros(size)
    for _ in range(members):
        total += random.lognormal(-spread * spread / 2, spread, size)
    return total / members


@pytest.mark.parametrize(("spread", "members"), [(0.8, 4), (1.8, 16), (2.3, 32), (3.0, 4)])
@pytest.mark.parametrize("x", [0.3, 2.0, 9.0])
def test_limited_norm_against_samples(spread, members, x):
    limited = np.minimum(sampled(spread, members), x)
    error = limited.std() / math.sqrt(len(limited))
    # One per cent for the inversion.
    got = norms.limited_norm(spread, members, x)
    assert abs(got - limited.mean()) < 3.0 * error + 0.01 * limited.mean()


@pytest.mark.parametrize(("spread", "members"), [(1.0, 16), (1.8, 16), (2.7, 16), (3.0, 144)])
@pytest.mark.parametrize("threshold", [2.0, 8.0])
def test_the_fit_holds_around_its_threshold(spread, members, threshold):
    sizes = sampled(spread, members, 50_000 if members > 50 else 200_000)
    fitted = norms.fitted_spread(spread, members, threshold)
    law = feedback.Law(1.0, 0.0, 0.0, fitted)
    for x, tolerance in ((threshold / 3, 0.13), (threshold, 0.01), (3 * threshold, 0.13)):
        kept = np.minimum(1.0, sizes / x)
        error = kept.std() / math.sqrt(len(kept))
        assert abs(feedback.keep_rate(law, 1 / x) - kept.mean()) < (
            3.0 * error + tolerance * kept.mean()
        )
    moments = feedback.Law(1.0, 0.0, 0.0, math.sqrt(math.log1p(math.expm1(spread**2) / members)))
    kept = np.minimum(1.0, sizes / threshold).mean()
    own = abs(feedback.keep_rate(law, 1 / threshold) - kept)
    assert own <= abs(feedback.keep_rate(moments, 1 / threshold) - kept) + 0.002 * kept


def test_one_weight_is_its_own_norm():
    assert norms.fitted_spread(2.5, 1, 4.0) == 2.5
    law = feedback.Law(1.0, 0.0, 0.0, 1.3)
    assert norms.limited_norm(1.3, 1, 2.0) / 2.0 == pytest.approx(feedback.keep_rate(law, 0.5))


def test_without_spread_or_far_above_the_norm():
    assert norms.limited_norm(0.0, 8, 0.5) == 0.5
    assert norms.limited_norm(0.0, 8, 3.0) == 1.0
    wide = math.sqrt(math.log1p(math.expm1(0.25) / 32))
    assert norms.fitted_spread(0.5, 32, 50.0) == pytest.approx(wide)


def test_noise_takes_the_true_mean_square():
    spread, members, threshold = 1.6, 16, 4.0
    sizes = sampled(spread, members)
    random = np.random.default_rng(42)
    chance = np.minimum(1.0, sizes / threshold)
    kept = np.where(random.random(len(sizes)) < chance, sizes / chance, 0.0)
    simulated = np.mean((kept - sizes) ** 2) / np.mean(sizes**2)
    law = feedback.Law(
        threshold,
        0.0,
        0.0,
        norms.fitted_spread(spread, members, threshold),
        False,
        1.0 + math.expm1(spread * spread) / members,
    )
    assert feedback.gradient_noise(law, 0.1) == pytest.approx(simulated, rel=0.05)
