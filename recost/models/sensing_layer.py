"""What misread sums do to a layer: squared error of its dot products after shift-and-add.

A dot product is the sum over polarity sets, input slices b, cells s of a weight and reads of an
operation unit of ``+- 2^(b + Bc (c - 1 - s)) sensed``.  Given the data, errors are independent
by bitline and operation unit [DL-RSIM, P], so with w_r the worth of a unit of read r and e_r its
sensed sum less its true one

    E[error^2 | data] = sum_r w_r^2 Var(e_r) + (sum_r w_r E[e_r])^2,

averaged over dot products of real or drawn data.  The mean and variance of e_r come from a table
for the read's number of active wordlines, by simulation or in closed form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.hardware import Hardware
from recost.kernels.dot_products import Errors, Layout, count_sums, dot_products
from recost.models.segments import Shape
from recost.vocabulary import (
    ActivationSparsity,
    Compaction,
    InputEncoding,
    WeightEncoding,
    WeightSparsity,
)

Array = np.ndarray[Any, Any]

#: Mean and mean square of (sensed - true) by true sum, for a number of active wordlines; the
#: second argument says which true sums are asked for.
Moments = Callable[[int, Array], tuple[Array, Array]]


@dataclass(frozen=True)
class DotProducts:
    """Dot products of a layer and their errors, in units of the last place of the result.

    Attributes
    ----------
    bias : mean error
    mean_square : expected square of the error
    signal : mean square of the exact dot product (magnitude encoding: with all weights positive)
    reads : bitline reads that were looked at
    zero_share : share of them whose true sum is 0
    samples : dot products
    """

    bias: float
    mean_square: float
    signal: float
    reads: int
    zero_share: float
    samples: int

    @property
    def snr_db(self) -> float | None:
        """Signal to noise, 10 log10(signal / mean_square); None without signal or error."""
        if self.mean_square <= 0.0 or self.signal <= 0.0:
            return None
        return 10.0 * math.log10(self.signal / self.mean_square)


class SampledLayer:
    """Matrices and inputs of a layer, of which dot products are read.

    Parameters
    ----------
    hardware : encoding, sparsity and operation units
    weights, inputs : integers [rows, columns] and [vectors, rows], as
        `recost.models.exact.count_cycles` takes them
    """

    def __init__(self, hardware: Hardware, weights: Array, inputs: Array) -> None:
        self.hardware = hardware
        self.layouts = list(_layouts(hardware, weights))
        self.bits, self.driven, self.worth = _slices(hardware, inputs)
        self.columns = weights.shape[1]
        # What the bias of offset weights adds to every dot product is subtracted digitally.
        bias = Shape.of(weights.shape[0], weights.shape[1], hardware).bias
        self._biased = bias * inputs.sum(axis=1, keepdims=True).astype(np.float64)
        self._counts = self._count()

    def _count(self) -> Array:
        layout = self.layouts[0]
        height = min(layout.height, self.bits.shape[2])
        largest = height * ((1 << self.hardware.crossbar.cell_bits) - 1)
        counts = np.zeros((len(self.bits), height + 1, largest + 1), np.int64)
        for layout in self.layouts:
            count_sums(layout, self.bits, self.driven, counts)
        total: Array = counts.sum(axis=0)
        return total

    def active(self) -> Iterator[tuple[int, Array]]:
        """Every number of active wordlines that occurs, and which true sums do."""
        for n in range(1, len(self._counts)):
            seen = self._counts[n] > 0
            if seen.any():
                yield n, seen

    def states(self) -> Array:
        """How often a cell of a kept row is in each state."""
        count = 1 << self.hardware.crossbar.cell_bits
        total = np.zeros(count)
        for layout in self.layouts:
            group = np.repeat(np.arange(len(layout.groups) - 1), np.diff(layout.groups))
            total += np.bincount(layout.cells[layout.kept[:, group]], minlength=count)
        shares: Array = total / total.sum() if total.any() else np.full(count, 1.0 / count)
        return shares

    def sums(self, active: int) -> Array:
        """How often each true sum occurs with a number of active wordlines."""
        largest = active * ((1 << self.hardware.crossbar.cell_bits) - 1)
        counts: Array = self._counts[active, : largest + 1]
        return counts

    def errors(self, moments: Moments) -> DotProducts:
        """The dot products with errors of these moments."""
        mean, variance = np.zeros((2, *self._counts.shape))
        for n, seen in self.active():
            first, second = moments(n, seen[: len(self.sums(n))])
            mean[n, : len(first)] = first
            variance[n, : len(first)] = np.maximum(second - first * first, 0.0)
        total = np.zeros((len(self.bits), self.columns, 3))
        for layout in self.layouts:
            out = np.empty_like(total)
            errors = Errors(mean, variance)
            dot_products(layout, self.bits, self.driven, self.worth, errors, out)
            total += out
        product, bias, spread = (total[:, :, i] for i in range(3))
        product = product - self._biased
        reads = int(self._counts.sum())
        return DotProducts(
            bias=float(bias.mean()),
            mean_square=float((spread + bias * bias).mean()),
            signal=float((product * product).mean()),
            reads=reads,
            zero_share=float(self._counts[:, 0].sum() / reads) if reads else 0.0,
            samples=product.size,
        )


def _layouts(hardware: Hardware, weights: Array) -> Iterator[Layout]:
    """The matrix as every polarity set stores it."""
    shape = Shape.of(weights.shape[0], weights.shape[1], hardware)
    signs: tuple[float, ...] = (1.0,)
    values = [np.abs(weights).astype(np.int64)]
    if hardware.mapping.encoding == WeightEncoding.DIFFERENTIAL:
        signs = (1.0, -1.0)
        values = [np.maximum(sign * weights, 0).astype(np.int64) for sign in (1, -1)]
    elif shape.bias:
        values = [weights.astype(np.int64) + shape.bias]
    shifts = shape.cell_bits * np.arange(shape.cells)[::-1]
    live_rows = np.any([matrix.any(axis=1) for matrix in values], axis=0)
    for sign, matrix in zip(signs, values, strict=True):
        cells = (matrix[:, :, None] >> shifts) & ((1 << shape.cell_bits) - 1)
        cells = np.ascontiguousarray(cells.reshape(shape.rows, -1))
        starts = _group_starts(shape, cells.shape[1])
        yield Layout(
            cells=cells,
            kept=_kept(hardware, shape, cells, starts, live_rows),
            groups=np.append(starts, cells.shape[1]),
            places=sign * np.tile(2.0**shifts, shape.columns),
            columns=np.repeat(np.arange(shape.columns), shape.cells),
            chunk=shape.chunk,
            height=shape.height,
            compacted=hardware.sparsity.weights == WeightSparsity.MATRIX
            or hardware.mapping.compaction == Compaction.LAYER,
            fixed=hardware.sparsity.weights == WeightSparsity.OU_COLUMN,
        )


def _group_starts(shape: Shape, bitlines: int) -> Array:
    """Where column groups start: every width of a unit, and at every crossbar's edge."""
    at = np.arange(bitlines)
    starts: Array = at[(at % shape.size) % shape.width == 0]
    return starts


def _kept(hardware: Hardware, shape: Shape, cells: Array, starts: Array, live_rows: Array) -> Array:
    """Which rows every column group keeps."""
    mode = hardware.sparsity.weights
    if mode == WeightSparsity.OU_ROW:
        return np.logical_or.reduceat(cells != 0, starts, axis=1)
    if mode == WeightSparsity.CROSSBAR_ROW:
        edges = np.arange(0, cells.shape[1], shape.size)
        wide = np.logical_or.reduceat(cells != 0, edges, axis=1)
        return np.ascontiguousarray(wide[:, starts // shape.size])
    kept = np.ones((shape.rows, len(starts)), np.bool_)
    if mode == WeightSparsity.MATRIX:
        kept &= live_rows[:, None]
    return kept


def _slices(hardware: Hardware, inputs: Array) -> tuple[Array, Array, Array]:
    """Bits of the inputs by slice, the wordlines that are driven, and what a slice is worth."""
    bits = hardware.precision.input_bits
    encoding = hardware.precision.input_encoding
    places = 2.0 ** np.arange(bits)
    parts, worth = [inputs.astype(np.int64)], [places]
    if encoding == InputEncoding.SIGN_MAGNITUDE and inputs.min() < 0:
        parts = [np.maximum(inputs, 0).astype(np.int64), np.maximum(-inputs, 0).astype(np.int64)]
        worth = [places, -places]
    elif encoding == InputEncoding.TWOS_COMPLEMENT:
        places = places.copy()
        places[-1] = -places[-1]
        worth = [places]
    ones = [((part[:, None, :] >> np.arange(bits)[:, None]) & 1).astype(np.bool_) for part in parts]
    mode = hardware.sparsity.activations
    if mode == ActivationSparsity.BIT:
        driven = ones
    elif mode == ActivationSparsity.VALUE:
        driven = [np.repeat((part != 0)[:, None, :], bits, axis=1) for part in parts]
    else:
        driven = [np.ones_like(each) for each in ones]
    return np.concatenate(ones, axis=1), np.concatenate(driven, axis=1), np.concatenate(worth)
