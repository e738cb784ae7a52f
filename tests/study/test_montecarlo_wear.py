"""Wear by Monte Carlo as a table."""

import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.network import load_network
from recost.study.montecarlo_wear import COLUMNS, montecarlo_wear


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("wear") / "small.toml"
    path.write_text(
        'schema = 1\nname = "small"\ninput = [40, 1, 1]\nlayers = [{linear = 32}, {linear = 10}]\n'
        "[recipe]\nimages = 1000\nepochs = 40\nbatch = 10\n"
    )
    return load_network(str(path))


def test_closed_forms_stand_beside_the_simulation(network):
    result = montecarlo_wear(load_hardware("essence"), network, trials=200, seed=3)
    assert result.columns == COLUMNS
    kinds = {row["row"] for row in result.rows}
    assert kinds == {"updates", "life", "failed"}
    lives = [row for row in result.rows if row["row"] == "life"]
    assert [row["probability"] for row in lives] == [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
    assert all(abs(row["standard_errors"]) <= 3.5 for row in lives)
    for row in result.rows:
        if row["standard_errors"] is not None:
            assert abs(row["standard_errors"]) <= 3.5
    mean = next(row for row in result.rows if row["quantity"].startswith("mean_updates"))
    assert mean["simulated"] == pytest.approx(mean["closed_form"], rel=0.01)


def test_equal_seeds_equal_tables(network):
    hardware = load_hardware("essence")
    one, same, other = (
        montecarlo_wear(hardware, network, trials=5, seed=seed, steps=100) for seed in (1, 1, 2)
    )
    assert one.rows == same.rows
    assert one.rows != other.rows


def test_sgd_has_no_updates_to_simulate(network):
    rows = montecarlo_wear(load_hardware("isaac"), network, trials=5).rows
    assert {row["row"] for row in rows} == {"life", "failed"}


def test_a_shorter_simulation_is_said(network):
    result = montecarlo_wear(load_hardware("essence"), network, trials=5, steps=50)
    assert any("50 of 4000 steps" in note for note in result.notes)
    none = montecarlo_wear(load_hardware("essence"), network, trials=5, steps=0)
    assert {row["row"] for row in none.rows} == {"life", "failed"}


def test_what_cannot_be_simulated(network):
    with pytest.raises(InputError, match="at least 2"):
        montecarlo_wear(load_hardware("isaac"), network, trials=1)
    large = load_network("vgg16-cifar100")
    hardware = load_hardware("essence").replace({"writes.structure": "element"})
    with pytest.raises(InputError, match="more than") as caught:
        montecarlo_wear(hardware, large, trials=2)
    assert caught.value.key == "--steps"
