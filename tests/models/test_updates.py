"""Updates of a layer's weights: policies, slices, structures, recorded gradients, bad input."""

import math

import numpy as np
import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.kernels import feedback, normal
from recost.models.updates import (
    _factors,
    _largest,
    largest_of,
    layer_updates,
    structure_shape,
)
from recost.network import load_network
from tests.naive import wear

NETWORK = """
schema = 1
name = "one"
input = [40, 1, 1]
layers = [{{linear = 24, name = "fc"}}]
[recipe]
images = 1000
epochs = 3
batch = 16
{profile}
"""
STEPS = 3 * 63  # ceil(1000 / 16) updates an epoch


@pytest.fixture
def network(tmp_path):
    def make(profile=""):
        path = tmp_path / "one.toml"
        path.write_text(NETWORK.format(profile=profile))
        return load_network(str(path))

    return make


def machine(**writes):
    settings = {f"writes.{key}": value for key, value in writes.items()}
    return load_hardware("isaac").replace(settings)


def test_sgd_without_sizes_writes_everything(network):
    updates = layer_updates(network(), 0, machine())
    assert updates.steps == updates.mean == updates.largest == STEPS
    assert updates.slices.tolist() == [STEPS] * 8  # 16 bits in cells of 2
    assert updates.weights == 40 * 24
    assert (updates.lost, updates.noise) == (0.0, 0.0)
    assert updates.law is None


def test_slices_of_known_updates(network):
    size = 3.0
    updates = layer_updates(network(), 0, machine(update_size=size))
    sigma = size / math.sqrt(2 / math.pi)
    # reference: the least significant slice changes unless the update is 0 modulo 2^c.
    steps = np.arange(-200, 201)
    mass = 0.5 * np.array(
        [math.erf((s + 0.5) / sigma / 2**0.5) - math.erf((s - 0.5) / sigma / 2**0.5) for s in steps]
    )
    assert updates.slices[0] / STEPS == pytest.approx(mass[steps % 4 != 0].sum(), rel=1e-9)
    assert np.all(np.diff(updates.slices) < 0.0)
    assert updates.slices[-1] / STEPS == pytest.approx(0.75 * size / 4**7, rel=0.05)


@pytest.mark.parametrize("policy", ["threshold", "stochastic"])
def test_policies_on_single_weights(network, policy):
    hardware = machine(policy=policy, threshold=2.0, update_size=4.0)
    updates = layer_updates(network(), 0, hardware)
    random = np.random.default_rng(12)
    sigma = 4.0 / math.sqrt(2 / math.pi)
    sizes = wear.magnitudes("gaussian", sigma, 0.0, 400_000, random)
    written = wear.updates(policy, 8.0, sizes, random)
    share = np.mean(written > 0)
    assert updates.mean / STEPS == pytest.approx(share, abs=3 * np.std(written > 0) / 630)
    changed = wear.changed_slices(wear.rounded(written, False, random), 2, 8, True, random)
    for got, want in zip(updates.slices / STEPS, changed.mean(axis=0), strict=True):
        assert abs(got - want) < 4.0 * math.sqrt(max(got, 1e-6) / len(sizes))
    assert (updates.lost > 0.0) == (policy == "threshold")
    assert updates.noise > 0.0


def test_recorded_gradients_against_samples(network):
    edges, counts = [-3e-4, -1e-4, 0.0, 1e-4, 2e-4, 5e-4], [5.0, 30.0, 40.0, 20.0, 5.0]
    profile = f"[profile.gradients.histogram]\nedges = {edges}\ncounts = {counts}"
    hardware = machine(policy="stochastic", threshold=1.5, rounding="stochastic", learning_rate=0.5)
    updates = layer_updates(network(profile), 0, hardware)
    random = np.random.default_rng(13)
    middles = np.abs(0.5 * (np.array(edges[1:]) + np.array(edges[:-1]))) * 0.5 * 2**16
    sizes = random.choice(middles, 200_000, p=np.array(counts) / 100.0)
    written = wear.updates("stochastic", 1.5 * middles @ counts / 100.0, sizes, random)
    steps = wear.rounded(written, True, random)
    changed = wear.changed_slices(steps, 2, 8, True, random).mean(axis=0)
    for got, want in zip(updates.slices / STEPS, changed, strict=True):
        assert abs(got - want) < 4.0 * math.sqrt(max(got, 1e-6) / len(sizes))
    assert updates.mean / STEPS == pytest.approx(np.mean(written > 0), rel=0.02)
    assert updates.lost == pytest.approx(0.0, abs=1e-12)
    errors = (written - sizes) ** 2
    assert updates.noise == pytest.approx(errors.mean() / np.mean(sizes**2), rel=0.05)


def test_profiled_families(network):
    hardware = machine()
    for text, size in (
        ('{family = "gaussian", sigma = 1e-4}', 1e-4 * math.sqrt(2 / math.pi)),
        ('{family = "half-normal", scale = 1e-4}', 1e-4 * math.sqrt(2 / math.pi)),
        ('{family = "laplace", scale = 1e-4}', 1e-4),
        ('{family = "lognormal", mu = -9.0, sigma = 1.0}', math.exp(-8.5)),
    ):
        updates = layer_updates(network(f"[profile]\ngradients = {text}"), 0, hardware)
        assert updates.gradients.mean == pytest.approx(size * 2**16)
        assert updates.gradients.sized


def test_updates_that_are_zero_are_not_written(network):
    text = '[profile]\ngradients = {family = "laplace", scale = 1e-2, nonzero = 0.25}'
    updates = layer_updates(network(text), 0, machine())
    assert updates.mean == pytest.approx(0.25 * STEPS)
    assert updates.slices[0] == pytest.approx(0.25 * 0.75 * STEPS, rel=1e-3)


@pytest.mark.parametrize(
    ("structure", "members", "count"),
    [
        # 40 x 24 weights of 8 cells on crossbars of 128 x 128, operation units of 128 x 128.
        ("element", 1, 40 * 24),
        ("row", 16, 40 * 2),
        ("column", 40, 24),
        ("operation-unit", 40 * 16, 2),
        ("crossbar", 40 * 16, 2),
    ],
)
def test_structures(network, structure, members, count):
    hardware = machine(structure=structure)
    assert structure_shape(network().records[0], hardware) == (members, count)


@pytest.mark.parametrize("lasting", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("exponent", [0.0, 1.0, 3.0])
def test_table_of_factors_against_the_distribution(lasting, exponent):
    steps = 20_000
    law = feedback.Law(8.0, exponent, lasting, 0.7)
    rate = feedback.mean_rate(law)
    counts = feedback.count_distribution(law, rate, steps)
    factors = _factors(counts, steps)
    assert factors[1].sum() == pytest.approx(1.0)
    assert factors[0] @ factors[1] == pytest.approx(1.0, rel=2e-3)
    for structures in (10, 10_000):
        exact = feedback.mean_largest_count(counts, steps, structures)
        # Half an update for the whole numbers that the table does not know.
        assert _largest(counts, factors, steps, structures) == pytest.approx(exact, abs=3.0)


def test_largest_over_layers(network):
    hardware = machine(
        policy="structured",
        structure="row",
        threshold=5.0,
        update_family="lognormal",
        update_spread=2.0,
        persistent=0.2,
    )
    updates = layer_updates(network(), 0, hardware)
    assert largest_of([updates]) == pytest.approx(updates.largest, rel=2e-3)
    twice = largest_of([updates, updates])
    assert updates.largest < twice < STEPS
    assert largest_of([layer_updates(network(), 0, machine())] * 3) == STEPS


def test_a_structure_of_one_weight_without_feedback_is_the_stochastic_rule(network):
    text = '[profile]\ngradients = {family = "lognormal", mu = -8.0, sigma = 1.5}'
    single = layer_updates(network(text), 0, machine(policy="stochastic", threshold=6.0))
    structured = layer_updates(network(text), 0, machine(policy="structured", threshold=6.0))
    assert structured.mean == single.mean
    assert structured.slices.tolist() == single.slices.tolist()


def test_feedback_narrows_counts_and_keeps_slices_in_step(network):
    text = '[profile]\ngradients = {family = "lognormal", mu = -8.0, sigma = 2.0}'
    keys = {"policy": "endurance-aware", "structure": "row", "threshold": 6.0, "persistent": 0.2}
    largest = []
    for exponent in (0.0, 1.0, 4.0):
        updates = layer_updates(network(text), 0, machine(**keys, feedback=exponent))
        largest.append(updates.largest / updates.mean)
        assert np.all(updates.slices <= updates.mean * (1 + 1e-9))
    assert largest[0] > largest[1] > largest[2]


def test_rows_of_real_weights(network):
    """Rows whose weights draw their own lognormal gradients, step by step."""
    spread, persistent, threshold, rows, members = 2.0, 0.16, 6.0, 400, 16
    lasting, fresh = math.sqrt(persistent) * spread, math.sqrt(1 - persistent) * spread
    steps = 3000
    random = np.random.default_rng(51)
    z = np.array([normal.quantile((i + 0.5) / rows) for i in range(rows)])
    own = np.exp(lasting * z - lasting**2 / 2)
    counts = np.zeros(rows)
    for _ in range(steps):
        sizes = random.lognormal(-(fresh**2) / 2, fresh, (rows, members)).mean(axis=1) * own
        factor = (counts.mean() + 1) / (counts + 1)
        counts += random.random(rows) < sizes / threshold * factor
    keys = {
        "policy": "endurance-aware",
        "structure": "row",
        "threshold": threshold,
        "feedback": 1.0,
        "persistent": persistent,
        "update_family": "lognormal",
        "update_spread": spread,
    }
    updates = layer_updates(network(), 0, machine(**keys))
    rate = updates.mean / STEPS
    assert counts.mean() / steps == pytest.approx(rate, rel=0.03)
    # Quantiles of counts over their mean; the lognormal fitted to norms is good to some per cent.
    places = np.interp([0.0, 1.0, 2.0], np.linspace(-3, 7.5, 657), updates.factors[0])
    found = np.quantile(counts / counts.mean(), [0.5, 0.8413, 0.9772])
    assert found == pytest.approx(places, rel=0.06)


def test_hard_threshold_on_structures_that_last(network):
    keys = {"policy": "threshold", "threshold": 2.0, "update_family": "lognormal"}
    apart = layer_updates(network(), 0, machine(**keys, update_spread=1.5, persistent=0.5))
    alike = layer_updates(network(), 0, machine(**keys, update_spread=1.5))
    # Which weights are written changes, how many does not.
    assert apart.mean == pytest.approx(alike.mean, rel=1e-6)
    assert apart.largest > alike.largest
    assert apart.lost == pytest.approx(alike.lost)


def test_elimination_on_top_of_the_policy(network):
    plain = layer_updates(network(), 0, machine())
    element = machine(eliminate="element", insignificant_updates=0.3)
    assert layer_updates(network(), 0, element).mean == pytest.approx(0.7 * plain.mean)
    row = machine(eliminate="row", insignificant_updates=0.3)
    assert layer_updates(network(), 0, row).mean == pytest.approx((1 - 0.3**16) * plain.mean)


@pytest.mark.parametrize(
    ("writes", "key"),
    [
        ({"policy": "threshold"}, "writes.threshold"),
        ({"policy": "structured"}, "writes.threshold"),
        ({"policy": "endurance-aware", "threshold": 3.0}, "writes.feedback"),
        ({"policy": "stochastic", "threshold": 3.0, "structure": "row"}, "writes.structure"),
        ({"structure": "crossbar"}, "writes.structure"),
        ({"update_family": "lognormal"}, "writes.update_spread"),
        ({"update_family": "recorded"}, "writes.update_family"),
    ],
)
def test_a_policy_without_its_parameter(network, writes, key):
    with pytest.raises(InputError) as caught:
        layer_updates(network(), 0, machine(**writes))
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("edges", "counts", "word"),
    [
        ("[0.0, nan, 2.0]", "[1.0, 2.0]", "nan"),
        ("[0.0, 1.0, inf]", "[1.0, 2.0]", "inf"),
    ],
)
def test_gradients_that_are_no_numbers(network, edges, counts, word):
    profile = f"[profile.gradients.histogram]\nedges = {edges}\ncounts = {counts}"

    def use():
        layer_updates(network(profile), 0, machine())

    with pytest.raises(InputError, match=word) as caught:
        use()
    assert "gradients" in str(caught.value)


def test_a_network_without_a_recipe(tmp_path):
    path = tmp_path / "bare.toml"
    path.write_text('schema = 1\nname = "bare"\ninput = [4, 1, 1]\nlayers = [{linear = 2}]\n')
    with pytest.raises(InputError, match="recipe"):
        layer_updates(load_network(str(path)), 0, machine())
