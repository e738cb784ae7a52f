"""Tables for people: aligned, in readable units, no wider than the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recost.report.select import choose_columns
from recost.report.table import markdown, table
from recost.study.result import Result
from tests.report.results import comparison


def test_a_whole_table():
    small = Result(
        ["row", "hardware", "energy_adc_j", "crossbars"],
        [
            {"row": "result", "hardware": "a", "energy_adc_j": 1.5e-3, "crossbars": 7},
            {"row": "result", "hardware": "bcd", "energy_adc_j": 0.25},
        ],
        means=[{"row": "arithmetic mean", "energy_adc_j": 0.12575}],
    )
    assert table(small)[0].splitlines() == [
        "                            energy",
        "                               ADC",
        "row              hardware     (mJ)  crossbars",
        "---------------  --------  -------  ---------",
        "result           a           1.500          7",
        "result           bcd       250.0            -",
        "---------------  --------  -------  ---------",
        "arithmetic mean  -         125.8            -",
    ]


def test_a_column_that_applies_to_no_row_is_left_out():
    text, omitted = table(Result(["hardware", "chips"], [{"hardware": "a"}]))
    assert "chips" not in text
    assert omitted == []


def test_no_rows_is_still_a_table():
    assert table(Result(["hardware", "chips"], []))[0].splitlines()[0].split() == [
        "hardware",
        "chips",
    ]


def test_full_width_without_a_limit():
    text, omitted = table(comparison())
    assert omitted == []
    assert "energy" in text


@pytest.mark.parametrize("width", [120, 80, 60, 50])
def test_no_line_is_wider_than_the_terminal_and_the_rest_is_named(width):
    result = comparison()
    text, omitted = table(result, width)
    assert max(map(len, text.splitlines())) <= width
    assert omitted
    assert set(omitted) < set(result.columns)


def test_what_a_narrow_table_keeps_is_the_names_and_the_comparison():
    _, omitted = table(comparison(), 50)
    kept = [name for name in comparison().columns if name not in omitted]
    assert kept == ["row", "hardware", "speedup", "energy_reduction"]


def test_however_narrow_one_answer_stays():
    _, omitted = table(comparison(), 1)
    kept = [name for name in comparison().columns if name not in omitted]
    assert kept == ["row", "hardware", "speedup"]


@given(width=st.integers(1, 400))
def test_a_wider_terminal_never_shows_fewer_columns(width):
    assert len(table(comparison(), width + 1)[1]) <= len(table(comparison(), width)[1])


def test_there_is_no_colour_in_the_data():
    assert "\x1b" not in table(comparison(), 80)[0]


EXPLANATION = Result(
    ["step", "term", "value", "unit", "how", "source"],
    [
        {"step": "matrix", "term": "rows", "value": 2304, "unit": "", "how": "inputs of it"},
        {"step": "price", "term": "adc", "value": 5.35e-13, "unit": "J", "how": "adc.energy"},
        {
            "step": "time",
            "term": "cycles",
            "value": 123456789.25,
            "unit": "cycles",
            "how": "slowest of all crossbars, which wait for each other after every vector",
        },
    ],
)


def test_quantities_that_do_not_compare_have_each_their_own_unit():
    lines = table(EXPLANATION)[0].splitlines()
    assert [line[16:32].strip() for line in lines[2:]] == ["2304", "535 fJ", "123456789 cycles"]
    assert "unit" not in lines[0]


def test_sentences_are_broken_into_lines_where_the_terminal_is_narrow():
    text, omitted = table(EXPLANATION, 70)
    assert omitted == []
    assert text.splitlines()[-2:] == [
        "time    cycles  123456789 cycles  slowest of all crossbars, which wait",
        "                                  for each other after every vector",
    ]


def test_markdown_has_a_line_a_row_and_escapes_bars():
    result = Result(
        ["layer", "latency_s"],
        [{"layer": "a|b", "latency_s": 1e-9}],
        means=[{"layer": "mean", "latency_s": 2e-9}],
    )
    lines = markdown(result).splitlines()
    assert [cell.strip() for cell in lines[0].split("|")[1:-1]] == ["layer", "latency (ns)"]
    assert "a\\|b" in lines[2]
    assert len(lines) == 4


def test_columns_that_the_question_names_are_kept():
    columns = ["hardware", "latency_s", "energy_j", "area_mm2"]
    rows = [{"hardware": "sre", "latency_s": 1.0, "energy_j": 2.0, "area_mm2": 3.0}]
    asked = Result(columns, rows, asked=["area_mm2"])
    assert "area_mm2" in table(Result(columns, rows), 20)[1]
    assert "area_mm2" not in table(asked, 20)[1]
    assert "energy_j" in table(asked, 20)[1]


def test_a_column_that_is_asked_for_is_shown_though_it_applies_nowhere():
    result = Result(("hardware", "energy_j", "crossbars"),
                    [{"hardware": "gpu", "energy_j": 1.0, "crossbars": None}])  # fmt: skip
    assert "crossbars" not in table(result)[0]
    asked = choose_columns(result, ["energy_j", "crossbars"])
    assert table(asked)[0].splitlines()[-1].split() == ["1.000", "-"]
    assert "crossbars" not in table(choose_columns(result, ["*"]))[0]
