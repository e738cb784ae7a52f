"""`recost hardware`: list, show, check, schema, new."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tomli

from recost.hardware.sections import SECTIONS

MINE = 'schema = 1\nkind = "reram"\nextends = "sre"\ntitle = "mine"\n'


def _write(text: str, name: str = "hw/mine.toml") -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_list_names_what_h_takes_and_the_nearest_file(rows, invoke):
    assert invoke("hardware", "list").exit_code == 0  # and moves into the empty folder
    _write(MINE.replace('"mine"', '"my own"'), "hw/sre.toml")
    _write("[adc\n", "hw/broken.toml")
    found = {row["hardware"]: row for row in rows("hardware", "list")}
    assert {"isaac", "ou-dense", "sre", "sre-ideal", "puma"} <= found.keys()
    assert found["sre"]["title"] == "my own"
    assert found["sre"]["path"] == str(Path("hw", "sre.toml"))
    assert found["broken"]["title"].startswith("faulty: not TOML")


def test_show_has_every_key_with_its_source(rows):
    found = {row["key"]: row for row in rows("hardware", "show", "sre")}
    assert found["adc.energy"]["value"] == 0.5354e-12
    assert found["adc.energy"]["unit"] == "J"
    assert "[S]" in found["adc.energy"]["source"]
    assert "ou-dense.toml:" in found["adc.energy"]["origin"]
    assert found["operation_unit.cycle_time"]["origin"] == "derived"


def test_show_takes_keys_sections_and_settings(rows):
    found = rows("hardware", "show", "sre", "adc.bits", "bus", "--set", "adc.bits=7")
    assert [row["key"].split(".")[0] for row in found] == ["adc"] + ["bus"] * 4
    assert (found[0]["value"], found[0]["origin"]) == (7, "--set")


def test_show_prints_a_table_in_readable_units_and_warns(invoke):
    result = invoke("hardware", "show", "sre", "adc", "--set", "sre:adc.bits=5")
    assert "535.4 fJ" in result.stdout
    assert "1.2 GS/s" in result.stdout
    assert "exponential" in result.stdout
    assert result.stderr.startswith("warning: sre: adc.bits = 5: the sum of an operation unit")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "sr"), "error: unknown hardware 'sr'; did you mean 'sre'?"),
        (("show", "sre", "acd"), "error: acd: unknown key; did you mean 'dac'?"),
        (("show", "sre", "--set", "adc.bit=7"), "--set: adc.bit: unknown key; did you mean"),
        (("check", "nobody"), "error: unknown hardware 'nobody'"),
        (("new", "--extends", "nobody"), "error: unknown hardware 'nobody'"),
        (("new", "-o", "no/such/folder.toml"), "no/such/folder.toml: cannot be written: "),
    ],
)
def test_bad_input_is_exit_code_2(arguments, message, invoke):
    result = invoke("hardware", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(message)


def test_check_of_good_files_says_so(invoke):
    result = invoke("hardware", "check")
    assert result.exit_code == 0, result.stderr
    assert "sre.toml: no faults" in result.stdout


def test_check_reports_every_fault_of_every_file_and_fails(invoke):
    _write(MINE + "[adc]\nbit = 5\nbits = 0\n")
    _write(MINE + "[crossbar]\nrows = 0\n", "hw/other.toml")
    result = invoke("hardware", "check", "mine", "sre", "hw/other.toml")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"{Path('hw', 'mine.toml')}:6:1: adc.bit: unknown key; did you mean 'bits'?",
        f"{Path('hw', 'mine.toml')}:7:8: adc.bits: 0 is too small; at least 1",
        f"{Path('hw', 'other.toml')}:6:8: crossbar.rows: 0 is too small; at least 1",
    ]
    assert result.stdout.count("no faults") == 1
    assert invoke("hardware", "check").exit_code == 1


def test_check_warns_of_what_is_right_but_odd(invoke):
    _write(MINE + "[adc]\nbits = 5\n")
    result = invoke("hardware", "check", "mine")
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: mine: adc.bits = 5: ")


def test_schema_is_json_schema(invoke):
    schema = json.loads(invoke("hardware", "schema").stdout)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["title"] == "recost hardware"
    assert "energy" in schema["$defs"]["ReramAdc"]["properties"]
    assert invoke("hardware", "schema", "-o", "s.json").stdout == ""
    assert json.loads(Path("s.json").read_text(encoding="utf-8")) == schema


def test_new_is_a_file_that_passes_its_check(invoke):
    Path("hw").mkdir()
    assert invoke("hardware", "new", "--extends", "sre", "-o", "hw/mine.toml").stdout == ""
    assert tomli.loads(Path("hw/mine.toml").read_text(encoding="utf-8"))["extends"] == "sre"
    assert invoke("hardware", "check", "mine").exit_code == 0
    assert invoke("hardware", "new").stdout == invoke("hardware", "new", "-o", "-").stdout != ""


@pytest.mark.parametrize("kind", SECTIONS)
def test_new_and_show_know_every_kind(kind, invoke, rows):
    assert invoke("hardware", "new", "--kind", kind, "-o", "mine.toml").exit_code == 0
    assert {row["key"].split(".")[0] for row in rows("hardware", "show", "./mine.toml")} == set(
        SECTIONS[kind]
    )


def test_new_does_not_replace_a_file_unless_told(invoke):
    _write("precious")
    result = invoke("hardware", "new", "-o", "hw/mine.toml")
    assert result.exit_code == 2
    assert result.stderr == "hw/mine.toml: exists; --force replaces it\n"
    assert Path("hw/mine.toml").read_text() == "precious"
    assert invoke("hardware", "new", "-o", "hw/mine.toml", "--force").exit_code == 0
    assert Path("hw/mine.toml").read_text() != "precious"


@pytest.mark.parametrize("command", ["list", "show", "check", "schema", "new"])
def test_help_of_every_command(command, invoke):
    assert invoke("hardware", command, "--help").exit_code == 0
