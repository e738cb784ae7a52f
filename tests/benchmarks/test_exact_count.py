"""Exact counting beside plain C on the same arrays, and all of VGG-16 within seconds."""

import ctypes
import resource
import shutil
import subprocess
import time
from pathlib import Path

import numba
import numpy as np
import pytest

from recost.arrays import im2col
from recost.hardware import load_hardware
from recost.kernels import exact_count
from recost.models import exact
from tests.benchmarks.peers import compare, report, sized

pytestmark = pytest.mark.bench

SIZE, PLANES, CHUNKS, COLUMNS, GROUPS = 64, 16, 9, 8, 8
VECTORS = 12_544

VGG16 = [
    (3, 64, 224), (64, 64, 224), (64, 128, 112), (128, 128, 112), (128, 256, 56), (256, 256, 56),
    (256, 256, 56), (256, 512, 28), (512, 512, 28), (512, 512, 28), (512, 512, 14),
    (512, 512, 14), (512, 512, 14), (25088, 4096, 0), (4096, 4096, 0), (4096, 1000, 0),
]  # fmt: skip


@pytest.fixture
def one_core():
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(before)


@pytest.fixture
def plain_c(tmp_path):
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc")
    library = tmp_path / "peer.so"
    source = Path(__file__).with_name("count_cycles.c")
    subprocess.run(
        ["gcc", "-O3", "-march=native", "-shared", "-fPIC", str(source), "-o", str(library)],
        check=True,
    )
    return ctypes.CDLL(str(library)).count_cycles


def test_one_core_beside_plain_c(benchmark, capsys, plain_c, one_core):
    rng = np.random.default_rng(0)
    blocks, crossbars = VECTORS // SIZE, CHUNKS * COLUMNS
    words = rng.integers(0, 2**64, (blocks, CHUNKS * 2, PLANES * SIZE), np.uint64)
    masks = rng.integers(0, 2**64, crossbars * GROUPS * 2, np.uint64)
    segments = np.zeros(crossbars * GROUPS, exact_count.SEGMENT)
    segments["first"] = np.repeat(np.arange(CHUNKS) * 2, COLUMNS * GROUPS)
    segments["words"] = 2
    segments["mask"] = np.arange(len(segments)) * 2
    segments["multiplicity"] = 1
    out, peer_out = np.zeros((2, crossbars, VECTORS), np.int64)
    starts, tops = np.arange(crossbars + 1) * GROUPS, np.full(blocks, PLANES)
    rounding = exact_count.rounding_of(16, 128)
    lanes = np.zeros(PLANES * SIZE, np.uint64)
    shape = np.array([blocks, CHUNKS, COLUMNS, GROUPS, PLANES, SIZE, 4], np.int64)
    pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in (words, masks, peer_out, lanes, shape)]

    def own():
        exact_count.count_cycles(words, tops, segments, starts, masks, rounding, out)

    mine, peer = compare(own, lambda: plain_c(*pointers), clock=time.process_time)
    assert np.array_equal(out, peer_out)
    benchmark.pedantic(own, rounds=3)
    giga = words.size * COLUMNS * GROUPS / 1e9
    report(
        capsys,
        benchmark,
        f"count: {giga / mine:.1f} G words/s on one core, plain C {giga / peer:.1f}:"
        f" {peer / mine:.2f} of C (target 0.7)",
        ratio=peer / mine,
    )


def _layer(rng, shape):
    """Weights and the image or vector of a layer; about a third of each is not zero."""
    channels, filters, size = shape
    rows = channels * 9 if size else channels
    weights = rng.integers(-300, 300, (rows, filters), np.int16)
    weights *= rng.random((rows, 1), np.float32) < 0.6
    image = rng.integers(0, 512, (channels, size, size) if size else (1, channels), np.int16)
    image *= rng.random(image.shape, np.float32) < 0.45
    return weights, image


def _time(function, spent, name):
    """The function, adding what it takes to `spent`."""

    def timed(*arguments):
        start = time.perf_counter()
        answer = function(*arguments)
        spent[name] = spent.get(name, 0.0) + time.perf_counter() - start
        return answer

    return timed


def test_vgg16_one_image(benchmark, capsys, monkeypatch):
    hardware = load_hardware("ou-dense").replace(
        {
            "sparsity.weights": "ou-row",
            "sparsity.activations": "bit",
            "mapping.encoding": "differential",
            "precision.input_encoding": "unsigned",
        }
    )
    spent = {}
    monkeypatch.setattr(exact, "count", _time(exact.count, spent, "counting"))
    whole = _time(exact.count_cycles, spent, "all but im2col")
    convolve = _time(im2col, spent, "im2col")

    def all_layers():
        spent.clear()
        rng = np.random.default_rng(0)
        for shape in sized(VGG16, VGG16[-8:]):
            weights, image = _layer(rng, shape)
            vectors = convolve(image, (3, 3), 1, 1) if shape[2] else image
            whole(weights, vectors, hardware)

    all_layers()
    benchmark.pedantic(all_layers, rounds=1)
    packing = spent["im2col"] + spent["all but im2col"] - spent["counting"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report(
        capsys,
        benchmark,
        f"VGG-16, 16 layers, one image, {numba.get_num_threads()} threads: counting"
        f" {spent['counting']:.2f} s (target 1), im2col and packing {packing:.2f} s (target 2),"
        f" peak {peak:.0f} MB (target 700)",
        counting_s=spent["counting"],
        packing_s=packing,
        peak_mb=peak,
    )
