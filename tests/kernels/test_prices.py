"""The prices that kernels apply and the roll-up of a machine's parts say the same."""

from __future__ import annotations

import pytest

from recost.hardware import load_hardware
from recost.hardware.records import structure_record, technology_record
from recost.kernels.prices import crossbar_area, tile_area
from recost.locate import shipped_folder
from recost.models.rollup import rollup

SHIPPED = sorted(path.stem for path in shipped_folder("hardware").glob("*.toml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_area_of_a_tile_is_the_sum_of_its_parts(name: str) -> None:
    hardware = load_hardware(name)
    if hardware.kind != "reram":
        pytest.skip("no crossbars")
    structure, technology = structure_record(hardware)[0], technology_record(hardware)[0]
    crossbars = hardware.hierarchy.cores_per_tile * hardware.hierarchy.crossbars_per_core
    area = crossbars * crossbar_area(structure, technology) + tile_area(structure, technology)
    assert rollup(hardware).tile_area_mm2 == pytest.approx(area, rel=1e-12)
