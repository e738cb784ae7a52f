"""What runs here: versions and the processor, found without importing what they name."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import recost


def version_text() -> str:
    """The versions that decide a result and its speed, one a line."""
    libraries = [f"{name} {_installed(name)}" for name in ("numba", "numpy")]
    python = f"Python {platform.python_version()} ({platform.python_implementation()})"
    cpu = f"CPU {_processor()}, {os.cpu_count()} logical cores"
    return "\n".join([f"recost {recost.__version__}", python, *libraries, cpu])


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """The processor's name; Linux keeps it where `platform` does not look."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
