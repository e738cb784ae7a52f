from __future__ import annotations

import json
from pathlib import Path

import pytest

from recost.locate import shipped_folder


def test_list_names_every_shipped_network(rows):
    found = {row["workload"]: row for row in rows("workload", "list")}
    assert set(found) == {path.stem for path in shipped_folder("workload").glob("*.toml")}
    assert found["lenet5"]["layers"] == 4
    assert found["lenet5"]["macs"] == 2_293_000
    assert found["vgg16"]["profile"] == "none"


def test_list_says_which_file_is_faulty(rows):
    Path("workloads").mkdir()
    Path("workloads/mine.toml").write_text("schema = 1\n", encoding="utf-8")
    [row] = [row for row in rows("workload", "list") if row["workload"] == "mine"]
    assert row["title"] == "faulty: missing: the layers, in order"
    assert row["path"] == "workloads/mine.toml"
    assert row["macs"] is None


def test_show(rows):
    found = {row["layer"]: row for row in rows("workload", "show", "caffenet-ssl")}
    assert found["conv2"]["live_rows_percent"] == pytest.approx(36.8)
    assert found["conv2"]["live_filters_percent"] == pytest.approx(87.1)
    assert found["conv2"]["weight_density_percent"] == pytest.approx(36.8 * 0.871)
    assert found["conv2"]["bit_density_percent"] == pytest.approx(7.8)
    assert found["conv1"]["bit_density_percent"] == pytest.approx(25.0)
    assert "assumption" in found["conv1"]["source"]


def test_show_with_settings(rows):
    settings = ("--set", "profile.*.weights.elements=0.5", "--set", "workload:recipe.batch=2")
    assert {
        row["element_density_percent"] for row in rows("workload", "show", "vgg16", *settings)
    } == {50.0}


def test_show_says_where_it_is_from(invoke):
    result = invoke("workload", "show", "resnet20-cifar10")
    assert result.exit_code == 0
    assert "note: training: 200 epochs of 50000 images in batches of 128" in result.stderr
    assert "note: profile: none" in result.stderr


def test_check(invoke):
    result = invoke("workload", "check", "lenet5", "vgg16")
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert "lenet5.toml: no faults; 4 layers, 2.293 M multiply-accumulates, 0.4305 M w" in first
    assert "vgg16.toml: no faults" in second


def test_check_all_that_there_is(invoke):
    result = invoke("workload", "check")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == len(list(shipped_folder("workload").glob("*.toml")))


def test_check_reports_every_fault_and_goes_on(invoke):
    text = "schema = 1\ninput = [3, 8, 8]\nlayers = [{conv = 0, kernl = 3, kernel = 3}]\n"
    Path("bad.toml").write_text(text, encoding="utf-8")
    result = invoke("workload", "check", "./bad.toml", "lenet5")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "bad.toml:3:19: layers[0].conv: 0 is out of range; it must be at least 1",
        "bad.toml:3:22: layers[0].kernl: unknown key; did you mean 'kernel'?",
    ]
    assert "no faults" in result.stdout


def test_check_of_a_name_that_does_not_exist(invoke):
    result = invoke("workload", "check", "lenet")
    assert result.exit_code == 2
    assert "unknown workload 'lenet'; did you mean 'lenet5'?" in result.stderr


def test_schema(invoke):
    result = invoke("workload", "schema")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["title"] == "recost network file"


def test_new_check_and_layers(invoke, rows):
    assert invoke("workload", "new", "-o", "mine.toml").exit_code == 0
    assert invoke("workload", "check", "./mine.toml").exit_code == 0
    assert [row["workload"] for row in rows("layers", "-W", "./mine.toml")] == ["mine"] * 4


def test_new_does_not_overwrite(invoke):
    Path("mine.toml").write_text("precious", encoding="utf-8")
    result = invoke("workload", "new", "-o", "mine.toml")
    assert result.exit_code == 2
    assert "mine.toml: exists; --force replaces it" in result.stderr
    assert Path("mine.toml").read_text(encoding="utf-8") == "precious"
    assert invoke("workload", "new", "-o", "mine.toml", "--force").exit_code == 0
    assert Path("mine.toml").read_text(encoding="utf-8").startswith("# A network file")


def test_new_on_another(invoke, rows):
    assert invoke("workload", "new", "--extends", "lenet5", "-o", "mine.toml").exit_code == 0
    assert len(rows("layers", "-W", "./mine.toml")) == 4


def test_new_without_a_file_is_printed(invoke):
    assert 'name = "mynet"' in invoke("workload", "new").stdout
