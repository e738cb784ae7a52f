from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from recost.network.measure import weight_densities


def naive(weights: np.ndarray, bits: int) -> dict[str, float]:
    """The shares by looking at one weight after the other."""
    groups, _, _, filters = weights.shape
    largest = np.abs(weights).max()
    level = {
        index: round(abs(weights[index]) / largest * (2**bits - 1))
        for index in product(*map(range, weights.shape))
    }
    places = list(level)
    live = {index for index in places if level[index]}
    rows = {(g, c, t) for g, c, t, _ in live}
    columns = {(g, f) for g, _, _, f in live}
    kernels = {(g, c, f) for g, c, _, f in (live if weights.shape[2] > 1 else places)}
    crossed = [p for p in places if p[:3] in rows and (p[0], p[3]) in columns]
    inside = [p for p in crossed if (p[0], p[1], p[3]) in kernels]
    positive = sum(weights[index] > 0 for index in live)
    return {
        "filters": len(columns) / (groups * filters),
        "density": len(live) / len(places),
        "kernels": len(inside) / len(crossed),
        "elements": len(live) / len(inside),
        "positive": positive / len(live),
    }


@given(
    arrays(
        np.float64,
        array_shapes(min_dims=4, max_dims=4, min_side=1, max_side=3),
        elements=st.sampled_from([0.0, 0.0, 1e-7, 0.3, -0.5, 1.0]),
    )
)
def test_shares_equal_looking_at_every_weight(weights):
    found = weight_densities(weights)
    if not weights.any():
        assert found is None
        return
    expected = naive(weights, 16)
    for key in ("filters", "kernels", "elements", "positive"):
        assert found[key] == pytest.approx(expected[key], abs=1e-12), key
    product_of_all = found["rows"] * found["filters"] * found["kernels"] * found["elements"]
    assert product_of_all == pytest.approx(expected["density"], abs=1e-12)
    assert 0 < found["rows"] <= 1


def test_rows_of_one_group():
    weights = np.zeros((1, 2, 3, 4))
    weights[0, 1, 2, :2] = 1.0
    found = weight_densities(weights)
    assert found["rows"] == pytest.approx(1 / 6)
    assert found["filters"] == pytest.approx(1 / 2)
    assert found["kernels"] == found["elements"] == 1.0


def test_cells():
    """Full scale 15 of 4 bits: 15 = 11 11, 5 = 01 01, 1 = 00 01."""
    weights = np.array([15.0, -5.0, 1.0, 0.2]).reshape(1, 1, 1, 4)
    found = weight_densities(weights, weight_bits=4)
    assert found["cells"]["2"] == pytest.approx([2 / 3, 1.0])
    assert found["cells"]["1"] == pytest.approx([1 / 3, 2 / 3, 1 / 3, 1.0])
    assert found["cells"]["4"] == [1.0]
    assert found["positive"] == pytest.approx(2 / 3)


def test_half_normal_weights_have_the_cells_of_their_family():
    from recost.network.profile import HalfNormal, LayerProfile, WeightProfile

    generator = np.random.default_rng(5)
    weights = generator.normal(size=(1, 200, 9, 200))
    scale = 65535 / np.abs(weights).max()  # one standard deviation, in units of the last place
    measured = weight_densities(weights)["cells"]["2"]
    family = LayerProfile(weights=WeightProfile(cells=HalfNormal(scale))).cell_densities(16, 2)
    # 360,000 samples: a standard deviation of at most .5 / 600 of each share.
    assert measured == pytest.approx(family, abs=4 * 0.5 / 600)


def test_what_is_not_measured():
    assert weight_densities(np.full((1, 1, 1, 2), np.nan)) is None
    assert weight_densities(np.zeros((0, 1, 1, 2))) is None
    with pytest.raises(ValueError, match="four axes"):
        weight_densities(np.ones((2, 2)))
