"""`recost reproduce` as a user types it."""

from __future__ import annotations

import pytest
import tomli
from typer.testing import CliRunner, Result

from recost.cli.app import app


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["reproduce", *arguments])
    assert result.exit_code == code, result.stderr
    return result


def test_a_table_of_one_system(rows):
    table = rows("reproduce", "isaac")
    assert {row["system"] for row in table} == {"isaac"}
    assert {row["verdict"] for row in table} == {"predicted"}
    assert f"{len(table)} figures: {len(table)} predicted" in run("isaac").stderr


def test_strict_fails_where_a_figure_is_not_reproduced():
    run("isaac", "--strict")
    result = run("puma", "--strict", code=1)
    assert "not reproduced: puma-tops" in result.stderr
    assert "puma-tops" in result.stdout


def test_a_study_is_shown_copied_changed_and_run(tmp_path):
    text = run("dl-rsim", "--show").stdout
    assert tomli.loads(text)["system"] == "dl-rsim"
    mine = tmp_path / "mine.toml"
    mine.write_text(text.replace("500 kohm", "200 kohm"))
    before = run("dl-rsim", "-f", "csv").stdout.splitlines()
    after = run(str(mine), "-f", "csv").stdout.splitlines()
    assert before[1] == after[1]
    assert before[2] != after[2]


@pytest.mark.slow
def test_details_have_what_nothing_was_published_for(rows):
    table = rows("reproduce", "sre", "--details")
    alone = {row["figure"]: row["modelled"] for row in table if row["row"] == "also"}
    both = next(row["modelled"] for row in table if row["figure"] == "sre-speedup-mean")
    # Each sparsity by itself brings less than both, and at most their product.
    assert max(alone["weights alone"], alone["activations alone"]) < both


@pytest.mark.slow
def test_refits_are_printed_as_toml():
    blocks = run("essence", "--fit").stdout.split("# ")
    tables = [tomli.loads(block.partition("\n")[2]) for block in blocks if block]
    figures = [table["writes"]["threshold"]["calibrated"] for table in tables]
    assert sorted(figures) == ["essence-mean", "essence-mean-aggressive"]


def test_leaving_one_out(rows):
    table = rows("reproduce", "essence", "--leave-one-out")
    assert {row["key"] for row in table} == {"writes.threshold"}


def test_bad_words():
    assert "did you mean 'panther'" in run("panter", code=2).stderr
    assert "one of --show" in run("--show", "--fit", code=2).stderr
    assert "name one system" in run("--show", code=2).stderr
    assert "no such file" in run("./none.toml", code=2).stderr
