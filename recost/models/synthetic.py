"""Cycles of a layer whose weights and inputs are drawn from its densities, counted exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.hardware import Hardware
from recost.kernels.philox import stream_key
from recost.kernels.synthetic import Inputs, Weights, draw_inputs, draw_weights
from recost.models.exact import Counter
from recost.models.segments import Shape, segments_of
from recost.vocabulary import (
    ActivationSparsity,
    FilterZeros,
    InputEncoding,
    Sync,
    WeightEncoding,
    WeightSparsity,
)

Array = np.ndarray[Any, Any]

# Vectors of a trial where crossbars wait after each: more would share the trial's weights.
_VECTORS = 64
# Inputs that are drawn at a time.
_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Trial:
    """Cycles of one set of weights.

    Attributes
    ----------
    ou_activations : mean over the vectors of the sum over all crossbars
    cycles : mean time a vector takes: of its slowest crossbar (`mapping.sync = "vector"`), or
        the slowest crossbar's mean over the vectors ("layer")
    slowest : int64 [vectors], cycles of each vector's slowest crossbar
    """

    ou_activations: float
    cycles: float
    slowest: Array


class SyntheticLayer:
    """A layer of which any number of trials can be drawn.

    Parameters
    ----------
    layer : a record of `recost.kernels.records.BOUND_LAYER`
    hardware : the crossbars, and the sparsity that they skip
    seed, name : the key of all random numbers, with the number of the trial
    together : whether the slices of a value are drawn given that it is not 0; else they are
        independent of each other, as the closed form takes them
    """

    def __init__(
        self,
        layer: Array,
        hardware: Hardware,
        *,
        seed: int = 0,
        name: tuple[str, ...] = (),
        together: bool = True,
    ) -> None:
        self.layer = layer
        self.sync = hardware.mapping.sync
        self.seed, self.name = seed, name
        self._skips = hardware.sparsity.activations
        self.hardware = _one_bit(layer, hardware)
        self.weights = weights_of(layer, hardware)
        self.inputs = inputs_of(layer, hardware, together=together)
        self.shape = Shape.of(int(layer["rows"]), int(layer["columns"]), self.hardware)

    @property
    def vectors(self) -> int:
        """Vectors of a trial: all of an image where the layer's end is waited for."""
        vectors = int(self.layer["vectors"])
        return vectors if self.sync == Sync.LAYER else min(vectors, _VECTORS)

    def trial(self, number: int) -> Trial:
        """Draw and count trial `number`."""
        total, slowest, longest = 0, np.zeros(self.vectors, np.int64), 0
        for group in range(int(self.layer["groups"])):
            counter = self._counter(number, group)
            per_crossbar = np.zeros(counter.crossbars, np.int64)
            step = max(1, min(counter.vectors_at_once(), _AT_ONCE // self.shape.rows))
            for start in range(0, self.vectors, step):
                end = min(start + step, self.vectors)
                cycles = self._count(counter, number, group, (start, end))
                per_crossbar += cycles.sum(axis=1)
                slowest[start:end] = np.maximum(slowest[start:end], cycles.max(axis=0, initial=0))
            total += int(per_crossbar.sum())
            longest = max(longest, int(per_crossbar.max(initial=0)))
        waited = longest if self.sync == Sync.LAYER else int(slowest.sum())
        return Trial(total / self.vectors, waited / self.vectors, slowest)

    def draw_weights(self, number: int, group: int = 0) -> Array:
        """The weights of a trial: a cell that is not 0 is a one of a binary weight."""
        bits = len(self.weights.cells) * self.weights.bits
        weights = np.empty((self.shape.rows, self.shape.columns), _integers(bits))
        key = stream_key(self.seed, *self.name, "weights", group)
        _draw_matrix(key, number, self.weights, weights)
        return weights

    def draw_inputs(self, number: int, group: int, span: tuple[int, int]) -> Array:
        """Vectors `span` of a trial: a slice that is not 0 is a one of a binary input."""
        start, end = span
        inputs = np.empty((end - start, self.shape.rows), _integers(len(self.inputs.slices)))
        key = stream_key(self.seed, *self.name, "inputs", group)
        draw_inputs(key, number, self.inputs, start, inputs)
        return inputs

    def _counter(self, number: int, group: int) -> Counter:
        if self.hardware.sparsity.weights == WeightSparsity.NONE:
            weights = np.broadcast_to(np.int16(0), (self.shape.rows, self.shape.columns))
        else:
            weights = self.draw_weights(number, group)
        segments = segments_of(weights, self.hardware)
        return Counter(segments, self.shape, self.hardware, signed=self.inputs.signed)

    def _count(self, counter: Counter, number: int, group: int, span: tuple[int, int]) -> Array:
        if self._skips == ActivationSparsity.NONE:
            return counter.dense(span[1] - span[0])
        return counter.packed(self.draw_inputs(number, group, span))


def _draw_matrix(key: np.uint64, trial: int, densities: Weights, out: Array) -> None:
    """Draw a matrix in parts of a fraction of a second, so that it can be interrupted."""
    step = max(1, _AT_ONCE * 4 // out.shape[1])
    for start in range(0, len(out), step):
        span = (start, len(out))
        draw_weights(key, trial, densities, span, out[start : start + step])


def _one_bit(layer: Array, hardware: Hardware) -> Hardware:
    """The same crossbars with cells and slices that only tell zero from non-zero."""
    cells = -(-hardware.precision.weight_bits // hardware.crossbar.cell_bits)
    settings: dict[str, Any] = {
        "crossbar.cell_bits": 1,
        "precision.weight_bits": cells,
        "precision.dac_bits": 1,
        "precision.input_bits": max(1, int(layer["slices"])),
        "precision.input_encoding": "sign-magnitude" if layer["passes"] == 2 else "unsigned",
    }
    if hardware.mapping.encoding == WeightEncoding.OFFSET:
        # No row of biased cells is zero, whatever the weights.
        settings |= {"mapping.encoding": "magnitude", "sparsity.weights": "none"}
    return hardware.replace(settings)


def _integers(bits: int) -> type[np.signedinteger[Any]]:
    """The smallest type for signed magnitudes of that many bits."""
    return np.int16 if bits < 16 else np.int32 if bits < 32 else np.int64


def weights_of(layer: Array, hardware: Hardware) -> Weights:
    """The densities of a layer's weights, for cells that are 0 or 1."""
    count = -(-hardware.precision.weight_bits // hardware.crossbar.cell_bits)
    cells, forced = _some(layer["cell_density"][:count])
    return Weights(
        row=float(layer["row_density"]),
        filters=float(layer["filter_density"]),
        kernel=float(layer["kernel_density"]),
        element=float(layer["element_density"]),
        correlation=float(layer["weight_correlation"]),
        positive=float(layer["positive_share"]),
        independent=bool(layer["filter_zeros"] == FilterZeros.INDEPENDENT),
        kernel_rows=int(layer["kernel_rows"]),
        cells=cells,
        forced=forced,
        bits=1,
    )


def inputs_of(layer: Array, hardware: Hardware, *, together: bool = True) -> Inputs:
    """The densities of a layer's inputs, of both passes together if there are two."""
    passes = int(layer["passes"])
    nonzero = min(1.0, float(layer["nonzero_share"]) * passes)
    slices = np.minimum(layer["slice_density"][: int(layer["slices"])] * passes, 1.0)
    by_bit = hardware.sparsity.activations == ActivationSparsity.BIT
    forced = 0
    if not by_bit:  # only whether the value is 0 counts
        together, slices = True, np.ones(1)
    elif together:
        slices, forced = _some(np.minimum(slices / nonzero, 1.0) if nonzero > 0.0 else slices)
    return Inputs(
        nonzero=nonzero,
        slices=slices,
        forced=forced,
        together=together,
        signed=passes == 2,
        correlation=float(layer["activation_correlation"]),
        kernel_rows=int(layer["kernel_rows"]),
    )


def _some(densities: Array) -> tuple[Array, int]:
    """Independent parts of which one at least is set: their chances, and the one that is forced.

    Where all others are 0, of chance P0, the likeliest part is set; drawn with the chance
    (d - P0) / (1 - P0) it keeps its density d.  Densities too small for every value to have a
    part that is set (d < P0) come out larger.
    """
    chances = np.array(densities, np.float64)
    forced = int(np.argmax(chances))
    rest = float(np.prod(1.0 - np.delete(chances, forced)))
    if rest < 1.0:
        chances[forced] = max(0.0, (chances[forced] - rest) / (1.0 - rest))
    return chances, forced


def sample(
    layer: Array | None, hardware: Hardware, *, seed: int, vectors: int, columns: int
) -> tuple[Array, Array]:
    """Integer weights [rows, columns] and inputs [vectors, rows] of a layer, values and all.

    Drawn by the densities of `layer`; a cell that is not 0 is in each other state alike.
    Without a layer: a crossbar's rows, every weight and every input of the hardware's bits
    as likely as another.
    """
    if layer is None:
        return _uniform(hardware, seed, vectors, columns)
    bits = hardware.precision.weight_bits
    weights = np.empty((int(layer["rows"]), min(int(layer["columns"]), columns)), np.int64)
    cells = weights_of(layer, hardware)._replace(bits=hardware.crossbar.cell_bits)
    _draw_matrix(stream_key(seed, "sample", "weights"), 0, cells, weights)
    # The most significant cell may have fewer bits than the others.
    weights = np.sign(weights) * (np.abs(weights) & ((1 << bits) - 1))
    if hardware.mapping.encoding == WeightEncoding.OFFSET:
        weights >>= 1
    inputs = np.empty((vectors, len(weights)), np.int64)
    own = inputs_of(layer, hardware)
    draw_inputs(stream_key(seed, "sample", "inputs"), 0, own, 0, inputs)
    return weights, _as_signed(inputs, hardware)


def _uniform(hardware: Hardware, seed: int, vectors: int, columns: int) -> tuple[Array, Array]:
    generator = np.random.Generator(np.random.Philox(key=int(stream_key(seed, "sample", "all"))))
    bits, precision = hardware.precision.weight_bits, hardware.precision
    low, high = 1 - (1 << bits), 1 << bits
    if hardware.mapping.encoding == WeightEncoding.OFFSET:
        low, high = -(1 << (bits - 1)), 1 << (bits - 1)
    rows = hardware.crossbar.rows
    weights = generator.integers(low, high, (rows, columns))
    inputs = generator.integers(0, 1 << precision.input_bits, (vectors, rows))
    return weights, _as_signed(inputs, hardware)


def _as_signed(inputs: Array, hardware: Hardware) -> Array:
    """Bit patterns as the numbers that two's complement means by them."""
    bits = hardware.precision.input_bits
    if hardware.precision.input_encoding != InputEncoding.TWOS_COMPLEMENT:
        return inputs
    signed: Array = inputs - ((inputs >> (bits - 1)) << bits)
    return signed
