"""How the tests of the command line run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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
def recost(process: Run) -> Run:
    """Run `recost ARGUMENTS` in a process of its own."""

    def run(*arguments: str, **environment: str):
        return process("recost", *arguments, **environment)

    return run
