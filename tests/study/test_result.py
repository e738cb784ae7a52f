"""A result holds plain finite values under its columns, and turns into other tables."""

from __future__ import annotations

import dataclasses
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from recost.errors import InputError
from recost.study.result import Result


def result(*rows: dict[str, object], columns: tuple[str, ...] = ("name", "n", "energy_j")):
    return Result(columns, rows, kind="test")


def test_a_row_has_every_column_in_order():
    assert result({"energy_j": 1.0, "name": "a"}).to_dicts() == [
        {"name": "a", "n": None, "energy_j": 1.0}
    ]


def test_numpy_scalars_become_plain_values():
    [row] = result({"name": np.str_("a"), "n": np.int64(3), "energy_j": np.float64(0.5)}).rows
    assert [type(value) for value in row.values()] == [str, int, float]


def test_means_follow_the_rows_only_when_asked_for():
    table = Result(["row"], [{"row": "a"}], means=[{"row": "geometric mean"}])
    assert [row["row"] for row in table.to_dicts()] == ["a"]
    assert [row["row"] for row in table.to_dicts(means=True)] == ["a", "geometric mean"]
    assert len(table.to_records(means=True)) == 2


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), np.float64("nan")])
def test_a_number_that_is_not_finite_is_the_inputs_fault(value):
    with pytest.raises(InputError, match="sre: energy_j is not a finite number"):
        Result(["hardware", "energy_j"], [{"hardware": "sre", "energy_j": value}])


def test_a_row_with_a_strange_column_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match="not among the columns: b"):
        Result(["a"], [{"b": 1}])


def test_a_column_named_twice_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match="twice"):
        Result(["a", "a"], [])


def test_a_result_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        result().kind = "other"


def test_a_column_by_name():
    table = result({"n": 1}, {"n": 2})
    assert table.column("n") == [1, 2]
    with pytest.raises(InputError, match="unknown column 'energy'; did you mean 'energy_j'"):
        table.column("energy")


def test_records_have_the_narrowest_type_that_holds_the_column():
    table = Result(
        ["word", "whole", "part", "gap", "truth", "nothing"],
        [
            {"word": "a", "whole": 1, "part": 0.5, "gap": 1, "truth": True},
            {"word": None, "whole": 2, "part": 2, "gap": None, "truth": False},
        ],
    )
    records = table.to_records()
    kinds = [records.dtype[name].kind for name in records.dtype.names]
    assert kinds == ["U", "i", "f", "f", "b", "f"]
    assert records["word"].tolist() == ["a", ""]
    assert np.isnan(records["gap"][1])


def test_records_of_a_number_beyond_int64_are_floats():
    assert Result(["n"], [{"n": 2**70}]).to_records()["n"][0] == 2.0**70


def test_records_of_no_rows_keep_the_columns():
    assert result().to_records().dtype.names == ("name", "n", "energy_j")


def test_pandas_gets_rows_and_column_order(monkeypatch):
    calls = []
    frame = SimpleNamespace(DataFrame=lambda *args, **kwargs: calls.append((args, kwargs)))
    monkeypatch.setitem(sys.modules, "pandas", frame)
    table = result({"name": "a"})
    table.to_pandas()
    assert calls == [((table.to_dicts(),), {"columns": ["name", "n", "energy_j"]})]


def test_without_pandas_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        result().to_pandas()


def test_the_representation_is_one_line():
    assert repr(result({"n": 1})) == "Result('test', 1 rows, 3 columns)"
