"""Cycles of a real matrix and real inputs, counted cell by cell and bit by bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.arrays import quantise_inputs, quantise_weights
from recost.errors import InputError
from recost.hardware import Hardware
from recost.kernels.exact_count import count_cycles as count
from recost.kernels.packing import NEGATIVE, PLAIN, PLANE, POSITIVE, active_wordlines
from recost.models.segments import Segments, Shape, pack_rows, segments_of
from recost.vocabulary import ActivationSparsity, InputEncoding, Sync

Array = np.ndarray[Any, Any]

# Lanes of a block: its words and sums fit the first-level cache beside the masks.
_LANES = 1024
# Bytes of packed inputs and of cycles that are held at a time.
_AT_ONCE = 1 << 26


@dataclass(frozen=True)
class CycleCount:
    """Operation-unit cycles of one matrix and its input vectors.

    Attributes
    ----------
    cycles : the critical path of all vectors, in cycles of the hardware: `straggler` of its
        `mapping.sync`, and the cycles in which its pipeline fills
    ou_activations : operation units read, over all crossbars, input slices and vectors
    stragglers : by `Sync`: the sum over vectors of the slowest crossbar, and the slowest
        crossbar's sum over vectors
    per_crossbar : int64 [crossbars], over all vectors
    per_vector : int64 [vectors], over all crossbars
    slowest : int64 [vectors], of the slowest crossbar
    positions : array [crossbars] of polarity set, row and column of a crossbar
    detail : int64 [vectors, crossbars], where it was asked for
    """

    cycles: int
    ou_activations: int
    stragglers: dict[Sync, int]
    per_crossbar: Array
    per_vector: Array
    slowest: Array
    positions: Array
    detail: Array | None = None

    @property
    def crossbars(self) -> int:
        """How many crossbars the matrix fills."""
        return len(self.positions)

    @property
    def vectors(self) -> int:
        """How many input vectors were counted."""
        return len(self.per_vector)


def count_cycles(
    weights: Any, inputs: Any, hardware: Hardware, *, detail: bool = False
) -> CycleCount:
    """Count the operation-unit cycles of a matrix and its inputs, exactly.

    Parameters
    ----------
    weights : array [rows, columns] of integers below 2^Bw in magnitude (offset encoding: from
        -2^(Bw-1) to 2^(Bw-1) - 1), or of floats, which are quantised (`recost.arrays`)
    inputs : array [vectors, rows] of integers of Ba bits, or of floats; negative ones need
        sign-magnitude or two's complement
    hardware : crossbars, operation units, precision, encoding, and the sparsity that is skipped
    detail : keep the cycles of every vector on every crossbar

    Notes
    -----
    Definition [Yang et al., ISCA 2019]: the sum over crossbars, column groups and input slices of
    ``ceil(n / S_w)``, n the active wordlines among the rows that the group keeps; for
    ``ou-column`` the sum over groups of adjacent rows with an active wordline of
    ``ceil(q / S_b)``, q the bitlines that hold a non-zero cell in those rows.

    Raises
    ------
    InputError
        Shapes that do not fit, values that do not fit the bits, NaN.
    """
    weights = quantise_weights(weights, hardware)
    inputs = quantise_inputs(inputs, hardware)
    if weights.shape[0] != inputs.shape[1]:
        raise InputError(
            f"the weights have {weights.shape[0]} rows and the inputs {inputs.shape[1]} values"
            " a vector; both must be the inputs of one matrix"
        )
    shape = Shape.of(weights.shape[0], weights.shape[1], hardware)
    signed = bool(inputs.min() < 0)
    counter = Counter(segments_of(weights, hardware), shape, hardware, signed=signed)
    if hardware.sparsity.activations == ActivationSparsity.NONE:
        parts = [counter.dense(len(inputs))]
    else:
        step = counter.vectors_at_once()
        parts = [
            counter.packed(inputs[start : start + step]) for start in range(0, len(inputs), step)
        ]
    return _summary(parts, counter, hardware, detail)


class Counter:
    """A matrix's segments and the slices of its inputs, ready to count batches of vectors."""

    def __init__(
        self, segments: Segments, shape: Shape, hardware: Hardware, *, signed: bool
    ) -> None:
        self.segments = segments
        self.shape = shape
        two = signed and hardware.precision.input_encoding == InputEncoding.SIGN_MAGNITUDE
        self.passes = passes = (POSITIVE, NEGATIVE) if two else (PLAIN,)
        self.planes, self.alike = input_planes(hardware, passes)
        self.full = np.uint64((1 << hardware.precision.input_bits) - 1)

    @property
    def crossbars(self) -> int:
        """How many crossbars there are."""
        return len(self.segments.positions)

    def vectors_at_once(self) -> int:
        """How many vectors to pack and count in one go."""
        each = 8 * max(self.shape.words * len(self.planes), self.crossbars)
        return max(_LANES // len(self.planes), _AT_ONCE // each, 1)

    def packed(self, inputs: Array) -> Array:
        """Cycles [crossbars, vectors] of the inputs [vectors, rows]."""
        vectors = len(inputs)
        blocks = -(-vectors // max(1, _LANES // len(self.planes)))
        size = -(-vectors // blocks)
        if size > 8:  # whole vector registers
            size = -(-size // 8) * 8
        words = np.empty((blocks, self.shape.words, size * len(self.planes)), np.uint64)
        tops = np.empty(blocks, np.int64)
        active_wordlines(inputs, self.planes, self.full, self.shape.chunk, words, tops)
        return self._count(words, tops, size)[:, :vectors] * self.alike

    def dense(self, vectors: int) -> Array:
        """Cycles [crossbars, vectors] where every wordline is driven in every slice."""
        rows = pack_rows(np.ones(self.shape.rows, np.bool_), self.shape)
        one = self._count(rows.reshape(1, -1, 1), np.ones(1, np.int64), 1)
        return np.broadcast_to(one * self.alike, (self.crossbars, vectors))

    def _count(self, words: Array, tops: Array, size: int) -> Array:
        out = np.empty((self.crossbars, len(words) * size), np.int64)
        own = self.segments
        count(words, tops, own.segments, own.crossbars, own.masks, own.rounding, out)
        return out


def input_planes(hardware: Hardware, passes: tuple[int, ...]) -> tuple[Array, int]:
    """The slices of the inputs that can differ (array of PLANE), and how many are alike."""
    precision = hardware.precision
    slices = -(-precision.input_bits // precision.dac_bits)
    if hardware.sparsity.activations == ActivationSparsity.BIT:
        width = precision.dac_bits
        planes = [(part, s * width, width) for s in range(slices) for part in passes]
        return np.array(planes, PLANE), 1
    # A value drives all its slices alike; dense inputs are not looked at.
    planes = [(part, 0, precision.input_bits) for part in passes]
    if hardware.sparsity.activations == ActivationSparsity.VALUE:
        return np.array(planes, PLANE), slices
    return np.array(planes[:1], PLANE), slices * len(passes)


def _summary(parts: list[Array], counter: Counter, hardware: Hardware, detail: bool) -> CycleCount:
    """Totals of the batches [crossbars, vectors]."""
    per_crossbar = sum((part.sum(axis=1) for part in parts), np.zeros(counter.crossbars, np.int64))
    per_vector = np.concatenate([part.sum(axis=0) for part in parts])
    slowest = np.concatenate([part.max(axis=0, initial=0) for part in parts])
    stragglers = {
        Sync.VECTOR: int(slowest.sum()),
        Sync.LAYER: int(per_crossbar.max(initial=0)),
    }
    fill = hardware.operation_unit.fill_cycles * len(counter.passes) * len(per_vector)
    return CycleCount(
        cycles=stragglers[hardware.mapping.sync] + fill,
        ou_activations=int(per_vector.sum()),
        stragglers=stragglers,
        per_crossbar=per_crossbar,
        per_vector=per_vector,
        slowest=slowest,
        positions=counter.segments.positions,
        detail=np.concatenate(parts, axis=1).T.copy() if detail else None,
    )
