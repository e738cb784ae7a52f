from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recost.network import families
from tests.naive import half_normal

#: P(bit = 1) at 45 % non-zero values, as the reference profiles print them to four digits.
PRINTED = {
    8: [0.2138, 0.2024, 0.1791, 0.1235, 0.0204],
    128: [0.2243, 0.2236, 0.2222, 0.2194, 0.2138, 0.2024, 0.1791, 0.1235, 0.0204],
    512: [
        0.2248, 0.2246, 0.2243, 0.2236, 0.2222, 0.2194, 0.2138, 0.2024, 0.1791, 0.1235, 0.0204,
    ],
}  # fmt: skip
MEANS = {8: 0.0462, 128: 0.1018, 512: 0.1299}


@pytest.mark.parametrize("scale", PRINTED)
def test_printed_profiles(scale):
    ones = [0.45 * density for density in families.bit_densities(float(scale))]
    printed = PRINTED[scale] + [0.0] * (16 - len(PRINTED[scale]))
    assert ones == pytest.approx(printed, abs=5e-5)
    assert 0.45 * families.mean_bit_density(float(scale)) == pytest.approx(MEANS[scale], abs=5e-5)


@pytest.mark.parametrize("scale", [0.3, 8.0, 700.0, 40_000.0])
@pytest.mark.parametrize(
    ("low", "width", "digit_bits"),
    [(0, 16, 1), (0, 16, 2), (3, 8, 3), (0, 16, 16), (2, 14, 5), (0, 24, 4)],
)
def test_digits_equal_going_through_all_magnitudes(scale, low, width, digit_bits):
    found = families.digit_densities(families.survival(scale), low, width, digit_bits)
    # Sums of up to 65,536 terms of either form, each rounded to 1e-16.
    assert found == pytest.approx(half_normal.digits(scale, low, width, digit_bits), abs=1e-13)


def test_survival_beyond_nine_deviations_is_zero():
    table = families.survival(10.0)
    assert table[0] == 1.0
    assert table[91:].max() == 0.0
    assert table[90] < 1e-18
    assert np.all(np.diff(table) <= 0)


@settings(max_examples=30)
@given(st.floats(1e-6, 0.49))
def test_scale_solves_the_density(density):
    scale = families.scale_for_density(density)
    # 44 halvings leave 1e-12 of the scale, and the density moves at most in proportion to it.
    assert families.mean_bit_density(scale) == pytest.approx(density, rel=1e-9)


def test_density_rises_with_the_scale_over_the_range_searched():
    means = [families.mean_bit_density(2.0**exponent) for exponent in np.arange(-4.0, 15.01, 0.25)]
    assert np.all(np.diff(means) > 0)
    assert means[-1] == families.largest_mean_density()


@pytest.mark.parametrize("density", [0.0, -0.1, 0.51, 1.0, float("nan")])
def test_density_out_of_reach(density):
    with pytest.raises(ValueError, match="no half-normal"):
        families.scale_for_density(density)
