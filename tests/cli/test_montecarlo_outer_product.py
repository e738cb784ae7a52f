"""`recost montecarlo outer-product`: what it prints, and what it refuses."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from recost.cli.app import app

BASE = ("montecarlo", "outer-product", "--rows", "4", "--width", "16", "--trials", "2")
WHOLE = (*BASE, "--slice-bits", "55555555", "--weight-bits", "16", "--digits", "unsigned",
         "--updates", "laplace:scale=4,variation=5", "--batch", "64")  # fmt: skip


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def rows(result) -> list[dict[str, str]]:
    assert result.exit_code == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_a_row_for_each_slicing_and_interval():
    found = rows(
        run(*WHOLE, "--slice-bits", "66666666", "--carry-interval", "64,1024", "-f", "csv")
    )
    assert [(row["slicing"], row["carry_interval"]) for row in found] == [
        ("55555555", "64"), ("55555555", "1024"), ("66666666", "64"), ("66666666", "1024"),
    ]  # fmt: skip
    shares = [float(row["saturated_percent"]) for row in found]
    assert shares[0] <= shares[1]
    assert shares[3] <= shares[1]


def test_a_row_for_each_slice_of_outer_products():
    found = rows(
        run(*BASE, "--errors", "gaussian:scale=50", "--activations", "gaussian:scale=50",
            "--carry-interval", "16", "--per", "slice", "-f", "csv")
    )  # fmt: skip
    assert [row["slice"] for row in found] == ["7", "6", "5", "4", "3", "2", "1", "0", ""]
    assert found[-1]["row"] == "total"


def test_advice_names_bits_and_energy():
    result = run(*WHOLE, "--advise", "1", "-f", "json")
    assert result.exit_code == 0, result.stderr
    total = json.loads(result.stdout)["rows"][-1]
    assert total["saturated_percent"] < 1.0
    assert total["energy_j"] > 0.0


def test_recorded_updates(tmp_path):
    path = tmp_path / "gradients.npy"
    np.save(path, np.random.default_rng(0).normal(size=(32, 64)))
    found = rows(
        run(*BASE, "--updates", f"{path}:scale=1e6", "--carry-interval", "16", "-f", "csv")
    )
    assert float(found[0]["lost_update_percent"]) >= 0.0


def test_the_seed_decides():
    first, again = run(*WHOLE, "-f", "csv"), run(*WHOLE, "-f", "csv")
    assert first.stdout == again.stdout
    assert run(*WHOLE, "--seed", "1", "-f", "csv").stdout != first.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--updates", "gaussian", "--carry-interval", "0"), "at least 1"),
        (("--updates", "gaussian", "--carry-interval", "x"), "whole numbers"),
        (("--updates", "gaussian", "--slice-bits", "34466555"), "at least 4 bits"),
        (("--updates", "gaussian", "--slice-bits", "abc"), "like 44466555"),
        (("--updates", "gausian"), "did you mean 'gaussian'"),
        (("--updates", "nowhere.npy"), "no such file"),
        ((), "either updates, or errors and activations"),
        (("--errors", "gaussian"), "either updates"),
        (("--updates", "gaussian", "--batch", "0"), "at least 1"),
        (("--updates", "gaussian", "--trials", "0"), "at least 1"),
        (("--updates", "gaussian", "--write-noise", "-1"), "within 0"),
        (("--updates", "gaussian", "--advise", "0"), "between 0 and 100"),
    ],
)
def test_bad_input_says_what_to_write(arguments, words):
    result = run(*BASE, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
