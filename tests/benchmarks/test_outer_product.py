"""Outer products on sliced weights beside the same steps in vectorised NumPy, on one core."""

from __future__ import annotations

import numpy as np
import pytest

from recost.models.sliced_matrix import SlicedMatrix
from recost.models.slices import Slicing
from tests.benchmarks.peers import compare, report

pytestmark = pytest.mark.bench

SLICING = Slicing((4, 4, 4, 6, 6, 5, 5, 5))
EXAMPLES, SIDE, BITS = 128, 128, 16


class NumpyMatrix:
    """The fastest of several vectorised forms: int16 planes, one multiply-add a streamed bit.

    Like the kernel it clips once a polarity phase and counts saturated cells and lost steps.
    """

    def __init__(self, slicing: Slicing, slices: np.ndarray) -> None:
        layout = slicing.layout
        self.low, self.high = layout.low[:, None, None], layout.high[:, None, None]
        self.p = slicing.chunk_bits
        self.state = slices[::-1].copy()
        self.saturated = np.zeros(len(layout.low), np.int64)
        self.clipped = np.zeros(len(layout.low), np.int64)
        self.requested = np.zeros(len(layout.low), np.int64)

    def add(self, column: np.ndarray, row: np.ndarray) -> None:
        n = np.arange(BITS)
        low = self.p * np.arange(len(self.saturated))[:, None, None]
        chunks = (abs(column)[:, None] << n) >> low & (1 << self.p) - 1
        chunks = (chunks * np.sign(column)[:, None]).astype(np.int16)
        bits = (((abs(row) >> n[:, None]) & 1) * np.sign(row)).astype(np.int16)
        steps = chunks[:, :, 0, None] * bits[0]
        for k in range(1, BITS):
            steps += chunks[:, :, k, None] * bits[k]
        self.requested += abs(steps).sum(axis=(1, 2), dtype=np.int64)
        steps += self.state
        np.clip(steps, self.low, self.high, out=self.state)
        self.clipped += abs(steps - self.state).sum(axis=(1, 2), dtype=np.int64)
        bound = (self.state == self.low) | (self.state == self.high)
        self.saturated += np.count_nonzero(bound, axis=(1, 2))


def test_beside_numpy(benchmark, capsys):
    rng = np.random.default_rng(2)
    weights = rng.integers(*SLICING.bounds, (SIDE, SIDE))
    columns = rng.integers(-(2**BITS) + 1, 2**BITS, (EXAMPLES, SIDE))
    rows = rng.integers(-(2**BITS) + 1, 2**BITS, (EXAMPLES, SIDE))
    own = SlicedMatrix(SLICING, weights)
    peer = NumpyMatrix(SLICING, own.slices())

    def numpy() -> None:
        for column, row in zip(columns, rows, strict=True):
            peer.add(column, row)

    own.add_outer_product(columns, rows)
    numpy()
    assert (own.slices()[::-1] == peer.state).all()  # the same steps, bit for bit
    assert (own.saturated[::-1] == peer.saturated).all()
    assert (own.clipped[::-1] == peer.clipped).all()
    assert (own.requested[::-1] == peer.requested).all()

    mine, theirs = compare(lambda: own.add_outer_product(columns, rows), numpy)
    benchmark.pedantic(own.add_outer_product, (columns, rows), rounds=3)
    report(
        capsys,
        benchmark,
        f"outer product on {SIDE}x{SIDE} weights in 8 slices: {mine / EXAMPLES * 1e6:.0f} us,"
        f" NumPy {theirs / EXAMPLES * 1e6:.0f} us: {theirs / mine:.1f} times (at least 8)",
        ratio=theirs / mine,
    )
