"""Numbers in tables: one prefix a column, four digits, whole numbers whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recost.report.columns import Column, Scaling, describe
from recost.report.scale import number, scaled
from recost.units import PREFIXES, parse_quantity


@pytest.mark.parametrize(
    ("values", "unit", "texts"),
    [
        ([3.2e-3, 1e-3, 0.5], "mJ", ["3.200", "1.000", "500.0"]),
        ([3.2e-6, 1e-3, 0.5], "mJ", ["0.003200", "1.000", "500.0"]),
        ([0.0, 2e-12], "pJ", ["0", "2.000"]),
        ([0.0], "J", ["0"]),
        ([None, 5.0], "J", ["-", "5.000"]),
        ([1.0, 2e12], "TJ", ["1.000e-12", "2.000"]),
    ],
)
def test_a_column_of_energies(values, unit, texts):
    assert scaled(describe("energy_j"), values) == (unit, texts)


@pytest.mark.parametrize(
    ("values", "unit", "texts"),
    [
        ([1, 999_999], "", ["1", "999999"]),
        ([123_456_789, 1_000_000], "M", ["123.5", "1.000"]),
        ([3, 1_000_000], "k", ["0.003000", "1000"]),
        ([0.5, 0.25], "", ["0.5000", "0.2500"]),
    ],
)
def test_a_column_of_counts(values, unit, texts):
    assert scaled(describe("cycles"), values) == (unit, texts)


@pytest.mark.parametrize(
    ("name", "values", "heading", "unit", "texts"),
    [
        ("throughput_per_s", [2e3], "throughput", "k/s", ["2.000"]),
        ("throughput_per_s", [2e-3], "throughput", "1e-3/s", ["2.000"]),  # m/s are metres
        ("gops_per_w", [1816.0], "gops", "/W", ["1816"]),  # a prefix there would divide
        ("gops_per_mm2", [1485.0], "gops", "/mm2", ["1485"]),
    ],
)
def test_rates_have_no_prefix_that_could_be_misread(name, values, heading, unit, texts):
    column = describe(name)
    assert column.heading == heading
    assert scaled(column, values) == (unit, texts)


def test_words_and_truths():
    texts = ["a", "yes", "no"]
    assert scaled(Column("x"), ["a", True, False]) == ("", texts)


def test_a_name_cannot_steer_the_terminal():
    assert scaled(Column("layer"), ["a\x1b[31m\nb"]) == ("", ["a?[31m?b"])


def test_sizes_of_a_matrix_are_written_in_full():
    assert scaled(describe("rows"), [123_456_789]) == ("", ["123456789"])


@pytest.mark.parametrize(
    ("value", "text"),
    [(9.9996, "10.000"), (0.1, "0.1000"), (12345.6, "12346"), (1e7, "1.000e+07"), (-2.5, "-2.500")],
)
def test_four_digits(value, text):
    assert number(value) == text


@given(st.lists(st.floats(1e-17, 1e14), min_size=1))
def test_what_is_shown_is_what_is_meant_to_four_digits(values):
    unit, texts = scaled(Column("energy_j", "J", Scaling.SI), values)
    factor = 10.0 ** PREFIXES[unit.removesuffix("J")]
    for value, text in zip(values, texts, strict=True):
        assert float(text) * factor == pytest.approx(value, rel=0.5001e-3)
        assert parse_quantity(f"{text} {unit}", "J") == pytest.approx(value, rel=0.5001e-3)
