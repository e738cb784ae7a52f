"""How the tests of the command line run it."""

from __future__ import annotations

import fcntl
import json
import os
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from recost.cli.app import app

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def process(tmp_path: Path) -> Run:
    """Run `python -m MODULE ARGUMENTS` in an empty folder, without a terminal's variables."""

    def run(module: str, *arguments: str, **environment: str):
        inherited = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}
        root = Path(__file__).parents[2]
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            env=inherited | {"PYTHONPATH": str(root)} | environment,
            check=False,
        )

    return run


@pytest.fixture
def terminal() -> Callable[..., str]:
    """What a terminal of `width` columns shows of a process's standard output."""

    def run(command: list[str], width: int, **environment: str) -> str:
        inherited = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}
        leader, follower = os.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        with subprocess.Popen(
            command,
            stdout=follower,
            stderr=subprocess.DEVNULL,
            env=inherited | environment,
            cwd=Path(__file__).parents[2],
        ) as process:
            os.close(follower)
            shown = b""
            try:
                while piece := os.read(leader, 65536):
                    shown += piece
            except OSError:  # Linux says so when the other end has closed
                pass
            os.close(leader)
            assert process.wait() == 0
        return shown.decode().replace("\r\n", "\n")

    return run


@pytest.fixture
def recost(process: Run) -> Run:
    """Run `recost ARGUMENTS` in a process of its own."""

    def run(*arguments: str, **environment: str):
        return process("recost", *arguments, **environment)

    return run


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run `recost ARGUMENTS` in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("RECOST_PATH", raising=False)

    def run(*arguments: str):
        return CliRunner().invoke(app, arguments)

    return run


@pytest.fixture
def rows(invoke: Callable[..., Any]) -> Callable[..., list[dict[str, Any]]]:
    """The rows that `recost ARGUMENTS` answers with."""

    def run(*arguments: str):
        result = invoke(*arguments, "-f", "json", "--quiet")
        assert result.exit_code == 0, result.stderr
        answer = json.loads(result.stdout)
        return answer["rows"] + answer.get("means", [])

    return run
