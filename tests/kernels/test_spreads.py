import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.hardware.spreads import stated_spreads
from recost.kernels.philox import stream_key
from recost.kernels.spreads import lognormal_factors
from tests.naive.uncertainty import factor


def drawn(share, count, seed=0):
    factors = np.empty(count)
    lognormal_factors(stream_key(seed, "test"), share, factors)
    return factors


def test_factors_are_those_of_the_definition():
    (spread,) = stated_spreads(load_hardware("sre").with_spreads({"adc.energy": 0.3}))
    factors = np.empty(50)
    lognormal_factors(stream_key(7, "spread", *spread.identity), 0.3, factors)
    assert factors.tolist() == pytest.approx([factor(7, spread, j) for j in range(50)], rel=1e-12)


@pytest.mark.parametrize("share", [0.05, 0.2, 1.0])
def test_mean_is_one_and_deviation_the_share(share):
    count = 200_000
    factors = drawn(share, count)
    assert factors.min() > 0.0
    assert abs(factors.mean() - 1.0) < 5.0 * share / count**0.5
    # The standard error of a variance, from the kurtosis of a lognormal.
    w = 1.0 + share**2
    kurtosis = w**4 + 2 * w**3 + 3 * w**2 - 3
    assert abs(factors.var() / share**2 - 1.0) < 5.0 * ((kurtosis - 1.0) / count) ** 0.5


def test_a_draw_does_not_depend_on_how_many_there_are():
    assert drawn(0.2, 10).tolist() == drawn(0.2, 1000)[:10].tolist()
    assert drawn(0.0, 10).tolist() == [1.0] * 10
