"""Commands are imported when called; what goes wrong becomes lines and an exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli.faulty import app

FAULTY = [sys.executable, "-m", "tests.cli.faulty"]
ROOT = Path(__file__).parents[2]


def faulty(*arguments: str):
    return CliRunner().invoke(app, arguments)


def test_the_help_names_commands_without_importing_them():
    result = faulty("--help")
    assert result.exit_code == 0
    assert "missing      not installed" in result.stdout


def test_every_fault_is_a_line_and_the_exit_code_is_2():
    result = faulty("input-error")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "mine.toml:14:1: adc.bit: unknown key; did you mean 'bits'?",
        "error: no column is named",
    ]


def test_a_failing_system_call_is_a_line():
    result = faulty("no-space")
    assert (result.exit_code, result.stderr) == (2, "error: cache: No space left on device\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["inputerror"], "No such command 'inputerror'. Did you mean 'input-error'?"),
        (["one-line", "extra"], "Got unexpected extra argument"),
        (["one-line", "--option"], "No such option: --option"),
    ],
)
def test_usage_errors(arguments, message):
    result = faulty(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_a_typer_with_several_commands_is_a_group():
    assert faulty("group", "first").stdout == "first\n"
    assert "Do the second thing." in faulty("group", "--help").stdout


def test_an_interrupt_is_exit_code_130_without_a_traceback():
    done = subprocess.run([*FAULTY, "interrupted"], capture_output=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_a_reader_that_has_enough_ends_the_command_quietly():
    with subprocess.Popen(
        [*FAULTY, "endless"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as endless:
        assert endless.stdout.readline() == b"a line of the answer\n"
        endless.stdout.close()
        assert endless.stderr.read() == b""
        assert endless.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_behind_standard_output():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*FAULTY, "one-line"], stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False
        )
    assert done.returncode == 2
    assert done.stderr == b"error: standard output: No space left on device\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_a_full_disk_behind_the_help(option):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "recost", option], stdout=full, stderr=subprocess.PIPE,
            check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == b"error: standard output: No space left on device\n"


def test_standard_output_may_be_closed():
    done = subprocess.run(
        f"{sys.executable} -m tests.cli.faulty one-line >&-",
        shell=True,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
