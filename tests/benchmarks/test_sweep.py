"""Design points a second on resnet50-gsl, with all columns of an estimate; and what comes out."""

import os
import resource
import time
from pathlib import Path

import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.network import load_network
from recost.report.stream import Layout, Stream
from recost.study.pareto import pareto_front
from recost.study.space import parse_space
from recost.study.sweep import CHUNK, Selection, Study, chunks
from recost.vocabulary import ACTIONS, PAYER
from tests.benchmarks.peers import compare, report, seconds

pytestmark = pytest.mark.bench

TECHNOLOGY = [
    "adc.energy=1 pJ:3 pJ:100",
    "dac.energy=1 fJ:9 fJ:100",
    "memory.area=0.1 mm2:1 mm2:70",
]
# 12 counts of layers, 6 resolutions each, and hierarchies; every point has its own structure.
STRUCTURE = ["operation_unit.rows=8,16", "operation_unit.columns=16,32", "crossbar.rows=64,128,256",
             "adc.bits=4..9", "hierarchy.crossbars_per_core=4..13",
             "hierarchy.cores_per_tile=4..19", "hierarchy.tiles_per_chip=100..160:10"]  # fmt: skip
DENSITIES = [
    "workload:profile.*.weights.elements=0.02:0.4",
    "workload:profile.*.weights.rows=0.5:1",
]
SPACES = {
    "technology": (TECHNOLOGY, 0),
    "structure": (STRUCTURE, 0),
    "densities": (DENSITIES, 256),
}


def study_of(vary, samples=0, columns=None):
    space = parse_space(vary, samples=samples)
    return Study([load_hardware("sre")], [load_network("resnet50-gsl")], space)


def through(study, count):
    for _ in chunks(study, Selection(), 0, count):
        pass


@pytest.mark.parametrize("name", SPACES)
def test_points_a_second(benchmark, capsys, name):
    import numba

    vary, samples = SPACES[name]
    study = study_of(vary, samples)
    count = min(study.size, 200_000)
    assert study.table(0, 1)[1] == 0
    threads = numba.get_num_threads()
    own = seconds(lambda: through(study, count), 1 if samples else 5)
    numba.set_num_threads(1)
    try:
        single = seconds(lambda: through(study, count), 1 if samples else 5)
    finally:
        numba.set_num_threads(threads)
    cold_study = study_of(vary, samples)
    start = time.perf_counter()
    through(cold_study, count)
    cold = time.perf_counter() - start
    benchmark.pedantic(through, (study, min(count, 4 * CHUNK)), rounds=1)
    report(
        capsys,
        benchmark,
        f"{name}: {count / own:,.0f} points/s on {threads} threads ({count:,} points, median);"
        f" {single / own:.2f} times one thread; nothing counted before: {count / cold:,.0f}",
        rate=count / own,
        speedup=single / own,
    )


def numpy_prices(sums, structure, technology, block=4096):
    """Counts times prices of technology points in NumPy, in blocks that stay in cache."""
    prices = ["adc_energy_j", "dac_energy_j", "cell_read_energy_j", "sample_hold_energy_j",
              "shift_add_energy_j", "input_register_energy_j_per_bit", "output_register_energy_j",
              "index_decoder_energy_j", "index_decoder_memory_energy_j_per_bit",
              "memory_read_energy_j_per_bit", "memory_write_energy_j_per_bit",
              "bus_energy_j_per_bit", "network_on_chip_energy_j_per_bit",
              "off_chip_energy_j_per_bit", "vector_energy_j", "cell_write_energy_j"]  # fmt: skip
    components = ["adc", "dac", "sample_hold", "shift_add", "input_register", "output_register",
                  "index_decoder"]  # fmt: skip
    out = np.zeros((len(technology), 24))
    for start in range(0, len(technology), block):
        t = technology[start : start + block]
        o = out[start : start + block]
        for action in range(ACTIONS):
            o[:, PAYER[action]] += sums[action] * np.nan_to_num(t[prices[action]])
        area = t["crossbar_area_mm2"].copy()
        leakage = t["crossbar_leakage_w"].copy()
        for name in components:
            area += t[f"{name}_area_mm2"] * structure[f"{name}_per_crossbar"]
            leakage += t[f"{name}_leakage_w"] * structure[f"{name}_per_crossbar"]
        tile = t["memory_area_mm2"] + t["bus_area_mm2"] + t["control_tile_area_mm2"]
        tile = tile + t["network_on_chip_area_mm2"] * structure["network_on_chip_per_tile"]
        tile = tile + t["control_core_area_mm2"] * structure["hierarchy_cores_per_tile"]
        static = leakage * sums[22] + (t["memory_leakage_w"] + t["bus_leakage_w"]) * sums[23]
        o[:, 15] = static * sums[17]
        o[:, 14] = sums[20] * t["control_tile_power_w"]
        o[:, 20] = area * sums[22] + tile * sums[23] + t["off_chip_area_mm2"] * sums[24]
        o[:, 21] = o[:, :16].sum(axis=1)
    return out


def test_prices_beside_numpy(benchmark, capsys):
    """The price step alone, one thread, beside NumPy doing no more than the same sums."""
    import numba

    from recost.hardware.records import structure_record, technology_record
    from recost.kernels.engine import SUM_ROUNDS, SUMS
    from recost.kernels.sweep import price_points
    from recost.vocabulary import TOTALS

    hardware = load_hardware("sre")
    structure = structure_record(hardware)
    technology = np.repeat(technology_record(hardware), 100_000)
    sums, totals = np.ones((1, SUMS)), np.zeros((len(technology), TOTALS))
    sums[0, SUM_ROUNDS] = 0.0
    at = np.zeros(len(technology), np.int64)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        own, peer = compare(
            lambda: price_points(structure, technology, sums, at, totals),
            lambda: numpy_prices(sums[0], structure[0], technology),
        )
    finally:
        numba.set_num_threads(threads)
    benchmark.pedantic(price_points, (structure, technology, sums, at, totals), rounds=3)
    report(
        capsys,
        benchmark,
        f"prices, one thread: {len(at) / own:,.0f} points/s, {peer / own:.1f} times NumPy",
        ratio=peer / own,
    )


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_rows_to_a_file(benchmark, capsys, tmp_path, suffix):
    study = study_of(TECHNOLOGY)
    count = 100_000 if suffix == ".csv" else 500_000
    words = {name: study.words[name] for name in study.columns if name in study.words}
    layout = Layout(study.columns, words, frozenset(study.whole))

    def write():
        stream = Stream(tmp_path / f"out{suffix}", layout, "")
        stream.begin(0, resume=False)
        for done, table, lost in chunks(study, Selection(), 0, count):
            stream.append(table, done, lost)
        stream.finish()

    taken = seconds(write, 3)
    benchmark.pedantic(write, rounds=1)
    report(capsys, benchmark, f"{suffix}: {count / taken:,.0f} rows/s, points evaluated in it",
           rate=count / taken)  # fmt: skip


def test_front_of_a_million(benchmark, capsys):
    costs = np.random.default_rng(0).random((1_000_000, 3))
    taken = seconds(lambda: pareto_front(costs), 3)
    benchmark.pedantic(pareto_front, (costs,), rounds=1)
    report(capsys, benchmark, f"front of 1e6 points in three costs: {taken:.2f} s", seconds=taken)


@pytest.mark.skipif("RECOST_BENCH_LARGE" not in os.environ, reason="minutes; RECOST_BENCH_LARGE=1")
def test_ten_million_points_in_constant_memory(benchmark, capsys, tmp_path):
    vary = [
        "adc.energy=1 pJ:3 pJ:1000",
        "dac.energy=1 fJ:9 fJ:100",
        "memory.area=0.1 mm2:1 mm2:100",
    ]
    study = study_of(vary)
    assert study.size == 10_000_000
    names = ("adc.energy_j", "dac.energy_j", "memory.area_mm2", "energy_j", "latency_s", "area_mm2")
    stream = Stream(Path(tmp_path / "all.parquet"), Layout(names, {}, frozenset()), "")
    start = time.perf_counter()
    stream.begin(0, resume=False)
    for done, table, lost in chunks(study, Selection(), 0, study.size):
        stream.append(table, done, lost)
    stream.finish()
    taken = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    benchmark.pedantic(lambda: None, rounds=1)
    report(capsys, benchmark, f"1e7 points to Parquet: {1e7 / taken:,.0f}/s, peak {peak:.2f} GB",
           peak=peak)  # fmt: skip
    assert peak < 1.0
