"""What sweeps and searches say on standard error beside their answer."""

import json

import pytest

BASE = ["-H", "sre", "-W", "lenet5"]
ROWS = ["--vary", "operation_unit.rows=4..32"]
CLIPPED = "sums above 63 are clipped; adc.bits = auto follows it"


@pytest.mark.parametrize("options", [["-f", "csv"], ["-o", "all.csv"], ["-o", "all.json"]])
def test_a_sweep_warns_of_the_points_that_clip(options, invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = invoke("sweep", *BASE, *ROWS, *options).stderr
    (line,) = [line for line in said.splitlines() if line.startswith("warning")]
    assert line.startswith("warning: 11 of 29 points: sre: adc.bits = 6: the sum of an operation")
    assert line.endswith(CLIPPED)


def test_a_front_in_a_file_warns_of_its_own_points(invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = invoke("sweep", *BASE, *ROWS, "--pareto", "energy_j,area_mm2", "-o", "front.csv").stderr
    rows = len((tmp_path / "front.csv").read_text().splitlines()) - 1
    assert f"warning: 1 of {rows} points" in said


def test_a_search_warns_of_its_winner(invoke):
    done = invoke("search", *BASE, *ROWS, "--minimize", "energy_j", "-f", "csv")
    assert "warning: 1 of 1 points: sre: adc.bits = 6" in done.stderr
    safe = invoke("search", *BASE, *ROWS, "--vary", "adc.bits=auto", "--minimize", "energy_j")
    assert safe.exit_code == 0
    assert "warning" not in safe.stderr


def test_years_are_those_of_the_duty_that_is_given(invoke):
    train = ["-H", "essence", "-W", "resnet20-cifar10"]
    life = invoke("lifetime", *train, "--trainings-per-year", "1000", "--duty", "0.5", "-f", "json")
    (wanted,) = json.loads(life.stdout)["rows"]
    ask = ["--vary", "writes.feedback=0,1", "--maximize", "lifetime_years", "-f", "json", "-q"]
    done = invoke("search", *train, *ask, "--trainings-per-year", "1000", "--duty", "0.5")
    assert done.exit_code == 0, done.stderr
    (found,) = json.loads(done.stdout)["rows"]
    vary = ["--vary", f"writes.feedback={found['writes.feedback']}"]
    varied = invoke("lifetime", *train, *vary, "--trainings-per-year", "1000", "--duty", "0.5",
                    "-f", "json")  # fmt: skip
    assert found["lifetime_years"] == json.loads(varied.stdout)["rows"][0]["lifetime_years"]
    assert wanted["lifetime_years"] <= found["lifetime_years"]
    swept = invoke("sweep", *train, *ask[:2], "--columns", "lifetime_years", "--training-time",
                   "1 h", "-f", "csv")  # fmt: skip
    assert len(swept.stdout.split()) == 3


def test_an_unfinished_file_can_be_gone_on_with(invoke, tmp_path):
    (tmp_path / "big.csv.part").write_text("row\n")
    done = invoke("sweep", *BASE, *ROWS, "-o", str(tmp_path / "big.csv"))
    assert done.exit_code == 2
    assert "big.csv.part: exists; --resume goes on with it, --force replaces it" in done.stderr


@pytest.mark.parametrize("option", [["--duty", "0.5"], ["--training-time", "3 h"],
                                    ["--trainings-per-year", "9"]])  # fmt: skip
@pytest.mark.parametrize("goal", [["search", "--minimize", "energy_j"], ["sweep"]])
def test_a_duty_that_nothing_asks_for_is_refused(goal, option, invoke):
    done = invoke(*goal, *BASE, *ROWS, *option)
    assert done.exit_code == 2
    assert f"{option[0]}: goes with lifetime_years" in done.stderr


def test_an_unmet_condition_says_what_each_part_leaves(invoke, tmp_path):
    every = invoke("sweep", *BASE, *ROWS, "-f", "json", "-q")
    rows = json.loads(every.stdout)["rows"]
    times, areas = ([row[name] for row in rows] for name in ("latency_s", "area_mm2"))
    middle = sorted(times)[14]
    where = ["--where", f"latency_s<{middle} and area_mm2<1 and operation_unit.rows==99"]
    fewer = sum(time < middle for time in times)
    said = (
        f"of 29 points, latency_s<{middle} alone by {fewer} (at best {min(times):.6g}),"
        f" area_mm2<1.0 alone by none (at best {min(areas):.6g}),"
        " operation_unit.rows==99.0 alone by none (at best 32)"
    )
    done = invoke("search", *BASE, *ROWS, *where, "--minimize", "energy_j")
    assert done.exit_code == 2
    assert said in done.stderr
    for options in (["-f", "csv"], ["-o", str(tmp_path / "none.csv")]):
        done = invoke("sweep", *BASE, *ROWS, *where, *options)
        assert done.exit_code == 0
        assert said in done.stderr
    greedy = ["--where", "latency_s>1000", "--where", "hardware==isaac"]
    done = invoke("search", *BASE, *ROWS, *greedy, "--minimize", "energy_j")
    assert f"latency_s>1000.0 alone by none (at best {max(times):.6g})" in done.stderr
    assert done.stderr.strip().endswith("hardware==isaac alone by none")
