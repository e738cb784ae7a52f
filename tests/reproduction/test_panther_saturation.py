"""PANTHER's functional simulation: saturated cells by slice bits and carry interval.

One distribution of updates for all runs, fitted on the totals of the uniform 4-, 5- and 6-bit runs
(the 3-bit runs collapsed and are not monotone); the runs with two sorts of slices are then
predicted.  The simulation has 16-bit weights in 8 slices of 2 value bits, unsigned digits, and adds
the update of a batch of 64 at once.  A published number is a mean over late steps of training,
which stand anywhere in a carry interval, so the model's is the mean over the interval.
"""

from __future__ import annotations

import json
import math
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from recost.models.random_updates import Distribution
from recost.models.slices import Slicing
from recost.study.montecarlo_outer_product import Experiment, Saturation, measure

DATA = json.loads((Path(__file__).parent.parent / "data" / "panther_slices.json").read_text())
RUNS = [run for run in DATA["uniform"] if run["bits"] >= 4]
# The 16-step runs with two sorts of slices collapsed like the 3-bit ones (a third of all cells).
MIXED = [
    run for run in DATA["mixed"] if run["carry_interval"] < 1024 and "3" not in run["slice_bits"]
]
# What `test_the_fit` finds: one family, its size in steps, and how much it varies over weights.
FITTED = "laplace:scale=3.9,variation=5.3"
# Below a tenth of a percent a published total, of four decimals, has one digit or none.
SMALLEST = 0.001


def say(text: str) -> None:
    """Shown with pytest -s."""
    sys.stdout.write(text + "\n")


def experiment(updates: Distribution, weights: int = 4096) -> Experiment:
    return Experiment(updates=updates, batch=64, shape=(1, weights), trials=2)


def model(run: dict, updates: Distribution, weights: int = 4096) -> Saturation:
    bits = (run["bits"],) * 8 if "bits" in run else tuple(int(b) for b in run["slice_bits"][::-1])
    slicing = Slicing(bits, 16, balanced=False)
    return measure(slicing, run["carry_interval"], experiment(updates, weights))


def log_error(published: list[float], modelled: list[float]) -> float:
    """Root mean square of ln(model / published)."""
    errors = [math.log(max(m, 1e-6) / p) for p, m in zip(published, modelled, strict=True)]
    return math.sqrt(sum(e * e for e in errors) / len(errors))


@pytest.fixture(scope="module")
def fitted() -> list[Saturation]:
    return [model(run, Distribution.parse(FITTED)) for run in RUNS]


def test_the_order_of_the_totals(fitted):
    pairs = agreeing = 0
    for (one, ours), (other, theirs) in combinations(zip(RUNS, fitted, strict=True), 2):
        if one["total"] == other["total"]:
            continue
        same_bits = one["bits"] == other["bits"]
        same_interval = one["carry_interval"] == other["carry_interval"]
        ordered = (one["total"] < other["total"]) == (ours.total < theirs.total)
        if same_bits or same_interval:
            assert ordered, (one, other)
        pairs += 1
        agreeing += ordered
    say(f"\norder of all pairs of totals: {agreeing} of {pairs} as published")
    assert agreeing >= 0.95 * pairs


def test_the_totals(fitted):
    say(f"\nsaturated cells, %, published and with {FITTED}:")
    for run, found in zip(RUNS, fitted, strict=True):
        say(
            f"  {run['bits']} bits, every {run['carry_interval']:>5} examples:"
            f" {100 * run['total']:6.2f} {100 * found.total:6.2f}"
        )
    large = [
        (r["total"], f.total) for r, f in zip(RUNS, fitted, strict=True) if r["total"] >= SMALLEST
    ]
    error = log_error(*map(list, zip(*large, strict=True)))
    say(f"  root mean square of ln(model/published), totals from 0.1 %: {error:.3f}")
    assert error < 0.25
    for run, found in zip(RUNS, fitted, strict=True):
        if run["total"] == 0.0:
            assert found.total < SMALLEST


def test_the_slices(fitted):
    published, ours = [], []
    for run, found in zip(RUNS, fitted, strict=True):
        slices = found.saturated.mean(axis=0)[::-1]
        for p, m in zip(run["slices"], slices, strict=True):
            if p >= SMALLEST:
                published.append(p)
                ours.append(float(m))
    error = log_error(published, ours)
    say(f"\nsingle slices, not fitted: root mean square of ln(model/published) {error:.3f}")
    assert np.corrcoef(published, ours)[0, 1] > 0.9


def test_runs_with_two_sorts_of_slices_are_predicted():
    updates = Distribution.parse(FITTED)
    ours = [model(run, updates).total for run in MIXED]
    published = [run["total"] for run in MIXED]
    say("\ntwo sorts of slices (least significant first), %, published and predicted:")
    for run, total in zip(MIXED, ours, strict=True):
        say(
            f"  {run['slice_bits']} every {run['carry_interval']}:"
            f" {100 * run['total']:5.2f} {100 * total:5.2f}"
        )
    error = log_error(published, ours)
    say(f"  root mean square of ln(model/published): {error:.3f}")
    assert error < 0.7


@pytest.mark.slow
def test_the_fit():
    from scipy.optimize import minimize

    large = [run for run in RUNS if run["total"] >= SMALLEST]
    published = [run["total"] for run in large]

    def error(logs: np.ndarray, family: str) -> float:
        values = dict(zip(("scale", "variation", "spread"), np.exp(logs), strict=False))
        parameters = ",".join(f"{name}={value:.6g}" for name, value in values.items())
        updates = Distribution.parse(f"{family}:{parameters}")
        return log_error(published, [model(run, updates, 2048).total for run in large])

    best = {}
    for family, start in (("gaussian", (10, 3)), ("laplace", (5, 4)), ("lognormal", (10, 3, 0.5))):
        first = np.log(start)
        simplex = np.vstack([first, first + 0.4 * np.eye(len(first))])
        options = {"maxfev": 80, "xatol": 0.02, "fatol": 1e-3, "initial_simplex": simplex}
        found = minimize(error, first, (family,), method="Nelder-Mead", options=options)
        best[family] = found.fun
        say(f"\n{family}: {np.exp(found.x).round(2)} error {found.fun:.3f}")
    fitted = Distribution.parse(FITTED)
    logs = np.log([fitted.scale, fitted.variation])
    assert error(logs, "laplace") < min(best.values()) + 0.03
