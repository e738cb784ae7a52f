"""Thresholds that save as many updates as asked for."""

import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.models.targets import for_mean_saving, mean_update_share
from recost.models.writes import network_writes
from recost.network import load_network


@pytest.fixture(scope="module")
def resnet20():
    return load_network("resnet20-cifar10")


def machine(**writes):
    keys = {"update_family": "lognormal", "update_spread": 2.0, **writes}
    return load_hardware("isaac").replace({f"writes.{key}": value for key, value in keys.items()})


CASES = [
    {"policy": "threshold"},
    {"policy": "stochastic"},
    {"policy": "stochastic", "persistent": 0.3},
    {"policy": "structured", "structure": "column", "persistent": 0.16},
    {"policy": "endurance-aware", "structure": "row", "feedback": 2.0, "persistent": 0.16},
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("saving", [1.5, 12.0])
def test_the_threshold_saves_what_was_asked_for(resnet20, case, saving):
    hardware = for_mean_saving(machine(**case), resnet20, saving)
    assert mean_update_share(hardware, resnet20) == pytest.approx(1.0 / saving, rel=1e-7)
    updates = [layer.updates for layer in network_writes(hardware, resnet20).layers]
    mean = sum(u.mean * u.weights for u in updates) / 268_336
    assert 78_200 / mean == pytest.approx(saving, rel=1e-6)


def test_the_percentile_of_the_reference(resnet20):
    # reference: keeping 0.097 takes the 97.4th percentile of lognormal gradients with s = 2.
    hardware = for_mean_saving(machine(policy="stochastic"), resnet20, 1 / 0.097)
    gradients = network_writes(hardware, resnet20).layers[0].updates.gradients
    assert gradients.percentile(hardware.writes.threshold) == pytest.approx(97.4, abs=0.06)


@pytest.mark.parametrize("saving", [1.0, 0.3, float("nan"), float("inf")])
def test_a_saving_lies_above_1(resnet20, saving):
    with pytest.raises(InputError, match="above 1"):
        for_mean_saving(machine(policy="stochastic"), resnet20, saving)


def test_sgd_saves_nothing(resnet20):
    with pytest.raises(InputError, match="sgd"):
        for_mean_saving(machine(), resnet20, 10.0)


def test_out_of_reach(resnet20):
    # Seven of ten updates are zero anyway, so at least 3.3 are saved.
    hardware = machine(policy="stochastic", insignificant_updates=0.7, eliminate="element")
    with pytest.raises(InputError, match="savings run from"):
        for_mean_saving(hardware, resnet20, 2.0)
