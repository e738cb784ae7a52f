"""Every fault of a file in one go, each with its place and what to write instead."""

from __future__ import annotations

import pytest

from recost.errors import InputError
from recost.network import load_network

HEAD = "schema = 1\ninput = [3, 32, 32]\n"
ONE = HEAD + 'layers = [{conv = 3, kernel = 1, name = "a"}]\n'


@pytest.fixture
def faults(tmp_path, monkeypatch):
    """The lines that loading a text complains in."""
    monkeypatch.chdir(tmp_path)

    def load(text: str) -> list[str]:
        (tmp_path / "net.toml").write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            load_network("./net.toml")
        return [str(fault) for fault in caught.value.faults]

    return load


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ("{cnv = 3}", "3:11: layers[0]: no word says what this is; did you mean 'conv'?"),
        ("{conv = 3, kernel = 1, kernl = 3}", "3:34: layers[0].kernl: unknown key; did you mean"),
        ("{conv = 3}", "3:11: layers[0].kernel: missing: kernel, one size or one for each axis"),
        ("{conv = -3, kernel = 3}", "3:19: layers[0].conv: -3 is out of range; it must"),
        ("{conv = 3.5, kernel = 3}", "3:19: layers[0].conv: expected a whole number or"),
        ("{conv = true, kernel = 3}", "3:19: layers[0].conv: expected a whole number or"),
        ("{conv = 3, kernel = [3, 0]}", "3:35: layers[0].kernel[1]: 0 is out of range"),
        ("{conv = 3, kernel = []}", "3:31: layers[0].kernel: has 0 values; it must have"),
        (
            "{conv = 3, kernel = 3, padding = 'sam'}",
            "3:44: layers[0].padding: expected a whole number, a list or 'same', not 'sam'; did",
        ),
        (
            "{conv = 3, kernel = 3, activation = 'rleu'}",
            "not 'rleu'; did you mean 'relu'?",
        ),
        ("{conv = 3, kernel = 99}", "3:11: layers[0]: a window of 99 does not fit into 32"),
        ("{linear = 3}", "put {flatten = true} before it (the input is [3, 32, 32])"),
        ("{block = 'b'}", "3:12: layers[0].block: there is no [blocks.b]"),
        ("3", "3:11: layers[0]: expected a table such as {conv = 64, kernel = 3}"),
        ("{pool = 2}", "3:1: layers: the network is empty"),
        ("", "3:1: layers: the network is empty"),
        ("{conv = 3, kernel = 1, name = 'a.b'}", "has a character that cannot stand here"),
        ("{conv = 1979-05-27, kernel = 1}", "expected a whole number or 'depthwise', not date"),
        ("{conv = 3, kernel = 1, input = [3, inf]}", "expected a whole number, not inf"),
        ("{conv = 9999999999999999999999, kernel = 1}", "must be at most 2.14748e+09"),
        ("{residual = [{conv = 3, kernl = 1}], shortcut = 'pda'}", "did you mean 'pad'?"),
    ],
)  # fmt: skip
def test_a_fault_of_a_layer(faults, layers, expected):
    found = faults(f"{HEAD}layers = [{layers}]\n")
    assert all(line.startswith("net.toml:") for line in found)
    assert any(expected in line for line in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input = [3]\nlayers = [{linear = 3}]\n", "net.toml:1:1: schema: missing"),
        ("schema = 2\ninput = [3]\nlayers = [{linear = 3}]\n", "1:10: schema: expected 1, not 2"),
        ("schema = 1\nlayers = [{linear = 3}]\n", "net.toml:1:1: input: missing: the shape"),
        ("schema = 1\ninput = [3]\n", "net.toml:1:1: layers: missing"),
        ("schema = 1\ninput = [3\n", "net.toml:2:11: not TOML"),
        ("schema = 1\ninput = []\nlayers = [{linear = 3}]\n", "2:9: input: has 0 values"),
        (ONE + "[recipe]\nimages = 10\nepochs = 1\nbatch = 0\n", "7:9: recipe.batch: 0 is"),
        (ONE + "[recipe]\nimages = 10\nepochs = 1\n", "net.toml:4:1: recipe.batch: missing"),
        (ONE + 'name = ""\n', "net.toml:4:8: name: is empty"),
        (ONE + "[profile.b]\n", "net.toml:4:1: profile.b: unknown key or layer"),
        (ONE + "profile = 3\n", "net.toml:4:11: profile: expected a table, not 3"),
        (ONE + "[profile]\nweights = 3\n", "5:11: profile.weights: expected a table, not 3"),
        (ONE + "[profile.a]\nweights = {element = 0.5}\n", "did you mean 'elements'?"),
        (ONE + "[profile]\nactivations = {nonzero = nan}\n", "nan is not a finite number"),
        (
            ONE + '[profile]\nactivations = {bits = {family = "normal", scale = 3.0}}\n',
            "5:33: profile.activations.bits.family: expected 'half-normal', not 'normal'",
        ),
        (
            ONE + '[profile]\nactivations = {bits = {family = "half-normal"}}\n',
            "net.toml:5:1: profile.activations: layer a: bits: a family needs one of scale",
        ),
        (
            ONE + '[profile.a]\nactivations = {nonzero = 0.2, bits = {family = "half-normal",'
            " mean_density = 0.2}}\n",
            "5:1: profile.a.activations: bits: mean_density = 0.2 is out of the half-normal's",
        ),
        (
            ONE + "[profile.a]\nactivations = {nonzero = 0.2, bits = [0.1, 0.3]}\n",
            "a bit is 1 in 0.3 of all values, yet only 0.2 are not zero",
        ),
        (
            ONE + "[profile.a]\nactivations = {scale = 3.0, bits = [0.1]}\n",
            "give either bits or scale",
        ),
        (
            ONE + "[profile.a]\nactivations = {digits = {x = [0.1]}}\n",
            "digits: 'x' is not a number of bits between 1 and 16",
        ),
        (
            ONE + "[profile.a]\nactivations = {nonzero = 0.1, digits = {2 = [0.2]}}\n",
            "a digit is non-zero more often than 0.1",
        ),
        (
            ONE + '[profile.a]\nweights = {cells = {family = "half-normal", scale = 0.01}}\n',
            "cells: the scale is so small that no weight would be non-zero",
        ),
        (
            ONE + '[profile]\ngradients = {family = "lognormal", sigma = 1.0}\n',
            "net.toml:5:1: profile.gradients: layer a: lognormal takes mu, sigma",
        ),
        (ONE + "[profile]\nerrors = {nonzero = 0.5}\n", "give either a family or a histogram"),
        (
            ONE + "[profile]\nerrors = {histogram = {edges = [1.0, 0.0], counts = [1.0]}}\n",
            "the edges of a histogram rise",
        ),
        (
            ONE + "[profile]\nerrors = {histogram = {edges = [0.0, 1.0], counts = [1.0, 2.0]}}\n",
            "a histogram has one edge more than counts",
        ),
        (
            ONE + "[profile]\nerrors = {histogram = {edges = [0.0, 1.0], counts = [0.0]}}\n",
            "at least one count above zero",
        ),
    ],
)  # fmt: skip
def test_a_fault_outside_the_layers(faults, text, expected):
    [line] = faults(text)
    assert expected in line


def test_all_faults_of_a_file_come_together(faults):
    found = faults(
        "schema = 1\nnmae = 'x'\ninput = [3, 0]\nlayers = [\n"
        "  {conv = 3, kernl = 1, kernel = 3},\n"
        "  {residual = [{conv = 'x', kernel = 1}, {cnv = 3}], shortcut = 'pda'},\n"
        "  {branches = [[{linear = 0}], 3]},\n]\n[recipe]\nimages = 1\n"
    )
    assert [line.split(": ")[0] + " " + line.split(": ")[1] for line in sorted(found)] == sorted(
        [
            "net.toml:2:1 nmae",
            "net.toml:3:13 input[1]",
            "net.toml:5:14 layers[0].kernl",
            "net.toml:6:24 layers[1].residual[0].conv",
            "net.toml:6:42 layers[1].residual[1]",
            "net.toml:6:65 layers[1].shortcut",
            "net.toml:7:27 layers[2].branches[0][0].linear",
            "net.toml:7:32 layers[2].branches[1]",
            "net.toml:9:1 recipe.epochs",
            "net.toml:9:1 recipe.batch",
        ]
    )


def test_a_default_that_is_wrong_for_all_layers_is_said_once(faults):
    text = ONE.replace("}]", "}, {conv = 3, kernel = 1, repeat = 30}]")
    [line] = faults(text + "[profile]\nactivations = {scale = 3.0, bits = [0.1]}\n")
    assert "layer a: give either bits or scale" in line


def test_a_block_that_is_wrong_is_wrong_once(faults):
    text = (
        HEAD
        + "layers = [{block = 'b'}, {block = 'b'}]\n[blocks.b]\nlayers = [{conv = 0, kernel = 1}]\n"
    )
    [line] = faults(text)
    assert line == (
        "net.toml:5:19: blocks.b.layers[0].conv: 0 is out of range; it must be at least 1"
    )


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("{block = 'b', wdith = 3}", "block 'b' has no parameter 'wdith'; did you mean 'width'?"),
        ("{block = 'b'}", "block 'b' needs width"),
        ("{block = 'c', width = 3}", "there is no [blocks.c]"),
    ],
)
def test_parameters_of_blocks(faults, use, expected):
    rest = "[blocks.b]\nparameters = ['width']\nlayers = [{conv = '$width', kernel = 1}]\n"
    assert any(expected in line for line in faults(f"{HEAD}layers = [{use}]\n{rest}"))


def test_faults_of_all_parts_come_together(faults):
    text = (
        "schema = 1\ninput = [1, 28, 28]\nlayers = [{conv = 20, kernel = 5}]\n[recipie]\n"
        "[profile]\nactivations = {nonzero = 50}\n[profile.conv1]\nweights = {filter = 0.5}\n"
        "[profile.conv9]\nweights = {filters = 0.5}\n"
    )
    expected = ["recipie", "profile.activations.nonzero", "profile.conv1.weights.filter",
                "profile.conv9"]  # fmt: skip
    assert [line.split(": ")[1] for line in faults(text)] == expected
    # Where layers are wrong nobody knows their names, and all else is said.
    wrong = faults(text.replace("kernel", "kernl"))
    assert [line.split(": ")[1] for line in wrong] == ["layers[0].kernel", "layers[0].kernl",
                                                       *expected[:3]]  # fmt: skip


def test_a_parameter_that_the_block_does_not_have(faults):
    rest = "[blocks.b]\nparameters = ['width']\nlayers = [{conv = '$widht', kernel = 1}]\n"
    [line] = faults(f"{HEAD}layers = [{{block = 'b', width = 3}}]\n{rest}")
    assert line.endswith("blocks.b.layers[0].conv: no parameter 'widht'; did you mean 'width'?")


def test_unknown_layers_of_a_table(faults):
    table = load_network("lenet5")
    with pytest.raises(InputError, match="lenet5 has no layer 'conv3'; did you mean 'conv2'"):
        table.index("conv3")


def test_a_list_of_a_child_is_not_blamed_on_the_file_that_it_extends(faults):
    """The shipped file has a kernel where the child has none."""
    [line] = faults('schema = 1\nextends = "lenet5"\n[[layers]]\nconv = 1\n')
    assert line.startswith("net.toml:3:1: layers[0].kernel: missing")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("adc.bits", "--set workload:adc: unknown key"),
        ("profile.nope.weights.elements", "--set workload:profile.nope: unknown key or layer"),
        ("profile.conv2.weights.elemnts", "did you mean 'elements'"),
    ],
)
def test_a_setting_is_not_blamed_on_a_file(key, said):
    with pytest.raises(InputError) as error:
        load_network("lenet5", {key: "0.5"})
    assert said in str(error.value)
    assert error.value.path is None
