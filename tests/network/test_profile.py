from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recost.errors import InputError
from recost.network.profile import ActivationProfile, HalfNormal, LayerProfile, WeightProfile
from tests.naive import half_normal


def of_inputs(**keys) -> LayerProfile:
    return LayerProfile(activations=ActivationProfile(**keys), layer="conv1")


def of_weights(**keys) -> LayerProfile:
    return LayerProfile(weights=WeightProfile(**keys), layer="conv1")


def test_without_a_profile_everything_is_one():
    assert np.all(LayerProfile().slice_densities(16, 1) == 1.0)
    assert np.all(LayerProfile().slice_densities(16, 3) == 1.0)
    assert np.all(LayerProfile().cell_densities(16, 2) == 1.0)
    assert [len(LayerProfile().slice_densities(16, d)) for d in (1, 2, 3, 16)] == [16, 8, 6, 1]
    assert [len(LayerProfile().cell_densities(15, c)) for c in (1, 2, 4)] == [15, 8, 4]


def test_nonzero_values_without_bits_have_all_bits():
    assert np.all(of_inputs(nonzero=0.3).slice_densities(8, 2) == 0.3)


def test_listed_bits_are_given_back_with_zeros_above():
    bits = (0.4, 0.3, 0.2)
    found = of_inputs(nonzero=0.5, bits=bits).slice_densities(5, 1)
    assert found.tolist() == [0.4, 0.3, 0.2, 0.0, 0.0]


def test_fewer_input_bits_keep_the_topmost_that_are_used():
    # The quantiser's full scale is bit 3; bit 4 is 1 less often than once in a million.
    bits = (0.4, 0.3, 0.2, 0.1, 1e-7, 0.0)
    found = of_inputs(nonzero=0.5, bits=bits).slice_densities(2, 1)
    assert found.tolist() == [0.2, 0.1]


def test_a_family_keeps_its_topmost_bits_too():
    # scale 8: bit 5 (values from 32) is used with P(|N| > 4) = 6.3e-5, bit 6 with 1e-15.
    found = of_inputs(nonzero=0.45, bits=HalfNormal(8.0)).slice_densities(4, 1)
    assert found == pytest.approx([0.45 * p for p in half_normal.digits(8.0, 2, 4, 1)], abs=1e-12)


@pytest.mark.parametrize("dac_bits", [1, 2, 3, 4, 16])
def test_digits_of_a_family_are_exact(dac_bits):
    found = of_inputs(nonzero=0.45, bits=HalfNormal(128.0)).slice_densities(16, dac_bits)
    expected = [0.45 * p for p in half_normal.digits(128.0, 0, 16, dac_bits)]
    assert found == pytest.approx(expected, abs=1e-12)


def test_measured_digits():
    profile = of_inputs(nonzero=0.5, bits=(0.4, 0.3, 0.2, 0.1), digits={2: (0.45, 0.25)})
    assert profile.slice_densities(4, 2).tolist() == [0.45, 0.25]
    assert profile.slice_densities(8, 2).tolist() == [0.45, 0.25, 0.0, 0.0]
    assert profile.slice_densities(2, 2).tolist() == [0.25]


def test_digits_do_not_follow_from_bits():
    profile = LayerProfile(
        activations=ActivationProfile(nonzero=0.5, bits=(0.4, 0.3)),
        layer="conv1", path="net.toml", line=7, column=1,
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        profile.slice_densities(2, 2)
    assert str(caught.value).startswith("net.toml:7:1: profile.conv1.activations: digits of 2 bits")


def test_measured_digits_that_are_cut():
    profile = of_inputs(nonzero=0.5, bits=(0.4, 0.3, 0.2, 0.1), digits={2: (0.45, 0.25)})
    with pytest.raises(InputError, match="start inside a measured digit"):
        profile.slice_densities(3, 2)


def test_cells_of_a_distribution_are_conditional_on_the_weight():
    found = of_weights(cells=HalfNormal(900.0)).cell_densities(16, 2)
    live = 1.0 - half_normal.magnitudes(900.0)[0]
    expected = [p / live for p in half_normal.digits(900.0, 0, 16, 2)][::-1]
    assert found == pytest.approx(expected, abs=1e-12)


def test_listed_cells():
    assert of_weights(cells=(1.0, 0.5)).cell_densities(4, 2).tolist() == [1.0, 0.5]
    by_bits = of_weights(cells={2: (0.9, 0.5), 4: (1.0,)})
    assert by_bits.cell_densities(4, 4).tolist() == [1.0]
    with pytest.raises(InputError, match="8 cells of 2 bits, the profile has densities for 2"):
        of_weights(cells=(1.0, 0.5)).cell_densities(16, 2)
    with pytest.raises(InputError, match="4 cells of 1 bits, the profile has densities for none"):
        by_bits.cell_densities(4, 1)


@given(
    st.floats(0.1, 6e4), st.floats(0.0, 1.0), st.integers(1, 20), st.integers(1, 8),
)  # fmt: skip
def test_a_slice_is_never_non_zero_more_often_than_the_value(scale, nonzero, input_bits, dac_bits):
    found = of_inputs(nonzero=nonzero, bits=HalfNormal(scale)).slice_densities(input_bits, dac_bits)
    assert len(found) == -(-input_bits // dac_bits)
    assert np.all(found >= 0.0)
    assert np.all(found <= nonzero * (1.0 + 1e-12))


@given(st.floats(1.0, 6e4), st.integers(2, 20), st.integers(1, 6))
def test_wider_digits_are_non_zero_more_often(scale, bits, digit_bits):
    profile = of_inputs(bits=HalfNormal(scale))
    ones, digits = profile.slice_densities(bits, 1), profile.slice_densities(bits, digit_bits)
    for index, density in enumerate(digits):
        inside = ones[index * digit_bits : (index + 1) * digit_bits]
        assert max(inside) - 1e-12 <= density <= sum(inside) + 1e-12


def test_density_is_the_product():
    assert WeightProfile(0.5, 0.8, 0.9, 0.25).density == pytest.approx(0.5 * 0.8 * 0.9 * 0.25)
