"""Wear levelling: each scheme against its definition, Start-Gap against a simulation."""

import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.kernels.survival import ARRAY, LINE
from recost.models.levelling import levelled
from recost.models.life import Population, life
from recost.models.writes import network_writes
from recost.network import load_network
from tests.naive import wear


def machine(**writes):
    settings = {f"writes.{key}": value for key, value in writes.items()}
    return load_hardware("isaac").replace(settings)


def population(wears, factors=None, **fields):
    shape = {"layer": "a", "kind": "weights", "arrays": 4.0, "lines": 8, "values": 3}
    factors = np.ones((2, 1)) if factors is None else factors
    fields = {**shape, "shared": LINE, **fields}
    return Population(wears=np.array(wears, dtype=float), factors=factors, **fields)


SPREAD = np.array([[0.5, 1.0, 3.0], [0.5, 0.4, 0.1167]])
SPREAD[1] /= SPREAD[1].sum()
SPREAD[0] /= SPREAD[0] @ SPREAD[1]


def test_none_changes_nothing():
    parts = (population([4.0, 1.0], SPREAD),)
    assert levelled(parts, machine(), 1e5) is parts


def test_slices_take_turns():
    after = levelled((population([4.0, 1.0, 1.0]),), machine(levelling="rotate-slices"), 1e5)[0]
    # One write in a hundred is the rotation's.
    assert after.wears == pytest.approx(np.full(3, 2.0 * 1.01))
    # Ahead by the stay in the place that is written 4 times where the mean is 2.
    assert after.offset == pytest.approx(100 * 1.0)


@pytest.mark.parametrize(("stays", "seen", "shared"), [(50.0, 8, ARRAY), (3.0, 3, LINE)])
def test_rows_take_turns(stays, seen, shared):
    after = levelled(
        (population([4.0], SPREAD),),
        machine(levelling="rotate-rows", levelling_interval=1000),
        stays * 1000.0,
    )[0]
    assert after.shared == shared
    mean = after.factors[0] @ after.factors[1]
    variance = (after.factors[0] - mean) ** 2 @ after.factors[1]
    assert mean == pytest.approx(1.0, rel=1e-6)
    assert variance == pytest.approx((SPREAD[0] - 1) ** 2 @ SPREAD[1] / seen, rel=1e-3)
    assert after.wears == pytest.approx([4.0 * 1.001])


def test_rows_of_a_column_are_alike():
    hardware = machine(levelling="rotate-rows", structure="column", policy="structured")
    before = population([4.0], SPREAD)
    assert levelled((before,), hardware, 1e5)[0].factors is SPREAD


def test_arrays_take_turns():
    parts = (population([4.0, 2.0], arrays=1.0), population([1.0, 0.0], arrays=3.0))
    after = levelled(parts, machine(levelling="rotate-arrays", levelling_interval=10**9), 1e15)
    for part in after:
        assert part.wears == pytest.approx([1.75, 0.5])


def test_ideal_is_the_mean_over_all_cells():
    parts = (population([4.0, 2.0], SPREAD, arrays=1.0), population([1.0], arrays=3.0))
    after = levelled(parts, machine(levelling="ideal"), 1e5)
    mean = (1 * 24 * 6.0 + 3 * 24 * 1.0) / (1 * 48 + 3 * 24)
    for part in after:
        assert part.wears == pytest.approx(np.full(len(part.wears), mean))
        assert part.factors.tolist() == [[1.0], [1.0]]


def test_start_gap_against_a_simulation():
    lines, interval, writes = 16, 10, 60_000
    random = np.random.default_rng(31)
    chances = random.lognormal(0.0, 1.0, lines)
    chances /= chances.sum()
    simulated = wear.start_gap(random.choice(lines, writes, p=chances), lines, interval)
    factors = np.stack([np.sort(chances) * lines, np.full(lines, 1 / lines)])
    before = population([writes / lines], factors, arrays=1.0, lines=lines, values=1)
    hardware = machine(levelling="start-gap", levelling_interval=interval)
    after = levelled((before,), hardware, 1e9)[0]
    # The 17th line is the gap.  Here the array's mean is known, so the factors are left out.
    mean = after.wears[0] * lines / (lines + 1)
    assert simulated.mean() == pytest.approx(mean, rel=1e-9)
    # A line is ahead by one stay in the most written place at most.
    stay = chances.max() * interval * (lines + 1)
    assert simulated.max() - mean < stay + 3.0 * mean**0.5
    assert simulated.max() < 0.5 * chances.max() * writes
    # Qureshi et al.: 97 % of ideal at an interval of 100; the gap's moves alone cost 1/interval.
    assert simulated.max() < 1.15 * writes / lines


@pytest.mark.parametrize("scheme", ["rotate-slices", "rotate-rows", "rotate-arrays", "start-gap"])
def test_levelling_lies_between_nothing_and_the_ideal(scheme):
    network = load_network("resnet20-cifar10")
    keys = {
        "policy": "structured",
        "structure": "row",
        "threshold": 8.0,
        "update_family": "lognormal",
        "update_spread": 2.0,
        "update_size": 3.0,
        "persistent": 0.16,
        "slowdown": 30.0,
    }
    none, some, ideal = (
        life(network_writes(machine(**keys, levelling=name), network)).median
        for name in ("none", scheme, "ideal")
    )
    assert none < some < ideal


def test_rotating_eight_slices_gains_at_most_eight():
    # reference: rotating k slices gains up to k.
    network = load_network("resnet20-cifar10")
    lives = []
    for name in ("none", "rotate-slices"):
        hardware = machine(update_size=0.5, levelling=name)
        writes = network_writes(hardware.replace({"cell.endurance.median": 1e9}), network)
        lives.append(life(writes, failed_fraction=0.01).median)
    assert 1.0 < lives[1] / lives[0] < 8.0
