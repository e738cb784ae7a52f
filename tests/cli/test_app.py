"""The root of the command line: help, version, commands, completion."""

from __future__ import annotations

import platform
import re
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

import recost as package
from recost.cli.app import COMMANDS, app


def invoke(*arguments: str):
    return CliRunner().invoke(app, arguments)


def test_the_help_names_every_command():
    text = invoke("--help").stdout
    for entry in COMMANDS:
        assert re.search(rf"^  {entry.name} +{re.escape(entry.help)}$", text, re.MULTILINE)


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_has_help_and_one_that_is_no_group_an_example(entry):
    result = invoke(entry.name, "--help")
    assert result.exit_code == 0, result.output
    # The usage line names the program otherwise than an example does.
    group = "COMMAND [ARGS]..." in result.stdout
    assert group or f"  recost {entry.name} " in result.stdout


def test_help_is_short_too():
    assert invoke("-h").stdout == invoke("--help").stdout


def test_without_a_command_there_is_help_and_exit_code_2():
    result = invoke()
    assert result.exit_code == 2
    assert "Commands:" in result.output


def test_a_misspelt_command_is_guessed():
    result = invoke("compre")
    assert result.exit_code == 2
    assert "Did you mean 'compare'?" in result.stderr


def test_the_version_names_what_decides_a_result():
    first, python, numba, numpy, cpu = invoke("--version").stdout.splitlines()
    assert first == f"recost {package.__version__}"
    assert python.startswith(f"Python {platform.python_version()}")
    assert numba == f"numba {version('numba')}"
    assert numpy == f"numpy {version('numpy')}"
    assert re.fullmatch(r"CPU .+, \d+ logical cores", cpu)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("recost co", {"compare"}),
        ("recost layers -W caff", {"caffenet", "caffenet-ssl"}),
        ("recost estimate --per ", {"total", "layer", "component"}),
    ],
)
def test_the_shell_completes(recost, words, offered):
    last = str(len(words.split(" ")) - 1)
    done = recost(_RECOST_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=last)
    assert offered <= set(done.stdout.split())


def test_it_runs_as_a_module(recost):
    assert recost("--version").stdout == invoke("--version").stdout


def test_cite_prints_bibtex_with_unique_keys(recost):
    done = recost("cite")
    assert (done.returncode, done.stderr) == (0, "")
    keys = re.findall(r"^@\w+\{([\w-]+),$", done.stdout, re.MULTILINE)
    assert len(keys) == len(set(keys)) == done.stdout.count("\n@") + 1
    for doi in re.findall(r"doi += \{(.*)\}", done.stdout):
        assert re.fullmatch(r"10\.\d{4}/\S+", doi)
    assert done.stdout.count("{") == done.stdout.count("}")
