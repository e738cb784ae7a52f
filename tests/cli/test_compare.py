"""`recost compare`: ratios to a baseline, their means, and where the answer goes."""

from __future__ import annotations

import csv
import io
import json
import statistics

import pytest

COLUMNS = [
    *("row", "hardware", "workload", "phase", "work", "profile"),
    *("cycles", "cycle_time_s", "ou_activations", "adc_conversions"),
    *("latency_s", "throughput_per_s", "energy_j"),
    *("power_w", "area_mm2", "crossbars", "chips"),
    *("speedup", "throughput_speedup", "work_reduction"),
    *("energy_reduction", "energy_saving_percent", "unmodelled_macs_percent"),
]
SRE = ("compare", "-H", "sre", "-W", "lenet5", "--baseline", "ou-dense")
TWO = (*SRE, "-W", "caffenet-ssl")


def own(row: dict[str, object], name: str) -> float:
    return float(row[name])


def test_the_columns_are_those_of_the_contract(rows):
    [row] = rows(*SRE)
    parts = [name for name in row if name.startswith("energy_") and name.endswith("_j")]
    assert [name for name in row if name not in parts or name == "energy_j"] == COLUMNS


def test_the_parts_of_the_energy_add_up(rows):
    for row in rows(*TWO):
        parts = [row[n] for n in row if n.startswith("energy_") and n.endswith("_j")]
        assert sum(parts) - row["energy_j"] == pytest.approx(row["energy_j"], rel=1e-12)


def test_ratios_are_those_of_the_two_estimates(rows):
    design, baseline = rows(
        "compare", "-H", "sre", "-H", "ou-dense", "-W", "lenet5", "--baseline", "ou-dense"
    )
    ratio = {name: own(baseline, name) / own(design, name) for name in COLUMNS[8:14]}
    assert design["speedup"] == pytest.approx(ratio["latency_s"], rel=1e-12)
    assert design["throughput_speedup"] == pytest.approx(1 / ratio["throughput_per_s"], rel=1e-12)
    assert design["work_reduction"] == pytest.approx(ratio["ou_activations"], rel=1e-12)
    assert design["energy_reduction"] == pytest.approx(ratio["energy_j"], rel=1e-12)
    assert design["energy_saving_percent"] == pytest.approx(
        100 * (1 - 1 / ratio["energy_j"]), rel=1e-12
    )


def test_a_baseline_is_no_better_than_itself(rows):
    [row] = rows("compare", "-H", "sre", "-W", "lenet5", "--baseline", "sre")
    assert row["speedup"] == row["work_reduction"] == row["energy_reduction"] == 1.0
    assert row["energy_saving_percent"] == 0.0


def test_means_over_the_networks_of_a_design(rows):
    *results, arithmetic, geometric, harmonic = rows(*TWO, "--means")
    for row, label, mean in (
        (arithmetic, "arithmetic mean", statistics.fmean),
        (geometric, "geometric mean", statistics.geometric_mean),
        (harmonic, "harmonic mean", statistics.harmonic_mean),
    ):
        assert (row["row"], row["hardware"], row["workload"]) == (label, "sre", None)
        for name in ("speedup", "energy_reduction"):
            assert row[name] == pytest.approx(mean([r[name] for r in results]), rel=1e-12)


def test_means_are_in_tables_always_and_in_csv_when_asked_for(invoke):
    assert "geometric mean" in invoke(*TWO).stdout
    assert "geometric mean" in invoke(*TWO, "-f", "markdown").stdout
    assert "geometric mean" not in invoke(*TWO, "-f", "csv").stdout
    assert "geometric mean" in invoke(*TWO, "-f", "csv", "--means").stdout


def test_standard_output_is_the_answer_alone(recost):
    done = recost(*SRE, "-f", "csv")
    assert done.returncode == 0
    heading, row = csv.reader(io.StringIO(done.stdout))
    assert len(heading) == len(row)
    assert set(COLUMNS) <= set(heading)


def test_the_first_hardware_is_the_baseline_unless_one_is_named(invoke):
    result = invoke("compare", "-H", "ou-dense", "-H", "sre", "-W", "lenet5", "-f", "json")
    first, second = json.loads(result.stdout)["rows"]
    assert first["speedup"] == 1.0
    assert second["speedup"] > 1.0
    assert "note: the baseline is ou-dense, the first -H; --baseline chooses" in result.stderr


def test_a_setting_of_one_hardware_leaves_the_baseline_alone(rows):
    [before] = rows(*SRE)
    [one] = rows(*SRE, "--set", "sre:operation_unit.cycle_time=1 us")
    [both] = rows(*SRE, "--set", "operation_unit.cycle_time=1 us")
    assert one["cycle_time_s"] == both["cycle_time_s"] == 1e-6
    assert one["speedup"] < before["speedup"]
    # Cycles are the same in both, so their ratio is too.
    assert both["speedup"] == pytest.approx(before["speedup"], rel=1e-3)


def test_a_setting_of_the_networks(rows):
    [plain] = rows(*SRE, "--set", "workload:profile=none")
    assert plain["profile"] == "none"


def test_order_and_choice_of_columns(rows):
    table = rows(*TWO, "--sort", "-latency_s", "--columns", "workload,latency_s")
    assert [list(row) for row in table] == [["workload", "latency_s"]] * 2
    assert table[0]["latency_s"] > table[1]["latency_s"]


def test_a_csv_file_and_its_companion(invoke, tmp_path):
    result = invoke(*SRE, "--set", "adc.bits=6", "-o", "out.csv")
    assert (result.exit_code, result.stdout) == (0, "")
    [row] = csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text()))
    assert float(row["speedup"]) > 1
    about = json.loads((tmp_path / "out.meta.json").read_text())["provenance"]
    assert about["settings"] == ["adc.bits=6"]
    assert set(about["hardware"]) == {"sre", "ou-dense"}
    assert set(about["workloads"]) == {"lenet5"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "out.meta.json"]


@pytest.mark.parametrize(("resource", "column"), [("crossbars",) * 2, ("area", "area_mm2")])
def test_equal_resources_are_spent_on_throughput(rows, resource, column):
    # A baseline of small crossbars has more of them, and more area, than the design needs.
    arguments = ("compare", "-H", "ou-dense", "-W", "lenet5", "--baseline", "sre")
    small = ("--set", "sre:crossbar.rows=16", "--set", "sre:crossbar.columns=16")
    [alone] = rows(*arguments, *small)
    [equal] = rows(*arguments, *small, "--equal", resource)
    [baseline] = rows("estimate", "-H", "sre", "-W", "lenet5", *small)
    assert alone[column] < equal[column] <= baseline[column]
    assert equal["throughput_per_s"] > alone["throughput_per_s"]
    assert equal["latency_s"] == alone["latency_s"]


def test_resources_that_a_design_does_not_fit(invoke):
    arguments = ("compare", "-H", "sre", "-W", "lenet5", "--baseline", "ou-dense")
    small = ("--set", "sre:crossbar.rows=16", "--set", "sre:crossbar.columns=16")
    result = invoke(*arguments, *small, "--equal", "crossbars")
    assert result.exit_code == 2
    assert "sre.toml: --equal crossbars: sre needs " in result.stderr


def test_the_same_command_gives_the_same_bytes(recost):
    assert recost(*TWO, "-f", "json").stdout == recost(*TWO, "-f", "json").stdout
