from __future__ import annotations

import sys
from pathlib import Path

import onnx
import pytest

from tests.network.graphs import LIGHT, model, node

SQUEEZENET = str(LIGHT / "light_squeezenet.onnx")


def save(name: str = "model.onnx", side: int | str = 8) -> str:
    made = model([node("Conv", "x w", "y")], {"x": ["n", 3, side, side]}, {"w": (4, 3, 1, 1)})
    onnx.save(made, name)
    return name


def test_import_and_use(invoke, rows):
    result = invoke("import", SQUEEZENET, "-o", "net.toml")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == (
        "note: light_squeezenet: 26 layers, 349.152 M multiply-accumulates, 1.2316 M weights\n"
    )
    assert len(rows("layers", "-W", "./net.toml")) == 26


def test_import_to_standard_output(invoke):
    result = invoke("import", SQUEEZENET, "--name", "squeezy", "--quiet")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.startswith('schema = 1\nname = "squeezy"\n')
    assert (
        invoke("import", SQUEEZENET, "--name", "squeezy", "-q", "-o", "-").stdout == result.stdout
    )


def test_open_axes(invoke):
    name = save(side="side")
    assert "taken as 1,3,224,224" in invoke("import", name).stderr
    result = invoke("import", name, "--input", "x=1,3,10,10")
    assert "taken as" not in result.stderr
    assert "input = [3, 10, 10]" in result.stdout
    assert invoke("import", name, "--input", "1,3,10,10").stdout == result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.onnx"], "none.onnx: cannot be read: No such file or directory"),
        (["model.onnx", "-o", "net.json"], "net.json: -o: a network file ends in .toml"),
        (["model.onnx", "--input", "x=1,a"], "--input x=1,a: is not [NAME=]1,3,224,224"),
        (["model.onnx", "--input", "x=1,0,3,3"], "every axis is at least 1"),
        (["model.onnx", "--input", "z=1,3,3,3"], "has no input 'z'; it has x"),
        (["garbage.onnx"], "garbage.onnx: is not an ONNX model, or is cut short"),
        (["model.onnx", "-o", "nowhere/net.toml"], "nowhere/net.toml"),
    ],
)
def test_what_does_not_fit(invoke, arguments, message):
    save()
    Path("garbage.onnx").write_bytes(b"\xff" * 50)
    before = sorted(Path().iterdir())
    result = invoke("import", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert sorted(Path().iterdir()) == before  # nothing is written, whole or half


def test_importing_again_keeps_what_people_wrote(invoke):
    save()
    assert invoke("import", "model.onnx", "-o", "net.toml").exit_code == 0
    text = Path("net.toml").read_text(encoding="utf-8")
    edited = "# my notes\n" + text.replace('name = "n_y"},', 'name = "n_y"}, # the only one')
    edited += "\n[recipe] # mine\nimages = 10\nepochs = 1\nbatch = 2\n"
    Path("net.toml").write_text(edited, encoding="utf-8")
    assert invoke("import", "model.onnx", "-o", "net.toml").exit_code == 0
    assert Path("net.toml").read_text(encoding="utf-8") == edited
    made = onnx.load("model.onnx")
    made.graph.node[0].attribute.append(onnx.helper.make_attribute("pads", [1, 1, 1, 1]))
    onnx.save(made, "model.onnx")
    assert invoke("import", "model.onnx", "-o", "net.toml").exit_code == 0
    changed = Path("net.toml").read_text(encoding="utf-8")
    assert "padding = 1" in changed
    assert "# my notes" in changed
    assert "# the only one" in changed
    assert "[recipe] # mine" in changed


def test_measured_weights(invoke, rows):
    save()
    result = invoke("import", "model.onnx", "--profile", "-o", "net.toml")
    assert result.exit_code == 0
    [row] = rows("workload", "show", "./net.toml")
    assert row["live_rows_percent"] == 100.0
    assert "cells = {1 = [" in Path("net.toml").read_text(encoding="utf-8")


def test_a_file_that_cannot_be_rewritten_stays(invoke):
    save()
    Path("net.toml").write_text("x = ", encoding="utf-8")
    result = invoke("import", "model.onnx", "-o", "net.toml")
    assert result.exit_code == 2
    assert "net.toml: the existing file is not TOML" in result.stderr
    assert Path("net.toml").read_text(encoding="utf-8") == "x = "


def test_without_onnx(invoke, monkeypatch):
    save()
    monkeypatch.setitem(sys.modules, "onnx", None)
    result = invoke("import", "model.onnx")
    assert result.exit_code == 2
    assert "pip install 'recost[onnx]'" in result.stderr
