"""Wear by Monte Carlo beside its closed form: update counts, first failures, failed cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.kernels import feedback
from recost.models.life import death_quantiles, life
from recost.models.updates import LayerUpdates, largest_of, mean_rate
from recost.models.wear_trials import CountTrial, draw_lives, simulate_updates
from recost.models.writes import NetworkWrites, network_writes
from recost.network import LayerTable
from recost.study.life_case import provenance_of
from recost.study.result import Result
from recost.study.rows import as_hardware, as_networks
from recost.vocabulary import UpdatePolicy

COLUMNS = (
    "row",
    "hardware",
    "workload",
    "quantity",
    "probability",
    "simulated",
    "closed_form",
    "standard_errors",
)

_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
# Lives after which the share of failed cells is compared, in medians of the first failure.
_LATER = (1.0, 3.0, 10.0)
#: Structures times steps that a simulation of updates may take: some 30 s on two cores.
LARGEST_SIMULATION = 10_000_000_000


def montecarlo_wear(
    hardware: Hardware | Sequence[Hardware],
    networks: LayerTable | Sequence[LayerTable],
    *,
    trials: int = 100,
    seed: int = 0,
    steps: int | None = None,
) -> Result:
    """Simulated updates and lives of every machine and network, beside their closed forms.

    Parameters
    ----------
    trials : machines whose cells are drawn, every cell of every one
    seed : any whole number; equal seeds give equal numbers
    steps : updates to simulate; by default the whole training.  0 leaves the simulation out.

    Notes
    -----
    Rows: `updates`, from one training simulated step by step; `life`, the distribution of the
    trainings until the first array dies; `failed`, the share of all cells that has failed.
    `standard_errors` is how far the simulation lies from the closed form; about one in three
    hundred lies beyond 3 by chance.
    """
    if trials < 2:
        raise InputError("needs at least 2", key="--trials")
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    for machine in as_hardware(hardware):
        for network in as_networks(networks):
            writes = network_writes(machine, network)
            notes += writes.notes
            label = {"hardware": machine.name, "workload": network.name}
            found = [*_updates(writes, seed, steps, notes), *_lives(writes, trials, seed)]
            rows += [{**label, **row} for row in found]
    return Result(
        COLUMNS,
        rows,
        notes=list(dict.fromkeys(notes)),
        provenance=provenance_of(as_hardware(hardware), as_networks(networks)),
        kind="montecarlo wear",
    )


def _updates(
    writes: NetworkWrites, seed: int, steps: int | None, notes: list[str]
) -> list[dict[str, Any]]:
    """Counts of one simulated training; of its steps only, if they are fewer."""
    if writes.hardware.writes.policy is UpdatePolicy.SGD or steps == 0:
        return []
    layers = [layer.updates for layer in writes.layers]
    whole = layers[0].steps
    structures = sum(layer.structures for layer in layers)
    steps = min(steps or whole, whole)
    if structures * steps > LARGEST_SIMULATION:
        raise InputError(
            f"{structures} structures over {steps} steps are more than {LARGEST_SIMULATION:.0e}"
            f" updates to simulate; at most {LARGEST_SIMULATION // structures} steps, 0 for none",
            key="--steps",
        )
    if steps < whole:
        notes.append(f"updates are simulated for {steps} of {whole} steps")
    trials = simulate_updates(writes, seed, steps)
    weights = np.array([float(layer.weights) for layer in layers])
    share = weights / weights.sum()
    means = np.array([trial.counts.mean() for trial in trials])
    expected, errors = np.array(
        [_given_norms(layer, trial, steps) for layer, trial in zip(layers, trials, strict=True)]
    ).T
    # The closed form has an error of its own, one update, that is common to all layers.
    own = 1.0 if any(layer.law for layer in layers) else 0.0
    error = math.sqrt(float(errors**2 @ share**2) + own)
    rows = [_row("updates", f"mean_updates of {steps}", means @ share, expected @ share, error)]
    largest = max(float(trial.counts.max()) for trial in trials)
    if steps == whole:
        rows.append(_row("updates", "max_updates", largest, largest_of(layers), None))
    noises = np.array([trial.noise for trial in trials])
    noise = np.array([_simulated_noise(layer) for layer in layers])
    rows.append(_row("updates", "gradient_noise", noises @ share, noise @ share, None))
    biases = np.array([-100.0 * trial.bias for trial in trials])
    bias = np.array([100.0 * layer.lost for layer in layers])
    rows.append(_row("updates", "gradient_bias_percent", biases @ share, bias @ share, None))
    return rows


def _simulated_noise(layer: LayerUpdates) -> float:
    """The gradient's noise for norms that are lognormal, as the simulation draws them."""
    if layer.law is None or layer.law.hard:
        return layer.noise
    law = layer.law._replace(square=0.0)
    return float(feedback.gradient_noise(law, mean_rate(law)))


def _given_norms(layer: LayerUpdates, trial: CountTrial, steps: int) -> tuple[float, float]:
    """Expected mean count of the structures that were drawn, and its standard error.

    The error is the binomial's: feedback damps what sets structures apart, not their mean.
    """
    law = layer.law
    if law is None:
        mean = layer.mean / layer.steps
    else:
        count = len(trial.norms)
        rate = float(feedback.settled_rate(law, trial.norms, np.full(count, 1.0 / count)))
        mean = float(feedback.mean_count(law, rate, steps)) / steps
    return mean * steps, math.sqrt(steps * mean * (1.0 - mean) / len(trial.counts))


def _lives(writes: NetworkWrites, trials: int, seed: int) -> list[dict[str, Any]]:
    """Quantiles of the first failure, and failed cells some time later."""
    expected = dict(zip(_QUANTILES, death_quantiles(writes, _QUANTILES), strict=True))
    median = expected[0.5]
    if not 0.0 < median < math.inf:
        raise InputError(
            "no life to draw: cells are dead from the start, or nothing is written",
            path=writes.hardware.path,
        )
    limits = np.array([median * factor for factor in _LATER])
    drawn = draw_lives(writes, trials, seed, limits)
    lived = life(writes)
    rows = []
    for q in _QUANTILES:
        below = float(np.mean(drawn.first <= expected[q]))
        error = math.sqrt(q * (1.0 - q) / trials)
        rows.append(
            {
                **_row("life", "lifetime_trainings", float(np.quantile(drawn.first, q)), 0.0, None),
                "closed_form": expected[q],
                "probability": q,
                "standard_errors": (below - q) / error,
            }
        )
    for limit, failed in zip(limits, drawn.failed.T, strict=True):
        error = float(np.std(failed) / math.sqrt(trials))
        row = _row("failed", f"after {limit:.4g} trainings", float(failed.mean()), 0.0, None)
        closed = lived.failed_after(float(limit))
        off = (row["simulated"] - closed) / error if error > 0.0 else None
        rows.append({**row, "closed_form": closed, "standard_errors": off})
    return rows


def _row(
    row: str, quantity: str, simulated: float, closed: float, error: float | None
) -> dict[str, Any]:
    simulated, closed = float(simulated), float(closed)
    return {
        "row": row,
        "quantity": quantity,
        "simulated": simulated,
        "closed_form": closed,
        "standard_errors": (simulated - closed) / error if error else None,
    }
