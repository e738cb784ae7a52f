"""What policies and elimination leave of the writes that training counts."""

import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.models.kept_writes import kept_writes, leaves_all
from recost.models.training import training_figures
from recost.models.training_prices import times_of
from recost.network import load_network
from recost.vocabulary import TrainingAction

BATCH = 128


@pytest.fixture(scope="module")
def network():
    return load_network("vgg16-cifar10")


def machine(**writes):
    settings = {f"writes.{key}": value for key, value in writes.items()}
    return load_hardware("pipelayer").replace(settings)


HALF_ROWS = {
    "eliminate": "row",
    "eliminate_correlation": 1.0,
    "insignificant_activations": 0.5,
    "insignificant_errors": 0.25,
    "insignificant_updates": 0.75,
}


def test_a_plain_machine_leaves_all(network):
    assert leaves_all(machine())
    assert not leaves_all(machine(**HALF_ROWS))
    assert not leaves_all(machine(skip_unchanged=True))
    kept = kept_writes(machine(), network)
    for share in (kept.stored, kept.updates, kept.activations, kept.errors, kept.rows):
        assert share == pytest.approx(np.ones(len(network)))


def test_shares_that_are_left(network):
    kept = kept_writes(machine(**HALF_ROWS), network)
    assert kept.activations == pytest.approx(np.full(len(network), 0.5))
    assert kept.errors == pytest.approx(np.full(len(network), 0.75))
    assert kept.updates == pytest.approx(np.full(len(network), 0.25))
    inputs, outputs = network.records["inputs"], network.records["outputs"]
    expected = (0.5 * inputs + 0.75 * outputs) / (inputs + outputs)
    assert kept.stored == pytest.approx(expected)
    assert kept.forward == pytest.approx(np.ones(len(network)))


def test_counts_and_times_of_training(network):
    plain = training_figures(machine(), network, BATCH)
    kept = kept_writes(machine(**HALF_ROWS), network)
    thin = training_figures(machine(**HALF_ROWS), network, BATCH)
    for action, share in (
        (TrainingAction.STORED_WRITES, kept.stored),
        (TrainingAction.SERIAL_WRITES, kept.updates),
        (TrainingAction.FORWARD_ACCESSES, 1.0),
    ):
        assert thin.actions[:, action] == pytest.approx(plain.actions[:, action] * share)
    # Half of the stored vectors of activations, a quarter of those of errors, take no time.
    spared = plain.busy - thin.busy
    vectors = np.minimum(network.records["vectors"], 49)
    stored = times_of(machine()).stored
    assert spared[:, 0] == pytest.approx(0.5 * vectors * stored)
    assert spared[1:, 1] == pytest.approx(0.25 * vectors[1:] * stored)
    assert thin.step_s < plain.step_s


@pytest.mark.parametrize(("skip", "timed"), [("energy", False), ("both", True)])
def test_products_on_what_was_left_out(network, skip, timed):
    plain = training_figures(machine(**HALF_ROWS), network, BATCH)
    thin = training_figures(machine(**HALF_ROWS, skip_computing=skip), network, BATCH)
    for action, share in (
        (TrainingAction.FORWARD_ACCESSES, 0.5),
        (TrainingAction.GRADIENT_ACCESSES, 0.5),
        (TrainingAction.BACKWARD_ACCESSES, 0.75),
    ):
        assert thin.actions[:, action] == pytest.approx(plain.actions[:, action] * share)
    vectors, product = np.minimum(network.records["vectors"], 49), times_of(machine()).product
    spared = plain.busy - thin.busy
    factor = 1.0 if timed else 0.0
    assert spared[:, 0] == pytest.approx(factor * 0.5 * vectors * product, abs=1e-15)


def test_storing_hides_behind_products():
    open_, hidden = machine(), machine(overlap=True)
    assert times_of(open_).stored == pytest.approx(50.88e-9)
    assert times_of(hidden).stored == 0.0
    slow = hidden.replace({"cell.pulses": 20.0})
    assert times_of(slow).stored == pytest.approx(20 * 50.88e-9 - times_of(slow).product)


def test_a_policy_thins_updates(network):
    hardware = machine(policy="stochastic", threshold=10.0)
    kept = kept_writes(hardware, network)
    assert np.all(kept.updates < 0.2)
    assert kept.stored == pytest.approx(np.ones(len(network)))
