"""The keys as tables: one hardware's values with their sources, and the reference of all."""

from __future__ import annotations

import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.hardware.reference import COLUMNS, describe_keys, key_reference
from recost.hardware.sections import keys_of_kind
from recost.study.result import Result


def _row(name: str, key: str, settings: dict[str, object] | None = None) -> dict[str, object]:
    _, rows = describe_keys(load_hardware(name, settings), [key])
    assert len(rows) == 1
    return rows[0]


def test_a_row_has_value_unit_source_and_origin() -> None:
    row = _row("sre", "adc.energy")
    assert (row["value"], row["unit"], row["given"]) == (0.5354e-12, "J", "0.5354 pJ")
    assert "[S]" in str(row["source"])
    assert "ou-dense.toml:" in str(row["origin"])
    assert _row("sre", "sparsity.weights")["value"] == "ou-row"
    assert (
        _row("sre", "mapping.replication", {"mapping.replication": "[2, 1]"})["value"] == "[2, 1]"
    )
    assert _row("sre", "budget.chips")["value"] is None
    assert _row("sre", "operation_unit.cycle_time")["origin"] == "derived"
    assert _row("sre", "adc.bits", {"adc.bits": "7"})["origin"] == "--set"


def test_a_price_of_the_adc_says_what_it_becomes_at_another_resolution() -> None:
    row = _row("ou-dense", "adc.energy", {"adc.bits": "7"})
    # 0.5354 pJ x (2^7 / 8) / (2^6 / 7) = 0.937 pJ
    assert row["given"] == "0.5354 pJ for 6 bits; for 7 bits 936.9 fJ"
    assert _row("ou-dense", "adc.area", {"adc.bits": "7"})["given"] == "1200 um^2"


def test_all_keys_or_those_asked_for() -> None:
    hardware = load_hardware("sre")
    assert len(describe_keys(hardware)[1]) == len(keys_of_kind("reram"))
    _, rows = describe_keys(hardware, ["cell", "adc.bits"])
    keys = [str(row["key"]) for row in rows]
    assert "cell.endurance.median" in keys
    assert "adc.bits" in keys
    assert "adc.rate" not in keys
    with pytest.raises(InputError, match=r"adc\.bit: unknown key; did you mean .adc\.bits."):
        describe_keys(hardware, ["adc.bit", "cell"])


def test_the_rows_make_a_result() -> None:
    columns, rows = describe_keys(load_hardware("puma"))
    assert Result(columns, rows).columns == COLUMNS


def test_the_reference_has_a_line_a_key() -> None:
    lines = key_reference().splitlines()
    assert len(lines) == 2 + len(keys_of_kind("reram"))
    assert all(line.count(" | ") == 3 for line in lines if "---" not in line)
    assert "| `adc.energy` | J | required |" in key_reference()
    assert '| `adc.bits` | whole number 1 to 24, "auto" | `"auto"` |' in key_reference()
    assert '| `mapping.sync` | "vector", "layer" | `"vector"` |' in key_reference()
