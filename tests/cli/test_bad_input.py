"""Whatever is wrong with an input is said in a line that names the place; the exit code is 2."""

from __future__ import annotations

from pathlib import Path

import pytest

HARDWARE = 'schema = 1\nkind = "reram"\nextends = "ou-dense"\n'
NETWORK = 'schema = 1\nname = "mine"\n'
SMALL = NETWORK + "input = [3, 8, 8]\nlayers = [{conv = 8, kernel = 3}]\n"


def write(folder: str, name: str, text: str) -> None:
    Path(folder).mkdir(exist_ok=True)
    (Path(folder) / f"{name}.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def complaints(invoke):
    """The lines that `recost ARGUMENTS` complains in, and nothing but them."""

    def run(*arguments: str) -> list[str]:
        result = invoke(*arguments, "--quiet")
        assert result.exit_code == 2, result.output
        assert isinstance(result.exception, SystemExit)
        assert result.stdout == ""
        return result.stderr.splitlines()

    return run


@pytest.mark.parametrize(
    ("text", "place", "named"),
    [
        ("[adc]\nbit = 7\n", "5:1: adc.bit: ", ["unknown key", "did you mean 'bits'?"]),
        ("[adk]\nbits = 7\n", "4:1: adk: ", ["unknown", "did you mean 'adc'?"]),
        ('[adc]\nbits = "seven"\n', "5:8: adc.bits: ", ["'seven'", "whole number"]),
        ("[adc]\nbits = 7.5\n", "5:8: adc.bits: ", ["7.5", "whole number"]),
        ("[adc]\nenergy = 0.5\n", "5:10: adc.energy: ", ["no unit", "pJ"]),
        (
            '[adc]\nenergy = {value = "1 ns", source = "x"}\n',
            "5:19: adc.energy: ",
            ["'ns' is not a unit for J"],
        ),
        (
            '[adc]\nenergy = {value = "-1 pJ", source = "x"}\n',
            "5:19: adc.energy: ",
            ["too small"],
        ),
        ('[adc]\nenergy = "1 pJ"\n', "5:10: adc.energy: ", ["needs a source"]),
        ("[adc]\nenergy = nan\n", "5:10: adc.energy: ", ["nan"]),
        ("[crossbar]\nrows = 0\n", "5:8: crossbar.rows: ", ["0 is too small; at least 1"]),
        ("[crossbar]\nrows = 1000000\n", "5:8: crossbar.rows: ", ["too large"]),
        (
            '[sparsity]\nweights = "ou-rows"\n',
            "5:11: sparsity.weights: ",
            ["'ou-rows' is not one of ", "did you mean 'ou-row'?"],
        ),
        ("[adc\nbits = 7\n", "4:5: ", ["not TOML"]),
        ("[adc]\nbits = 7\nbits = 6\n", "6:", ["not TOML"]),
    ],
)
def test_a_fault_of_a_hardware_file(complaints, text, place, named):
    write("hw", "mine", HARDWARE + text)
    [line] = complaints("estimate", "-H", "mine", "-W", "lenet5")
    assert line.startswith(f"hw/mine.toml:{place}")
    for part in named:
        assert part in line


@pytest.mark.parametrize(
    ("text", "place", "named"),
    [
        ("input = [1, 8, 8]\nlayers = []\n", "4:1: layers: ", "empty"),
        ("input = [1, 8, 8]\nlayers = [{pool = 2}]\n", "4:1: layers: ", "empty"),
        ("layers = [{linear = 10}]\n", "1:1: input: ", "missing"),
        (
            "input = [1, 4, 4]\nlayers = [{conv = 8, kernel = 7}]\n",
            "4:11: layers[0]: ",
            "a window of 7 does not fit into 4",
        ),
        (
            "input = [3, 8, 8]\nlayers = [{conv = 8, kernel = 3, groups = 2}]\n",
            "4:11: layers[0]: ",
            "2 groups do not divide 3 channels",
        ),
        (
            "input = [3, 8, 8]\nlayers = [{conv = 8, kernel = 3, strid = 2}]\n",
            "4:34: layers[0].strid: ",
            "did you mean 'stride'?",
        ),
        (
            (
                "input = [3, 8, 8]\nlayers = [{conv = 8, kernel = 3}]\n"
                "[profile.conv2]\nweights = {elements = 0.5}\n"
            ),
            "5:1: profile.conv2: ",
            "did you mean 'conv1'?",
        ),
        (
            (
                "input = [3, 8, 8]\nlayers = [{conv = 8, kernel = 3}]\n"
                '[profile]\nsource = "x"\nweights = {elements = 1.5}\n'
            ),
            "7:23: profile.weights.elements: ",
            "at most 1",
        ),
        (
            (
                "input = [3, 8, 8]\nlayers = [{conv = 8, kernel = 3}]\n"
                '[profile]\nsource = "x"\nweights = {elements = nan}\n'
            ),
            "7:23: profile.weights.elements: ",
            "nan is not a finite number",
        ),
    ],
)
def test_a_fault_of_a_network_file(complaints, text, place, named):
    write("workloads", "mine", NETWORK + text)
    [line] = complaints("layers", "-W", "mine")
    assert line.startswith(f"workloads/mine.toml:{place}")
    assert named in line


def test_every_fault_of_every_file_in_one_go(complaints):
    write("hw", "one", HARDWARE + "[adc]\nbit = 7\n[crossbar]\nrows = 0\n")
    write("hw", "two", HARDWARE + "[cell]\npulse = 7\n")
    write("workloads", "net", NETWORK + "input = [1, 8, 8]\nlayers = []\n")
    lines = complaints("compare", "-H", "one", "-H", "two", "-W", "net", "--baseline", "ou-dense")
    assert [line.split(": ")[1] for line in lines] == [
        "adc.bit",
        "crossbar.rows",
        "cell.pulse",
        "layers",
    ]


def test_files_that_extend_each_other(complaints):
    write("hw", "one", 'schema = 1\nkind = "reram"\nextends = "two"\n')
    write("hw", "two", 'schema = 1\nkind = "reram"\nextends = "one"\n')
    [line] = complaints("estimate", "-H", "one", "-W", "lenet5")
    assert line.startswith("hw/two.toml:3:11: extends: ")
    assert "hw/one.toml -> hw/two.toml -> hw/one.toml" in line


def test_a_file_without_what_it_needs_names_each(complaints):
    write("hw", "mine", "")
    lines = complaints("estimate", "-H", "mine", "-W", "lenet5")
    assert all(line.startswith("hw/mine.toml:1:1: ") for line in lines)
    keys = [line.split(": ")[1] for line in lines]
    assert {"schema", "kind", "adc.energy", "cell.read_energy"} <= set(keys)


def test_what_no_model_covers(complaints):
    lines = complaints(
        *("estimate", "-H", "sre", "-W", "lenet5", "--set", "sparsity.weights=crossbar-row"),
        *("--set", "mapping.compaction=layer"),
    )
    assert len(lines) == 1
    assert "mapping.compaction: " in lines[0]
    assert "crossbar" in lines[0]


def test_a_narrow_adc_is_a_warning_that_says_what_is_lost(invoke):
    result = invoke("estimate", "-H", "sre", "-W", "lenet5", "--set", "adc.bits=2")
    assert result.exit_code == 0
    # 16 rows of 2-bit cells sum to 16 x 3 = 48, which needs 6 bits.
    [line] = [x for x in result.stderr.splitlines() if x.startswith("warning: sre: adc.bits = 2")]
    assert "reaches 48 and needs 6 bits" in line


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["-H", "sr"], "error: unknown hardware 'sr'; did you mean 'sre'?"),
        (["-W", "lenet"], "error: unknown workload 'lenet'; did you mean 'lenet5'?"),
        (["-H", "./no.toml"], "./no.toml: no such file; a hardware is a TOML file or a name"),
        (["--set", "adc.bits"], "error: --set adc.bits: is not [NAME:]KEY=VALUE"),
        (
            ["--set", "isac:adc.bits=7"],
            "error: --set isac:adc.bits=7: unknown hardware 'isac'; there are sre, workload",
        ),
        (["--columns", "energi_j"], "error: unknown column 'energi_j'; did you mean 'energy_j'?"),
        (["--sort", "-latency"], "error: unknown column 'latency'; did you mean 'latency_s'?"),
        (["-f", "json", "-o", "a.csv"], "a.csv: the suffix '.csv' says csv, -f says json"),
        (["-o", "no/a.csv"], "no/a.csv: cannot be written: there is no folder no"),
    ],
)
def test_a_bad_option(complaints, arguments, line):
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    rest = [x for option in ("-H", "-W") if option not in given for x in (option, DEFAULT[option])]
    assert complaints("estimate", *rest, *arguments) == [line]


DEFAULT = {"-H": "sre", "-W": "lenet5"}


ISAAC = "lifetime -H isaac -W mlp-mnist"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("lifetime -H pipelayer -W lenet5 --vary xyz:cell.pulses=1,2", "unknown hardware 'xyz'"),
        ("montecarlo sensing -H sre --vary isaac:adc.bits=3,4", "unknown hardware 'isaac'"),
        ("estimate -H gpu-v100 -W lenet5 --set gpu.efficiency=-0.0", "too small"),
        (f"{ISAAC} --set writes.temperature=1", "at least 100"),
        (
            (
                "lifetime -H isaac -W mlp-mnist --set writes.temperature=100 --set"
                " writes.activation_energy=10"
            ),
            "too far from writes.reference_temperature",
        ),
        (
            "elimination -H pipelayer -W lenet5 --energy-reduction 3 --set cell.write_energy=0pJ",
            "writes cost nothing",
        ),
        ("elimination -H pipelayer -W lenet5 --plot --speedup nan", "must lie above 1"),
        ("elimination -H pipelayer -W lenet5 --plot", "at least one of"),
        ("elimination -H pipelayer -W lenet5 --plot --speedup 1.1 -o x.txt", "leave out -o"),
    ],
)
def test_what_no_model_makes_sense_of(complaints, arguments, said):
    assert said in complaints(*arguments.split())[0]


def test_a_bad_setting_of_all_hardware_is_said_once(complaints):
    arguments = ("-H", "sre", "-H", "isaac", "-W", "lenet5", "--set", "adc.bit=7")
    [line] = complaints("estimate", *arguments)
    assert "adc.bit: unknown key; did you mean 'adc.bits'?" in line


@pytest.mark.parametrize("option", ["--phase=training", "--work=step"])
def test_what_a_hardware_or_network_cannot_do(complaints, option):
    write("workloads", "mine", SMALL)
    [line] = complaints("estimate", "-H", "sre", "-W", "mine", option)
    assert "train" in line or "[recipe]" in line


def test_bytes_that_are_no_text(complaints):
    Path("mine.toml").write_bytes(b"schema = 1\n\xff\xfe")
    [line] = complaints("layers", "-W", "./mine.toml")
    assert line.startswith("mine.toml")
    assert "UTF-8" in line


def test_an_answer_that_fails_leaves_no_file(complaints, tmp_path):
    complaints("estimate", "-H", "sre", "-W", "lenet5", "-o", "a.csv", "--columns", "nothing")
    assert list(tmp_path.iterdir()) == []
