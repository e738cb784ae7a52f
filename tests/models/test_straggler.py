"""The slowest of up to 1e5 crossbars, against crossbars drawn from their definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.models.inference import infer
from recost.network import LayerTable

ROWS, GROUPS = 128, 8  # of a crossbar; a group holds two weights
HEIGHTS = (4, 16, 32)  # rows of an operation unit

# Share of live rows, of weights that are not zero in them, and of inputs that have each bit.
PROFILES = [
    (1.0, 1.0, [0.3, 0.1]),
    (1.0, 0.12, [0.25, 0.2, 0.1, 0.02]),
    (0.3, 1.0, [0.4, 0.2, 0.05]),
    (0.4, 0.3, [0.22] * 8),
    (1.0, 0.03, [0.05] * 4),
    (1.0, 1.0, [0.02, 0.01]),
    (0.7, 0.2, [0.45, 0.4, 0.3, 0.2, 0.12, 0.06, 0.03, 0.01]),
    (1.0, 0.5, [0.45, 0.4, 0.3, 0.2, 0.12, 0.06, 0.03, 0.01]),
]


def drawn(
    shape: tuple[int, int], live: float, cell: float, bits: list[float], trials: int
) -> np.ndarray[Any, Any]:
    """Cycles of the slowest of the crossbars of rows x columns: [trials, HEIGHTS].

    Each trial draws weights and inputs.  A row is kept by a group if one of its two weights is
    not zero, and a crossbar takes the sum over bits and groups of ceil(K / height).  Rows in
    which the same bits are set are alike: how many of them a group keeps is binomial.
    """
    height, columns = shape
    draw = np.random.default_rng(20_190_622)
    kept = 1.0 - (1.0 - cell) ** 2
    slowest = np.zeros((trials, len(HEIGHTS)))
    for trial in range(trials):
        for start in range(0, height, ROWS):
            rows = min(ROWS, height - start)
            alive = draw.random(rows) < live
            inputs = (draw.random((len(bits), rows)) < np.array(bits)[:, None]) & alive
            alike, many = np.unique(inputs, axis=1, return_counts=True)
            active = np.zeros((len(bits), columns * GROUPS), np.int64)
            for pattern, count in zip(alike.T, many, strict=True):
                if pattern.any():
                    active[pattern] += draw.binomial(count, kept, columns * GROUPS)
            for k, unit in enumerate(HEIGHTS):
                cycles = (-(-active // unit)).sum(axis=0).reshape(columns, GROUPS).sum(axis=1)
                slowest[trial, k] = max(slowest[trial, k], cycles.max())
    return slowest


@pytest.mark.parametrize(("rows", "columns", "trials"), [
    (128, 1, 2000), (128, 10, 400), (1280, 1, 200), (1024, 8, 60),
    (129, 1, 1000), (255, 1, 1000), (363, 4, 300),
    pytest.param(1280, 100, 200, marks=pytest.mark.slow),
    pytest.param(12_800, 10, 100, marks=pytest.mark.slow),
    pytest.param(12_800, 100, 60, marks=pytest.mark.slow),
    pytest.param(12_800, 1000, 40, marks=pytest.mark.slow),
])  # fmt: skip
@pytest.mark.parametrize(("live", "cell", "bits"), PROFILES)
def test_expected_slowest_crossbar_within_two_percent(
    fc: Callable[..., LayerTable],
    rows: int,
    columns: int,
    trials: int,
    live: float,
    cell: float,
    bits: list[float],
) -> None:
    network = fc(
        rows,
        16 * columns,
        f'[profile]\nsource = "drawn"\nweights = {{rows = {live}, elements = {cell}}}\n'
        f"activations = {{nonzero = 0.5, bits = {bits + [0.0] * (16 - len(bits))}}}",
    )
    if cell == 1.0:  # the crossbars of a chunk are alike; what is rare comes in large steps
        trials = max(trials, 400)
    sample = drawn((rows, 1 if cell == 1.0 else columns), live, cell, bits, trials)
    means, errors = sample.mean(axis=0), sample.std(axis=0, ddof=1) / np.sqrt(trials)
    for height, mean, error in zip(HEIGHTS, means, errors, strict=True):
        machine = load_hardware("sre").replace(
            {"mapping.encoding": "magnitude", "operation_unit.rows": height, "adc.bits": 12}
        )
        cost = infer(machine, network)
        assert cost.crossbars == -(-rows // ROWS) * columns
        assert abs(cost.cycles - mean) <= 0.02 * mean + 3 * error, height
