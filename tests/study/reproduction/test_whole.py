"""The whole reproduction: how much of it holds, why the rest does not, and the README's table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recost.report.select import choose_columns
from recost.report.table import markdown
from recost.study.reproduce import as_result, open_studies, unmet
from recost.study.reproduction import verdict as rule

README = Path(__file__).parents[3] / "README.md"
#: What `recost reproduce -f markdown --columns ...` prints between the README's two marks.
COLUMNS = (
    "figure",
    "published",
    "published_to",
    "modelled",
    "modelled_to",
    "reach_low",
    "reach_high",
    "verdict",
    "explanation",
)


@pytest.fixture(scope="module")
def studies():
    return open_studies()


@pytest.fixture(scope="module")
def result(studies):
    return as_result(studies)


@pytest.fixture(scope="module")
def own(result):
    """The figures that do not restate inputs."""
    return [row for row in result.rows if not row["echo"]]


def test_three_of_four_figures_hold_and_one_of_five_at_most_was_fitted(own):
    met = [row for row in own if row["verdict"] in rule.MET]
    fitted = [row for row in own if row["verdict"] == rule.CALIBRATED]
    assert len(met) >= 0.75 * len(own)
    assert len(fitted) <= 0.2 * len(own)


def test_what_does_not_hold_is_explained_with_a_reference(own, result):
    rest = [row for row in own if row["verdict"] not in rule.MET]
    assert [row["figure"] for row in rest] == unmet(result)
    for row in rest:
        assert re.search(r"\[(P|S|D|2|R)( abstract)?\]", row["explanation"] or ""), row["figure"]


def test_echoes_hold(result):
    echoes = [row for row in result.rows if row["echo"]]
    assert echoes
    assert {row["verdict"] for row in echoes} == {rule.PREDICTED}


def test_profiles_are_those_that_the_studies_fixed(result):
    assert not result.warnings


def test_the_shipped_values_lie_inside_what_is_not_public(studies):
    for study in studies:
        for found in study.reproduce():
            if not found.grid.unknowns:
                continue
            slack = 1.0 + 1e-9
            for value, (low, high) in (
                (found.ends.low, found.grid.low),
                (found.ends.high, found.grid.high),
            ):
                assert low / slack <= value <= high * slack, found.figure.id


def test_a_reach_holds_what_is_modelled_or_says_why(own):
    for row in own:
        if row["verdict"] == rule.REACHABLE:
            assert row["reach_high"] / row["reach_low"] <= rule.WIDEST
        if row["verdict"] == rule.PREDICTED and row["kind"] != "trend" and row["published"]:
            assert abs(row["ratio"] - 1.0) <= rule.TOLERANCE


def test_the_table_of_the_readme_is_up_to_date(result):
    text = README.read_text(encoding="utf-8")
    begin, end = "<!-- reproduce -->\n", "<!-- end -->"
    printed = text[text.index(begin) + len(begin) : text.index(end)].strip()
    assert printed == markdown(choose_columns(result, COLUMNS)).strip(), (
        "run: recost reproduce -f markdown --columns " + ",".join(COLUMNS)
    )
