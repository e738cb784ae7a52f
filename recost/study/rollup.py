"""A chip's parts, and what they come to: area, peak power, peak rate."""

from __future__ import annotations

from typing import Any

from recost.hardware import Hardware
from recost.models.binding import check_crossbars
from recost.models.rollup import rollup
from recost.study.result import Result

COLUMNS = (
    "row",
    "hardware",
    "component",
    "level",
    "per_level",
    "instances",
    "instance_power_w",
    "instance_area_mm2",
    "power_w",
    "area_mm2",
    "operations_per_s",
    "gops_per_mm2",
    "gops_per_w",
)


def chip_rollup(hardware: Hardware) -> Result:
    """A row a component, then the tile and the chip; rates are dense and at peak.

    power = instances x peak power of one, area likewise; the tile is everything but the chip's
    links, divided by the tiles.  Raises InputError for a machine without crossbars.
    """
    check_crossbars(hardware)
    chip = rollup(hardware)
    rows: list[dict[str, Any]] = [
        {
            "row": "part",
            "hardware": hardware.name,
            "component": part.name,
            "level": part.level,
            "per_level": part.per_level,
            "instances": part.instances,
            "instance_power_w": part.power_w,
            "instance_area_mm2": part.area_mm2,
            "power_w": part.total_power_w,
            "area_mm2": part.total_area_mm2,
        }
        for part in chip.parts
        if part.instances
    ]
    for name, tiles in (("tile", chip.tiles), ("chip", 1)):
        power = chip.tile_power_w if name == "tile" else chip.power_w()
        area = chip.tile_area_mm2 if name == "tile" else chip.area_mm2()
        rate = chip.operations_per_s / tiles
        rows.append(
            {
                "row": name,
                "hardware": hardware.name,
                "component": "total",
                "level": name,
                "power_w": power,
                "area_mm2": area,
                "operations_per_s": rate,
                "gops_per_mm2": rate / 1e9 / area if area else None,
                "gops_per_w": rate / 1e9 / power if power else None,
            }
        )
    provenance = {"hardware": {hardware.name: {"sha256": hardware.content_hash}}}
    return Result(COLUMNS, rows, warnings=hardware.notes, provenance=provenance, kind="rollup")
