"""Sensing beside vectorised NumPy on one core, and on two cores beside one."""

import statistics
import time

import numba
import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.models.sensing import Cells, Simulation, reader_of
from tests.benchmarks.peers import compare, report, sized

pytestmark = pytest.mark.bench

HARDWARE = load_hardware("ou-dense").replace({"cell.spread": 0.1, "operation_unit.rows": 64})
ACTIVE = 64


@pytest.fixture
def threads():
    before = numba.get_num_threads()
    yield numba.set_num_threads
    numba.set_num_threads(before)


def numpy_table(hardware, active, trials, generator):
    """The same table with whole arrays: two states sum by sum, more of them as they come."""
    cells, reader = Cells.of(hardware), reader_of(hardware, Cells.of(hardware), active)
    counts = np.zeros((reader.largest + 1, reader.largest + 1), np.int64)
    for k in range(active + 1):
        true, median = np.full(trials, k), np.where(np.arange(active) < k, *cells.currents[[-1, 0]])
        if len(cells.currents) > 2:
            states = generator.integers(0, len(cells.currents), (trials, active))
            true, median = states.sum(axis=1), cells.currents[states]
        noise = np.exp(cells.spread * generator.standard_normal((trials, active)))
        passed = np.floor(((noise * median).sum(axis=1) - reader.first) / reader.step)
        sensed = np.clip(passed.astype(np.int64) + 1, 0, reader.largest)
        np.add.at(counts, (true, sensed), 1)
    return counts


@pytest.mark.parametrize("cell_bits", [1, 2])
def test_one_core_beside_numpy(benchmark, capsys, threads, cell_bits):
    threads(1)
    hardware = HARDWARE.replace({"crossbar.cell_bits": cell_bits})
    trials, generator = 4096, np.random.default_rng(1)

    def own():
        simulation = Simulation(hardware, ACTIVE)
        simulation.run(trials)
        return simulation

    def numpy():
        numpy_table(hardware, ACTIVE, 512, generator)

    mine, peer = compare(own, numpy, clock=time.process_time)
    cells = own().cells_to(2 * trials)
    rate, peer_rate = cells / mine, 512 * (ACTIVE + 1) * ACTIVE / peer
    benchmark.pedantic(own, rounds=3)
    report(
        capsys,
        benchmark,
        f"sensing, {cell_bits} bit a cell: {rate / 1e6:.0f} M cell samples/s on one core (target"
        f" 300), NumPy {peer_rate / 1e6:.0f} M/s: {rate / peer_rate:.1f} times (target 4)",
        rate_per_s=rate,
        ratio=rate / peer_rate,
    )


def test_two_cores_beside_one(benchmark, capsys, threads):
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("needs two cores")
    hardware, trials = HARDWARE.replace({"crossbar.cell_bits": 1}), sized(250_000, 2_000)
    seconds, tables = {1: [], 2: []}, {}
    for _ in range(sized(5, 1)):
        for count in (1, 2):
            threads(count)
            simulation = Simulation(hardware, ACTIVE)
            start = time.perf_counter()
            simulation.run(trials)
            seconds[count].append(time.perf_counter() - start)
            tables[count] = simulation.table().counts
    one, two = (statistics.median(seconds[count]) for count in (1, 2))
    assert np.array_equal(tables[1], tables[2])
    benchmark.pedantic(lambda: None, rounds=1)
    report(
        capsys,
        benchmark,
        f"sensing: identical bits on one and two threads; {one:.2f} s and {two:.2f} s:"
        f" {one / two:.2f} times (target 1.7)",
        ratio=one / two,
    )
