"""Many machines at once are the machines one by one: values, what cannot be, notes, records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recost.errors import InputError
from recost.hardware import Hardware, load_hardware, rules
from recost.hardware.many import complete_many
from recost.hardware.provenance import REPLACED
from recost.hardware.records import structure_record, technology_record
from recost.hardware.resolve import complete
from recost.hardware.sections import key_table
from recost.hardware.settings import read_settings

# Numbers that rules read, some of which cannot be together or follow from others.
NUMBERS = {
    "operation_unit.rows": ["1", "8", "128", "500"],
    "operation_unit.columns": ["1", "16", "200"],
    "operation_unit.cycle_time": ["10 ns", "200 ns"],
    "crossbar.rows": ["64", "128", "512"],
    "crossbar.columns": ["64", "512"],
    "crossbar.cell_bits": ["1", "2", "7"],
    "precision.dac_bits": ["1", "2", "8"],
    "precision.input_bits": ["4", "16"],
    "precision.weight_bits": ["4", "16"],
    "adc.bits": ["3", "8"],
    "adc.rate": ["1 MS/s", "1.2 GS/s"],
    "adc.per_crossbar": ["0", "1", "3"],
    "adc.energy": ["0 pJ", "2 pJ"],
    "adc.power": ["2 mW", "0 W"],
    "adc.leakage": ["1 uW", "3 uW"],
    "adc.reference_bits": ["5", "8"],
    "dac.per_crossbar": ["0", "128"],
    "dac.energy": ["1 fJ", "1 mJ"],
    "cell.read_energy": ["1 fJ", "1 mJ"],
    "cell.resistance_on": ["1 kohm", "1 Mohm"],
    "cell.resistance_off": ["10 kohm", "1 Gohm"],
    "leakage.fraction": ["0", "0.1"],
    "shift_add.per_crossbar": ["0", "4"],
    "training.copies": ["0", "1", "2", "3"],
    "training.mvm_time": ["1 us", "2 us"],
    "training.slice_bits": ["44466555", "11111111", "9999"],
    "training.accesses": ["4", "8"],
    "budget.chips": ["1", "2"],
}
# Words, and settings that are the same for all machines.
WORDS = {
    "adc.bits": "auto",
    "operation_unit.cycle_time": "auto",
    "mapping.flip_columns": "true",
    "mapping.encoding": "offset",
    "adc.scaling": "exponential",
    "sparsity.weights": "ou-row",
    "training.update": "serial",
    "leakage.fraction": "0.05",
}


def one(hardware: Hardware, given_: dict[str, str]) -> Any:
    read, faults = read_settings(hardware.kind, given_, REPLACED)
    assert not faults
    return read


def columns_of(hardware: Hardware, rows: list[dict[str, str]], words: dict[str, str]) -> Any:
    """Settings of machines of which each has one of `rows`."""
    read = [one(hardware, words | row) for row in rows]
    above = dict(read[0])
    for path in rows[0]:
        kind = np.int64 if key_table(hardware.kind)[path].kind is int else float
        above[path] = replace(above[path], value=np.array([r[path].value for r in read], kind))
    return read, above


@st.composite
def many_machines(draw: st.DrawFn) -> tuple[str, dict[str, str], list[dict[str, str]]]:
    name = draw(st.sampled_from(["isaac", "sre", "puma", "write-elimination", "panther-3"]))
    paths = draw(st.lists(st.sampled_from(sorted(NUMBERS)), min_size=1, max_size=6, unique=True))
    words = draw(st.lists(st.sampled_from(sorted(set(WORDS) - set(paths))), max_size=3))
    row = st.fixed_dictionaries({path: st.sampled_from(NUMBERS[path]) for path in paths})
    rows = draw(st.lists(row, min_size=1, max_size=6))
    return name, {path: WORDS[path] for path in words}, rows


@given(many_machines())
@settings(max_examples=300)
def test_many_machines_are_the_machines_one_by_one(
    machines: tuple[str, dict[str, str], list[dict[str, str]]],
) -> None:
    name, words, rows = machines
    hardware = load_hardware(name)
    read, above = columns_of(hardware, rows, words)
    many = complete_many(hardware.kind, hardware.settings, above, len(rows))
    made = []
    for settings_ in read:
        try:
            made.append(hardware.replace_read(settings_))
        except InputError:
            made.append(None)
    assert many.possible.tolist() == [machine is not None for machine in made]
    if not many.possible.any():
        return
    structures, technologies = many.records("structure"), many.records("technology")
    for i, (machine, notes) in enumerate(zip(made, many.notes(), strict=True)):
        if machine is None:
            continue
        assert tuple(f"{name}: {note}" for note in notes) == machine.notes
        for records, record in (
            (structures, structure_record(machine)),
            (technologies, technology_record(machine)),
        ):
            for field in record.dtype.names:
                # The same operations on the same numbers, but for how powers are taken.
                np.testing.assert_allclose(
                    records[field][i], record[field][0], rtol=1e-15, err_msg=field
                )


class Told(dict[str, Any]):
    """Values that tell which of them are read."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.read: set[str] = set()

    def __getitem__(self, path: str) -> Any:
        self.read.add(path)
        return super().__getitem__(path)


@pytest.mark.parametrize("name", ["isaac", "sre", "puma", "panther-3"])
def test_notes_read_no_other_keys_than_those_that_tell_machines_apart(name: str) -> None:
    hardware = load_hardware(name)
    noted = {path for note in rules.NOTES for path in note.keys}
    changes = [{path: word} for path, word in WORDS.items() if path in noted]
    for note in rules.NOTES:
        read: set[str] = set()
        for words in [{}, *changes, {"adc.scaling": "none", "adc.bits": "3"}]:
            values = Told(complete(hardware.kind, hardware.settings | one(hardware, words))[0])
            note.say(values, ())
            read |= values.read
        assert read == set(note.keys)
