"""What all tests share: how hypothesis searches, and where compiled kernels are kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Examples take as long as the machine is busy; on a build server every run tries the same ones.
settings.register_profile("recost", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("recost")


def pytest_configure(config: pytest.Config) -> None:
    """Keep compiled kernels between runs, also where there is no home to keep them in.

    The user's own cache is used where it can be written: what `recost` has compiled the tests
    need not compile again.
    """
    if "NUMBA_CACHE_DIR" in os.environ or config.cache is None:
        return
    try:
        (Path.home() / ".cache").mkdir(exist_ok=True)
        writable = os.access(Path.home() / ".cache", os.W_OK)
    except (OSError, RuntimeError):
        writable = False
    if not writable:
        os.environ["NUMBA_CACHE_DIR"] = str(config.cache.mkdir("numba"))


@pytest.fixture(scope="session", autouse=True)
def _without_a_terminal() -> None:
    """Processes that xdist starts are told a width, which would cut tables."""
    os.environ.pop("COLUMNS", None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """As many processes as there are processors, up to four; one where speed is measured."""
    return 0 if config.option.markexpr == "bench" else min(4, os.cpu_count() or 1)
