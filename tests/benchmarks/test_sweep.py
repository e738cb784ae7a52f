"""Design points a second on resnet50-gsl, with all columns of an estimate; and what comes out."""

import os
import resource
import statistics
import time
from pathlib import Path

import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.network import load_network
from recost.report.stream import Layout, Stream
from recost.study.pareto import pareto_front
from recost.study.pieces import chunks
from recost.study.selection import Selection
from recost.study.space import parse_space
from recost.study.sweep import CHUNK, Study
from recost.vocabulary import ACTIONS, PAYER
from tests.benchmarks.peers import compare, report, seconds

pytestmark = pytest.mark.bench

TECHNOLOGY = [
    "adc.energy=1 pJ:3 pJ:300",
    "dac.energy=1 fJ:9 fJ:300",
    "memory.area=0.1 mm2:1 mm2:300",
]
# What a user varies: 192 structures whose layers count differently, 1,440 points on each before
# they come again.
STRUCTURE = ["hierarchy.tiles_per_chip=100..139", "operation_unit.rows=4,8,16,32",
             "operation_unit.columns=8,16,32", "crossbar.cell_bits=1,2",
             "crossbar.rows=64,128,256,512", "crossbar.columns=128,256", "adc.bits=4..9",
             "hierarchy.crossbars_per_core=4..15", "hierarchy.cores_per_tile=4..23"]  # fmt: skip
# Every layer at densities that no other point has, but layers that are alike but for their
# densities become one; and layers that keep their own densities of weights.
DENSITIES = [
    "workload:profile.*.weights.elements=0.02:0.4",
    "workload:profile.*.weights.rows=0.5:1",
    "workload:profile.activations.nonzero=0.2:0.6",
]
SPACES = {
    "technology": (TECHNOLOGY, 0),
    "structure": (STRUCTURE, 0),
    "densities": (DENSITIES, 1 << 20),
    "activations": (DENSITIES[2:], 1 << 20),
}
# Points a run, so that it takes 2 s or more.
POINTS = {
    "technology": 27_000_000,
    "structure": 7_000_000,
    "densities": 1 << 20,
    "activations": 1 << 19,
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
    threads = numba.get_num_threads()
    cold_study = study_of(vary, samples)
    count = min(cold_study.size, POINTS[name])
    through(study_of(vary, samples), count)  # compiles
    start = time.perf_counter()
    through(cold_study, count)
    cold = time.perf_counter() - start
    own = seconds(lambda: through(cold_study, count))
    numba.set_num_threads(1)
    try:
        single = seconds(lambda: through(cold_study, count))
    finally:
        numba.set_num_threads(threads)
    benchmark.pedantic(through, (cold_study, min(count, 4 * CHUNK)), rounds=1)
    report(
        capsys,
        benchmark,
        f"{name}: {count / own:,.0f} points/s on {threads} threads ({count:,} points, {own:.1f} s,"
        f" median of 5); {single / own:.2f} times one thread; nothing counted or tabulated before:"
        f" {count / cold:,.0f}",
        rate=count / own,
        speedup=single / own,
    )


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.skipif("RECOST_BENCH_LARGE" not in os.environ, reason="minutes; RECOST_BENCH_LARGE=1")
def test_rate_does_not_fall_with_the_number_of_points(benchmark, capsys, name):
    """From 1e4 points to 1e7, each in a study of its own; what its first point takes is apart."""
    vary, samples = SPACES[name]
    rates, first = {}, []
    through(study_of(vary, samples), 20_000)
    for count in (10_000, 100_000, 1_000_000, 10_000_000):
        study = study_of(vary, count if samples else 0)
        start = time.perf_counter()
        through(study, 1)
        first.append(time.perf_counter() - start)
        start = time.perf_counter()
        through(study, count)
        rates[count] = count / (time.perf_counter() - start)
    benchmark.pedantic(lambda: None, rounds=1)
    line = ", ".join(f"{count:,}: {rate:,.0f}" for count, rate in rates.items())
    ready = 1e3 * statistics.median(first)
    report(
        capsys, benchmark, f"{name}, {ready:.0f} ms to the first point; points: points/s: {line}"
    )


def test_densities_beside_numpy(benchmark, capsys):
    """The sums over the network, one thread, beside NumPy with the same algorithm and tables."""

    from recost.hardware.records import structure_record
    from recost.kernels.engine import SUM_CYCLES, SUMS
    from recost.kernels.sweep import sum_moving
    from recost.models.sweep import Sweep
    from recost.study.space import parse_axis
    from recost.vocabulary import ACTIONS, COUNTS, Count
    from tests.benchmarks.numpy_sweep import NumpySweep

    hardware, network = load_hardware("sre"), load_network("resnet50-gsl")
    keys = ("profile.*.weights.elements=0.05:0.4", "profile.*.weights.rows=0.6:0.95")
    sweep = Sweep(hardware, network, [parse_axis(key) for key in keys], (), (0, 1))
    sweep.counting.points = points = 16_384
    shares = np.random.default_rng(0).random((points, 2))
    element, rho = 0.05 + 0.35 * shares[:, 0], 0.6 + 0.35 * shares[:, 1]
    sweep.evaluate(np.zeros((1, 2), np.int64), np.array([[0.1, 0.8]]))
    moving, tables = sweep.counting.made()
    structure, sums = structure_record(hardware), np.zeros((points, SUMS))
    layers = len(moving.layers)
    nothing = np.zeros((layers, COUNTS)), np.zeros(layers, np.int64), np.ones(layers, np.int64)
    machine = structure, np.zeros(points, np.int64)
    peer = NumpySweep(moving, tables, structure[0])

    def run():
        sum_moving(moving, machine, shares, nothing, None, tables, sums)

    best, found = {}, None
    for block in (512, 1024, 2048, 4096, 8192, 16_384):
        start = time.process_time()
        found = peer.sums(element, rho, block)
        best[block] = time.process_time() - start
    block = min(best, key=best.__getitem__)
    own, taken = compare(run, lambda: peer.sums(element, rho, block), 3, clock=time.process_time)
    np.testing.assert_allclose(sums[:, SUM_CYCLES], found[:, Count.CYCLES], rtol=1e-9)
    inner = [a for a in range(ACTIONS) if a != Count.OFF_CHIP_BITS]
    np.testing.assert_allclose(sums[:, inner], found[:, inner], rtol=1e-9)
    benchmark.pedantic(run, rounds=1)
    report(
        capsys,
        benchmark,
        f"densities, one thread: {points / own:,.0f} points/s, {taken / own:.1f} times NumPy"
        f" (blocks of {block})",
        ratio=taken / own,
    )


def test_structure_beside_numpy(benchmark, capsys, monkeypatch):
    """The sums over the network on structures of one piece, one thread, beside NumPy."""
    from recost.models import counting
    from recost.models.designs import filled
    from tests.benchmarks.numpy_sweep import NumpyStructures

    given = []

    def keep(*arguments):
        given.append(arguments)
        return sum_networks(*arguments)

    sum_networks = counting.sum_networks
    monkeypatch.setattr(counting, "sum_networks", keep)
    study = study_of(STRUCTURE)
    study.table(0, CHUNK)
    layers, (structures, _), counted, _, found = arguments = given[-1]
    peer = NumpyStructures(layers, filled(structures), counted)
    best = {}
    for block in (16, 32, 64, 128, 256, 1024):
        start = time.process_time()
        sums = peer.sums(block)
        best[block] = time.process_time() - start
    np.testing.assert_allclose(found, sums, rtol=1e-12)
    block = min(best, key=best.__getitem__)
    own, taken = compare(
        lambda: sum_networks(*arguments), lambda: peer.sums(block), clock=time.process_time
    )
    benchmark.pedantic(sum_networks, arguments, rounds=3)
    report(
        capsys,
        benchmark,
        f"structure, one thread: {len(found) / own:,.0f} sums/s, {taken / own:.1f} times NumPy"
        f" (blocks of {block})",
        ratio=taken / own,
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
    from recost.hardware.records import structure_record, technology_record
    from recost.kernels.engine import SUM_ROUNDS, SUMS
    from recost.kernels.sweep import Records, price_points
    from recost.models.numbers import sheet

    hardware = load_hardware("sre")
    structure = structure_record(hardware)
    technology = np.repeat(technology_record(hardware), 100_000)
    sums, totals = np.ones((1, SUMS)), sheet(len(technology))
    sums[0, SUM_ROUNDS] = 0.0
    at, every = np.zeros(len(technology), np.int64), np.arange(len(technology))
    nothing = at[:0], np.zeros((0, len(technology)), np.int64)
    structures, priced = Records(structure, at[:1], *nothing), Records(technology, every, *nothing)
    arguments = (structures, at), priced, (sums, at), every, totals
    own, peer = compare(
        lambda: price_points(*arguments), lambda: numpy_prices(sums[0], structure[0], technology)
    )
    benchmark.pedantic(price_points, arguments, rounds=3)
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
