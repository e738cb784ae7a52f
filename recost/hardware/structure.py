"""What a machine is made of: sections of a hardware file that the counts depend on."""
# ruff: noqa: RUF009 (`key` makes a field, not a default that instances would share)

from __future__ import annotations

from dataclasses import dataclass

from recost.hardware.keys import DERIVED, key
from recost.vocabulary import (
    ActivationSparsity,
    Compaction,
    InputEncoding,
    Overflow,
    Replication,
    Sync,
    WeightEncoding,
    WeightSparsity,
)

# Far above any crossbar that works, and below what would make the closed forms slow.
LARGEST_CROSSBAR = 16_384
# The most cells of a weight and slices of an input that the kernels have room for.
MOST_BITS = 32


@dataclass(frozen=True, slots=True)
class Crossbar:
    """A crossbar: cells, and what the array as a whole costs."""

    rows: int = key(128, "wordlines", minimum=1, maximum=LARGEST_CROSSBAR)
    columns: int = key(128, "bitlines", minimum=1, maximum=LARGEST_CROSSBAR)
    cell_bits: int = key(2, "bits stored in a cell", minimum=1, maximum=8)
    area_mm2: float = key(0.0, "area of a crossbar", unit="mm2", part="technology")
    power_w: float = key(
        DERIVED,
        "peak power of a crossbar; default: all cells of an operation unit read each cycle",
        unit="W",
        part="technology",
    )
    leakage_w: float = key(
        DERIVED, "static power of a crossbar; default: leakage.fraction", unit="W",
        part="technology",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OperationUnit:
    """The wordlines and bitlines of a crossbar that are read in one cycle."""

    rows: int = key(16, "wordlines read at once", minimum=1, maximum=LARGEST_CROSSBAR)
    columns: int = key(16, "bitlines read at once", minimum=1, maximum=LARGEST_CROSSBAR)
    cycle_time_s: float = key(
        DERIVED,
        "length of a cycle; auto: columns / (adc.rate * adc.per_crossbar)",
        unit="s",
    )
    fill_cycles: int = key(
        0, "cycles by which the pipeline delays each vector and pass", minimum=0, maximum=10_000
    )
    gated: bool = key(True, "components are off in fill cycles; false: they burn active energy")


@dataclass(frozen=True, slots=True)
class Precision:
    """The width of numbers and how inputs are streamed."""

    weight_bits: int = key(16, "bits of a weight", minimum=1, maximum=MOST_BITS)
    input_bits: int = key(16, "bits of an input", minimum=1, maximum=MOST_BITS)
    dac_bits: int = key(1, "input bits a wordline takes in a cycle", minimum=1, maximum=8)
    input_encoding: InputEncoding = key(
        InputEncoding.UNSIGNED,
        "how signed inputs are streamed; sign-magnitude: two passes",
    )


@dataclass(frozen=True, slots=True)
class Mapping:
    """How matrices are laid out on crossbars."""

    encoding: WeightEncoding = key(
        WeightEncoding.DIFFERENTIAL,
        "how signed weights become cells; differential: positive and negative parts apart;"
        " magnitude: one set, as sparsity papers assume; offset: biased",
    )
    compaction: Compaction = key(
        Compaction.CROSSBAR, "height over which kept rows are pushed together"
    )
    sync: Sync = key(
        Sync.VECTOR,
        "crossbars of a layer wait for the slowest after every vector, or at the layer's end",
    )
    replication: Replication | tuple[int, ...] = key(
        Replication.NONE,
        "copies of slow layers; balanced: slowest first; or a list, copies of each layer",
    )
    flip_columns: bool = key(
        False, "a column whose sum would set the top bit is stored inverted, which saves an ADC bit"
    )


@dataclass(frozen=True, slots=True)
class Sparsity:
    """Which zeros are skipped."""

    weights: WeightSparsity = key(WeightSparsity.NONE, "zero weights that are skipped")
    activations: ActivationSparsity = key(
        ActivationSparsity.NONE, "zero activations that are skipped"
    )
    index_bits: int = key(
        8,
        "bits of an index of a kept row; log2: ceil(log2 of the layer's rows)",
        minimum=0,
        maximum=64,
        words={"log2": 0},
    )


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """How many crossbars make a chip."""

    crossbars_per_core: int = key(8, "crossbars of a core", minimum=1, maximum=1_000_000)
    cores_per_tile: int = key(12, "cores of a tile", minimum=1, maximum=1_000_000)
    tiles_per_chip: int = key(168, "tiles of a chip", minimum=1, maximum=1_000_000)


@dataclass(frozen=True, slots=True)
class Budget:
    """What happens to a network that is larger than the machine."""

    chips: int | None = key(
        None, "chips at most; none: as many as the network needs", minimum=1, maximum=1_000_000,
        words={"none": None},
    )  # fmt: skip
    on_overflow: Overflow = key(
        Overflow.ERROR, "a network larger than the budget is an error, or weights are reloaded"
    )
