"""What actions, crossbars and tiles cost: prices from a technology record, and their roll-up."""

from __future__ import annotations

from recost import converters
from recost.kernels._numba import inlined, light
from recost.kernels.placement import ceil_div

_adc_factor = inlined(converters.adc_factor)


@inlined
def adc_scale(structure):
    """ADC energy and power at `adc.bits` over those at `adc.reference_bits`."""
    bits, reference = float(structure.adc_bits), float(structure.adc_reference_bits)
    return _adc_factor(structure.adc_scaling, bits, reference)


@inlined
def action_prices(technology, scale):
    """Joules of one action of each kind, in the order of `Count`.

    `scale` is the `adc_scale` of the structure.
    """
    # Hardware that never writes need not say what a write costs.
    write = technology.cell_write_energy_j * technology.cell_pulses
    return (
        technology.adc_energy_j * scale,
        technology.dac_energy_j,
        technology.cell_read_energy_j,
        technology.sample_hold_energy_j,
        technology.shift_add_energy_j,
        technology.input_register_energy_j_per_bit,
        technology.output_register_energy_j,
        technology.index_decoder_energy_j,
        technology.index_decoder_memory_energy_j_per_bit,
        technology.memory_read_energy_j_per_bit,
        technology.memory_write_energy_j_per_bit,
        technology.bus_energy_j_per_bit,
        technology.network_on_chip_energy_j_per_bit,
        technology.off_chip_energy_j_per_bit,
        technology.vector_energy_j,
        write if write == write else 0.0,  # noqa: PLR0124 - nan is not itself
    )


@inlined
def crossbar_area(structure, technology):
    """Square millimetres of a crossbar with its converters, drivers and registers."""
    return (
        technology.crossbar_area_mm2
        + technology.adc_area_mm2 * structure.adc_per_crossbar
        + technology.dac_area_mm2 * structure.dac_per_crossbar
        + technology.sample_hold_area_mm2 * structure.sample_hold_per_crossbar
        + technology.shift_add_area_mm2 * structure.shift_add_per_crossbar
        + technology.input_register_area_mm2 * structure.input_register_per_crossbar
        + technology.output_register_area_mm2 * structure.output_register_per_crossbar
        + technology.index_decoder_area_mm2 * structure.index_decoder_per_crossbar
    )


@inlined
def crossbar_leakage(structure, technology, scale):
    """Static watts of a crossbar with its converters, drivers and registers.

    `scale` is the `adc_scale` of the structure.
    """
    return (
        technology.crossbar_leakage_w
        + technology.adc_leakage_w * scale * structure.adc_per_crossbar
        + technology.dac_leakage_w * structure.dac_per_crossbar
        + technology.sample_hold_leakage_w * structure.sample_hold_per_crossbar
        + technology.shift_add_leakage_w * structure.shift_add_per_crossbar
        + technology.input_register_leakage_w * structure.input_register_per_crossbar
        + technology.output_register_leakage_w * structure.output_register_per_crossbar
        + technology.index_decoder_leakage_w * structure.index_decoder_per_crossbar
    )


@light
def crossbar_figures(structure, technology):
    """Square millimetres and static watts of a crossbar."""
    scale = adc_scale(structure)
    return crossbar_area(structure, technology), crossbar_leakage(structure, technology, scale)


@inlined
def tile_area(structure, technology):
    """Square millimetres of a tile's shared parts, its cores' crossbars not counted."""
    return (
        technology.memory_area_mm2
        + technology.bus_area_mm2
        + technology.network_on_chip_area_mm2 * structure.network_on_chip_per_tile
        + technology.vector_area_mm2 * structure.vector_per_tile
        + technology.control_tile_area_mm2
        + technology.control_core_area_mm2 * structure.hierarchy_cores_per_tile
    )


@inlined
def tile_leakage(structure, technology):
    """Static watts of a tile's shared parts."""
    return (
        technology.memory_leakage_w
        + technology.bus_leakage_w
        + technology.network_on_chip_leakage_w * structure.network_on_chip_per_tile
        + technology.vector_leakage_w * structure.vector_per_tile
    )


@inlined
def tile_control(structure, technology):
    """Watts of a tile's control, which runs as long as the tile is in use."""
    return (
        technology.control_tile_power_w
        + technology.control_core_power_w * structure.hierarchy_cores_per_tile
    )


@inlined
def chip_crossbars(structure):
    """Crossbars that a chip holds, a whole number as a float."""
    per_tile = structure.hierarchy_crossbars_per_core * structure.hierarchy_cores_per_tile
    return float(per_tile * structure.hierarchy_tiles_per_chip)


@inlined
def tiles_and_chips(structure, crossbars):
    """Whole tiles and whole chips that hold so many crossbars."""
    per_tile = structure.hierarchy_crossbars_per_core * structure.hierarchy_cores_per_tile
    tiles = ceil_div(crossbars, per_tile)
    return tiles, ceil_div(tiles, structure.hierarchy_tiles_per_chip)
