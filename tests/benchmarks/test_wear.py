"""Cells and updates drawn one by one, beside vectorised NumPy."""

import subprocess
import sys

import numpy as np
import pytest

from recost.kernels import feedback
from tests.benchmarks.peers import compare, report, sized
from tests.kernels.test_cell_life import code, draw
from tests.kernels.test_survival import populations
from tests.kernels.test_update_counts import run
from tests.naive import wear

pytestmark = pytest.mark.bench


_FRESH_PROCESS = """
import numpy as np
from recost.kernels import cell_life
from recost.kernels.survival import POPULATION_DTYPE

table = np.zeros(1, POPULATION_DTYPE)
table[0] = (3052, 128, 32, 4, 0.5, 0, 0, 0, 1)
cells = np.array([0, 3052 * 128 * 128])
network = table, np.array([0, 3052]), cells, np.zeros((1, 4)), np.zeros(1), np.array([0, 1])
lives, failed = np.empty(3052), np.zeros((3052, 0), np.int64)
keys = np.uint64(1), np.uint64(2)
cell_life.array_lives(keys, 0, (1, 1e6, 0.8), network, np.zeros(0), lives, failed)
# ru_maxrss would count the parent, whose memory a fork shares until it becomes this process.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) / 1024)
"""


def test_fifty_million_cells(benchmark, capsys):
    """Endurance and wear of each, beside NumPy in blocks."""
    arrays, block = sized(3052, 50), 2_000_000
    number = arrays * 128 * 128
    table, wears = populations(
        {"arrays": arrays, "lines": 128, "cells": 32, "wear": (1.0,) * 4, "wear_spread": 0.5}
    )
    random = np.random.default_rng(1)

    def own():
        return draw(table, wears, (code("lognormal"), 1e6, 0.8))

    def numpy():
        lives = wear.endurance("lognormal", 1e6, 0.8, block, random)
        return np.min(lives / random.lognormal(0.0, 0.5, block))

    mine, peer = compare(own, numpy, 3)
    benchmark.pedantic(own, rounds=1)
    alone = subprocess.run(
        [sys.executable, "-c", _FRESH_PROCESS], capture_output=True, text=True, check=True
    )
    peer *= number / block
    report(
        capsys,
        benchmark,
        f"{number:,} cells: {mine:.2f} s (target 1 for fifty million), {peer / mine:.1f} times"
        f" NumPy (target 8); a process that draws fifty million: {float(alone.stdout):.0f} MB"
        " (target 200)",
        ratio=peer / mine,
    )


def test_training_with_count_feedback(benchmark, capsys):
    """Steps of 10,000 structures, beside the same steps in NumPy on one core."""
    law, structures = feedback.Law(10.0, 3.0, 0.8, 0.6), 10_000
    steps, few = sized(78_200, 2_000), sized(500, 50)
    norms, random = np.ones(structures), np.random.default_rng(1)

    def own():
        return run("endurance-aware", law, structures, steps)

    def numpy():
        return wear.update_counts("endurance-aware", 10.0, 3.0, norms, 0.6, few, random)

    mine, peer = compare(own, numpy, 1)
    benchmark.pedantic(own, rounds=1)
    peer *= steps / few
    report(
        capsys,
        benchmark,
        f"{steps:,} steps of {structures:,} structures: {mine:.1f} s (target 10 for 78,200),"
        f" {peer / mine:.1f} times NumPy (target 3)",
        ratio=peer / mine,
    )
