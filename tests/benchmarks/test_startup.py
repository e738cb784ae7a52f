"""Whole commands against the bare imports that they cannot do without, as ratios."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks.peers import SMALL, sized

pytestmark = pytest.mark.bench

COMPARE = (
    "compare",
    "-H",
    "sre",
    "-H",
    "sre-ideal",
    "-W",
    "caffenet-ssl",
    "--baseline",
    "ou-dense",
)


def say(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """Print a line, whatever pytest captures."""
    with capsys.disabled():
        sys.stdout.write(f"\n  {line}")


def seconds(*command: str, runs: int = 7, **environment: str) -> float:
    """The median wall time of a command."""
    times = []
    for _ in range(sized(runs, 1)):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, *command],
            check=True,
            capture_output=True,
            env={**os.environ, **environment},
        )
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


def test_help_against_importing_typer(capsys: pytest.CaptureFixture[str]) -> None:
    ours, peer = seconds("-m", "recost", "--help"), seconds("-c", "import typer")
    say(capsys, f"--help {ours * 1e3:.0f} ms, import typer {peer * 1e3:.0f} ms: {ours / peer:.2f}x")


def test_a_warm_compare_against_importing_numba(capsys: pytest.CaptureFixture[str]) -> None:
    seconds("-m", "recost", *COMPARE, runs=1)
    ours, peer = seconds("-m", "recost", *COMPARE), seconds("-c", "import numba")
    say(
        capsys,
        f"warm compare {ours * 1e3:.0f} ms, import numba {peer * 1e3:.0f} ms: {ours / peer:.2f}x",
    )


@pytest.mark.skipif(SMALL, reason="that is compiling, however little of it")
def test_the_first_compare_of_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = seconds("-m", "recost", *COMPARE, runs=1, NUMBA_CACHE_DIR=str(tmp_path))
    warm = seconds("-m", "recost", *COMPARE, runs=3, NUMBA_CACHE_DIR=str(tmp_path))
    say(capsys, f"first compare {first:.1f} s, of which compiling {first - warm:.1f} s")
