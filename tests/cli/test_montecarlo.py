"""`recost montecarlo cycles` and `sensing` as a user runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest


def test_cycles_beside_the_closed_form(rows):
    table = rows("montecarlo", "cycles", "-H", "sre", "-W", "lenet5", "--trials", "4")
    assert [row["layer"] for row in table[:-1]] == ["conv1", "conv2", "fc1", "fc2"]
    assert table[-1]["row"] == "total"
    again = rows("montecarlo", "cycles", "-H", "sre", "-W", "lenet5", "--trials", "4")
    assert again == table


def test_cycles_of_real_arrays(rows, tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "w.npy", rng.normal(size=(4, 3, 3, 3)))
    np.savez(tmp_path / "x.npz", image=np.maximum(rng.normal(size=(3, 6, 6)), 0.0))
    files = ("--weights", str(tmp_path / "w.npy"), "--inputs", f"{tmp_path / 'x.npz'}:image")
    [row] = rows("montecarlo", "cycles", "-H", "sre", *files, "--padding", "1")
    assert row["vectors"] == 36
    [row] = rows("montecarlo", "cycles", "-H", "sre", *files, "--stride", "3")
    assert row["vectors"] == 4
    table = rows("montecarlo", "cycles", "-H", "sre", *files, "--per", "vector")
    assert len(table) == 16 + 1


def test_sensing_prints_a_table_and_bars(invoke):
    vary = ("--vary", "operation_unit.rows=4,16", "--trials", "500")
    result = invoke("montecarlo", "sensing", "-H", "sre", *vary)
    assert result.exit_code == 0
    assert "error_percent against operation_unit.rows" in result.stdout
    bars = [line for line in result.stdout.splitlines() if " |" in line]
    assert len(bars) == 4
    assert bars[0].count("#") < bars[1].count("#")
    result = invoke("montecarlo", "sensing", "-H", "sre", *vary, "-f", "csv")
    assert "|" not in result.stdout
    assert len(result.stdout.splitlines()) == 3


def test_sensing_of_a_layer_by_sum(rows):
    table = rows(
        "montecarlo", "sensing", "-H", "sre", "-W", "lenet5", "--layer", "conv2",
        "--per", "sum", "--active", "1,2..3", "--trials", "500",
    )  # fmt: skip
    assert {row["active_wordlines"] for row in table} == {1, 2, 3}


def test_the_seed_and_the_stopping_are_in_the_provenance(invoke, tmp_path):
    path = tmp_path / "out.json"
    result = invoke(
        "montecarlo", "cycles", "-H", "sre", "-W", "lenet5", "--layer", "fc2",
        "--until-relative-error", "0.05", "--seed", "9", "-o", str(path),
    )  # fmt: skip
    assert result.exit_code == 0
    assert "look" in result.stderr
    provenance = json.loads(path.read_text())["provenance"]
    assert provenance["seed"] == 9
    assert provenance["until_relative_error"] == 0.05


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("cycles", "-H", "sre"), "either -W, or --weights and --inputs"),
        (("cycles", "-H", "sre", "-W", "lenet5", "--weights", "w.npy"), "either -W"),
        (("cycles", "-H", "sre", "--weights", "w.npy"), "belong together"),
        (("cycles", "-H", "sre", "--weights", "no.npy", "--inputs", "no.npy"), "no such file"),
        (("cycles", "-H", "sre", "-W", "lenet5", "--layer", "conf1"), "did you mean 'conv1'"),
        (("cycles", "-H", "sre", "-W", "lenet5", "--until-relative-error", "7"), "0.01 is one"),
        (("sensing", "-H", "sre", "-W", "lenet5"), "belong together"),
        (("sensing", "-H", "isaac", "--set", "precision.dac_bits=2"), "cell.spread"),
        (("sensing", "-H", "sre", "--active", "x"), "active"),
        (("sensing", "-H", "sre", "--active", "99"), "between 1 and the 16"),
        (("sensing", "-H", "sre", "--vary", "adc.bits"), "--vary adc.bits"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(invoke, arguments, words):
    result = invoke("montecarlo", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_ctrl_c_prints_what_is_known_within_a_second(tmp_path):
    command = [
        sys.executable, "-m", "recost", "montecarlo", "cycles", "-H", "sre", "-W", "caffenet-ssl",
        "--layer", "conv1", "--layer", "conv2", "--trials", "100000", "-f", "csv",
    ]  # fmt: skip
    root = Path(__file__).parents[2]
    # Compiled beforehand, so that the signal meets the study and not the compiler.
    subprocess.run([*command[:-3], "1"], cwd=root, check=True, capture_output=True)
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    ) as running:  # fmt: skip
        time.sleep(5.0)
        running.send_signal(signal.SIGINT)
        output, errors = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Traceback" not in errors
    assert "interrupted" in errors
    assert len(output.splitlines()) == 2
