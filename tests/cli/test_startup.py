"""What is not needed is not imported: `--help` and `--version` stay instant."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from recost.cli.app import COMMANDS

HEAVY = {"numba", "numpy", "llvmlite", "scipy", "onnx", "pandas", "matplotlib"}
# rich makes the help prettier and takes as long to import as all of typer; pydantic is what
# typer checks a command's own options with.
SLOW = HEAVY | {"rich", "pydantic", "tomli", "tomlkit"}

LIST_MODULES = """
import contextlib, io, json, sys
from recost.cli.app import app
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    app(sys.argv[1:], prog_name="recost")
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def modules_of(*arguments: str) -> set[str]:
    """The packages that are loaded after `recost ARGUMENTS`."""
    command = [sys.executable, "-c", LIST_MODULES, *arguments]
    return set(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_neither_help_nor_version_imports_a_library_but_typer(option):
    assert modules_of(option).isdisjoint(SLOW)


@pytest.mark.parametrize("command", [entry.name for entry in COMMANDS])
def test_the_help_of_a_command_imports_nothing_heavy(command):
    assert modules_of(command, "--help").isdisjoint(HEAVY)


def test_importing_recost_imports_no_library():
    code = (
        "import sys; before = set(sys.modules); import recost; "
        "new = set(sys.modules) - before; import json; print(json.dumps(sorted(new)))"
    )
    command = [sys.executable, "-c", code]
    new = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert {name.partition(".")[0] for name in new} - sys.stdlib_module_names == {"recost"}


@pytest.mark.slow
@pytest.mark.parametrize("command", [
    ("estimate", "-H", "base-digital", "-H", "pipelayer", "-W", "cnn-mnist", "--phase", "training"),
    ("lifetime", "-H", "write-elimination", "-W", "cnn-mnist"),
    ("montecarlo", "cycles", "-H", "sre", "-W", "lenet5", "--trials", "2"),
    # Chunks whose slowest crossbar is certain.
    ("estimate", "-H", "sre", "-W", "lenet5-ssl", "--set", "sparsity.weights=crossbar-row"),
])  # fmt: skip
def test_the_interpreter_says_the_same(recost, command):
    """For those who look into kernels with a debugger."""
    compiled = recost(*command, "-f", "csv")
    assert compiled.stdout == recost(*command, "-f", "csv", NUMBA_DISABLE_JIT="1").stdout
    assert len(compiled.stdout.splitlines()) > 1


@pytest.mark.slow
@pytest.mark.parametrize("command", [
    ("estimate", "-H", "base-mvm", "-W", "vgg16-cifar100", "--phase", "training"),
    ("estimate", "-H", "pipelayer", "-W", "vgg16"),
    ("compare", "-H", "sre", "-W", "caffenet-ssl", "--baseline", "ou-dense", "--equal", "area"),
    ("layers", "-H", "isaac", "-W", "vgg16"),
    ("explain", "-H", "sre", "-W", "caffenet-ssl", "--layer", "conv3"),
    ("hardware", "rollup", "panther-1"),
    ("lifetime", "-H", "panther-2", "-W", "vgg16-cifar100"),
    ("montecarlo", "cycles", "-H", "sre", "-W", "lenet5", "--trials", "2"),
    ("montecarlo", "sensing", "-H", "sre", "--trials", "100"),
    ("montecarlo", "wear", "-H", "essence", "-W", "resnet20-cifar10", "--trials", "2"),
    ("sweep", "-H", "panther-2", "-W", "vgg16-cifar100", "--phase", "training",
     "--vary", "crossbar.rows=64,128"),
    ("search", "-H", "sre", "-W", "lenet5", "--vary", "adc.bits=6,7", "--minimize", "energy_j"),
])  # fmt: skip
def test_no_command_compiles_again(recost, command):
    """As it would if the interpreter called a helper that is compiled into others."""
    recost(*command)
    assert "compiling" not in recost(*command).stderr


@pytest.mark.slow
def test_compiling_is_said_when_it_happens_and_once(recost, tmp_path):
    command = ("estimate", "-H", "sre", "-W", "lenet5")
    first = recost(*command, NUMBA_CACHE_DIR=str(tmp_path))
    second = recost(*command, NUMBA_CACHE_DIR=str(tmp_path))
    assert first.stderr.count("note: compiling, once on this machine") == 1
    assert "compiling" not in second.stderr
    assert first.stdout == second.stdout == recost(*command, NUMBA_DISABLE_JIT="1").stdout
    swept = ("sweep", "-H", "sre", "-W", "lenet5", "--vary", "adc.bits=5,6", "-f", "csv")
    plain = recost(*swept, NUMBA_DISABLE_JIT="1")
    assert len(plain.stdout.splitlines()) == 3
    assert "one by one" in plain.stderr
    assert not recost(*command, "--quiet", NUMBA_CACHE_DIR=str(tmp_path / "new")).stderr
