"""Laws on the lattice of units, against enumeration and against the cases that are exact."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from recost.kernels.binomial import pooled
from recost.kernels.lattice import (
    NODES,
    add_law,
    add_tied,
    mean_of,
    slowest_chunks,
    slowest_tied,
    tie,
)
from recost.kernels.records import Rows


def law_of(rows: Rows, streams: list[float], share: float, size: int) -> np.ndarray:
    law = np.zeros(size)
    add_law(rows, np.array(streams), share, 1.0, law)
    return law


@pytest.mark.parametrize(("n", "p"), [(20, 0.3), (600, 0.3), (157, 0.029), (50, 0.0), (50, 1.0)])
def test_pooled_numbers_keep_the_mean_and_the_variance(n: int, p: float) -> None:
    numbers, shares = np.zeros(48, np.int64), np.zeros(48)
    used = pooled(n, p, numbers, shares)
    numbers, shares = numbers[:used], shares[:used]
    assert shares.sum() == pytest.approx(1.0, abs=1e-9)
    mean = float(shares @ numbers)
    assert mean == pytest.approx(n * p, rel=5e-3, abs=1e-12)
    spread = float(shares @ (numbers - mean) ** 2)
    assert spread == pytest.approx(n * p * (1 - p), rel=0.1, abs=1e-12)


def test_law_equals_the_enumeration_of_live_and_active_rows() -> None:
    streams, share, height = [0.3, 0.6], 0.7, 2
    expected = np.zeros(5)
    for live in itertools.product((0, 1), repeat=4):
        for one in itertools.product((0, 1), repeat=4):
            for two in itertools.product((0, 1), repeat=4):
                chance, units = 1.0, 0
                for row in live:
                    chance *= share if row else 1 - share
                for bits, q in ((one, streams[0]), (two, streams[1])):
                    units += -(-sum(b and row for b, row in zip(bits, live, strict=True)) // height)
                    for b in bits:
                        chance *= q if b else 1 - q
                expected[units] += chance
    law = law_of(Rows(4, height, 1.0, 1, 0.0, 0.0), streams, share, 5)
    np.testing.assert_allclose(law, expected, atol=1e-11)


def test_correlation_of_crossbars_that_keep_rows_of_their_own() -> None:
    draw, n = np.random.default_rng(1), 400_000
    live, kept, streams = 0.6, 0.4, np.array([0.5, 0.2])
    alive = draw.random(n) < live
    active = (draw.random((n, 2)) < streams).sum(axis=1)
    one, two = (active * alive * (draw.random(n) < kept) for _ in range(2))
    assert tie(streams, live, kept) == pytest.approx(np.corrcoef(one, two)[0, 1], abs=0.006)
    assert tie(streams, live, 1.0) == pytest.approx(1.0)


@pytest.mark.parametrize("crossbars", [1.0, 40.0])
def test_crossbars_without_ties_are_independent_and_tied_ones_are_one(crossbars: float) -> None:
    law = stats.binom(8, 0.3).pmf(np.arange(9))
    values = np.arange(9)
    for tied, count in ((0.0, crossbars), (1.0, 1.0)):
        joint, reached = np.zeros((NODES, 9)), np.zeros(9)
        add_tied(law, crossbars, tied, 1.0, joint)
        slowest_tied(joint, 3.0, reached)
        exact = float(np.sum(1 - stats.binom(8, 0.3).cdf(values) ** (3 * count)))
        assert mean_of(reached) == pytest.approx(exact, rel=1e-6)


def test_a_narrow_crossbar_counts_by_its_own_units() -> None:
    law = np.array([0.5, 0.0, 0.5])  # 0 or 2 units of half a unit each
    joint, reached = np.zeros((NODES, 3)), np.zeros(3)
    add_tied(law, 1.0, 0.0, 0.5, joint)
    slowest_tied(joint, 1.0, reached)
    assert mean_of(reached) == pytest.approx(0.5)


def test_the_slowest_of_drawn_crossbars_with_common_inputs() -> None:
    draw, rows = np.random.default_rng(2), Rows(64, 8, 0.7, 1, 0.0, 0.0)
    streams, kept, crossbars, trials = np.array([0.4]), 0.5, 30, 4000
    alive = (draw.random((trials, 1, 64)) < 0.7) & (draw.random((trials, 1, 64)) < streams[0])
    own = draw.random((trials, crossbars, 64)) < kept
    slowest = -(-(alive & own).sum(axis=2).max(axis=1) // 8)
    joint, reached = np.zeros((NODES, 9)), np.zeros(9)
    law = law_of(rows, list(streams), 0.7 * kept, 9)
    add_tied(law, crossbars, tie(streams, 0.7, kept), 1.0, joint)
    slowest_tied(joint, 1.0, reached)
    error = slowest.std() / np.sqrt(trials)
    assert mean_of(reached) == pytest.approx(slowest.mean(), rel=0.01, abs=3 * error)


def test_the_slowest_of_alike_chunks_is_a_power_of_the_law() -> None:
    rows, streams, reached = Rows(12, 4, 1.0, 1, 0.0, 0.0), np.array([0.5]), np.zeros(4)
    slowest_chunks(rows, streams, 5.0, reached)
    cdf = stats.binom(12, 0.5).cdf(4 * np.arange(4))
    assert mean_of(reached) == pytest.approx(float(np.sum(1 - cdf[:3] ** 5)), rel=1e-9)
