"""`recost lifetime`, `recost montecarlo wear` and `recost elimination` on the command line."""

from __future__ import annotations

import pytest

from recost.cli.lifetime import failed_share, training_seconds
from recost.errors import InputError

ESSENCE = ("lifetime", "-H", "essence", "-W", "resnet20-cifar10")
STORING = (
    *("-H", "isaac", "-W", "resnet20-cifar10", "--set", "writes.store=true"),
    *("--set", "writes.energy_scope=row", "--set", "cell.write_energy=3.91 nJ"),
)


def test_a_lifetime(rows):
    [row] = rows(*ESSENCE, "--training-time", "3 h")
    assert row["policy"] == "endurance-aware"
    assert row["updates_sgd"] == 78_200
    assert row["lifetime_years"] == pytest.approx(
        row["lifetime_trainings"] * 3 / 24 / 365.25, rel=1e-12
    )
    assert row["lifetime_trainings_low"] < row["lifetime_trainings"]


def test_the_no_endurance_variant(rows):
    [free] = rows(*ESSENCE, "--set", "writes.feedback=0", "--target-mean-saving", "10.29")
    [aware] = rows(*ESSENCE, "--target-mean-saving", "10.29")
    assert free["mean_updates"] == pytest.approx(aware["mean_updates"], rel=1e-6)
    assert free["max_updates"] > aware["max_updates"]


def test_failed_fraction_and_duty(rows):
    [first] = rows(*ESSENCE, "--trainings-per-year", "1000")
    [later] = rows(
        *ESSENCE, "--trainings-per-year", "1000", "--failed-fraction", "0.1 %", "--duty", "0.5"
    )
    assert later["lifetime_trainings"] > first["lifetime_trainings"]
    assert later["lifetime_years"] == pytest.approx(later["lifetime_trainings"] / 500)


@pytest.mark.parametrize("per", ["layer", "parameter"])
def test_layers_and_parameters(rows, per):
    table = rows(*ESSENCE, "--per", per)
    assert {row["row"] for row in table} <= {"layer", "total", "parameter"}
    assert len(table) > 5


def test_wear_by_monte_carlo(rows):
    command = ("montecarlo", "wear", "-H", "essence", "-W", "resnet20-cifar10", "--steps", "0")
    table = rows(*command, "--trials", "20", "--seed", "4")
    assert [row["row"] for row in table] == ["life"] * 7 + ["failed"] * 3
    assert table == rows(*command, "--trials", "20", "--seed", "4")


def test_elimination_for_gains(rows):
    table = rows("elimination", *STORING, "--energy-reduction", "1.1")
    assert len(table) == 8
    assert all(row["satisfied"] for row in table)
    parts = rows("elimination", *STORING, "--per", "part")
    assert [row["part"] for row in parts] == ["activations", "errors", "updates", "compute"]


def test_regions_as_text(invoke):
    answer = invoke("elimination", *STORING, "--energy-reduction", "1.1", "--plot")
    assert answer.exit_code == 0
    assert answer.stdout.count("activations left out, %") == 8
    assert "#" in answer.stdout


@pytest.mark.parametrize(
    ("text", "seconds"), [("3 h", 10800.0), ("90 min", 5400.0), ("2 d", 172800.0), ("4 ms", 4e-3)]
)
def test_times_of_a_training(text, seconds):
    assert training_seconds(text, None) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["3", "x h", "1.2.3 h", "3 weeks", ""])
def test_times_that_are_none(text):
    with pytest.raises(InputError, match="time"):
        training_seconds(text, None)


def test_time_or_rate():
    with pytest.raises(InputError, match="one of"):
        training_seconds("3 h", 10.0)
    with pytest.raises(InputError, match="above 0"):
        training_seconds(None, 0.0)


@pytest.mark.parametrize(("text", "share"), [("0.001", 0.001), ("0.1 %", 0.001), ("5%", 0.05)])
def test_shares(text, share):
    assert failed_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["0", "1", "100 %", "-0.1", "abc", "nan"])
def test_shares_that_are_none(text):
    with pytest.raises(InputError):
        failed_share(text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "cell.endurance.median=0"), "cell.endurance.median"),
        (("--set", "cell.endurance.median=-1e6"), "cell.endurance.median"),
        (("--set", "cell.endurance.spread=-1"), "cell.endurance.spread"),
        (("--set", "writes.policy=endurance"), "did you mean 'endurance-aware'"),
        (("--set", "writes.persistent=1.5"), "writes.persistent"),
        (("--set", "writes.treshold=3"), "did you mean 'writes.threshold'"),
        (("--duty", "0"), "--duty"),
        (("--failed-fraction", "2"), "--failed-fraction"),
        (("--training-time", "soon"), "--training-time"),
        (("--target-mean-saving", "1"), "--target-mean-saving"),
        (("--set", "workload:recipe.epochs=0"), "recipe.epochs"),
    ],
)
def test_bad_input_is_named(invoke, arguments, said):
    answer = invoke(*ESSENCE, *arguments)
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""


def test_a_policy_without_its_parameter(invoke):
    answer = invoke(
        "lifetime", "-H", "isaac", "-W", "resnet20-cifar10", "--set", "writes.policy=threshold"
    )
    assert answer.exit_code == 2
    assert "writes.threshold" in answer.stderr


def test_a_gpu_has_no_life(invoke):
    answer = invoke("lifetime", "-H", "gpu-v100", "-W", "resnet20-cifar10")
    assert answer.exit_code == 2
    assert "no cells that wear" in answer.stderr


def test_uncertainty_widens_the_interval(rows):
    base = ["lifetime", "-H", "pipelayer", "-W", "lenet5", "--training-time", "1 h"]
    (certain,) = rows(*base)
    spread = ["--spread", "cell.endurance.median=80 %"]
    (doubtful,) = rows(*base, "--uncertainty", "100", *spread)
    assert doubtful["lifetime_years_low"] < certain["lifetime_years_low"]
    assert doubtful["lifetime_years"] == certain["lifetime_years"]


@pytest.mark.parametrize(
    "words",
    [["--per", "layer"], ["--target-mean-saving", "4"], ["--vary", "writes.feedback=0,1"]],
)
def test_uncertainty_is_of_totals(invoke, words):
    done = invoke("lifetime", "-H", "essence", "-W", "resnet20-cifar10", "--uncertainty", "50",
                  "--spread", "cell.endurance.median=20 %", *words)  # fmt: skip
    assert done.exit_code == 2
    assert "--uncertainty: goes without --per" in done.stderr
