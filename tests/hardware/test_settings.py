"""Settings from the command line and from Python: texts, words, numbers in SI, lists."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.hardware.keys import DERIVED
from recost.vocabulary import Replication, Sync, WeightSparsity


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("adc.bits", "7", 7),
        ("adc.bits", " 7 ", 7),
        ("adc.bits", 7, 7),
        ("adc.bits", 7.0, 7),
        ("adc.bits", np.int64(7), 7),
        ("adc.bits", "auto", 6),
        ("adc.bits", DERIVED, 6),
        ("adc.energy", "1 pJ", 1e-12),
        ("adc.energy", 1e-12, 1e-12),
        ("adc.energy", np.float64(1e-12), 1e-12),
        ("adc.area", "1200 um^2", 0.0012),
        ("adc.area", 0.0012, 0.0012),
        ("adc.per_crossbar", "0.5", 0.5),
        ("adc.per_crossbar", "2", 2.0),
        ("operation_unit.cycle_time", "auto", 16 / 1.2e9),
        ("operation_unit.cycle_time", 1e-8, 1e-8),
        ("mapping.sync", "layer", Sync.LAYER),
        ("mapping.sync", Sync.LAYER, Sync.LAYER),
        ("mapping.flip_columns", "false", False),
        ("mapping.flip_columns", False, False),
        ("mapping.replication", "balanced", Replication.BALANCED),
        ("mapping.replication", "[2, 1]", (2, 1)),
        ("mapping.replication", [2, 1], (2, 1)),
        ("mapping.replication", (2, 1), (2, 1)),
        ("sparsity.weights", WeightSparsity.NONE, WeightSparsity.NONE),
        ("sparsity.index_bits", "log2", 0),
        ("leakage.fraction", "10 %", 0.1),
        ("leakage.fraction", 0.1, 0.1),
        ("leakage.fraction", "0.1", 0.1),
        ("budget.chips", "none", None),
        ("budget.chips", None, None),
        ("budget.chips", "4", 4),
        ("cell.endurance.median", "1e6", 1e6),
    ],
)
def test_a_value_is_read_as_a_file_would(key: str, raw: Any, value: Any) -> None:
    assert load_hardware("sre", {key: raw}).value(key) == value
    replaced = load_hardware("sre").replace({key: raw})
    assert replaced.value(key) == value
    assert type(replaced.value(key)) is type(value)
    assert replaced.provenance[key].origin in ("replace", "derived")


@pytest.mark.parametrize(
    ("key", "raw", "message"),
    [
        ("adc.bit", "7", "adc.bit: unknown key; did you mean 'adc.bits'?"),
        ("cell_bits", "7", "cell_bits: unknown key; did you mean 'crossbar.cell_bits'?"),
        ("cell.bits", "7", "cell.bits: unknown key; did you mean 'crossbar.cell_bits'?"),
        ("ou.rows", "7", "ou.rows: unknown key; did you mean 'operation_unit.rows'?"),
        ("rows", "7", "did you mean 'crossbar.rows' or 'operation_unit.rows'?"),
        ("unit.rows", "7", "unit.rows: unknown key; did you mean 'operation_unit.rows'?"),
        ("", "7", ": unknown key"),
        ("adc", "7", "adc: is a section; write a key of it, such as adc.bits"),
        ("adc.bits", "seven", "adc.bits: 'seven' is not a whole number, or \"auto\""),
        ("adc.bits", "", "adc.bits: '' is not a whole number, or \"auto\""),
        ("adc.bits", "7 bit", "adc.bits: '7 bit' is not a whole number, or \"auto\""),
        ("adc.bits", 7.5, 'adc.bits: 7.5 is not a whole number, or "auto"'),
        ("adc.bits", "65", "adc.bits: 65 is too large; at most 24"),
        ("adc.energy", "5", "adc.energy: '5' has no unit; write it in J, such as \"0.5 pJ\""),
        ("adc.energy", float("nan"), "adc.energy: 'nan J' is not a quantity"),
        ("adc.energy", -1e-12, "adc.energy: -1 pJ is too small; at least 0 J"),
        ("adc.energy", True, "adc.energy: true is not a quantity in J, such as \"0.5 pJ\""),
        ("adc.energy", None, "adc.energy: None is not a quantity in J, such as \"0.5 pJ\""),
        ("adc.per_crossbar", "inf", "adc.per_crossbar: inf is not a finite number"),
        ("mapping.sync", "vektor", "'vektor' is not one of 'vector', 'layer'; did you mean"),
        ("mapping.flip_columns", "yes", "'yes' is not true or false"),
        ("mapping.replication", "[2", "'[2' is not one of 'none', 'balanced'"),
        ("crossbar.rows", {"value": 3}, "crossbar.rows: a table is not a whole number"),
        ("crossbar.rows", "{value = 3}", "crossbar.rows: a table is not a whole number"),
        ("crossbar.rows", "1\nx = 2", "crossbar.rows: '1?x = 2' is not a whole number"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(key: str, raw: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        load_hardware("sre", {key: raw})
    assert str(error.value).startswith("--set: ")
    assert message in str(error.value)
    with pytest.raises(InputError) as error:
        load_hardware("sre").replace({key: raw})
    assert str(error.value).startswith("replace: ")
    assert message in str(error.value)


def test_a_whole_number_beyond_any_other_is_named() -> None:
    huge = 10**5000
    with pytest.raises(InputError) as error:
        load_hardware("sre").replace(
            {"adc.energy": huge, "crossbar.rows": -huge, "network_on_chip.hops": huge}
        )
    assert str(error.value).split("\n") == [
        "replace: adc.energy: '1e5000 J' is out of range",
        "replace: crossbar.rows: -1e5000 is too small; at least 1",
        "replace: network_on_chip.hops: 1e5000 is not a number",
    ]


def test_all_faults_of_all_settings_come_together() -> None:
    with pytest.raises(InputError) as error:
        load_hardware("sre").replace({"adc.bit": 7, "adc.energy": 1, "crossbar.cell_bits": 0})
    assert [fault.key for fault in error.value.faults] == [
        "adc.bit",
        "adc.energy",
        "crossbar.cell_bits",
    ]


def test_replacing_leaves_the_original_alone_and_what_is_derived_follows() -> None:
    before = load_hardware("ou-dense")
    after = before.replace({"operation_unit.columns": 8}).replace({"adc.rate": "2.4 GS/s"})
    assert before.operation_unit.cycle_time_s == pytest.approx(16 / 1.2e9)
    assert after.operation_unit.cycle_time_s == pytest.approx(8 / 2.4e9)
    assert after.given == before.given
    assert before.replace({}) == before
