"""What actions cost: sections of a hardware file with joules, seconds, watts and areas.

A component section describes one instance; `per_crossbar` says how many instances a crossbar
has, and may be a fraction where crossbars share one.  `power` is the peak power of an instance,
leakage included; where it is not given it is the energy at the peak rate of actions.
"""
# ruff: noqa: RUF009 (`key` makes a field, not a default that instances would share)

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recost.hardware.keys import DERIVED, REQUIRED, key, subsection
from recost.vocabulary import AdcScaling, EnduranceDistribution

_MOST_INSTANCES = 1_000_000.0


def _price(doc: str, unit: str = "J", default: Any = 0.0) -> Any:
    return key(default, doc, unit=unit, part="technology")


def _area(of: str = "one instance") -> Any:
    return key(0.0, f"area of {of}", unit="mm2", part="technology")


def _power(of: str = "one instance") -> Any:
    doc = f"peak power of {of}; default: its energy at the peak rate of actions"
    return key(DERIVED, doc, unit="W", part="technology")


def _rated_power(of: str = "one instance") -> Any:
    """Power of a part whose peak rate of actions no key gives."""
    return key(0.0, f"peak power of {of}", unit="W", part="technology")


def _leakage(of: str = "one instance") -> Any:
    doc = f"static power of {of}; default: leakage.fraction of its power"
    return key(DERIVED, doc, unit="W", part="technology")


def _instances(default: Any = 1.0, means: str = "") -> Any:
    doc = f"instances of a crossbar; a fraction where crossbars share one{means}"
    return key(default, doc, minimum=0.0, maximum=_MOST_INSTANCES)


def _per_tile(default: float) -> Any:
    doc = "instances of a tile; a fraction where tiles share one"
    return key(default, doc, minimum=0.0, maximum=_MOST_INSTANCES)


@dataclass(frozen=True, slots=True)
class Adc:
    """Analog-to-digital converters; the action is one conversion."""

    bits: int = key(
        DERIVED,
        "resolution; auto: the smallest that holds the sum of an operation unit",
        minimum=1,
        maximum=24,
    )
    rate_per_s: float | None = key(None, "conversions a second of one converter", unit="S/s")
    energy_j: float = _price(
        "energy of a conversion, for a converter of reference_bits", default=REQUIRED
    )
    area_mm2: float = _area()
    power_w: float = _power()
    leakage_w: float = _leakage()
    per_crossbar: float = _instances()
    scaling: AdcScaling = key(
        AdcScaling.NONE,
        "how energy, power and leakage follow bits b: not, as b, or as 2^b / (b + 1)",
    )
    reference_bits: int = key(
        DERIVED,
        "resolution that the prices are for; default: bits where energy is given",
        minimum=1,
        maximum=24,
    )


@dataclass(frozen=True, slots=True)
class Dac:
    """Wordline drivers; the action is one wordline driven for one cycle."""

    energy_j: float = _price("energy of driving a wordline for a cycle")
    area_mm2: float = _area()
    power_w: float = _power()
    leakage_w: float = _leakage()
    per_crossbar: float = _instances(DERIVED, "; default: one a wordline")


@dataclass(frozen=True, slots=True)
class SampleHold:
    """Sample-and-hold circuits; the action is one bitline sampled."""

    energy_j: float = _price("energy of a sample")
    area_mm2: float = _area()
    power_w: float = _power()
    leakage_w: float = _leakage()
    per_crossbar: float = _instances(DERIVED, "; default: one a bitline")


@dataclass(frozen=True, slots=True)
class ShiftAdd:
    """Shift-and-add units; the action is one conversion added to a partial sum."""

    energy_j: float = _price("energy of shifting and adding a conversion")
    area_mm2: float = _area()
    power_w: float = _power()
    leakage_w: float = _leakage()
    per_crossbar: float = _instances()


@dataclass(frozen=True, slots=True)
class InputRegister:
    """Registers in front of the wordlines; the action is one bit read."""

    energy_j_per_bit: float = _price("energy of a bit", "J/bit")
    area_mm2: float = _area()
    power_w: float = _power()
    leakage_w: float = _leakage()
    per_crossbar: float = _instances()


@dataclass(frozen=True, slots=True)
class OutputRegister:
    """Registers behind the shift-and-add units; the action is one partial sum written."""

    energy_j: float = _price("energy of a conversion's partial sum")
    area_mm2: float = _area()
    power_w: float = _power()
    leakage_w: float = _leakage()
    per_crossbar: float = _instances()


@dataclass(frozen=True, slots=True)
class IndexDecoder:
    """What finds the inputs of kept rows; the action is one index decoded."""

    energy_j: float = _price("energy of decoding an index")
    memory_energy_j_per_bit: float = _price("energy of reading a bit of an index", "J/bit")
    memory_area_mm2_per_bit: float = key(
        0.0, "area of a bit of index memory", unit="mm2/bit", part="technology"
    )
    area_mm2: float = _area()
    power_w: float = _power()
    leakage_w: float = _leakage()
    per_crossbar: float = _instances()


@dataclass(frozen=True, slots=True)
class Endurance:
    """How many writes a cell survives."""

    distribution: EnduranceDistribution = key(
        EnduranceDistribution.LOGNORMAL, "distribution over cells", part="technology"
    )
    median: float | None = key(
        None,
        "writes that half of the cells survive",
        minimum=1.0,
        maximum=1e30,
        words={"none": None},
        part="technology",
    )
    mean: float | None = key(
        None,
        "writes that a cell survives on average, instead of median",
        minimum=1.0,
        maximum=1e30,
        part="none",
    )
    spread: float | None = key(
        None,
        "spread over cells: standard deviation of ln(writes) (lognormal) or of writes over the"
        " median (normal), shape (weibull)",
        minimum=0.0,
        maximum=100.0,
        part="technology",
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """A memory cell."""

    read_energy_j: float = _price("energy of a cell read for one cycle", default=REQUIRED)
    write_energy_j: float | None = _price("energy of writing a cell", default=None)
    write_time_s: float | None = key(None, "time to write a cell", unit="s", part="technology")
    pulses: float = key(
        1.0, "pulses of a write, on average", minimum=1.0, maximum=1e6, part="technology"
    )
    resistance_on_ohm: float | None = key(
        None, "median resistance of the on state", unit="ohm", part="technology"
    )
    resistance_off_ohm: float | None = key(
        None, "median resistance of the off state", unit="ohm", part="technology"
    )
    spread: float | None = key(
        None,
        "standard deviation of ln(resistance) over cells",
        minimum=0.0,
        maximum=10.0,
        part="technology",
    )
    endurance: Endurance = subsection()


@dataclass(frozen=True, slots=True)
class Memory:
    """The buffer of a tile, for activations; the action is one bit."""

    read_energy_j_per_bit: float = _price("energy of reading a bit", "J/bit")
    write_energy_j_per_bit: float = _price("energy of writing a bit", "J/bit")
    area_mm2: float = _area("the buffer of a tile")
    power_w: float = _rated_power("the buffer of a tile")
    leakage_w: float = _leakage("the buffer of a tile")


@dataclass(frozen=True, slots=True)
class Bus:
    """The bus of a tile between its buffer and its cores; the action is one bit."""

    energy_j_per_bit: float = _price("energy of moving a bit", "J/bit")
    area_mm2: float = _area("the bus of a tile")
    power_w: float = _rated_power("the bus of a tile")
    leakage_w: float = _leakage("the bus of a tile")


@dataclass(frozen=True, slots=True)
class NetworkOnChip:
    """The routers between tiles; the action is one bit over one hop."""

    energy_j_per_bit: float = _price("energy of a bit and hop", "J/bit")
    hops: float = key(
        1.0, "routers on the way from a layer to the next, on average", minimum=0.0, maximum=1e4
    )
    area_mm2: float = _area("a router")
    power_w: float = _rated_power("a router")
    leakage_w: float = _leakage("a router")
    per_tile: float = _per_tile(0.25)


@dataclass(frozen=True, slots=True)
class OffChip:
    """The links of a chip; the action is one bit."""

    energy_j_per_bit: float = _price("energy of a bit", "J/bit")
    bandwidth_bytes_per_s: float | None = key(
        None, "bandwidth of a chip's links together", unit="B/s", part="technology"
    )
    area_mm2: float = _area("a chip's links")
    power_w: float = _rated_power("a chip's links")
    leakage_w: float = _leakage("a chip's links")


@dataclass(frozen=True, slots=True)
class Vector:
    """Units for activation functions, pooling and additions; the action is one operation."""

    energy_j: float = _price("energy of an operation")
    area_mm2: float = _area()
    power_w: float = _rated_power()
    leakage_w: float = _leakage()
    per_tile: float = _per_tile(1.0)


@dataclass(frozen=True, slots=True)
class Control:
    """Instruction memory, registers and control, which no action is charged for."""

    core_area_mm2: float = _area("the control of a core")
    core_power_w: float = _rated_power("the control of a core")
    tile_area_mm2: float = _area("the control of a tile")
    tile_power_w: float = _rated_power("the control of a tile")


@dataclass(frozen=True, slots=True)
class Leakage:
    """Static power, where components do not say their own."""

    fraction: float = key(
        0.0, "share of a part's peak power that is static", unit="%", maximum=0.2,
        part="technology",
    )  # fmt: skip
