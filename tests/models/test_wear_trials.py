"""Monte Carlo of a network's wear against its closed forms."""

import math

import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.models.life import death_quantiles, life
from recost.models.wear_trials import draw_lives, simulate_updates
from recost.models.writes import network_writes
from recost.network import load_network

NETWORK = """
schema = 1
name = "small"
input = [60, 1, 1]
layers = [{linear = 40, name = "a"}, {linear = 24, name = "b"}]
[recipe]
images = 6400
epochs = 20
batch = 64
"""


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(NETWORK)
    return load_network(str(path))


def machine(**keys):
    settings = {key.replace("__", "."): value for key, value in keys.items()}
    return load_hardware("isaac").replace({"cell.endurance.spread": 0.4, **settings})


POLICY = {
    "writes__policy": "endurance-aware",
    "writes__threshold": 4.0,
    "writes__feedback": 1.0,
    "writes__update_family": "lognormal",
    "writes__update_spread": 1.5,
    "writes__update_size": 2.0,
    "writes__persistent": 0.2,
}


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"writes__store": True, "writes__wear_spread": 0.3},
        {**POLICY, "writes__structure": "element"},
        {**POLICY, "writes__structure": "row"},
        {**POLICY, "writes__structure": "column"},
        {**POLICY, "writes__structure": "crossbar"},
        {**POLICY, "writes__structure": "row", "writes__corrected": 0.02},
        {"writes__corrected": 0.01, "writes__spare_rows": 1, "writes__update_size": 3.0},
        {"cell__endurance__distribution": "weibull", "cell__endurance__spread": 3.0},
    ],
)
def test_first_failures_against_the_closed_form(network, keys):
    writes = network_writes(machine(**keys), network)
    trials = 400
    first = draw_lives(writes, trials, seed=4).first
    for q, expected in zip((0.1, 0.5, 0.9), death_quantiles(writes, (0.1, 0.5, 0.9)), strict=True):
        assert abs(np.mean(first <= expected) - q) < 3.0 * math.sqrt(q * (1 - q) / trials)


def test_failed_cells_against_the_closed_form(network):
    writes = network_writes(machine(**POLICY, writes__structure="row"), network)
    lived = life(writes)
    limits = np.array([3.0, 10.0, 20.0]) * lived.median
    trials = draw_lives(writes, 200, 5, limits)
    assert trials.cells == (60 * 40 + 40 * 24) * 8
    for limit, failed in zip(limits, trials.failed.T, strict=True):
        error = np.std(failed) / math.sqrt(len(failed))
        assert abs(failed.mean() - lived.failed_after(limit)) < 3.0 * error


@pytest.mark.parametrize(
    "policy", ["sgd", "threshold", "stochastic", "structured", "endurance-aware"]
)
def test_simulated_updates_against_the_closed_form(network, policy):
    keys = {**POLICY, "writes__policy": policy, "writes__persistent": 0.0}
    if policy in ("structured", "endurance-aware"):
        keys["writes__structure"] = "row"
    writes = network_writes(machine(**keys), network)
    for layer, trial in zip(writes.layers, simulate_updates(writes, seed=6), strict=True):
        updates = layer.updates
        rate = updates.mean / updates.steps
        assert len(trial.counts) == updates.structures
        error = math.sqrt(updates.steps * rate * (1 - rate) / updates.structures)
        assert abs(trial.counts.mean() - updates.mean) <= 3.0 * error + 1.0
        assert -trial.bias == pytest.approx(updates.lost, abs=0.03)
        assert trial.noise == pytest.approx(updates.noise, rel=0.3, abs=1e-12)


def test_equal_seeds_equal_numbers(network):
    writes = network_writes(machine(**POLICY, writes__structure="row"), network)
    one, same, other = (draw_lives(writes, 3, seed).first for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    counts = [simulate_updates(writes, seed)[0].counts for seed in (1, 1, 2)]
    assert np.array_equal(counts[0], counts[1])
    assert not np.array_equal(counts[0], counts[2])


def test_a_shorter_simulation(network):
    writes = network_writes(machine(**POLICY), network)
    counts = simulate_updates(writes, 1, steps=50)[0].counts
    assert counts.max() <= 50
