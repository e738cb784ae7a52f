"""Writes of a weight's slices: closed form against sums over updates and against samples."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recost.kernels import slice_writes
from recost.vocabulary import Rounding
from tests.kernels.test_policies import make
from tests.naive import wear

UPDATES = [
    ("sgd", 0.0, "gaussian", 0.4, 0.0),
    ("sgd", 0.0, "gaussian", 37.0, 0.0),
    ("sgd", 0.0, "laplace", 9.0, 0.0),
    ("sgd", 0.0, "lognormal", 2.0, 2.0),
    ("threshold", 6.0, "gaussian", 5.0, 0.0),
    ("stochastic", 6.0, "gaussian", 2.0, 0.0),
    ("structured", 0.1, "lognormal", 0.5, 1.0),
]


def closed(update, cell_bits, slices, *, stochastic=False, clipped=False):
    out = np.empty(slices)
    rounding = Rounding.STOCHASTIC if stochastic else Rounding.NEAREST
    slice_writes.slice_probabilities(make(*update), cell_bits, int(rounding), clipped, out)
    return out


@given(
    st.integers(min_value=1, max_value=5),
    st.integers(min_value=1, max_value=3),
    st.integers(min_value=-600, max_value=600),
)
def test_one_update_over_all_residues(cell_bits, index, distance):
    step, modulus = 1 << cell_bits * (index - 1), 1 << cell_bits * index
    residues = np.arange(modulus)
    changed = residues // step != (residues + distance) % modulus // step
    got = slice_writes.change_probability(distance, float(step), float(modulus))
    assert got == pytest.approx(changed.mean(), abs=1e-12)
    clipped = np.clip(residues + distance, 0, modulus - 1)
    got = slice_writes.clipped_change_probability(distance, float(step), float(modulus))
    assert got == pytest.approx((residues // step != clipped // step).mean(), abs=1e-12)


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("stochastic", [False, True])
@pytest.mark.parametrize("cell_bits", [1, 2, 4])
def test_against_samples(update, stochastic, cell_bits):
    random = np.random.default_rng(11)
    slices, samples = 12 // cell_bits, 200_000
    sizes = wear.magnitudes(*update[2:], samples, random)
    steps = wear.rounded(wear.updates(*update[:2], sizes, random), stochastic, random)
    steps *= random.choice([-1, 1], samples)
    for clipped in (False, True):
        got = closed(update, cell_bits, slices, stochastic=stochastic, clipped=clipped)
        changed = wear.changed_slices(steps, cell_bits, slices, False, random)
        if clipped:
            changed[:, -1] = wear.changed_slices(steps, cell_bits, slices, True, random)[:, -1]
        error = np.sqrt(np.maximum(got * (1 - got), 1e-6) / samples)
        # Of the 700 comparisons of this test two would lie beyond three standard errors by
        # chance; beyond four, one in twenty such runs has any.
        assert np.all(np.abs(changed.mean(axis=0) - got) <= 4.0 * error)


@pytest.mark.parametrize("scale", [0.3, 3.0, 300.0, 5000.0])
@pytest.mark.parametrize("cell_bits", [1, 3])
def test_against_the_sum_over_updates(scale, cell_bits):
    last = int(scale * 12) + 2
    tails = [math.erfc((n - 0.5) / scale / math.sqrt(2)) for n in range(1, last + 1)]
    masses = np.append(-np.diff(tails), tails[-1])
    distance = np.arange(1, last + 1)
    got = closed(("sgd", 0.0, "gaussian", scale, 0.0), cell_bits, 4)
    for i in range(4):
        step, modulus = 2.0 ** (cell_bits * i), 2.0 ** (cell_bits * (i + 1))
        a = distance % modulus
        expected = np.sum(masses * np.minimum(1, np.minimum(a / step, (modulus - a) / step)))
        assert got[i] == pytest.approx(expected, rel=1e-6, abs=1e-15)


def test_a_heavy_tail_far_beyond_the_periods():
    got = closed(("sgd", 0.0, "lognormal", 1e7, 1.0), 2, 3)
    assert got == pytest.approx(np.full(3, 0.75), rel=1e-5)


def test_updates_raised_to_a_whole_multiple_of_a_slice_leave_it_alone():
    # All that is below 2048 steps becomes 2048 = 0 modulo 16: only what lies above wears slice 0.
    update = ("stochastic", 2048.0, "gaussian", 300.0, 0.0)
    assert closed(update, 4, 3)[0] < 1e-9
    assert closed(("stochastic", 2049.4, *update[2:]), 4, 3)[0] == pytest.approx(
        slice_writes.policies.kept_share(make(*update)), rel=2e-3
    )


@pytest.mark.parametrize(
    ("rms", "expected", "top"),
    [
        (0.3, (0.095, 0.0060, 4e-4), 0.0),
        (1.0, (0.617, 0.0477, 0.0029), 2e-4),
        (4.0, (0.900, 0.199, 0.0123), 7e-4),
        (16.0, (0.938, 0.631, 0.0499), 0.0029),
        (64.0, (0.937, 0.900, 0.199), 0.0117),
        (256.0, (0.937, 0.937, 0.631), 0.0468),
    ],
)
def test_the_reference_table_for_cells_of_four_bits(rms, expected, top):
    got = closed(("sgd", 0.0, "gaussian", rms, 0.0), 4, 4, clipped=True)
    assert got[:3] == pytest.approx(expected, rel=0.01, abs=2e-3)
    assert got[3] == pytest.approx(top, rel=0.01, abs=5e-5)


def test_the_least_significant_slice_counts_every_update_that_leaves_a_remainder():
    got = closed(("sgd", 0.0, "gaussian", 0.3, 0.0), 4, 1)[0]
    assert got == pytest.approx(math.erfc(0.5 / 0.3 / math.sqrt(2)), rel=1e-9)
