"""Area, peak power and peak rate of a machine, summed over its parts."""

from __future__ import annotations

from dataclasses import dataclass

from recost.converters import adc_factor
from recost.hardware import Hardware


@dataclass(frozen=True, slots=True)
class Part:
    """A component: how many a chip has, and what one of them draws and occupies."""

    name: str
    level: str
    per_level: float
    instances: float
    power_w: float
    area_mm2: float

    @property
    def total_power_w(self) -> float:
        """Power of all of a chip's instances."""
        return self.instances * self.power_w

    @property
    def total_area_mm2(self) -> float:
        """Area of all of a chip's instances."""
        return self.instances * self.area_mm2


@dataclass(frozen=True, slots=True)
class Rollup:
    """The parts of a chip and what they come to."""

    parts: tuple[Part, ...]
    tiles: int
    operations_per_s: float

    def power_w(self, *levels: str) -> float:
        """Peak power of the parts of these levels (all if none is named), of the whole chip."""
        return sum(p.total_power_w for p in self.parts if not levels or p.level in levels)

    def area_mm2(self, *levels: str) -> float:
        """Area of the parts of these levels (all if none is named), of the whole chip."""
        return sum(p.total_area_mm2 for p in self.parts if not levels or p.level in levels)

    @property
    def tile_power_w(self) -> float:
        """Peak power of one tile: everything but the chip's links."""
        return self.power_w("crossbar", "core", "tile") / self.tiles

    @property
    def tile_area_mm2(self) -> float:
        """Area of one tile."""
        return self.area_mm2("crossbar", "core", "tile") / self.tiles


# Component sections that stand by crossbar, and the two that are crossbars themselves.
_BY_CROSSBAR = (
    "adc",
    "dac",
    "sample_hold",
    "shift_add",
    "input_register",
    "output_register",
    "index_decoder",
)


def rollup(hardware: Hardware) -> Rollup:
    """Sum the parts of a chip: power = sum of instances x peak power, area likewise.

    Peak rate: every crossbar multiplies rows x (columns / cells of a weight) weights, two
    operations each, in ceil(input_bits / dac_bits) cycles for each operation unit's share of
    it; differential weights take two crossbars [ISAAC, ISCA 2016: the same count gives its
    GOPS/s/mm2 (CE) and GOPS/W (PE) from Table I].
    """
    hierarchy = hardware.hierarchy
    tiles = hierarchy.tiles_per_chip
    cores = tiles * hierarchy.cores_per_tile
    crossbars = cores * hierarchy.crossbars_per_core
    parts = [
        _part("crossbar", "crossbar", 1.0, crossbars, hardware.crossbar),
        *(
            _part(
                name, "crossbar", section.per_crossbar, crossbars, section, _scale(name, hardware)
            )
            for name in _BY_CROSSBAR
            if (section := getattr(hardware, name)).per_crossbar
        ),
        _part("memory", "tile", 1.0, tiles, hardware.memory),
        _part("bus", "tile", 1.0, tiles, hardware.bus),
        _part("network_on_chip", "tile", hardware.network_on_chip.per_tile, tiles,
              hardware.network_on_chip),
        _part("vector", "tile", hardware.vector.per_tile, tiles, hardware.vector),
        Part("core control", "core", 1.0, cores, hardware.control.core_power_w,
             hardware.control.core_area_mm2),
        Part("tile control", "tile", 1.0, tiles, hardware.control.tile_power_w,
             hardware.control.tile_area_mm2),
        _part("off_chip", "chip", 1.0, 1, hardware.off_chip),
    ]  # fmt: skip
    return Rollup(tuple(parts), tiles, crossbars * _operations_per_s(hardware))


def _part(
    name: str, level: str, per_level: float, of: int, section: object, scale: float = 1.0
) -> Part:
    power: float = getattr(section, "power_w", 0.0) or 0.0
    area: float = getattr(section, "area_mm2", 0.0) or 0.0
    return Part(name, level, per_level, per_level * of, power * scale, area)


def _scale(name: str, hardware: Hardware) -> float:
    if name != "adc":
        return 1.0
    adc = hardware.adc
    return adc_factor(adc.scaling, adc.bits, adc.reference_bits)


def _operations_per_s(hardware: Hardware) -> float:
    """Peak operations a second of one crossbar, dense."""
    crossbar, unit, precision = hardware.crossbar, hardware.operation_unit, hardware.precision
    cells = -(-precision.weight_bits // crossbar.cell_bits)
    slices = -(-precision.input_bits // precision.dac_bits)
    units = -(-crossbar.rows // unit.rows) * -(-crossbar.columns // unit.columns)
    sets = 2 if hardware.mapping.encoding.text == "differential" else 1
    macs = crossbar.rows * crossbar.columns / cells / sets
    return 2.0 * macs / (slices * units * unit.cycle_time_s)
