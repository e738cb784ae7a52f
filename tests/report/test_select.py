"""Columns and order as a user names them."""

from __future__ import annotations

import pytest

from recost.errors import InputError
from recost.report.select import choose_columns, sort_rows
from recost.study.result import Result
from tests.report.results import comparison


def hardware(result: Result) -> list[object]:
    return result.column("hardware")


def test_columns_in_the_order_named():
    chosen = choose_columns(comparison(), ["speedup", "hardware"])
    assert chosen.columns == ("speedup", "hardware")
    assert chosen.rows[1] == {"speedup": 4.0, "hardware": "sparse"}
    assert chosen.means[0] == {"speedup": 4.0, "hardware": "sparse"}


def test_a_pattern_stands_for_its_columns_once():
    chosen = choose_columns(comparison(), ["energy_j", "energy_*"])
    assert chosen.columns == (
        "energy_j",
        "energy_adc_j",
        "energy_reduction",
        "energy_saving_percent",
    )


def test_every_unknown_column_is_named_with_the_nearest():
    with pytest.raises(InputError) as caught:
        choose_columns(comparison(), ["enrgy_j", "hardware", "quux"])
    first, second = str(caught.value).splitlines()
    assert first == "unknown column 'enrgy_j'; did you mean 'energy_j'?"
    assert second.startswith("unknown column 'quux'; there are row, hardware, ")


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        (["speedup"], ["dense", "gpu", "sparse"]),
        (["-speedup"], ["sparse", "gpu", "dense"]),
        (["hardware"], ["dense", "gpu", "sparse"]),
        (["-phase", "-hardware"], ["sparse", "gpu", "dense"]),
        (["phase"], ["dense", "sparse", "gpu"]),
        (["crossbars"], ["dense", "sparse", "gpu"]),
        (["-crossbars"], ["dense", "sparse", "gpu"]),
    ],
)
def test_rows_in_order_with_absent_values_last(keys, order):
    assert hardware(sort_rows(comparison(), keys)) == order


def test_a_column_of_numbers_and_words_can_be_sorted():
    mixed = Result(["x"], [{"x": "b"}, {"x": 2}, {"x": "a"}, {"x": 1}])
    assert sort_rows(mixed, ["x"]).column("x") == [1, 2, "a", "b"]


def test_an_unknown_sort_column():
    with pytest.raises(InputError, match="unknown column 'speed'; did you mean 'speedup'"):
        sort_rows(comparison(), ["-speed"])
