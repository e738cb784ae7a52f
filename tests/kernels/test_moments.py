from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recost.kernels.moments import (
    ACTIONS,
    CONVERSIONS,
    DRIVES,
    FILTERS,
    OWN_FIXED,
    OWN_FRESH,
    READS,
    RESULTS,
    SHARED_FIXED,
    SHARED_FRESH,
    crossbar_moments,
)
from recost.kernels.records import GROUP, PART, Rows
from tests.naive import closed_form as naive


def run(
    rows: Rows, groups: list[tuple[float, int]], slices: list[float], parts: Any = None
) -> np.ndarray[Any, Any]:
    """`groups`: (density, width) of single groups; `parts` overrides with mixtures."""
    table = np.zeros(len(groups), GROUP)
    mixture = np.zeros(len(groups), PART)
    for k, (density, width) in enumerate(groups):
        table[k] = (1.0, width, k, 1)
        mixture[k] = (1.0, density, 0.0)
    if parts is not None:
        mixture = np.array(parts, PART)
        table[:] = [(1.0, w, 0, len(parts)) for _, w in groups]
    out = np.zeros((RESULTS, 3))
    crossbar_moments(rows, table, mixture, np.array(slices), out)
    return out


@pytest.mark.parametrize("height", [1, 2, 3, 4])
@pytest.mark.parametrize("live", [1.0, 0.6])
@pytest.mark.parametrize(("groups", "slices"), [
    ([0.3, 0.3], [0.4, 0.7]),
    ([0.2, 0.9], [0.5, 0.1]),
    ([1.0, 1.0], [0.3, 0.6]),
    ([0.5, 0.25], [1.0, 1.0]),
])  # fmt: skip
def test_moments_equal_the_enumeration_of_every_mask(
    height: int, live: float, groups: list[float], slices: list[float]
) -> None:
    """A 4x4 crossbar in two column groups, every weight mask, every 2-bit input."""
    out = run(Rows(4, height, live, 1, 0.0, 0.0), [(p, 2) for p in groups], slices)
    expected = naive.crossbar_cycles(4, height, live, groups, slices)
    assert out[0, 0] == pytest.approx(expected["mean"], rel=1e-12)
    for cause, name in (
        (SHARED_FIXED, "shared_fixed"),
        (SHARED_FRESH, "shared_fresh"),
        (OWN_FIXED, "own_fixed"),
        (OWN_FRESH, "own_fresh"),
    ):
        assert out[cause, 1] == pytest.approx(expected[name], rel=1e-10, abs=1e-12), name


def test_four_groups_of_one_bitline_equal_the_enumeration() -> None:
    groups, slices = [0.3, 0.3, 0.6, 0.6], [0.45]
    out = run(Rows(4, 2, 1.0, 1, 0.0, 0.0), [(p, 1) for p in groups], slices)
    expected = naive.crossbar_cycles(4, 2, 1.0, groups, slices)
    assert out[0, 0] == pytest.approx(expected["mean"], rel=1e-12)
    total = sum(expected[name] for name in expected if name != "mean")
    assert out[:ACTIONS, 1].sum() == pytest.approx(total, rel=1e-12)


def test_a_full_dense_crossbar_has_no_spread_and_the_printed_work() -> None:
    """16x16 units on 128x128, 16 bits: 8 * 8 * 16 = 1024 activations [D]."""
    out = run(Rows(128, 16, 1.0, 1, 0.0, 0.0), [(1.0, 16)] * 8, [1.0] * 16)
    assert out[0, 0] == 1024
    assert np.all(out[:ACTIONS, 1:] == 0)
    assert out[ACTIONS, CONVERSIONS] == 1024 * 16
    assert out[ACTIONS, DRIVES] == 1024 * 16
    assert out[ACTIONS, READS] == 1024 * 256


def test_nothing_live_costs_nothing() -> None:
    out = run(Rows(128, 16, 0.0, 1, 0.0, 0.0), [(0.5, 16)] * 8, [0.5] * 4)
    assert np.all(out == 0)


def test_a_mixture_is_between_its_parts_and_spreads_more() -> None:
    rows, slices = Rows(32, 4, 1.0, 1, 0.0, 0.0), [0.3, 0.6]
    dead, alive = run(rows, [(0.0, 4)], slices), run(rows, [(0.8, 4)], slices)
    mixed = run(rows, [(0.0, 4)], slices, parts=[(0.25, 0.0, 0.0), (0.75, 0.8, 0.0)])
    assert mixed[0, 0] == pytest.approx(0.25 * dead[0, 0] + 0.75 * alive[0, 0])
    # Var = E Var + Var E, the second term being the weights' own.
    between = 0.25 * 0.75 * (alive[0, 0] - dead[0, 0]) ** 2
    total = 0.75 * alive[:ACTIONS, 1].sum() + between
    assert mixed[:ACTIONS, 1].sum() == pytest.approx(total, rel=1e-12)
    assert mixed[FILTERS, 1] == pytest.approx(between, rel=1e-12)
    assert alive[FILTERS, 1] == 0.0


def test_clusters_keep_the_mean_density_and_widen_the_spread() -> None:
    slices = [0.4]
    free = run(Rows(64, 8, 1.0, 1, 0.0, 0.0), [(0.5, 16)], slices)
    tied = run(Rows(64, 8, 1.0, 1, 0.2, 0.0), [(0.5, 16)], slices)
    assert tied[ACTIONS, DRIVES] == pytest.approx(free[ACTIONS, DRIVES])
    assert tied[:ACTIONS, 1].sum() > 2 * free[:ACTIONS, 1].sum()
