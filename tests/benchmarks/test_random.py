"""Counter-based random numbers beside NumPy's generators, on one core."""

import time

import numpy as np
import pytest

from recost.kernels import philox
from recost.kernels._numba import kernel
from recost.kernels.elementary import exp
from tests.benchmarks.peers import compare, report

pytestmark = pytest.mark.bench

LANES, TRIALS = 1024, 2000
COUNT = 4 * LANES * TRIALS


@kernel
def add_normals(key, trials, sums):
    for trial in range(trials):
        for cell in range(sums.size):
            a, b, c, d = philox.normals4(key, np.uint64(cell), np.uint64(trial))
            sums[cell] += (a + b) + (c + d)


@kernel
def add_lognormals(key, trials, sums):
    for trial in range(trials):
        for cell in range(sums.size):
            a, b, c, d = philox.normals4(key, np.uint64(cell), np.uint64(trial))
            sums[cell] += (exp(0.5 * a) + exp(0.5 * b)) + (exp(0.5 * c) + exp(0.5 * d))


@pytest.mark.parametrize("kind", ["normals", "lognormals"])
def test_beside_numpy(benchmark, capsys, kind):
    own = {"normals": add_normals, "lognormals": add_lognormals}[kind]
    key, sums = philox.stream_key(1, "bench"), np.zeros(LANES)
    generator = np.random.default_rng(1)

    def numpy():
        for _ in range(TRIALS // 100):
            normal = generator.standard_normal((400, LANES))
            (normal if kind == "normals" else np.exp(0.5 * normal)).sum(axis=0)

    mine, peer = compare(lambda: own(key, TRIALS, sums), numpy, clock=time.process_time)
    benchmark.pedantic(own, (key, TRIALS, sums), rounds=3)
    report(
        capsys,
        benchmark,
        f"{kind}: {COUNT / mine / 1e6:.0f} M/s, NumPy {COUNT / peer / 1e6:.0f} M/s:"
        f" {peer / mine:.1f} times",
        ratio=peer / mine,
    )
