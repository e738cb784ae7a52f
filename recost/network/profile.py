"""What is known of a layer's data: how dense its weights are, and the bits of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.network import families

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class HalfNormal:
    """Magnitudes ``min(floor(|N(0, 1)| * scale), 65535)``; `scale` in units of the last place."""

    scale: float


@dataclass(frozen=True, slots=True)
class WeightProfile:
    """The zeros of a weight matrix.

    The overall density is ``rows * filters * kernels * elements``: the share of matrix rows
    that are not zero over all filters, of filters that are not zero over all rows, of kernels
    that are not zero inside those, and of non-zero weights inside what is left.  `cells` is
    P(cell non-zero | weight non-zero): a list, most significant first; lists by cell bits; a
    distribution of magnitudes; or None, where every cell of a non-zero weight is non-zero.
    """

    rows: float = 1.0
    filters: float = 1.0
    kernels: float = 1.0
    elements: float = 1.0
    cells: tuple[float, ...] | Mapping[int, tuple[float, ...]] | HalfNormal | None = None
    correlation: float = 0.0
    positive: float = 0.5
    filter_zeros: str = "mixture"

    @property
    def density(self) -> float:
        """The share of the weights that are not zero."""
        return self.rows * self.filters * self.kernels * self.elements


@dataclass(frozen=True, slots=True)
class ActivationProfile:
    """The zeros of a layer's inputs and of their bits.

    `nonzero` is the share of values that are not zero.  `bits` is P(bit = 1), zeros included,
    least significant first, or the distribution of the non-zero magnitudes; None takes every
    bit of a non-zero value for 1.  `digits` holds measured P(digit != 0) by bits a digit.
    """

    nonzero: float = 1.0
    bits: tuple[float, ...] | HalfNormal | None = None
    digits: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    correlation: float = 0.0
    signed: bool = False


@dataclass(frozen=True, slots=True)
class LayerProfile:
    """One layer's profile; the default is dense data, all bits and cells 1.

    `gradients` and `errors` are kept as the file states them (``family`` and its parameters,
    or a ``histogram``) for the models of writes.  `layer`, `path`, `line` and `column` say
    where a fault in using the profile is to be looked for; `source` where the layer's own
    figures come from, if that is not what the whole profile says.
    """

    weights: WeightProfile = field(default_factory=WeightProfile)
    activations: ActivationProfile = field(default_factory=ActivationProfile)
    gradients: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    layer: str = ""
    path: str | None = None
    line: int | None = None
    column: int | None = None

    def slice_densities(self, input_bits: int, dac_bits: int = 1) -> Array:
        """P(slice of an input is non-zero), zeros included, least significant slice first.

        Slice j holds bits ``j dac_bits .. (j+1) dac_bits - 1``; `ceil(input_bits / dac_bits)`
        probabilities.  Where `input_bits` is less than the profile's width, the quantiser's
        full scale is the highest bit that is used (density above 1e-6) and the `input_bits`
        bits below it are kept; where it is more, the bits above are 0.

        For ``dac_bits > 1`` a slice is a digit.  The density of a digit does not follow from
        those of its bits: it comes from a distribution or from measured digits, else
        InputError.  Without any profile of the bits, ``nonzero`` everywhere.
        """
        if input_bits < 1 or dac_bits < 1:
            raise ValueError("input_bits and dac_bits must be at least 1")
        activations = self.activations
        count = -(-input_bits // dac_bits)
        if activations.bits is None and not activations.digits:
            return np.full(count, activations.nonzero)
        if isinstance(activations.bits, HalfNormal):
            scale = activations.bits.scale
            low = _shift(families.bit_densities(scale), input_bits)
            digits = np.array(families.half_normal_digits(scale, low, input_bits, dac_bits))
            return activations.nonzero * digits
        if dac_bits == 1 and activations.bits is not None:
            return _window(activations.bits, _shift(activations.bits, input_bits), count)
        return self._measured_digits(input_bits, dac_bits)

    def _measured_digits(self, input_bits: int, dac_bits: int) -> Array:
        digits = self.activations.digits.get(dac_bits)
        if digits is None:
            raise self._fault(
                f"digits of {dac_bits} bits need their own densities, which those of single bits"
                f" do not give: write digits = {{{dac_bits} = [...]}}, or bits as a family",
                "activations",
            )
        low = _shift(digits, -(-input_bits // dac_bits)) * dac_bits
        if self.activations.bits is not None and not isinstance(self.activations.bits, HalfNormal):
            low = _shift(self.activations.bits, input_bits)
        if low % dac_bits:
            raise self._fault(
                f"the {input_bits} bits kept start inside a measured digit of {dac_bits} bits:"
                " write bits as a family, or measure at this width",
                "activations",
            )
        return _window(digits, low // dac_bits, -(-input_bits // dac_bits))

    def cell_densities(self, weight_bits: int, cell_bits: int) -> Array:
        """P(cell non-zero | weight non-zero), most significant cell first.

        ``ceil(weight_bits / cell_bits)`` probabilities; all 1 where the profile does not say,
        which is the worst case: then an operation unit narrower than a weight gains nothing
        from small weights.  A distribution of magnitudes is 16 bits wide; narrower weights
        keep the bits below the highest one used, as inputs do.
        """
        cells = self.weights.cells
        count = -(-weight_bits // cell_bits)
        if cells is None:
            return np.ones(count)
        if isinstance(cells, HalfNormal):
            low = _shift(families.bit_densities(cells.scale), weight_bits)
            digits = families.half_normal_digits(cells.scale, low, weight_bits, cell_bits)
            # Given that the weight is non-zero: its magnitude is at least 1.
            nonzero = families.survival(cells.scale)[1]
            given: Array = np.minimum(np.array(digits[::-1]) / nonzero, 1.0)
            return given
        listed = cells.get(cell_bits) if isinstance(cells, Mapping) else cells
        if listed is None or len(listed) != count:
            have = "none" if listed is None else str(len(listed))
            raise self._fault(
                f"a weight of {weight_bits} bits has {count} cells of {cell_bits} bits,"
                f" the profile has densities for {have}",
                "weights.cells",
            )
        return np.array(listed)

    def _fault(self, message: str, key: str) -> InputError:
        name = f"profile.{self.layer}.{key}" if self.layer else f"profile.{key}"
        return InputError(message, path=self.path, line=self.line, column=self.column, key=name)

    def changed(self, **parts: Any) -> LayerProfile:
        """A copy with some parts replaced."""
        return replace(self, **parts)


def _shift(densities: tuple[float, ...], kept: int) -> int:
    """How many of the least significant entries fall below the `kept` topmost ones in use."""
    occupied = [index for index, density in enumerate(densities) if density > families.OCCUPIED]
    return max(0, (occupied[-1] + 1 if occupied else 0) - kept)


def _window(densities: tuple[float, ...], low: int, count: int) -> Array:
    """`count` entries from `low` on, with zeros above the list's end."""
    window = np.zeros(count)
    kept = densities[low : low + count]
    window[: len(kept)] = kept
    return window
