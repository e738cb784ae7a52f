"""Lifetime as a table: published arithmetic, columns, notes, warnings, sensitivities."""

import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.network import load_network
from recost.study.estimate import estimate
from recost.study.life_case import Duty
from recost.study.lifetime import LAYER_COLUMNS, LIFETIME_COLUMNS, PARAMETER_COLUMNS, lifetime
from recost.study.space import parse_space

YEAR = 365.25 * 24 * 3600


@pytest.fixture(scope="module")
def resnet20():
    return load_network("resnet20-cifar10")


@pytest.fixture(scope="module")
def essence():
    return load_hardware("essence")


def test_six_years_of_panther():
    # reference: 1e9 writes, 5 % of the range a batch, 1000 trainings a year of 100 epochs of 1e6
    # examples in batches of 64, derated by half: 1e9/2/(1000 x 100 x 1e6/64 x .05) = 6.4 years.
    recipe = {"recipe.images": "1000000", "recipe.epochs": "100", "recipe.batch": "64"}
    network = load_network("mlp-l4", recipe)
    hardware = load_hardware("isaac").replace(
        {
            "cell.endurance.distribution": "fixed",
            "cell.endurance.median": 1e9,
            "writes.wear_per_write": 0.05,
            "writes.derating": 0.5,
        }
    )
    row = lifetime(hardware, network, duty=Duty(1.0, YEAR / 1000)).rows[0]
    assert row["updates_sgd"] == 100 * 1e6 / 64
    assert row["lifetime_trainings"] == pytest.approx(6400, rel=1e-8)
    assert row["lifetime_years"] == pytest.approx(6.4, rel=1e-8)


def test_panther_resolves_carries_too():
    # The paper leaves out that each resolution rewrites every slice: 1e8 examples / 1024 more.
    recipe = {"recipe.images": "1000000", "recipe.epochs": "100", "recipe.batch": "64"}
    network = load_network("mlp-l4", recipe)
    hardware = load_hardware("panther-2")
    row = lifetime(hardware, network, duty=Duty(1.0, YEAR / 1000)).rows[0]
    wear = 100 * 1e6 / 64 * 0.05 + 100 * 1e6 / 1024
    assert row["lifetime_trainings"] == pytest.approx(0.5e9 / wear, rel=1e-8)
    assert row["lifetime_years"] == pytest.approx(2.84, abs=0.01)
    rare = hardware.replace({"training.carry_interval": 10**12})
    row = lifetime(rare, network, duty=Duty(1.0, YEAR / 1000)).rows[0]
    assert row["lifetime_years"] == pytest.approx(6.4, rel=1e-4)


@pytest.mark.parametrize(("saving", "mean"), [(10.29, 7600), (14.41, 5427)])
def test_essence_reaches_its_mean_savings(essence, resnet20, saving, mean):
    result = lifetime(essence, resnet20, target_mean_saving=saving)
    row = result.rows[0]
    assert row["mean_update_saving"] == pytest.approx(saving, rel=1e-6)
    # reference: 7,600 and 5,427 mean updates of 78,200.
    assert row["mean_updates"] == pytest.approx(mean, abs=0.7)
    assert row["max_updates"] > row["mean_updates"]
    assert row["gradient_bias_percent"] == 0.0
    assert row["gradient_noise"] > 0.0
    # reference: with ln-sigma 2 the threshold lies near the 97.4th percentile of single gradients;
    # rows are kept as a whole, so theirs lies elsewhere.
    assert 95.0 < row["threshold_percentile"] < 99.5
    assert row["threshold"] > 1.0


def test_every_combination_of_what_varies(essence, resnet20):
    axes = parse_space(["writes.feedback=0,1", "workload:recipe.epochs=100,200"]).axes
    result = lifetime(essence, resnet20, target_mean_saving=[5.0, 10.0], vary=axes)
    assert result.columns[3:5] == ("writes.feedback", "workload:recipe.epochs")
    found = [(r["writes.feedback"], r["workload:recipe.epochs"]) for r in result.rows]
    assert found == [(k, e) for k in "01" for e in ("100", "200") for _ in range(2)]
    savings = [row["mean_update_saving"] for row in result.rows]
    assert savings == pytest.approx([5.0, 10.0] * 4, rel=1e-6)
    assert [row["updates_sgd"] for row in result.rows] == [39_100, 39_100, 78_200, 78_200] * 2
    other = parse_space(["isaac:writes.feedback=0,1"]).axes
    with pytest.raises(InputError, match="unknown hardware 'isaac'; there are essence, workload"):
        lifetime(essence, resnet20, vary=other)
    isaac = load_hardware("isaac").replace({"writes.policy": "stochastic", "writes.threshold": 5.0})
    rows = lifetime([essence, isaac], resnet20, vary=other).rows
    assert [row["hardware"] for row in rows] == ["essence", "isaac", "isaac"]


def test_the_endurance_term_lowers_the_maximum_and_lengthens_life(essence, resnet20):
    rows = {}
    for exponent in (0.0, 1.0, 3.0):
        machine = essence.replace({"writes.feedback": exponent})
        rows[exponent] = lifetime(machine, resnet20, target_mean_saving=10.29).rows[0]
    assert rows[0.0]["max_updates"] > rows[1.0]["max_updates"] > rows[3.0]["max_updates"]
    lives = [rows[k]["lifetime_trainings"] for k in (0.0, 1.0, 3.0)]
    assert lives == sorted(lives)
    # The price: balancing makes the gradient noisier at the same mean.
    noises = [rows[k]["gradient_noise"] for k in (0.0, 1.0, 3.0)]
    assert noises == sorted(noises)


def test_the_shipped_threshold_is_the_fitted_one(essence, resnet20):
    row = lifetime(essence, resnet20).rows[0]
    assert row["mean_update_saving"] == pytest.approx(10.29, abs=0.005)


def test_layers_and_their_total(essence, resnet20):
    result = lifetime(essence, resnet20, per="layer")
    assert result.columns == LAYER_COLUMNS
    *layers, total = result.rows
    assert [row["layer"] for row in layers] == list(resnet20.names)
    assert total["row"] == "total"
    assert sum(row["cell_writes"] for row in layers) == pytest.approx(total["cell_writes"])
    assert sum(row["energy_write_j"] for row in layers) == pytest.approx(total["energy_write_j"])
    assert sum(row["hazard_percent"] for row in layers) == pytest.approx(100.0)
    assert max(row["update_time_s"] for row in layers) == total["update_time_s"]
    assert total["max_updates"] >= max(row["max_updates"] for row in layers)
    whole = lifetime(essence, resnet20).rows[0]
    assert total["mean_updates"] == whole["mean_updates"]


@pytest.mark.parametrize("name", ["base-mvm", "panther-2", "pipelayer", "write-elimination"])
def test_writes_take_what_they_take_in_an_estimate(name):
    """Serial accesses, carries and stored values at the prices of training, not cell by cell."""
    machine, network = load_hardware(name), load_network("vgg16-cifar100")
    (run,) = estimate(machine, network, phase="training", work="run").rows
    (row,) = lifetime(machine, network).rows
    assert row["energy_write_j"] == pytest.approx(run["energy_write_j"])
    *layers, total = lifetime(machine, network, per="layer").rows
    assert sum(layer["energy_write_j"] for layer in layers) == pytest.approx(row["energy_write_j"])
    assert total["energy_write_j"] == row["energy_write_j"]


def test_sensitivities(resnet20):
    hardware = load_hardware("isaac").replace(
        {"writes.policy": "stochastic", "writes.threshold": 5.0, "cell.pulses": 2.0}
    )
    result = lifetime(hardware, resnet20, per="parameter")
    assert result.columns == PARAMETER_COLUMNS
    rows = {row["parameter"]: row for row in result.rows}
    assert rows["cell.endurance.median"]["lifetime_trainings"] == pytest.approx(1.0)
    assert rows["cell.pulses"]["lifetime_trainings"] == pytest.approx(-1.0)
    assert rows["cell.pulses"]["mean_updates"] == 0.0
    # Far above the gradients the kept share goes as 1/threshold.
    assert rows["writes.threshold"]["mean_updates"] == pytest.approx(-1.0, abs=0.02)
    assert rows["writes.threshold"]["lifetime_trainings"] == pytest.approx(1.0, abs=0.02)
    assert "writes.feedback" not in rows


def test_sensitivities_under_a_target_keep_the_mean(essence, resnet20):
    rows = lifetime(essence, resnet20, per="parameter", target_mean_saving=10.29).rows
    assert "writes.threshold" not in {row["parameter"] for row in rows}
    assert all(abs(row["mean_updates"]) < 1e-5 for row in rows)
    feedback = next(row for row in rows if row["parameter"] == "writes.feedback")
    assert feedback["max_updates"] < -0.1


def test_duty_and_the_time_of_a_training(essence, resnet20):
    full = lifetime(essence, resnet20, duty=Duty(1.0, 3600.0)).rows[0]
    half = lifetime(essence, resnet20, duty=Duty(0.5, 3600.0)).rows[0]
    assert full["lifetime_years"] == pytest.approx(full["lifetime_trainings"] * 3600 / YEAR)
    assert half["lifetime_years"] == pytest.approx(2.0 * full["lifetime_years"])
    assert full["lifetime_years_low"] < full["lifetime_years"] < full["lifetime_years_high"]
    assert full["training_time_s"] == 3600.0


def test_a_machine_whose_training_is_modelled_needs_no_time():
    network = load_network("vgg16-cifar100")
    hardware = load_hardware("panther-2").replace(
        {"cell.endurance.distribution": "fixed", "cell.endurance.median": 1e9}
    )
    row = lifetime(hardware, network).rows[0]
    assert row["training_time_s"] > 0.0
    years = row["lifetime_trainings"] * row["training_time_s"] / YEAR
    assert row["lifetime_years"] == pytest.approx(years)


def test_a_training_longer_than_a_life_is_a_result_with_a_warning(essence, resnet20):
    result = lifetime(essence, resnet20, duty=Duty(1.0, 1.0))
    assert result.rows[0]["lifetime_trainings"] < 1.0
    assert "does not live through one training" in result.warnings[0]
    strong = essence.replace({"cell.endurance.median": 1e9})
    assert not lifetime(strong, resnet20, duty=Duty(1.0, 1.0)).warnings


def test_a_warning_says_which_of_what_varies_it_belongs_to(essence, resnet20):
    vary = parse_space(["cell.endurance.median=10,100,1e9"]).axes
    (warning,) = lifetime(essence, resnet20, duty=Duty(1.0, 1.0), vary=vary).warnings
    assert "does not live through one training" in warning
    assert warning.endswith("(at cell.endurance.median = 10); nor at cell.endurance.median = 100")
    many = parse_space(["cell.endurance.median=10..30"]).axes
    (warning,) = lifetime(essence, resnet20, duty=Duty(1.0, 1.0), vary=many).warnings
    assert warning.endswith("; cell.endurance.median = 19 and 11 more")


def test_unknown_times_are_said(resnet20):
    result = lifetime(load_hardware("isaac"), resnet20)
    assert result.rows[0]["lifetime_years"] is None
    assert any("--training-time" in note for note in result.notes)


def test_columns_of_the_contract():
    for name in ("mean_updates", "max_updates", "mean_update_saving"):
        assert name in LIFETIME_COLUMNS
    for name in ("lifetime_trainings", "lifetime_years"):
        assert {name, f"{name}_low", f"{name}_high"} <= set(LIFETIME_COLUMNS)


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5, float("nan")])
def test_duty_is_a_share(share):
    with pytest.raises(InputError, match="above 0"):
        Duty(share)


@pytest.mark.parametrize("seconds", [0.0, -3.0, float("inf"), float("nan")])
def test_a_training_takes_time(seconds):
    with pytest.raises(InputError, match="takes some time"):
        Duty(1.0, seconds)


def test_what_has_no_cells_has_no_life(resnet20):
    with pytest.raises(InputError, match="cells"):
        lifetime(load_hardware("gpu-v100"), resnet20)
