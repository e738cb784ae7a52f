"""A digital machine: weights in on-chip SRAM beside the units that multiply with them."""

from __future__ import annotations

from dataclasses import dataclass

from recost.hardware.keys import key
from recost.hardware.structure import LARGEST_CROSSBAR, MOST_BITS


@dataclass(frozen=True, slots=True)
class Matrix:
    """The block of weights that one unit holds and works on."""

    rows: int = key(128, "inputs of a block", minimum=1, maximum=LARGEST_CROSSBAR, part="none")
    columns: int = key(128, "outputs of a block", minimum=1, maximum=LARGEST_CROSSBAR, part="none")
    area_mm2: float = key(0.0, "area of a block with its units", unit="mm2", part="none")


@dataclass(frozen=True, slots=True)
class Precision:
    """The width of numbers."""

    weight_bits: int = key(32, "bits of a weight", minimum=1, maximum=MOST_BITS, part="none")
    input_bits: int = key(16, "bits of an input", minimum=1, maximum=MOST_BITS, part="none")
