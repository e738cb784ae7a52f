"""Laws on the lattice of units, against enumeration and against the cases that are exact."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from recost.kernels.binomial import pooled
from recost.kernels.columns import add_columns
from recost.kernels.lattice import (
    NODES,
    add_known,
    add_law,
    add_tied,
    known_actives,
    mean_of,
    slowest_chunks,
    slowest_known,
    slowest_tied,
    tie,
)
from recost.kernels.records import BOUND_LAYER, GROUP, PART, Rows
from tests.naive import waiting as naive
from tests.naive.closed_form import chance, masks


def law_of(rows: Rows, streams: list[float], share: float, size: int) -> np.ndarray:
    law = np.zeros(size)
    add_law(rows, np.array(streams), share, 1.0, law)
    return law


@pytest.mark.parametrize(("n", "p"), [(20, 0.3), (600, 0.3), (157, 0.029), (50, 0.0), (50, 1.0)])
def test_pooled_numbers_keep_the_mean_and_the_variance(n: int, p: float) -> None:
    numbers, shares = np.zeros(48, np.int64), np.zeros(48)
    used = pooled(n, p, 0.0, numbers, shares)
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


@pytest.mark.parametrize(("share", "q"), [(0.7, 1.0), (0.3, 0.65), (1.0, 0.9)])
def test_law_of_one_slice_tells_every_number_apart(share: float, q: float) -> None:
    law = law_of(Rows(128, 16, 1.0, 1, 0.0, 0.0), [q], share, 9)
    np.testing.assert_allclose(law, naive.units(128, share * q, 16, 8), rtol=1e-9, atol=1e-18)


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


@pytest.mark.parametrize(
    "run", [slowest_chunks, getattr(slowest_chunks, "py_func", slowest_chunks)]
)
def test_chunks_that_always_need_all_their_units(run) -> None:
    """P(at most t) is 0 below and 1 at the top; the interpreter has a logarithm of its own."""
    reached = np.zeros(4)
    run(Rows(12, 4, 1.0, 1, 0.0, 0.0), np.array([1.0]), 5.0, reached)
    assert reached.tolist() == [-np.inf] * 3 + [0.0]


def crossbar_of(*groups: tuple[float, list[tuple[float, float]]]) -> tuple[np.ndarray, np.ndarray]:
    """Column groups as kernels read them: (how many, parts as (weight, density)) of each class."""
    classes, parts = np.zeros(len(groups), GROUP), np.zeros(sum(len(g[1]) for g in groups), PART)
    first = 0
    for k, (many, mixture) in enumerate(groups):
        classes[k] = many, 1, first, len(mixture)
        for part in mixture:
            parts[first] = *part, 0.0
            first += 1
    return classes, parts


def slowest_of(
    rows: Rows, stream: float, chunks: float, *crossbars: tuple, size: int = 40
) -> tuple:
    """Law and cumulants of the slowest: (count, units of t in a unit, groups) of each class."""
    numbers, shares = np.zeros(48, np.int64), np.zeros(48)
    states = known_actives(rows, stream, numbers, shares)
    joint, reached = np.zeros((states, size)), np.zeros(size)
    for count, stretch, groups in crossbars:
        add_known(rows, *crossbar_of(*groups), numbers[:states], count, stretch, joint)
    return reached, slowest_known(joint, shares[:states], chunks, reached)


def test_the_slowest_of_two_crossbars_equals_the_enumeration_of_their_masks() -> None:
    # Two crossbars of two groups on three rows: inputs in common, weights their own.
    rows, stream, densities = Rows(3, 2, 0.8, 1, 0.0, 0.0), 0.6, (0.7, 0.25)
    law = np.zeros(5)
    for active in masks(3):
        alone = np.zeros(5)
        for one in masks(3):
            for two in masks(3):
                units = sum(-(-sum(a & k for a, k in zip(active, kept, strict=True)) // 2)
                            for kept in (one, two))  # fmt: skip
                alone[units] += chance(one, densities[0]) * chance(two, densities[1])
        law += chance(active, 0.8 * stream) * np.cumsum(alone) ** 2
    groups = (1.0, [(1.0, 0.7)]), (1.0, [(1.0, 0.25)])
    reached, slowest = slowest_of(rows, stream, 1.0, (2.0, 1.0, groups))
    np.testing.assert_allclose(np.exp(reached[:5]), law, rtol=1e-12)
    mean = float(np.sum(1 - law[:4]))
    assert slowest.mean == pytest.approx(mean, rel=1e-12)
    pmf = np.diff(law, prepend=0.0)
    for moment, order in ((slowest.variance, 2), (slowest.third, 3)):
        exact = float(pmf @ (np.arange(5) - mean) ** order)
        assert moment == pytest.approx(exact, rel=1e-9)


def test_unlike_crossbars_dead_filters_and_narrow_ones_on_one_lattice() -> None:
    rows = Rows(20, 4, 1.0, 1, 0.0, 0.0)
    mixture = (1.0, [(0.3, 0.0), (0.7, 0.5)])
    reached, _ = slowest_of(
        rows, 1.0, 6.0, (3.0, 1.0, (mixture,)), (2.0, 0.5, ((2.0, [(1.0, 0.2)]),))
    )
    count = np.arange(21)
    one = np.bincount(-(-count // 4), 0.7 * stats.binom(20, 0.5).pmf(count), 11)
    one[0] += 0.3
    two = np.bincount(-(-count // 4), stats.binom(20, 0.2).pmf(count), 6)
    two = np.append(np.cumsum(np.convolve(two, two)), 1.0)  # twice as many units as of t
    exact = (np.cumsum(one)[:6] ** 3 * two[:12:2] ** 2) ** 6
    np.testing.assert_allclose(np.exp(reached[:6]), exact, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.8])
@pytest.mark.parametrize(("rows", "height"), [(64, 16), (128, 8), (256, 16)])
def test_pooled_active_rows_leave_the_slowest_as_it_is(rows: int, height: int, kept: float) -> None:
    chunk = Rows(rows, height, 0.8, 1, 0.0, 0.0)
    groups = (2.0, [(1.0, kept)])
    _, slowest = slowest_of(chunk, 0.6, 5.0, (8.0, 1.0, (groups,)), size=2 * rows // height + 1)
    exact = naive.slowest_known(rows, 0.48, height, [kept, kept], 8, 5)
    assert slowest.mean == pytest.approx(naive.mean_of(exact), rel=8e-3)


def test_many_active_rows_are_pooled() -> None:
    rows = Rows(600, 16, 1.0, 1, 0.0, 0.0)
    numbers, shares = np.zeros(48, np.int64), np.zeros(48)
    states = known_actives(rows, 0.3, numbers, shares)
    assert 20 < states <= 48
    assert shares.sum() == pytest.approx(1.0, abs=1e-9)
    assert shares @ numbers == pytest.approx(180.0, rel=1e-4)


def columns_of(
    rows: Rows, streams: list[float], told: bool, *crossbars: tuple[int, int, float, int, int]
) -> np.ndarray:
    """ln P(no crossbar of a chunk takes more than t), the crossbars as the naive twin has them."""
    layer = np.zeros(1, BOUND_LAYER)[0]
    layer["filter_density"] = layer["kernel_density"] = layer["kernel_rows"] = 1
    joint, shares, reached = np.zeros((NODES, 60)), np.zeros(NODES), np.zeros(60)
    inputs, states = (rows, np.array(streams), told), 0
    pieces = [(element, weights, cells, width) for _, weights, element, cells, width in crossbars]
    for (many, *_), piece in zip(crossbars, pieces, strict=True):
        states = add_columns(layer, inputs, piece, pieces[0], float(many), joint, shares)
    assert shares[:states].sum() == pytest.approx(1.0, abs=1e-9)
    slowest_known(joint[:states], shares[:states], 1.0, reached)
    return reached


@pytest.mark.parametrize("stream", [1.0, 0.4])
def test_columns_of_one_row_group_equal_the_enumeration(stream: float) -> None:
    rows = Rows(5, 5, 0.4, 1, 0.0, 0.0)
    crossbars = (3, 4, 0.3, 4, 8), (2, 2, 0.1, 4, 8)
    reached = columns_of(rows, [stream], True, *crossbars)
    exact = naive.slowest_columns([5], 0.4, [stream], crossbars)
    np.testing.assert_allclose(np.exp(reached[: exact.size]), exact, rtol=1e-9)


@pytest.mark.parametrize("streams", [[1.0], [0.4], [0.3, 0.1]])
@pytest.mark.parametrize("element", [0.02, 0.1, 0.4])
def test_columns_of_several_row_groups_are_tied_by_their_score(
    streams: list[float], element: float
) -> None:
    # A score of several slices may be that of many rows in few or of few rows in many.
    error = 3e-3 if len(streams) == 1 else 2e-2
    rows = Rows(11, 4, 0.5, 1, 0.0, 0.0)
    crossbars = (6, 8, element, 2, 4), (1, 3, element, 2, 4)
    reached = columns_of(rows, streams, True, *crossbars)
    exact = naive.slowest_columns([4, 4, 3], 0.5, streams, crossbars)
    assert mean_of(reached) == pytest.approx(naive.mean_of(exact), rel=error)


def test_columns_of_many_vectors_count_units_and_not_slices() -> None:
    rows = Rows(8, 4, 0.5, 1, 0.0, 0.0)
    reached = columns_of(rows, [0.2, 0.1], False, (5, 6, 0.2, 2, 4))
    exact = columns_of(rows, [1.0], True, (5, 6, 0.2, 2, 4))
    np.testing.assert_allclose(reached, exact, atol=1e-12)
