"""Every fault that a file can have, as the user reads it: place, key, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recost.hardware import load_hardware
from tests.hardware.conftest import SMALLEST, Write

Faults = Callable[..., list[str]]

CASES = {
    "unknown key": (
        "[sparsity]\nindex_bit = 8\n",
        "mine.toml:12:1: sparsity.index_bit: unknown key; did you mean 'index_bits'?",
    ),
    "unknown key of a subsection": (
        "[cell.endurance]\nmedain = 5\n",
        "mine.toml:12:1: cell.endurance.medain: unknown key; did you mean 'median'?",
    ),
    "key of another section": (
        "[sparsity]\ncell_bits = 2\n",
        "mine.toml:12:1: sparsity.cell_bits: unknown key; did you mean 'crossbar.cell_bits'?",
    ),
    "unknown section": (
        "[crosbar]\nrows = 2\n",
        "mine.toml:11:1: crosbar: unknown section; did you mean 'crossbar'?",
    ),
    "unknown section without a neighbour": (
        "[quantum]\nrows = 2\n",
        "mine.toml:11:1: quantum: unknown section",
    ),
    "unknown qualifier": (
        '[dac]\nenergy = {value = "1 fJ", sorce = "x"}\n',
        "mine.toml:12:27: dac.energy.sorce: unknown key; did you mean 'source'?",
    ),
    "table without a value": (
        '[dac]\nenergy = {source = "x"}\n',
        "mine.toml:12:1: dac.energy: a table needs a 'value'",
    ),
    "wrong type": (
        '[crossbar]\nrows = "many"\n',
        "mine.toml:12:8: crossbar.rows: 'many' is not a whole number",
    ),
    "fraction for a whole number": (
        "[crossbar]\nrows = 1.5\n",
        "mine.toml:12:8: crossbar.rows: 1.5 is not a whole number",
    ),
    "truth for a number": (
        "[crossbar]\nrows = true\n",
        "mine.toml:12:8: crossbar.rows: true is not a whole number",
    ),
    "number for a truth": (
        "[mapping]\nflip_columns = 1\n",
        "mine.toml:12:16: mapping.flip_columns: 1 is not true or false",
    ),
    "list for a number": (
        "[crossbar]\nrows = [1, 2]\n",
        "mine.toml:12:8: crossbar.rows: [1, 2] is not a whole number",
    ),
    "scalar for a section": (
        "[sparsity]\n[bus]\n[vector]\nper_tile = {value = {}}\n",
        "mine.toml:14:21: vector.per_tile: a table is not a number",
    ),
    "bare number": (
        "[dac]\nenergy = 5.9\n",
        'mine.toml:12:10: dac.energy: 5.9 has no unit; write it in J, such as "0.5 pJ"',
    ),
    "bare number in a table": (
        '[dac]\nenergy = {source = "x", value = 5.9}\n',
        'mine.toml:12:33: dac.energy: 5.9 has no unit; write it in J, such as "0.5 pJ"',
    ),
    "bare number as text": (
        '[dac]\nenergy = "5.9"\n',
        "mine.toml:12:10: dac.energy: '5.9' has no unit; write it in J, such as \"0.5 pJ\"",
    ),
    "wrong unit": (
        '[dac]\narea = "5.9 fJ"\n',
        ("mine.toml:12:8: dac.area: 'fJ' is not a unit for mm2;"
        ' write it in mm2, such as "1200 um^2"'),
    ),
    "energy where energy per bit is due": (
        '[bus]\nenergy = "5.9 fJ"\n',
        ("mine.toml:12:10: bus.energy: 'fJ' is not a unit for J/bit;"
        ' write it in J/bit, such as "0.08 pJ/bit"'),
    ),
    "list where a quantity is due": (
        "[dac]\nenergy = []\n",
        'mine.toml:12:10: dac.energy: [] is not a quantity in J, such as "0.5 pJ"',
    ),
    "too small": (
        "[crossbar]\nrows = 0\n",
        "mine.toml:12:8: crossbar.rows: 0 is too small; at least 1",
    ),
    "too large": (
        "[crossbar]\ncell_bits = 9\n",
        "mine.toml:12:13: crossbar.cell_bits: 9 is too large; at most 8",
    ),
    "negative quantity": (
        '[dac]\nenergy = "-1 pJ"\n',
        "mine.toml:12:10: dac.energy: -1 pJ is too small; at least 0 J",
    ),
    "absurd quantity": (
        '[dac]\nenergy = "1e30 J"\n',
        "mine.toml:12:10: dac.energy: 1e+15 PJ is too large; at most 1 mJ",
    ),
    "quantity beyond floats": (
        '[dac]\nenergy = "1e999 J"\n',
        "mine.toml:12:10: dac.energy: '1e999 J' is out of range",
    ),
    "a whole number beyond any": (
        f"[crossbar]\nrows = {'9' * 100}\n",
        "mine.toml:12:8: crossbar.rows: 1e100 is too large; at most 16384",
    ),
    "not a number": (
        "[network_on_chip]\nhops = nan\n",
        "mine.toml:12:8: network_on_chip.hops: nan is not a finite number",
    ),
    "infinite": (
        "[network_on_chip]\nhops = inf\n",
        "mine.toml:12:8: network_on_chip.hops: inf is not a finite number",
    ),
    "not a number with a unit due": (
        "[dac]\nenergy = nan\n",
        'mine.toml:12:10: dac.energy: nan has no unit; write it in J, such as "0.5 pJ"',
    ),
    "unknown word": (
        '[sparsity]\nweights = "ou-rows"\n',
        ("mine.toml:12:11: sparsity.weights: 'ou-rows' is not one of 'none', 'matrix',"
        " 'crossbar-row', 'ou-row', 'ou-column'; did you mean 'ou-row'?"),
    ),
    "number for a word": (
        "[sparsity]\nweights = 1\n",
        ("mine.toml:12:11: sparsity.weights: it is not one of 'none', 'matrix',"
        " 'crossbar-row', 'ou-row', 'ou-column'"),
    ),
    "unknown word beside a number": (
        '[operation_unit]\ncycle_time = "automatic"\n',
        ("mine.toml:12:14: operation_unit.cycle_time: 'automatic' is not a quantity;"
        ' write it in s, such as "100 ns"'),
    ),
    "the word that a list means": (
        '[mapping]\nreplication = "list"\n',
        "mine.toml:12:15: mapping.replication: 'list' is not one of 'none', 'balanced'",
    ),
    "a list of wrong copies": (
        "[mapping]\nreplication = [1, 0]\n",
        ("mine.toml:12:15: mapping.replication: a list of copies has a whole number from 1 to"
        " 1000000 for each layer"),
    ),
    "no source": (
        '[dac]\nenergy = "1 fJ"\n',
        ('mine.toml:12:10: dac.energy: needs a source: write {value = "1 fJ", source = "..."}'
        " or give [dac] one"),
    ),
    "no source for a share": (
        '[leakage]\nfraction = "10 %"\n',
        ('mine.toml:12:12: leakage.fraction: needs a source: write {value = "10 %", source ='
        ' "..."} or give [leakage] one'),
    ),
    "empty source": (
        '[dac]\nenergy = {value = "1 fJ", source = ""}\n',
        "mine.toml:12:36: dac.energy.source: is empty",
    ),
    "a source that is not a text": (
        '[dac]\nsource = 3\n',
        "mine.toml:12:10: dac.source: 3 is not a text",
    ),
    "spread without a unit": (
        '[dac]\nenergy = {value = "1 fJ", source = "x", spread = 0.1}\n',
        'mine.toml:12:50: dac.energy.spread: 0.1 has no unit; write it in %, such as "10 %"',
    ),
    "negative spread": (
        '[dac]\nenergy = {value = "1 fJ", source = "x", spread = "-10 %"}\n',
        "mine.toml:12:50: dac.energy.spread: is out of range; 0 % to 1000 %",
    ),
    "wider leakage than possible": (
        '[leakage]\nfraction = {value = "30 %", source = "x"}\n',
        "mine.toml:12:21: leakage.fraction: 30 % is too large; at most 20 %",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), CASES.values(), ids=CASES)
def test_a_fault_is_named(text: str, message: str, faults: Faults) -> None:
    assert message in faults(text)


def test_a_section_that_is_not_a_table(faults: Faults) -> None:
    start = SMALLEST.replace('kind = "reram"\n', 'kind = "reram"\nbus = 3\n')
    assert faults(start=start) == [
        "mine.toml:3:1: bus: is a section; write [bus] and its keys below"
    ]


def test_a_quoted_key_with_a_dot_is_not_a_path(faults: Faults) -> None:
    start = SMALLEST.replace('kind = "reram"\n', 'kind = "reram"\n"adc.bits" = {value = 3}\n')
    assert faults(start=start) == ["mine.toml:3:1: adc.bits: unknown section"]


def test_a_key_outside_of_its_section(faults: Faults) -> None:
    start = SMALLEST.replace('kind = "reram"\n', 'kind = "reram"\ncell_bits = 3\n')
    assert faults(start=start) == [
        "mine.toml:3:1: cell_bits: unknown key; did you mean 'crossbar.cell_bits'?"
    ]


def test_all_faults_of_a_file_come_together_in_its_order(faults: Faults) -> None:
    text = (
        '[crossbar]\nrows = 0\ncell_bits = "two"\n'
        '[sparsity]\nweights = "rows"\n'
        "[dac]\nenergy = 1\narea = {value = 2, sorce = 3}\n"
        "[mapping]\nsinc = 1\n"
    )
    found = faults(text)
    assert [line.split(": ")[0] for line in found] == [
        "mine.toml:12:8",
        "mine.toml:13:13",
        "mine.toml:15:11",
        "mine.toml:17:10",
        "mine.toml:18:17",
        "mine.toml:18:20",
        "mine.toml:20:1",
    ]


def test_a_section_source_covers_what_has_none_of_its_own(write: Write) -> None:
    text = '[dac]\nsource = "all"\nenergy = "1 fJ"\narea = {value = "1 um2", source = "own"}\n'
    hardware = load_hardware(write(text))
    assert hardware.provenance["dac.energy"].source == "all"
    assert hardware.provenance["dac.area"].source == "own"


def test_what_stands_beside_a_value_is_kept(write: Write) -> None:
    text = (
        "[dac]\n"
        'energy = {value = "1 fJ", source = "table 1 [P]", spread = "10 %", calibrated = "fig"}\n'
    )
    provenance = load_hardware(write(text)).provenance["dac.energy"]
    assert (provenance.origin, provenance.line, provenance.column) == ("mine.toml", 12, 1)
    assert (provenance.text, provenance.source) == ("1 fJ", "table 1 [P]")
    assert (provenance.spread, provenance.calibrated) == (0.1, "fig")


def test_a_value_may_be_dotted_nested_or_quoted(write: Write) -> None:
    hardware = load_hardware(
        write(
            "dac.energy.value = '2 fJ'\ndac.energy.source = 'x'\n"
            "'crossbar' = {rows = {value = 64}, \"columns\" = 32}\n",
            start="schema = 1\nkind = 'reram'\n",
        ),
        {"adc.energy": "1 pJ", "adc.rate": "1 GS/s", "cell.read_energy": "1 fJ"},
    )
    assert hardware.dac.energy_j == 2e-15
    assert (hardware.crossbar.rows, hardware.crossbar.columns) == (64, 32)
