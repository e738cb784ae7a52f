"""Points of continuous densities, read from tables, beside estimates that sum directly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recost.hardware import load_hardware
from recost.models.inference import infer
from recost.models.sweep import Sweep
from recost.network import load_network
from recost.study.space import parse_axis

KEYS = {
    "elements": ("profile.*.weights.elements", 0.001, 1.0),
    "rows": ("profile.*.weights.rows", 0.05, 1.0),
    "nonzero": ("profile.*.activations.nonzero", 0.8, 1.0),
}
# What is read from tables, and what is not: mixtures of filters, clusters, modes without a law.
SETTINGS = [
    {},
    {
        "mapping.replication": "[2, 1, 1, 3]",
        "operation_unit.fill_cycles": "3",
        "operation_unit.gated": "false",
    },
    {"mapping.replication": "balanced", "budget.chips": "1"},
    {"mapping.sync": "layer"},
    {"mapping.encoding": "magnitude"},
    {"mapping.compaction": "layer"},
    {"sparsity.activations": "value"},
    {"sparsity.activations": "none"},
    {"sparsity.weights": "crossbar-row"},
    {"sparsity.weights": "none"},
    {"sparsity.weights": "matrix"},
    {"sparsity.weights": "ou-column"},
    {"operation_unit.rows": "3", "operation_unit.columns": "5", "crossbar.columns": "60"},
]


def sweep_of(hardware, network, points=10_000):
    axes = [parse_axis(f"{key}={low}:{high}") for key, low, high in KEYS.values()]
    sweep = Sweep(hardware, network, axes, (), range(len(axes)))
    sweep.counting.points = points
    return sweep


@pytest.fixture(scope="module")
def sweeps():
    return {}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_point_is_an_estimate(sweeps, data):
    chosen = data.draw(st.sampled_from(SETTINGS))
    profile = data.draw(st.sampled_from([{}, {"profile.*.weights.filters": "0.7"},
                                         {"profile.*.weights.correlation": "0.1"}]))  # fmt: skip
    if profile and chosen.get("sparsity.weights") == "ou-column":
        profile = {}
    hardware = load_hardware("sre").replace(chosen)
    network = load_network("lenet5").replace(profile)
    key = str((chosen, profile))
    if key not in sweeps:
        sweeps[key] = sweep_of(hardware, network)
    point = np.array([[data.draw(st.floats(low, high)) for _, low, high in KEYS.values()]])
    got = sweeps[key].evaluate(np.zeros((1, 3), np.int64), point)
    texts = {k[0]: repr(float(v)) for k, v in zip(KEYS.values(), point[0], strict=True)}
    cost = infer(hardware, network.replace(texts))
    wanted = {"cycles": cost.cycles, "latency_s": cost.latency_s, "energy_j": cost.energy_j,
              "throughput_per_s": cost.throughput_per_s, "area_mm2": cost.area_mm2,
              "ou_activations": cost.ou_activations, "crossbars": cost.crossbars}  # fmt: skip
    for name, value in wanted.items():
        found = got.numbers[name][0]
        assert found == pytest.approx(value, rel=1e-9), name


@pytest.mark.parametrize("chosen", SETTINGS[:9], ids=str)
def test_points_side_by_side_have_the_bits_of_each_by_itself(sweeps, chosen):
    """Also where weights are dense at some of the points, or nothing is to be skipped."""
    key = str((chosen, {}))
    if key not in sweeps:
        sweeps[key] = sweep_of(load_hardware("sre").replace(chosen), load_network("lenet5"))
    points = np.random.default_rng(3).random((75, 3))
    points[::9, 0] = points[::7, 1] = 1.0
    lows, highs = np.array([[low, high] for _, low, high in KEYS.values()]).T
    points = lows + points * (highs - lows)
    together = sweeps[key].evaluate(np.zeros((len(points), 3), np.int64), points)
    for p in range(len(points)):
        alone = sweeps[key].evaluate(np.zeros((1, 3), np.int64), points[p : p + 1])
        for name, found in together.numbers.items():
            np.testing.assert_array_equal(found[p], alone.numbers[name][0], err_msg=name)


@pytest.mark.parametrize("varied", ["*", "stage2_1/conv2"])
def test_layers_that_are_alike_add_up_with_their_copies(varied):
    """Convolutions of which many are alike, each with its own copies; not all may move."""
    network = load_network("resnet20-cifar10")
    copies = str([1 + i % 3 for i in range(len(network))])
    hardware = load_hardware("sre").replace({"mapping.replication": copies})
    keys = {f"profile.{varied}.weights.elements": (0.05, 0.5),
            f"profile.{varied}.weights.rows": (0.5, 1.0)}  # fmt: skip
    axes = [parse_axis(f"{key}={low}:{high}") for key, (low, high) in keys.items()]
    sweep = Sweep(hardware, network, axes, (), range(len(axes)))
    sweep.counting.points = 10_000
    lows, highs = np.array(list(keys.values())).T
    points = lows + np.random.default_rng(5).random((70, 2)) * (highs - lows)
    got = sweep.evaluate(np.zeros((len(points), 2), np.int64), points)
    for p in (0, 33, 69):
        texts = {key: repr(float(v)) for key, v in zip(keys, points[p], strict=True)}
        cost = infer(hardware, network.replace(texts))
        for name in ("cycles", "throughput_per_s", "energy_j", "area_mm2", "crossbars"):
            assert got.numbers[name][p] == pytest.approx(getattr(cost, name), rel=1e-9), name


def test_points_have_the_same_bits_in_any_order(sweeps):
    """Points that lie close are read together, in blocks; more than one block."""
    sweep = sweeps.setdefault(str(({}, {})), sweep_of(load_hardware("sre"), load_network("lenet5")))
    lows, highs = np.array([[low, high] for _, low, high in KEYS.values()]).T
    points = lows + np.random.default_rng(4).random((300, 3)) * (highs - lows)
    order = np.random.default_rng(6).permutation(len(points))
    places = np.zeros((len(points), 3), np.int64)
    one, other = sweep.evaluate(places, points), sweep.evaluate(places, points[order])
    for name, found in one.numbers.items():
        np.testing.assert_array_equal(found[order], other.numbers[name], err_msg=name)
