from __future__ import annotations

import pytest

import recost as rc
from recost.study.rollup import chip_rollup


@pytest.mark.parametrize("name", ["isaac", "puma", "sre", "sre-ideal", "ou-dense"])
def test_the_chip_is_the_sum_of_its_parts(name: str) -> None:
    rows = chip_rollup(rc.load_hardware(name)).to_dicts()
    parts = [row for row in rows if row["row"] == "part"]
    chip = rows[-1]
    for column in ("power_w", "area_mm2"):
        assert sum(row[column] for row in parts) == pytest.approx(chip[column], rel=1e-12)
    assert all(
        row["power_w"] == pytest.approx(row["instances"] * row["instance_power_w"]) for row in parts
    )


def test_isaac_spends_most_of_a_tile_on_its_converters() -> None:
    """ADCs are 58 % of a tile's power [P] ISAAC, ISCA 2016."""
    rows = chip_rollup(rc.load_hardware("isaac")).to_dicts()
    adc = next(row for row in rows if row["component"] == "adc")
    inside = sum(row["power_w"] for row in rows if row["row"] == "part" and row["level"] != "chip")
    assert adc["power_w"] / inside == pytest.approx(0.58, abs=0.005)


def test_more_adc_bits_draw_more_power_by_the_files_own_law() -> None:
    scaled = rc.load_hardware("ou-dense").replace({"adc.scaling": "exponential", "adc.bits": 8})
    before = chip_rollup(rc.load_hardware("ou-dense")).to_dicts()
    after = chip_rollup(scaled).to_dicts()
    power = [
        next(r["power_w"] for r in rows if r["component"] == "adc") for rows in (before, after)
    ]
    assert power[1] / power[0] == pytest.approx((2**8 / 9) / (2**6 / 7))


def test_a_machine_without_crossbars_has_no_rollup() -> None:
    with pytest.raises(rc.InputError, match="no crossbars"):
        chip_rollup(rc.load_hardware("gpu-v100"))
