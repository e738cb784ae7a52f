"""Design points a second on resnet50-gsl, with all columns of an estimate; and what comes out."""

import os
import resource
import statistics
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.network import load_network
from recost.report.layout import Layout
from recost.report.stream import Stream
from recost.study.pareto import pareto_front
from recost.study.pieces import _keep_memory, chunks
from recost.study.selection import Selection
from recost.study.space import parse_space
from recost.study.sweep import CHUNK, Study
from recost.vocabulary import TOTALS
from tests.benchmarks.peers import compare, report, seconds, sized

pytestmark = pytest.mark.bench
NEEDS_PYARROW = pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is not installed")

TECHNOLOGY = [
    "adc.energy=1 pJ:3 pJ:4000",
    "dac.energy=1 fJ:9 fJ:1000",
    "memory.area=0.1 mm2:1 mm2:1000",
]
# What a user varies: 192 structures whose layers count differently, 1,440 points on each before
# they come again.
STRUCTURE = ["hierarchy.tiles_per_chip=100..159", "operation_unit.rows=4,8,16,32",
             "operation_unit.columns=8,16,32", "crossbar.cell_bits=1,2",
             "crossbar.rows=64,128,256,512", "crossbar.columns=128,256", "adc.bits=4..9",
             "hierarchy.crossbars_per_core=4..15", "hierarchy.cores_per_tile=4..23"]  # fmt: skip
# What architects vary first: every point is a machine of its own, and all layers are counted on
# every sixth (converters count nothing).  Of odd sizes units and crossbars cut through weights.
MACHINES = {
    "powers of two": ["operation_unit.rows=4,8,16,32,64", "operation_unit.columns=8,16,32",
                      "crossbar.cell_bits=1,2,4", "crossbar.rows=64,128,256,512",
                      "crossbar.columns=128,256,512", "adc.bits=4..9"],
    "odd sizes": ["operation_unit.rows=6,9,16,25", "operation_unit.columns=4,8,12,20",
                  "crossbar.cell_bits=1,2,3", "crossbar.rows=72,100,128,256",
                  "crossbar.columns=96,100,128", "adc.bits=4..9"],
}  # fmt: skip
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
    "densities": (DENSITIES, 1 << 22),
    "activations": (DENSITIES[2:], 1 << 20),
}
# Points a run, so that it takes 2 s or more.
POINTS = {
    "technology": sized(2_000_000_000, 4_000_000),
    "structure": sized(16_000_000, 40_000),
    "densities": sized(1 << 22, 1 << 14),
    "activations": sized(1 << 20, 1 << 13),
}


def study_of(vary, samples=0, columns=None):
    space = parse_space(vary, samples=samples)
    return Study([load_hardware("sre")], [load_network("resnet50-gsl")], space)


def layout_of(study):
    words = {name: study.words[name] for name in study.columns if name in study.words}
    return Layout(study.columns, words, frozenset(study.whole))


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


@pytest.mark.parametrize("sizes", MACHINES)
def test_machines_a_second(benchmark, capsys, sizes):
    """On five networks, each time anew."""
    import numba

    names = ("lenet5", "vgg16", "resnet50-gsl", "resnet50", "caffenet-ssl")
    networks = [load_network(name) for name in names]

    def run():
        study = Study([load_hardware("sre")], networks, parse_space(MACHINES[sizes]))
        through(study, study.size)
        return study.size

    threads, count = numba.get_num_threads(), run()
    own = seconds(run)
    numba.set_num_threads(1)
    try:
        single = seconds(run)
    finally:
        numba.set_num_threads(threads)
    benchmark.pedantic(run, rounds=1)
    report(
        capsys,
        benchmark,
        f"machines, {sizes}: {count / own:,.0f} points/s on {threads} threads ({count:,} points,"
        f" {own:.2f} s, median of 5, nothing counted before); {single / own:.2f} times one thread",
        rate=count / own,
        speedup=single / own,
    )


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.skipif("RECOST_BENCH_LARGE" not in os.environ, reason="minutes; RECOST_BENCH_LARGE=1")
def test_rate_does_not_fall_with_the_number_of_points(benchmark, capsys, name):
    """From 1e4 points to 1e7, each time in a new study; what its first point takes is apart."""
    vary, samples = SPACES[name]
    rates, first = {}, []
    through(study_of(vary, samples), 20_000)
    steps = ((10_000, 15), (100_000, 5), (1_000_000, 3), (10_000_000, 1))
    for count, times in steps:
        taken, ready = [], []
        for _ in range(times):
            study = study_of(vary, count if samples else 0)
            start = time.perf_counter()
            through(study, 1)
            ready.append(time.perf_counter() - start)
            start = time.perf_counter()
            through(study, count)
            taken.append(time.perf_counter() - start)
        rates[count] = count / statistics.median(taken)
        first.append(statistics.median(ready))
    benchmark.pedantic(lambda: None, rounds=1)
    line = ", ".join(f"{count:,}: {rate:,.0f}" for count, rate in rates.items())
    soon = f"{1e3 * statistics.median(first):.0f} ms to the first point"
    report(capsys, benchmark, f"{name}, {soon}; points: points/s: {line}")


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
    points = sized(16_384, 2_048)
    sweep.counting.expect(points)
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
    for block in sized((512, 1024, 2048, 4096, 8192, 16_384), (512, 1024)):
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


def every_price(hardware):
    """Two values of each price that no rule reads, but that of writing, which nobody does here."""
    from recost.hardware.sections import key_table

    units = ("J", "J/bit", "mm2", "mm2/bit")
    keys = {
        path: key
        for path, key in key_table("reram").items()
        if key.part == "technology"
        and path != "cell.write_energy"
        and (key.unit in units or key.section == "control")
    }
    return [f"{path}=1e-9 {key.unit},2e-9 {key.unit}" for path, key in keys.items()]


@pytest.mark.parametrize("vary", ["three prices", "every price"])
def test_prices_beside_numpy(benchmark, capsys, vary):
    """A piece of a sweep where prices alone vary, one thread: its columns of prices and totals.

    Beside NumPy that works on what varies alone, and NumPy on the same lines.
    """
    from recost.hardware.records import structure_record, technology_record
    from recost.models.numbers import NUMBERS
    from tests.benchmarks.numpy_prices import Grid, numpy_lines, numpy_prices
    from tests.naive.pricing import dict_of

    hardware, first = load_hardware("sre"), 123_456
    axes = TECHNOLOGY if vary == "three prices" else every_price(hardware)
    space = parse_space(axes, endless=True)
    study = Study([hardware], [load_network("resnet50-gsl")], space)
    points = study.step(1 << 30, 1)
    found = study.part(first, first + points).table
    stretches, model = study._stretches[0], study._pairs[0].model
    (items,) = model._items.values()
    structure = dict_of(structure_record(hardware)[0])
    known = {n: v if v == v else None for n, v in dict_of(technology_record(hardware)[0]).items()}  # noqa: PLR0124
    prices = [model.designs.levels[i] for i in model.designs.prices]
    names, levels = [one.key.record_field for one in prices], [one.codes for one in prices]
    out, room = np.empty((TOTALS, points)), np.empty((len(names), points))
    lines = items.lines
    moved = np.flatnonzero((lines.slopes[0] != 0.0).any(axis=1))
    runs = stretches._prices.digits.runs.tolist()

    def columns(block):
        return names, Grid(runs, levels, block), first, room, block

    def plain(given):
        return numpy_prices(structure, known, items.sums[0], given, out)

    def straight(given):
        numpy_lines(lines.base[0, moved], lines.slopes[0, moved], given, out[: len(moved)])

    def fastest(peer):
        blocks = (1024, 2048, 4096, 8192, 16_384, points)
        return min(map(columns, blocks), key=lambda given: seconds(lambda: peer(given), 5))

    def run():
        return stretches.table(first, first + points)

    _keep_memory()
    assert plain(columns(points)) == moved.tolist()
    shown = {total: name for name, total in NUMBERS.items()}
    for total in moved.tolist():
        np.testing.assert_allclose(found[shown[total]], out[total], rtol=1e-12)
    for k, name in enumerate(stretches._names):
        np.testing.assert_array_equal(found[name], room[k])
    given, again = fastest(plain), fastest(straight)
    clock = time.process_time
    own, peer = compare(run, lambda: plain(given), 51, clock=clock)
    own_again, peer_again = compare(run, lambda: straight(again), 51, clock=clock)
    benchmark.pedantic(run, rounds=3)
    report(
        capsys,
        benchmark,
        f"{vary}: {len(names)} of {len(known)}, {len(moved)} totals move, {points:,} points at"
        f" once, one thread: {1e9 * own / points:.2f} ns a point, {peer / own:.1f} times NumPy"
        f" (blocks of {given[-1]:,}), {peer_again / own_again:.1f} times NumPy on the same lines"
        f" ({again[-1]:,})",
        ratio=peer / own,
    )


@pytest.mark.parametrize("suffix", [".csv", pytest.param(".parquet", marks=NEEDS_PYARROW), ".npz"])
def test_rows_to_a_file(benchmark, capsys, tmp_path, suffix):
    study = study_of(TECHNOLOGY)
    count = sized(100_000 if suffix == ".csv" else 500_000, 20_000)
    layout = layout_of(study)

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
    costs = np.random.default_rng(0).random((sized(1_000_000, 20_000), 3))
    taken = seconds(lambda: pareto_front(costs), 3)
    benchmark.pedantic(pareto_front, (costs,), rounds=1)
    line = f"front of {len(costs):,} points in three costs: {taken:.2f} s"
    report(capsys, benchmark, line, seconds=taken)


@NEEDS_PYARROW
@pytest.mark.skipif("RECOST_BENCH_LARGE" not in os.environ, reason="minutes; RECOST_BENCH_LARGE=1")
@pytest.mark.parametrize("columns", ["six", "all"])
def test_ten_million_points_in_constant_memory(benchmark, capsys, tmp_path, columns):
    vary = [
        "adc.energy=1 pJ:3 pJ:1000",
        "dac.energy=1 fJ:9 fJ:100",
        "memory.area=0.1 mm2:1 mm2:100",
    ]
    study = study_of(vary)
    assert study.size == 10_000_000
    layout = layout_of(study)
    if columns == "six":
        names = [*study.columns[3:6], "energy_j", "latency_s", "area_mm2"]
        layout = Layout(tuple(names), {}, frozenset())
    stream = Stream(Path(tmp_path / "all.parquet"), layout, "")
    start = time.perf_counter()
    stream.begin(0, resume=False)
    for done, table, lost in chunks(study, Selection(), 0, study.size):
        stream.append(table, done, lost)
    stream.finish()
    taken = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    benchmark.pedantic(lambda: None, rounds=1)
    report(capsys, benchmark, f"1e7 points to Parquet, {len(layout.columns)} columns:"
           f" {1e7 / taken:,.0f}/s, peak {peak:.2f} GB", peak=peak)  # fmt: skip
    assert peak < 1.0
