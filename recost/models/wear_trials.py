"""Wear by Monte Carlo: updates simulated step by step, and the life of every cell drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba import get_num_threads

from recost.kernels import cell_life, feedback, update_counts
from recost.kernels.philox import stream_key
from recost.kernels.survival import ARRAY, POPULATION_DTYPE, WEIGHT
from recost.models.life import Population, cell_endurance, kernel_tables, populations_of
from recost.models.writes import NetworkWrites

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class CountTrial:
    """Updates of a layer's structures in one simulated training.

    `counts` and `norms` are those of each structure; `bias` and `noise` are the written gradient's
    over the mean norm and mean square norm, over structures and steps.
    """

    layer: str
    counts: Array
    norms: Array
    bias: float
    noise: float


def simulate_updates(
    writes: NetworkWrites, seed: int, steps: int | None = None
) -> list[CountTrial]:
    """Run the policy step by step on the structures of every layer; the layers run side by side.

    Norms are lognormal as in `updates.count_law`; a layer whose structures only chance sets apart
    runs with the spread of its gradients' norms.  `steps` shortens the training.  What elimination
    leaves out is not simulated.
    """
    hardware = writes.hardware
    layers = writes.layers
    steps = steps or layers[0].updates.steps
    policy = hardware.writes.policy
    laws = np.zeros((len(layers), 5))
    bounds = np.zeros(len(layers) + 1, np.int64)
    keys = np.zeros((len(layers), 2), np.uint64)
    for i, layer in enumerate(layers):
        law = layer.updates.law or feedback.Law(
            hardware.writes.threshold or 0.0, 0.0, 0.0, layer.updates.gradients.log_spread
        )
        laws[i] = (int(policy), law.threshold, law.feedback, law.lasting, law.fresh)
        bounds[i + 1] = bounds[i] + layer.updates.structures
        keys[i] = [stream_key(seed, layer.name, part) for part in ("norms", "steps")]
    norms = np.empty(bounds[-1])
    counts, sums = np.zeros(bounds[-1], np.int64), np.zeros((4, bounds[-1]))
    order = update_counts.balanced(np.diff(bounds), get_num_threads())
    update_counts.simulate(order, keys, steps, laws, bounds, (norms, counts, sums))
    trials = []
    for i, layer in enumerate(layers):
        part = slice(bounds[i], bounds[i + 1])
        error, square, norm, norm_square = (float(row[part].sum()) for row in sums)
        trials.append(
            CountTrial(layer.name, counts[part], norms[part], error / norm, square / norm_square)
        )
    return trials


@dataclass(frozen=True, eq=False)
class LifeTrials:
    """Life of a machine's cells over trials.

    `first` is the life of the first array to die, in trainings, a trial each; `failed` the share of
    all cells that has failed after each of `limits` trainings, a trial each.
    """

    first: Array
    limits: Array
    failed: Array
    cells: int


def draw_lives(
    writes: NetworkWrites, trials: int, seed: int, limits: Array | None = None
) -> LifeTrials:
    """Draw the endurance and wear of every cell, `trials` times, without storing them.

    A structure's wear is drawn from the distribution of its layer's counts.
    """
    cell = cell_endurance(writes.hardware)
    populations = _whole(populations_of(writes), writes.hardware.writes)
    records, wears, _ = kernel_tables(populations, writes.hardware, cell[1])
    arrays = np.array([round(p.arrays) for p in populations])
    numbers = arrays * records["lines"] * records["cells"] * records["slices"]
    structures = [_structures(p, int(n)) for p, n in zip(populations, arrays, strict=True)]
    with np.errstate(divide="ignore"):
        log_wears = np.maximum(np.log(wears) - np.log(cell[1]), -700.0)
    ends = [np.concatenate([[0], np.cumsum(sizes)]) for sizes in (arrays, numbers, structures)]
    limits = np.array([], float) if limits is None else np.asarray(limits, float)
    first = np.empty(trials)
    failed = np.empty((trials, len(limits)))
    keys = (stream_key(seed, "endurance"), stream_key(seed, "wear"))
    for trial in range(trials):
        factors = _draw_factors(populations, structures, seed, trial)
        network = (records.astype(POPULATION_DTYPE), ends[0], ends[1], log_wears, factors, ends[2])
        lives = np.empty(ends[0][-1])
        dead = np.zeros((len(lives), len(limits)), np.int64)
        cell_life.array_lives(keys, trial, cell, network, np.log(limits), lives, dead)
        first[trial] = np.exp(lives.min())
        failed[trial] = dead.sum(axis=0) / numbers.sum()
    return LifeTrials(first, limits, failed, int(numbers.sum()))


def _whole(populations: tuple[Population, ...], keys: Any) -> tuple[Population, ...]:
    """The populations in whole arrays; a rest of lines is an array of its own."""
    found = []
    for population in populations:
        if population.shared == ARRAY or keys.spare_rows + keys.spare_columns:
            found.append(replace(population, arrays=float(max(1, round(population.arrays)))))
            continue
        lines = max(1, round(population.arrays * population.lines))
        full, rest = divmod(lines, population.lines)
        if full:
            found.append(replace(population, arrays=float(full)))
        if rest:
            found.append(replace(population, arrays=1.0, lines=rest))
    return tuple(found)


def _structures(population: Population, arrays: int) -> int:
    """Structures of whole arrays with a factor of their own; 1 where all are alike."""
    if population.factors.shape[1] == 1:
        return 1
    if population.shared == ARRAY:
        return arrays
    lines = arrays * population.lines
    return lines * population.values if population.shared == WEIGHT else lines


def _draw_factors(
    populations: tuple[Population, ...], structures: list[int], seed: int, trial: int
) -> Array:
    """Log of the wear factor of every structure, population after population."""
    drawn = []
    for i, (population, number) in enumerate(zip(populations, structures, strict=True)):
        values, shares = population.factors
        if number == 1 and len(values) == 1:
            drawn.append(np.zeros(1))
            continue
        chances = np.empty(number)
        cell_life.draw_uniforms(stream_key(seed, "factors", i), trial, chances)
        below = np.cumsum(shares)
        places = np.minimum(np.searchsorted(below, chances * below[-1]), len(values) - 1)
        drawn.append(np.log(np.maximum(values[places], 1e-300)))
    return np.concatenate(drawn)
