"""The validators: what each accepts, refuses, and makes of it; values alone, without sources."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from recost.hardware.keys import DERIVED
from recost.hardware.schema import OURS, file_adapter, key_adapter, qualifier_adapter
from recost.hardware.sections import SECTIONS
from recost.vocabulary import Replication, Sync


@pytest.mark.parametrize("kind", SECTIONS)
def test_every_section_may_be_left_out_or_empty(kind: str) -> None:
    assert file_adapter(kind).validate_python({}) == {}
    empty: dict[str, Any] = {name: {} for name in SECTIONS[kind]}
    assert file_adapter(kind).validate_python(empty) == empty


def test_values_come_out_in_si_and_as_words() -> None:
    tables = {
        "adc": {"energy": "1 pJ", "bits": "auto", "per_crossbar": 2, "source": "x"},
        "mapping": {"sync": "layer", "replication": [2, 1], "flip_columns": True},
        "cell": {"endurance": {"median": 1e6}},
    }
    assert file_adapter("reram").validate_python(tables) == {
        "adc": {"energy": 1e-12, "bits": DERIVED, "per_crossbar": 2.0, "source": "x"},
        "mapping": {"sync": Sync.LAYER, "replication": (2, 1), "flip_columns": True},
        "cell": {"endurance": {"median": 1e6}},
    }


def test_all_errors_of_a_file_come_at_once_with_their_places() -> None:
    tables = {"adc": {"energy": 1, "bit": 2}, "cell": 3, "crossbar": {"rows": 0}, "x": {}}
    with pytest.raises(ValidationError) as error:
        file_adapter("reram").validate_python(tables)
    assert {(e["loc"], e["type"]) for e in error.value.errors()} == {
        (("adc", "energy"), OURS),
        (("adc", "bit"), "extra_forbidden"),
        (("cell",), "dict_type"),
        (("crossbar", "rows"), "greater_than_equal"),
        (("x",), "extra_forbidden"),
    }


@pytest.mark.parametrize(
    ("path", "raw", "value"),
    [
        ("mapping.replication", "balanced", Replication.BALANCED),
        ("mapping.replication", [3], (3,)),
        ("operation_unit.cycle_time", "auto", DERIVED),
        ("budget.chips", "none", None),
        ("leakage.fraction", 0.1, 0.1),
        ("leakage.fraction", "10 %", 0.1),
    ],
)
def test_one_key(path: str, raw: Any, value: Any) -> None:
    assert key_adapter("reram", path).validate_python(raw) == value


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("crossbar.rows", True),
        ("crossbar.rows", 1.0),
        ("crossbar.rows", "1"),
        ("mapping.flip_columns", 1),
        ("adc.per_crossbar", float("nan")),
        ("adc.per_crossbar", "auto"),
        ("mapping.replication", []),
        ("mapping.replication", [1] * 10_001),
        ("mapping.replication", [True]),
        ("leakage.fraction", True),
    ],
)
def test_one_key_is_strict(path: str, raw: Any) -> None:
    with pytest.raises(ValidationError):
        key_adapter("reram", path).validate_python(raw)


def test_what_stands_beside_a_value() -> None:
    raw = {"source": "paper", "spread": "10 %", "calibrated": "figure"}
    assert qualifier_adapter().validate_python(raw) == raw | {"spread": 0.1}
    for wrong in ({"source": ""}, {"spread": 0.1}, {"spread": "-1 %"}, {"value": 1}):
        with pytest.raises(ValidationError):
            qualifier_adapter().validate_python(wrong)
