"""The shipped files against the figures of their papers, each by its own arithmetic."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from recost.hardware import Hardware, load_hardware
from recost.hardware.sections import key_table
from recost.locate import shipped_folder

OWN = ("isaac", "ou-dense", "sre", "sre-ideal", "puma")
PARTS = (
    "crossbar", "adc", "dac", "sample_hold", "shift_add", "input_register", "output_register",
    "index_decoder",
)  # fmt: skip


def _crossbar_parts(hardware: Hardware, attribute: str) -> Iterator[float]:
    """What the instances of a crossbar's components add up to, component by component."""
    for name in PARTS:
        part = getattr(hardware, name)
        yield getattr(part, attribute) * getattr(part, "per_crossbar", 1)


def _roll_up(hardware: Hardware, attribute: str) -> tuple[float, float, float]:
    """Core, tile and chip: the sum of their instances' `attribute` (power_w or area_mm2)."""
    levels, control = hardware.hierarchy, hardware.control
    network, vector = hardware.network_on_chip, hardware.vector
    crossbars = levels.crossbars_per_core * sum(_crossbar_parts(hardware, attribute))
    core = crossbars + getattr(control, f"core_{attribute}")
    tile = (
        levels.cores_per_tile * core
        + getattr(hardware.memory, attribute)
        + getattr(hardware.bus, attribute)
        + network.per_tile * getattr(network, attribute)
        + vector.per_tile * getattr(vector, attribute)
        + getattr(control, f"tile_{attribute}")
    )
    return core, tile, levels.tiles_per_chip * tile + getattr(hardware.off_chip, attribute)


def _cycle_energy_j(hardware: Hardware) -> float:
    """One cycle of one crossbar with its whole operation unit active."""
    rows, columns = hardware.operation_unit.rows, hardware.operation_unit.columns
    per_row = hardware.dac.energy_j + hardware.input_register.energy_j_per_bit
    per_column = (
        hardware.adc.energy_j
        + hardware.sample_hold.energy_j
        + hardware.shift_add.energy_j
        + hardware.output_register.energy_j
    )
    return rows * per_row + rows * columns * hardware.cell.read_energy_j + columns * per_column


@pytest.mark.parametrize("name", OWN)
def test_it_loads_without_a_warning(name: str) -> None:
    hardware = load_hardware(name)
    assert hardware.notes == ()
    assert hardware.title != name


@pytest.mark.parametrize("name", OWN)
def test_every_technology_number_is_tagged(name: str) -> None:
    """A source names its paper or simulator and carries a tag, or says it is an assumption."""
    hardware = load_hardware(name)
    for path, setting in hardware.settings.items():
        source = setting.provenance.source or ""
        if key_table("reram")[path].sourced and source:
            assert re.search(r"\[[PSD2R]\]", source) or source.startswith("assumption"), path


def test_isaac_rolls_up_to_its_table() -> None:
    # Table I of ISAAC [P]: 12 IMAs 289 mW, 0.157 mm2; tile 330 mW, 0.372 mm2; chip 65.8 W, 85.4
    core_w, tile_w, chip_w = _roll_up(load_hardware("isaac"), "power_w")
    assert 12 * core_w == pytest.approx(289e-3, rel=2e-3)
    assert tile_w == pytest.approx(330e-3, rel=2e-3)
    assert chip_w == pytest.approx(65.8, rel=2e-3)
    core, tile, chip = _roll_up(load_hardware("isaac"), "area_mm2")
    assert 12 * core == pytest.approx(0.157, rel=5e-3)
    assert tile == pytest.approx(0.372, rel=2e-3)
    assert chip == pytest.approx(85.4, rel=2e-3)


def test_isaac_computes_what_it_says_in_that_area_and_power() -> None:
    hardware = load_hardware("isaac")
    crossbar, levels, precision = hardware.crossbar, hardware.hierarchy, hardware.precision
    crossbars = levels.crossbars_per_core * levels.cores_per_tile * levels.tiles_per_chip
    weights = crossbar.columns * crossbar.cell_bits // precision.weight_bits
    seconds = precision.input_bits * hardware.operation_unit.cycle_time_s
    operations = 2 * crossbars * crossbar.rows * weights / seconds
    assert operations == pytest.approx(41.29e12, rel=1e-3)
    gops = operations / 1e9
    assert gops / _roll_up(hardware, "area_mm2")[2] == pytest.approx(478.95, rel=0.02)
    assert gops / _roll_up(hardware, "power_w")[2] == pytest.approx(627.5, rel=0.02)
    # ADCs take 58 % of a tile's power [P].
    adc = 96 * hardware.adc.power_w
    assert adc / _roll_up(hardware, "power_w")[1] == pytest.approx(0.58, abs=0.005)


def test_isaac_burns_its_peak_power_when_all_of_it_works() -> None:
    """The energies of a cycle over its length are the powers of the table, part by part."""
    hardware = load_hardware("isaac")
    seconds = hardware.operation_unit.cycle_time_s
    assert _cycle_energy_j(hardware) / seconds == pytest.approx(
        sum(_crossbar_parts(hardware, "power_w")), rel=0.05
    )


def test_an_operation_unit_costs_what_its_terms_add_up_to() -> None:
    # [D]: 16 x .5354 + 256 x .001788 + 16 x .021 + 16 x .0059 = 9.45 pJ
    hardware = load_hardware("ou-dense")
    adc = 16 * hardware.adc.energy_j
    total = (
        adc
        + 256 * hardware.cell.read_energy_j
        + 16 * hardware.shift_add.energy_j
        + 16 * hardware.dac.energy_j
    )
    assert total == pytest.approx(9.45e-12, rel=1e-3)
    assert adc / total == pytest.approx(0.91, abs=0.005)
    assert _cycle_energy_j(hardware) == pytest.approx(total, rel=3e-3)
    # With the driver held for the whole cycle an operation unit costs 16.0 pJ [D].
    held = hardware.replace({"dac.energy": "0.417 pJ"})
    more = total + 16 * (held.dac.energy_j - hardware.dac.energy_j)
    assert more == pytest.approx(16.0e-12, rel=3e-3)


def test_the_6_bit_adc_follows_from_the_8_bit_one() -> None:
    """SRE's 0.6425 mW is what ISAAC's scaling law gives from 2 mW at 8 bits."""
    isaac = load_hardware("isaac")
    from recost.converters import adc_factor

    six = isaac.adc.energy_j * adc_factor(isaac.adc.scaling, 6, isaac.adc.reference_bits)
    assert six == pytest.approx(load_hardware("ou-dense").adc.energy_j, rel=2e-3)


def test_sre_differs_from_its_baseline_only_in_sparsity_and_index_decoding() -> None:
    base, sre = load_hardware("ou-dense"), load_hardware("sre")
    changed = {p for p in base.provenance if base.value(p) != sre.value(p)}
    assert {path.split(".")[0] for path in changed} == {"sparsity", "index_decoder"}
    assert (base.operation_unit.rows, base.operation_unit.columns) == (16, 16)
    assert base.adc.bits == sre.adc.bits == 6


def test_the_over_idealised_design_reads_a_crossbar_at_once() -> None:
    hardware = load_hardware("sre-ideal")
    assert (hardware.operation_unit.rows, hardware.operation_unit.columns) == (128, 128)
    assert hardware.operation_unit.cycle_time_s == 100e-9
    assert hardware.adc.bits == hardware.adc.reference_bits == 8
    assert hardware.adc.energy_j == 1.667e-12
    assert hardware.adc.area_mm2 == 0.0012


def test_puma_multiplies_in_2304_ns_and_44_nj() -> None:
    hardware = load_hardware("puma")
    cycles = hardware.precision.input_bits + hardware.operation_unit.fill_cycles
    assert cycles * hardware.operation_unit.cycle_time_s == pytest.approx(2304e-9)  # [P]
    assert not hardware.operation_unit.gated
    # 8 crossbars of 2-bit cells hold the 16-bit weights of a unit; 43.97 nJ [P].
    energy = 8 * cycles * _cycle_energy_j(hardware)
    assert energy == pytest.approx(43.97e-9, rel=0.02)
    unit_w = 8 * sum(_crossbar_parts(hardware, "power_w"))
    assert unit_w == pytest.approx(19.09e-3, rel=0.02)
    assert 8 * sum(_crossbar_parts(hardware, "area_mm2")) == pytest.approx(0.012, rel=0.05)


def test_puma_rolls_up_near_its_table() -> None:
    """Table 3's own parts add up to more than its totals: 377.9 mW for 373.8, .487 mm2 for .479."""
    hardware = load_hardware("puma")
    core_w, tile_w, node_w = _roll_up(hardware, "power_w")
    # A core has its vector unit, which the tile counts here.
    assert core_w + hardware.vector.power_w == pytest.approx(42.37e-3, rel=0.02)
    assert tile_w == pytest.approx(377.9e-3 + 0.25 * 16.54e-3, rel=0.02)
    assert node_w == pytest.approx(62.5, rel=0.04)
    core, tile, node = _roll_up(hardware, "area_mm2")
    assert core + hardware.vector.area_mm2 == pytest.approx(0.036, rel=0.02)
    assert tile == pytest.approx(0.487 + 0.25 * 0.047, rel=0.02)
    assert node == pytest.approx(90.638, rel=0.02)


def test_a_file_of_every_name_is_shipped() -> None:
    names = {path.stem for path in shipped_folder("hardware").glob("*.toml")}
    assert names >= set(OWN)
