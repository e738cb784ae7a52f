"""The slowest of up to 1e5 crossbars, against crossbars drawn cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.models.inference import infer
from recost.network import LayerTable

ROWS, HEIGHT, GROUPS = 128, 16, 8  # crossbar rows, rows of a unit, column groups


def drawn(
    shape: tuple[int, int], live: float, cell: float, bits: list[float], trials: int
) -> np.ndarray[Any, Any]:
    """Cycles of the slowest of chunks x columns crossbars, for each trial's weights and input.

    Straight from the definition: each weight is non-zero with `cell` in a live row, a group
    holds two weights, and a crossbar takes sum over bits and groups of ceil(K / 16).
    """
    chunks, columns = shape
    draw = np.random.default_rng(20_190_622)
    slowest = np.zeros(trials)
    for trial in range(trials):
        for _ in range(chunks):
            alive = draw.random(ROWS) < live
            inputs = draw.random((len(bits), ROWS)) < np.array(bits)[:, None]
            weights = draw.random((ROWS, columns * GROUPS, 2), np.float32) < cell
            kept = weights.any(axis=2) & alive[:, None]
            active = inputs.astype(np.float32) @ kept.astype(np.float32)
            cycles = np.ceil(active / HEIGHT).sum(axis=0).reshape(columns, GROUPS).sum(axis=1)
            slowest[trial] = max(slowest[trial], cycles.max())
    return slowest


@pytest.mark.parametrize(("chunks", "columns", "trials"), [
    (1, 1, 2000), (1, 10, 400), (10, 1, 400), (8, 8, 60), (100, 5, 20),
    pytest.param(100, 1000, 8, marks=pytest.mark.slow),
])  # fmt: skip
@pytest.mark.parametrize(("live", "cell", "bits"), [
    (1.0, 1.0, [0.3, 0.1]),
    (1.0, 0.12, [0.25, 0.2, 0.1, 0.02]),
    (0.3, 1.0, [0.4, 0.2, 0.05]),
    (0.4, 0.3, [0.22] * 8),
    (1.0, 0.03, [0.05] * 4),
])  # fmt: skip
def test_expected_slowest_crossbar_within_two_percent(
    fc: Callable[..., LayerTable],
    chunks: int,
    columns: int,
    trials: int,
    live: float,
    cell: float,
    bits: list[float],
) -> None:
    machine = load_hardware("sre").replace({"mapping.encoding": "magnitude"})
    network = fc(
        ROWS * chunks,
        16 * columns,
        f'[profile]\nsource = "drawn"\nweights = {{rows = {live}, elements = {cell}}}\n'
        f"activations = {{nonzero = 0.5, bits = {bits + [0.0] * (16 - len(bits))}}}",
    )
    cost = infer(machine, network)
    assert cost.crossbars == chunks * columns
    sample = drawn((chunks, columns), live, cell, bits, trials)
    error = sample.std(ddof=1) / np.sqrt(trials)
    assert cost.cycles == pytest.approx(sample.mean(), rel=0.02, abs=3 * error)
