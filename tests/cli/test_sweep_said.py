"""What sweeps and searches say on standard error beside their answer."""

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
