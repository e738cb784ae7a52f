"""Tables of binomial sums beside the sums themselves, and within the error that they state."""

from __future__ import annotations

import numpy as np
import pytest

from recost.kernels.moments import ACTIONS, LIMITS, RESULTS, crossbar_moments
from recost.kernels.records import GROUP, PART, Rows
from recost.kernels.tables import Tables, tabulated_moments
from recost.models.tabulated import ERRORS, Tabulation

PROFILES = {
    "half-normal": np.array([1.0, 0.99, 0.98, 0.95, 0.89, 0.78, 0.48, 0.05, 1.4e-5]),
    "alike": np.ones(4),
    "dense": np.ones(1),
}
# Ends of p, rho and x.
BOXES = {
    "usual": ([0.03, 0.5, 0.05], [0.75, 1.0, 0.25]),
    "sparse": ([1e-6, 0.9, 1e-4], [1e-2, 0.9, 1e-2]),
    "nearly dense": ([0.01, 0.9, 0.9], [0.99, 0.999, 1.0]),
    "whole": ([1e-12, 1e-12, 1e-12], [1.0, 1.0, 1.0]),
}


def tables_of(number: int, height: int, profile: np.ndarray, ends: np.ndarray) -> Tables:
    tabulation = Tabulation()
    tabulation.add((number, height, 0), profile, ends)
    return tabulation.tables()._replace(direction=0)


def both(rows: Rows, density: float, streams: np.ndarray, tables: Tables) -> list[np.ndarray]:
    groups, parts = np.zeros(1, GROUP), np.zeros(1, PART)
    groups[0], parts[0] = (8.0, 16, 0, 1), (1.0, density, 0.0)
    found, wanted = np.full((RESULTS, 3), np.nan), np.full((RESULTS, 3), np.nan)
    tabulated_moments(rows, groups, parts, streams, tables, found)
    crossbar_moments(rows, groups, parts, streams, wanted)
    return [found, wanted]


def check(found: np.ndarray, wanted: np.ndarray) -> None:
    close = np.testing.assert_allclose
    close(found[0, 0], wanted[0, 0], rtol=ERRORS[0], atol=0)
    close(found[ACTIONS], wanted[ACTIONS], rtol=ERRORS[0], atol=0)
    # Causes add up: each is as exact as their sum needs.
    for m in (1, 2):
        scale = max(np.abs(wanted[:ACTIONS, m]).sum(), 0.1 * wanted[0, 0])
        close(found[:ACTIONS, m], wanted[:ACTIONS, m], rtol=0, atol=ERRORS[m] * scale)
    assert found[LIMITS, 0] == wanted[LIMITS, 0]
    scale = 1e-3 + wanted[LIMITS, 1]
    close(found[LIMITS, 1:], wanted[LIMITS, 1:], rtol=0, atol=ERRORS[1] * scale)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize(("number", "height"), [(128, 16), (128, 3), (64, 9), (19, 16), (5, 1)])
def test_tables_are_within_their_error_of_direct_sums(
    number: int, height: int, box: str, profile: str
) -> None:
    ends = np.array(BOXES[box])
    tables = tables_of(number, height, PROFILES[profile], ends)
    rng = np.random.default_rng(5)
    for share in rng.random((60, 3)):
        p, rho, x = ends[0] + (ends[1] - ends[0]) * share
        found, wanted = both(
            Rows(number, height, rho, 1, 0.0, 0.0), p, x * PROFILES[profile], tables
        )
        check(found, wanted)
