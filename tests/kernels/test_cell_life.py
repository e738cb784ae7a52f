"""Cells drawn one by one: distributions, first failures, repair, against closed forms."""

import math

import numpy as np
import pytest
from scipy import stats

from recost.kernels import cell_life, endurance, survival
from recost.kernels.philox import stream_key
from recost.vocabulary import EnduranceDistribution
from tests.kernels.test_survival import alike, populations

KEYS = (stream_key(5, "own"), stream_key(5, "wear"))
CELLS = [("lognormal", 0.6), ("weibull", 0.4), ("normal", 0.1), ("fixed", 0.0)]


def code(distribution):
    return int(EnduranceDistribution.from_text(distribution))


def draw(table, wears, cell, *, trial=0, factors=None, limits=(), keys=KEYS):
    """Lives of arrays, in trainings, and failed cells by limit."""
    distribution, median, spread = cell
    factors = factors or [np.zeros(1)] * len(table)
    arrays = table["arrays"].astype(np.int64)
    cells = arrays * table["lines"] * table["cells"] * table["slices"]
    network = (
        table,
        np.concatenate([[0], np.cumsum(arrays)]),
        np.concatenate([[0], np.cumsum(cells)]),
        np.log(np.maximum(wears, 1e-300) / median),
        np.concatenate(factors),
        np.concatenate([[0], np.cumsum([len(values) for values in factors])]),
    )
    lives = np.empty(arrays.sum())
    failed = np.zeros((len(lives), len(limits)), np.int64)
    limits = np.log(np.array(limits, dtype=float))
    cell_life.array_lives(
        keys, trial, (distribution, median, spread), network, limits, lives, failed
    )
    return np.exp(lives), failed


@pytest.mark.parametrize(("distribution", "spread"), CELLS)
@pytest.mark.parametrize("wear_spread", [0.0, 0.5])
def test_lives_follow_their_distribution(distribution, spread, wear_spread):
    table, wears = populations(
        {"arrays": 4.0, "lines": 100, "cells": 50, "slices": 1, "wear_spread": wear_spread}
    )
    cell = (code(distribution), 1e6, spread)
    limits = (3e5, 8e5, 1.1e6, 3e6)
    _, failed = draw(table, wears, cell, limits=limits)
    number = 4 * 100 * 50
    for k, limit in enumerate(limits):
        share = endurance.worn_share(*cell, wear_spread, limit)
        error = math.sqrt(share * (1 - share) / number)
        assert abs(failed[:, k].sum() / number - share) <= 3.0 * error


@pytest.mark.parametrize(("distribution", "spread"), CELLS[:3])
def test_first_failure_against_the_closed_form(distribution, spread):
    table, wears = populations({"lines": 64, "cells": 16, "wear": (4.0, 1.0, 0.2)})
    cell = (code(distribution), 1e6, spread)
    trials = 400
    firsts = np.array([draw(table, wears, cell, trial=t)[0].min() for t in range(trials)])
    for q in (0.1, 0.5, 0.9):
        life = survival.life_until_death(table, wears, alike((table, wears)), cell, q)
        assert abs(np.mean(firsts <= life) - q) < 3.0 * math.sqrt(q * (1 - q) / trials)


@pytest.mark.parametrize(("tolerated", "spares"), [(0, 3), (1, 0), (2, 1)])
def test_repair_against_the_closed_form(tolerated, spares):
    shape = {"arrays": 3.0, "lines": 20, "cells": 15, "tolerated": tolerated, "spares": spares}
    table, wears = populations({**shape, "wear": (2.0, 0.7), "wear_spread": 0.3})
    cell = (code("lognormal"), 1e5, 0.8)
    trials = 400
    firsts = np.array([draw(table, wears, cell, trial=t)[0].min() for t in range(trials)])
    for q in (0.1, 0.5, 0.9):
        life = survival.life_until_death(table, wears, alike((table, wears)), cell, q)
        assert abs(np.mean(firsts <= life) - q) < 3.0 * math.sqrt(q * (1 - q) / trials)


@pytest.mark.parametrize("shared", [survival.WEIGHT, survival.LINE, survival.ARRAY])
def test_factors_of_structures(shared):
    # Fixed endurance: the life of an array is that of its most written structure.
    table, wears = populations(
        {"arrays": 3.0, "lines": 4, "cells": 5, "slices": 2, "wear": (1.0, 0.5), "shared": shared}
    )
    count = {survival.WEIGHT: 60, survival.LINE: 12, survival.ARRAY: 3}[shared]
    factors = np.random.default_rng(1).permutation(np.linspace(1.0, 9.0, count))
    lives, _ = draw(table, wears, (code("fixed"), 1e4, 0.0), factors=[np.log(factors)])
    assert lives == pytest.approx(1e4 / factors.reshape(3, -1).max(axis=1))


def test_populations_lie_behind_each_other():
    table, wears = populations(
        {"arrays": 2.0, "lines": 3, "cells": 4, "wear": 10.0},
        {"arrays": 1.0, "lines": 2, "cells": 2, "wear": (1.0, 2.0)},
    )
    lives, failed = draw(table, wears, (code("fixed"), 1e4, 0.0), limits=(2000.0, 7000.0))
    assert lives == pytest.approx([1e3, 1e3, 5e3])
    assert failed.tolist() == [[12, 12], [12, 12], [0, 4]]


def test_offset_comes_off_the_endurance():
    table, wears = populations({"lines": 2, "cells": 3, "wear": 10.0, "offset": 0.25})
    lives, _ = draw(table, wears, (code("fixed"), 1e4, 0.0))
    assert lives == pytest.approx([0.75 * 1e4 / 10])


def test_the_smallest_values():
    random = np.random.default_rng(3)
    for size in (1, 5, 16, 33, 100):
        values = random.random(size)
        for rank in range(4):
            expected = np.sort(values)[rank] if rank < size else math.inf
            assert cell_life._smallest(values, rank, np.empty(16)) == expected


def test_trials_and_keys_give_other_cells():
    table, wears = populations({"lines": 8, "cells": 8})
    cell = (code("lognormal"), 1e6, 0.5)
    lives = {draw(table, wears, cell, trial=t)[0][0] for t in range(5)}
    other = draw(table, wears, cell, keys=(stream_key(6, "own"), stream_key(6, "wear")))[0][0]
    assert len(lives | {other}) == 6
    assert draw(table, wears, cell, trial=3)[0][0] in lives


def test_first_failure_of_many_cells_follows_the_extreme_value():
    table, wears = populations({"arrays": 61.0, "lines": 128, "cells": 128})
    cell = (code("lognormal"), 1.0, 0.5)
    firsts = [draw(table, wears, cell, trial=t)[0].min() for t in range(50)]
    shares = [endurance.failed_share(*cell, first) for first in firsts]
    # The minimum's share of the distribution is exponential with mean 1/N.
    scaled = np.array(shares) * 61 * 128 * 128
    assert stats.kstest(scaled, "expon").pvalue > 0.01
