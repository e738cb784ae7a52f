"""The record arrays: one field for each key that a kernel may read."""

from __future__ import annotations

import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.hardware.records import (
    STRUCTURE_DTYPE,
    TECHNOLOGY_DTYPE,
    structure_record,
    technology_record,
)
from recost.hardware.sections import keys_of_kind
from recost.vocabulary import Replication, WeightSparsity


@pytest.mark.parametrize(
    ("part", "dtype"), [("structure", STRUCTURE_DTYPE), ("technology", TECHNOLOGY_DTYPE)]
)
def test_the_fields_are_the_keys_of_the_part(part: str, dtype: np.dtype[np.void]) -> None:
    keys = [key for key in keys_of_kind("reram") if key.part == part]
    assert dtype.names == tuple(key.record_field for key in keys)
    for key in keys:
        assert dtype[key.record_field] == ("f8" if key.kind is float else "i8")
    assert dtype.itemsize == 8 * len(keys)


def test_a_record_holds_the_values() -> None:
    hardware = load_hardware("sre", {"mapping.flip_columns": False})
    structure, technology = structure_record(hardware), technology_record(hardware)
    assert structure.shape == technology.shape == (1,)
    assert structure["crossbar_rows"] == 128
    assert structure["sparsity_weights"] == WeightSparsity.OU_ROW
    assert structure["mapping_flip_columns"] == 0
    assert structure["operation_unit_cycle_time_s"] == hardware.operation_unit.cycle_time_s
    assert technology["adc_energy_j"] == hardware.adc.energy_j
    assert technology["cell_endurance_median"] == 1e6


def test_what_is_not_known_is_minus_one_or_nan() -> None:
    hardware = load_hardware("sre", {"mapping.replication": "[2, 1]"})
    assert structure_record(hardware)["budget_chips"] == -1
    assert np.isnan(technology_record(load_hardware("isaac"))["cell_spread"])
    assert structure_record(hardware)["mapping_replication"] == Replication.LIST
