"""Stored activations and errors: depth, slices that are written, what is insignificant."""

import numpy as np
import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.models.elimination import all_of
from recost.models.stored import stored_values
from recost.network import load_network

NETWORK = """
schema = 1
name = "two"
input = [300, 1, 1]
layers = [{{linear = 200, name = "a"}}, {{linear = 50, name = "b", activation = "none"}}]
{profile}
"""


@pytest.fixture
def network(tmp_path):
    def make(profile=""):
        path = tmp_path / "two.toml"
        path.write_text(NETWORK.format(profile=profile))
        return load_network(str(path))

    return make


def machine(**writes):
    settings = {f"writes.{key}": value for key, value in writes.items()}
    return load_hardware("isaac").replace({"writes.store": True, **settings})


def drawn(scale, nonzero, size, random):
    """16-bit magnitudes of the half-normal family, with zeros."""
    sizes = np.minimum(np.floor(np.abs(random.normal(0.0, scale, size))), 65535).astype(np.int64)
    return np.where(random.random(size) < nonzero, sizes, 0)


def test_nothing_is_stored_unless_asked_for(network):
    assert stored_values(network(), 0, load_hardware("isaac")) == ()


def test_depth_and_values(network):
    first, second = (stored_values(network(), i, machine()) for i in (0, 1))
    assert [(v.kind, v.values, v.depth) for v in first] == [
        ("activations", 300, 3),
        ("errors", 200, 3),
    ]
    assert [(v.kind, v.values, v.depth) for v in second] == [
        ("activations", 200, 1),
        ("errors", 50, 1),
    ]
    fixed = stored_values(network(), 0, machine(buffer_depth=7))
    assert {value.depth for value in fixed} == {7}
    # Everything is written: one write a place.
    assert first[0].wear(3000).tolist() == [1000.0] * 8
    assert first[0].cell_writes == 300 * 8


def test_resnet20_as_in_the_reference():
    # 187,456 activations an image, 4 cells of 4 bits each.
    hardware = machine().replace({"crossbar.cell_bits": 4, "adc.bits": "auto"})
    network = load_network("resnet20-cifar10")
    activations = [stored_values(network, i, hardware)[0] for i in range(len(network))]
    assert sum(value.values for value in activations) == 187_456
    assert sum(value.cell_writes for value in activations) == pytest.approx(749_824)
    assert [value.depth for value in activations] == list(range(39, 0, -2))


def test_unchanged_cells_against_samples(network):
    scale, nonzero = 900.0, 0.6
    profile = f"""[profile]
    activations = {{nonzero = {nonzero}, bits = {{family = "half-normal", scale = {scale}}}}}"""
    got = stored_values(network(profile), 0, machine(skip_unchanged=True))[0].slices
    random = np.random.default_rng(1)
    old, new = (drawn(scale, nonzero, 400_000, random) for _ in range(2))
    for i, share in enumerate(got):
        changed = np.mean((old >> 2 * i) & 3 != (new >> 2 * i) & 3)
        # Non-zero digits are taken as alike; those at the top of the range are mostly 1.
        assert changed <= share + 0.003
        assert share == pytest.approx(changed, abs=0.06)


def test_unchanged_cells_without_a_profile(network):
    got = stored_values(network(), 0, machine(skip_unchanged=True))[0].slices
    # All digits non-zero, so one of three.
    assert got == pytest.approx(np.full(8, 2 / 3))


def test_digits_that_are_not_known_are_bounded_by_their_bits(network):
    bits = [0.02, 0.03, 0.1, 0.2, 0.3, 0.2, 0.1, 0.0] + [0.0] * 8
    profile = f"[profile]\nactivations = {{nonzero = 0.45, bits = {bits}}}"
    got = stored_values(network(profile), 0, machine(skip_unchanged=True))[0].slices
    digits = np.array([0.05, 0.3, 0.45, 0.1, 0, 0, 0, 0])
    assert got == pytest.approx(1 - (1 - digits) ** 2 - digits**2 / 3)


@pytest.mark.parametrize("test", ["value", "change"])
def test_insignificant_activations_against_samples(network, test):
    scale, nonzero, threshold = 2000.0, 0.7, 0.01
    profile = f"""[profile]
    activations = {{nonzero = {nonzero}, bits = {{family = "half-normal", scale = {scale}}}}}"""
    keys = {"eliminate": "element", "eliminate_on": test, "activation_threshold": threshold}
    got = stored_values(network(profile), 0, machine(**keys))[0].left_out
    random = np.random.default_rng(2)
    old, new = (drawn(scale, nonzero, 400_000, random) for _ in range(2))
    limit = round(threshold * 65536)
    small = new < limit if test == "value" else np.abs(new - old) < limit
    assert abs(got - small.mean()) < 3.0 * np.std(small) / 400_000**0.5


@pytest.mark.parametrize(
    ("errors", "nonzero"),
    [
        ('{family = "gaussian", sigma = 0.02, nonzero = 0.5}', 0.5),
        ('{family = "laplace", scale = 0.01}', 1.0),
        ('{family = "lognormal", mu = -5.0, sigma = 1.0}', 1.0),
        ('{family = "half-normal", scale = 0.02}', 1.0),
    ],
)
def test_errors_from_their_family(network, errors, nonzero):
    profile = f"[profile]\nerrors = {errors}"
    keys = {"eliminate": "element", "error_threshold": 1e-3, "skip_unchanged": True}
    value = stored_values(network(profile), 0, machine(**keys))[1]
    random = np.random.default_rng(3)
    size = 400_000
    sizes = {
        "gaussian": lambda: np.abs(random.normal(0, 0.02, size)),
        "half-normal": lambda: np.abs(random.normal(0, 0.02, size)),
        "laplace": lambda: np.abs(random.laplace(0, 0.01, size)),
        "lognormal": lambda: random.lognormal(-5.0, 1.0, size),
    }[errors.split('"')[1]]()
    whole = np.minimum(np.floor(sizes * 65536), 65535).astype(np.int64)
    whole = np.where(random.random(size) < nonzero, whole, 0)
    small = whole < round(1e-3 * 65536)
    assert abs(value.left_out - small.mean()) < 3.0 * np.std(small) / size**0.5
    digits = np.array([np.mean((whole >> 2 * i) & 3 != 0) for i in range(8)])
    expected = 1 - (1 - digits) ** 2 - digits**2 / 3
    assert value.slices == pytest.approx(expected, abs=0.005)


def test_zeros_alone_are_insignificant_without_a_threshold(network):
    profile = "[profile]\nactivations = {nonzero = 0.4}"
    value = stored_values(network(profile), 0, machine(eliminate="element"))[0]
    assert value.left_out == pytest.approx(0.6)
    change = machine(eliminate="element", eliminate_on="change")
    assert stored_values(network(profile), 0, change)[0].left_out == pytest.approx(0.36)


def test_a_row_is_left_out_if_all_of_it_is(network):
    keys = {"insignificant_activations": 0.9}
    # A row holds 128 / 8 = 16 values.
    row = stored_values(network(), 0, machine(eliminate="row", **keys))[0]
    assert row.left_out == pytest.approx(0.9**16)
    crossbar = stored_values(network(), 0, machine(eliminate="crossbar", **keys))[0]
    assert crossbar.left_out == pytest.approx(0.9 ** (16 * 128))
    tied = machine(eliminate="row", eliminate_correlation=0.5, **keys)
    assert row.left_out < stored_values(network(), 0, tied)[0].left_out < 0.9
    none = machine(**keys)
    assert stored_values(network(), 0, none)[0].left_out == 0.0


def test_a_threshold_needs_a_distribution(network):
    profile = "[profile]\nactivations = {nonzero = 0.4}"
    with pytest.raises(InputError, match="distribution") as caught:
        stored_values(network(profile), 0, machine(eliminate="row", activation_threshold=0.1))
    assert caught.value.key == "writes.activation_threshold"


@pytest.mark.parametrize(("share", "members", "correlation"), [(0.8, 5, 0.3), (0.5, 12, 0.05)])
def test_all_of_correlated_values_against_samples(share, members, correlation):
    random = np.random.default_rng(4)
    size = 1.0 / correlation - 1.0
    chances = random.beta(share * size, (1 - share) * size, 400_000)
    expected = np.mean(random.binomial(members, chances) == members)
    got = all_of(share, members, correlation)
    assert abs(got - expected) < 3.0 * (got * (1 - got) / 400_000) ** 0.5


def test_all_of_at_its_ends():
    assert all_of(0.3, 1, 0.0) == 0.3
    assert all_of(0.0, 9, 0.5) == 0.0
    assert all_of(1.0, 9, 0.0) == 1.0
    assert all_of(0.3, 9, 1.0) == pytest.approx(0.3)
