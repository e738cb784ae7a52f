"""CSV and JSON: every digit, no comments, what does not apply is empty."""

from __future__ import annotations

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from recost.report.machine import companion_text, csv_text, json_text
from recost.study.result import Result
from tests.report.results import comparison

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
# A CSV reader cannot tell "\r" from a line's end in every dialect, nor can text hold surrogates.
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


@given(st.lists(st.tuples(WORDS, FLOATS, st.integers())))
def test_csv_reads_back_as_the_same_bits(values):
    names = ("word", "part", "whole")
    text = csv_text(Result(names, [dict(zip(names, row, strict=True)) for row in values]))
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert tuple(header) == names
    assert [(word, float(part), int(whole)) for word, part, whole in rows] == values


def test_csv_has_every_column_and_an_empty_field_where_none_applies():
    text = csv_text(Result(["hardware", "chips", "speedup"], [{"hardware": "gpu"}]))
    assert text == "hardware,chips,speedup\ngpu,,\n"


def test_csv_quotes_what_would_break_a_line():
    text = csv_text(Result(["layer"], [{"layer": 'a,"b"\nc'}, {"layer": "# d"}]))
    assert text == 'layer\n"a,""b""\nc"\n# d\n'


def test_csv_writes_truths_as_toml_and_json_do():
    assert csv_text(Result(["x"], [{"x": True}, {"x": False}])) == "x\ntrue\nfalse\n"


def test_means_are_in_csv_only_when_asked_for():
    assert "geometric" not in csv_text(comparison())
    assert csv_text(comparison(), means=True).splitlines()[-1].startswith("geometric mean,sparse,")


def test_json_has_rows_nulls_and_provenance():
    answer = json.loads(json_text(comparison(), {"version": "1", "command": ["recost"]}))
    assert answer["kind"] == "compare"
    assert answer["rows"][2]["crossbars"] is None
    assert answer["rows"][1]["speedup"] == 4.0
    assert answer["notes"] == ["densities are all 1"]
    assert answer["warnings"] == ["the ADC is narrower than the sum"]
    assert answer["columns"]["latency_s"]["unit"] == "s"
    assert answer["provenance"] == {
        "version": "1",
        "command": ["recost"],
        "hardware": {"dense": "0123"},
    }
    assert "means" not in answer


def test_json_has_means_when_asked_for():
    answer = json.loads(json_text(comparison(), {}, means=True))
    assert [row["row"] for row in answer["means"]] == ["geometric mean"]
    assert len(answer["rows"]) == 3


def test_a_csv_files_companion_has_all_but_the_rows():
    companion = json.loads(companion_text(comparison(), {"version": "1"}))
    answer = json.loads(json_text(comparison(), {"version": "1"}))
    assert companion == {key: value for key, value in answer.items() if key != "rows"}
