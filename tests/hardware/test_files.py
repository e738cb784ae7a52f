"""Reading files: headers, what `extends` inherits, and how a chain can be broken."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from recost.errors import InputError
from recost.hardware import Hardware, load_hardware
from recost.hardware.sections import SECTIONS
from tests.hardware.conftest import SMALLEST, Write

Faults = Callable[..., list[str]]
HEADER = 'schema = 1\nkind = "reram"\n'
KINDS = ", ".join(f"'{kind}'" for kind in SECTIONS)


def _extends(name: str, text: str = "") -> str:
    return f'{HEADER}extends = "{name}"\n{text}'


def test_the_smallest_file(write: Write) -> None:
    hardware = load_hardware(write())
    assert (hardware.name, hardware.title, hardware.kind) == ("mine", "mine", "reram")
    assert hardware.path == "mine.toml"
    assert hardware.given == {"adc.rate", "adc.energy", "cell.read_energy"}
    assert hardware.adc.energy_j == 0.5e-12
    assert hardware.value("adc.energy") == hardware.adc.energy_j
    with pytest.raises(KeyError):
        hardware.value("adc.enrgy")


def test_a_name_in_hw_is_found(write: Write) -> None:
    write(name="hw/mine.toml")
    assert load_hardware("mine").path == str(Path("hw", "mine.toml"))


def test_a_child_replaces_key_by_key_and_an_entry_whole(write: Write) -> None:
    write(
        "[dac]\n"
        'energy = {value = "1 fJ", source = "base", spread = "10 %"}\n'
        'area = {value = "1 um2", source = "base", spread = "20 %"}\n',
        name="base.toml",
    )
    own = '[dac]\nenergy = {value = "2 fJ", source = "child"}\n'
    child = load_hardware(write(_extends("base", own), start="", name="child.toml"))
    assert child.dac.energy_j == 2e-15
    assert child.provenance["dac.energy"].origin == "child.toml"
    assert child.provenance["dac.energy"].spread is None
    assert child.provenance["dac.area"].origin == "base.toml"
    assert child.provenance["dac.area"].spread == 0.2
    assert child.title == "child"


def test_a_title_is_inherited_unless_given(write: Write) -> None:
    write(start='title = "base"\n' + SMALLEST, name="base.toml")
    assert load_hardware(write(_extends("base"), start="", name="child.toml")).title == "base"


def test_kind_is_inherited(write: Write) -> None:
    write(name="base.toml")
    child = write('schema = 1\nextends = "base"\n', start="", name="child.toml")
    assert load_hardware(child).kind == "reram"


@pytest.mark.parametrize("name", ["base", "../base.toml", "./../base.toml"])
def test_a_relative_path_or_a_name(name: str, write: Write) -> None:
    write(name="base.toml")
    write(name="designs/base.toml")
    child = load_hardware(write(_extends(name), start="", name="designs/child.toml"))
    origin = "designs/base.toml" if name == "base" else "base.toml"
    assert Path(child.provenance["adc.rate"].origin).resolve() == Path(origin).resolve()


def test_a_file_may_extend_the_shipped_one_of_its_own_name(write: Write) -> None:
    text = "[adc]\nbits = 7\n"
    mine = load_hardware(write(_extends("sre", text), start="", name="hw/sre.toml"))
    assert (mine.name, mine.adc.bits) == ("sre", 7)
    assert mine.sparsity.weights == load_hardware(mine.path).sparsity.weights


def test_defaults_and_derived_values_say_so(write: Write) -> None:
    provenance = load_hardware(write()).provenance
    assert provenance["crossbar.rows"].origin == "default"
    assert provenance["operation_unit.cycle_time"].origin == "derived"
    assert provenance["operation_unit.cycle_time"].text.startswith("operation_unit.columns /")


def test_settings_come_last_and_are_their_own_source(write: Write) -> None:
    hardware = load_hardware(write("[crossbar]\nrows = 64\n"), {"crossbar.rows": "32"})
    assert hardware.crossbar.rows == 32
    assert hardware.provenance["crossbar.rows"].origin == "--set"
    assert hardware.provenance["crossbar.rows"].source == "--set"


def test_equal_values_have_equal_hashes(write: Write) -> None:
    one = load_hardware(write())
    other = load_hardware(write("[crossbar]\nrows = 128 # the default\n", name="other.toml"))
    changed = load_hardware("mine.toml", {"crossbar.rows": 64})
    assert one.content_hash == other.content_hash != changed.content_hash
    assert one == load_hardware("mine.toml")
    assert hash(one) == hash(load_hardware("mine.toml"))
    assert one not in (other, changed, "mine")


def test_a_hardware_can_be_sent_to_another_process() -> None:
    hardware = load_hardware("sre")
    back: Hardware = pickle.loads(pickle.dumps(hardware))
    assert back == hardware
    assert back.replace({"adc.bits": 7}) == hardware.replace({"adc.bits": 7})


HEADERS = {
    "no schema": ('kind = "reram"\n', "mine.toml:1:1: schema: missing; write schema = 1"),
    "another schema": (
        'schema = 2\nkind = "reram"\n',
        "mine.toml:1:10: schema: 2 is not a version that this recost reads; it reads 1",
    ),
    "a schema in quotes": (
        'schema = "1"\nkind = "reram"\n',
        "mine.toml:1:10: schema: '1' is not a version that this recost reads; it reads 1",
    ),
    "a schema that is true": (
        'schema = true\nkind = "reram"\n',
        "mine.toml:1:10: schema: true is not a version that this recost reads; it reads 1",
    ),
    "no kind": (
        "schema = 1\n",
        "mine.toml:1:1: kind: missing; write kind = " + " or ".join(f'"{k}"' for k in SECTIONS),
    ),
    "unknown kind": (
        'schema = 1\nkind = "rerum"\n',
        f"mine.toml:2:8: kind: 'rerum' is not one of {KINDS}; did you mean 'reram'?",
    ),
    "a kind that is a number": (
        "schema = 1\nkind = 3\n",
        f"mine.toml:2:8: kind: 3 is not one of {KINDS}",
    ),
    "a title that is a number": (
        HEADER + "title = 3\n",
        "mine.toml:3:9: title: 3 is not a text",
    ),
    "an empty extends": (
        HEADER + 'extends = ""\n',
        "mine.toml:3:11: extends: '' is not a hardware's name or path",
    ),
    "a missing name": (
        _extends("ou-dens"),
        "mine.toml:3:11: extends: unknown hardware 'ou-dens'; did you mean 'ou-dense'?",
    ),
    "a missing file": (
        _extends("./no.toml"),
        "mine.toml:3:11: extends: './no.toml': no such file; a hardware is a TOML file or a name",
    ),
    "itself": (_extends("mine"), "mine.toml:3:11: extends: is a circle: mine.toml -> mine.toml"),
    "itself as a path": (
        _extends("./mine.toml"),
        "mine.toml:3:11: extends: is a circle: mine.toml -> mine.toml",
    ),
    "nothing at all": ("", "mine.toml:1:1: schema: missing; write schema = 1"),
}  # fmt: skip


@pytest.mark.parametrize(("start", "message"), HEADERS.values(), ids=HEADERS)
def test_a_wrong_header_is_named(start: str, message: str, faults: Faults) -> None:
    assert message in faults(start=start)


def test_a_circle_is_named_where_it_closes(write: Write, faults: Faults) -> None:
    write(_extends("b"), start="", name="a.toml")
    write(_extends("c"), start="", name="b.toml")
    assert faults(_extends("a"), start="", name="c.toml") == [
        "b.toml:3:11: extends: is a circle: c.toml -> a.toml -> b.toml -> c.toml"
    ]


def test_syntax_errors_have_a_place(faults: Faults) -> None:
    assert faults("[adc\n") == ["mine.toml:11:5: not TOML: cannot declare [adc] twice"]


def test_the_faults_of_all_files_come_together(write: Write, faults: Faults) -> None:
    write("[crossbar]\nrows = 0\n", name="base.toml")
    text = _extends("base", "[crossbar]\ncolumns = 0\n")
    assert faults(text, {"adc.bit": "7"}, start="", name="child.toml") == [
        "child.toml:5:11: crossbar.columns: 0 is too small; at least 1",
        "base.toml:12:8: crossbar.rows: 0 is too small; at least 1",
        "--set: adc.bit: unknown key; did you mean 'adc.bits'?",
    ]


def test_a_base_that_cannot_be_read_hides_only_itself(write: Write, faults: Faults) -> None:
    write("[adc\n", name="base.toml")
    text = _extends("base", "[crossbar]\ncolumns = 0\n")
    assert faults(text, start="", name="child.toml") == [
        "child.toml:5:11: crossbar.columns: 0 is too small; at least 1",
        "base.toml:11:5: not TOML: cannot declare [adc] twice",
    ]


def test_files_of_two_kinds_do_not_extend_each_other(
    write: Write, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recost.hardware import files

    kinds = {"reram": {}, "gpu": {}}
    monkeypatch.setattr(files, "SECTIONS", kinds)
    write('schema = 1\nkind = "gpu"\n', start="", name="base.toml")
    assert faults(_extends("base"), start="", name="child.toml")[0] == (
        "base.toml:2:8: kind: 'gpu', but child.toml extends it and is 'reram'"
    )


def test_missing_keys_are_named_at_their_section(faults: Faults) -> None:
    assert faults("[adc]\nbits = 4\n", start=HEADER) == [
        'mine.toml:1:1: cell.read_energy: missing; needs a quantity in J, such as "0.5 pJ"',
        (
            'mine.toml:1:1: operation_unit.cycle_time: missing; give it, such as "100 ns",'
            " or adc.rate to derive it"
        ),
        'mine.toml:3:1: adc.energy: missing; needs a quantity in J, such as "0.5 pJ"',
    ]


def test_a_missing_file_is_an_input_error() -> None:
    with pytest.raises(InputError, match="no such file"):
        load_hardware("nowhere/mine.toml")
