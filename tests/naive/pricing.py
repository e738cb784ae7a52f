"""What a network costs by definition: every action at its price, every part at its number."""

import math

import numpy as np

from recost.converters import adc_factor
from recost.kernels import engine
from recost.vocabulary import ACTIONS, PAYER, Component, Count, Total

# The key of the price of each action.
PRICES = {
    Count.ADC_CONVERSIONS: "adc_energy_j",
    Count.WORDLINE_DRIVES: "dac_energy_j",
    Count.CELL_READS: "cell_read_energy_j",
    Count.SAMPLES: "sample_hold_energy_j",
    Count.SHIFT_ADDS: "shift_add_energy_j",
    Count.INPUT_REGISTER_BITS: "input_register_energy_j_per_bit",
    Count.OUTPUT_REGISTER_WRITES: "output_register_energy_j",
    Count.INDEX_DECODES: "index_decoder_energy_j",
    Count.INDEX_BITS_READ: "index_decoder_memory_energy_j_per_bit",
    Count.MEMORY_BITS_READ: "memory_read_energy_j_per_bit",
    Count.MEMORY_BITS_WRITTEN: "memory_write_energy_j_per_bit",
    Count.BUS_BITS: "bus_energy_j_per_bit",
    Count.NETWORK_BIT_HOPS: "network_on_chip_energy_j_per_bit",
    Count.OFF_CHIP_BITS: "off_chip_energy_j_per_bit",
    Count.VECTOR_OPERATIONS: "vector_energy_j",
    Count.CELL_WRITES: "cell_write_energy_j",
}
PER_CROSSBAR = ("adc", "dac", "sample_hold", "shift_add", "input_register", "output_register",
                "index_decoder")  # fmt: skip
PER_TILE = {
    "memory": None,
    "bus": None,
    "network_on_chip": "network_on_chip_per_tile",
    "vector": "vector_per_tile",
}


def totals(structure, technology, sums):
    """The energy of each component, then each `Total`, of sums on one structure."""
    s, t = dict_of(structure), dict_of(technology)
    scale = adc_factor(s["adc_scaling"], s["adc_bits"], s["adc_reference_bits"])
    pulses, out = t["cell_pulses"], dict.fromkeys(Component, 0.0)
    for action in list(Count)[:ACTIONS]:
        price = t[PRICES[action]]
        price *= {Count.ADC_CONVERSIONS: scale, Count.CELL_WRITES: pulses}.get(action, 1.0)
        if not math.isnan(price):
            out[PAYER[action]] += sums[action] * price
    cycle, rounds = s["operation_unit_cycle_time_s"], sums[engine.SUM_ROUNDS]
    latency = sums[engine.SUM_CYCLES] * cycle
    if rounds:
        writing = rounds * s["crossbar_rows"] * t["cell_write_time_s"] * pulses
        loaded_bytes = sums[Count.CELL_WRITES] * s["crossbar_cell_bits"] / 8.0
        links = t["off_chip_bandwidth_bytes_per_s"] * sums[engine.SUM_CHIPS]
        latency += max(writing, loaded_bytes / links)
    interval = latency if rounds else sums[engine.SUM_SLOWEST] * cycle
    crossbars, tiles, chips = (
        sums[k] for k in (engine.SUM_CROSSBARS, engine.SUM_TILES, engine.SUM_CHIPS)
    )
    area = crossbars * t["crossbar_area_mm2"] + chips * t["off_chip_area_mm2"]
    static = crossbars * t["crossbar_leakage_w"] + chips * t["off_chip_leakage_w"]
    for name in PER_CROSSBAR:
        many = crossbars * s[f"{name}_per_crossbar"]
        area += many * t[f"{name}_area_mm2"]
        static += many * t[f"{name}_leakage_w"] * (scale if name == "adc" else 1.0)
    for name, number in PER_TILE.items():
        many = tiles * (s[number] if number else 1)
        area += many * t[f"{name}_area_mm2"]
        static += many * t[f"{name}_leakage_w"]
    cores = s["hierarchy_cores_per_tile"]
    area += tiles * (t["control_tile_area_mm2"] + cores * t["control_core_area_mm2"])
    area += sums[engine.SUM_STORED] * t["index_decoder_memory_area_mm2_per_bit"]
    control = t["control_tile_power_w"] + cores * t["control_core_power_w"]
    tile_cycles = sums[engine.SUM_CONTROL] / (cores * s["hierarchy_crossbars_per_core"])
    out[Component.CONTROL] = control * tile_cycles * cycle
    out[Component.LEAKAGE] = static * interval
    energy = sum(out.values())
    return [*(out[component] for component in Component)] + [
        {
            Total.LATENCY: latency,
            Total.INTERVAL: interval,
            Total.CYCLES: sums[engine.SUM_CYCLES],
            Total.OU_ACTIVATIONS: sums[engine.SUM_ACTIVATIONS],
            Total.ADC_CONVERSIONS: sums[engine.SUM_CONVERSIONS],
            Total.CROSSBARS: crossbars,
            Total.CHIPS: chips,
            Total.AREA: area,
            Total.ENERGY: energy,
            Total.THROUGHPUT: 1.0 / interval if interval else math.nan,
            Total.POWER: energy / interval if interval else math.nan,
        }[total]
        for total in Total
    ]


def dict_of(record):
    return {name: record[name].item() for name in record.dtype.names}


def lines(base, slopes, prices):
    """Totals [totals] that are `base` at no price, and how much more each of the prices makes."""
    found = []
    for start, own in zip(base, slopes, strict=True):
        total = start
        for slope, price in zip(own, prices, strict=True):
            total = total + slope * price
        found.append(total)
    return np.array(found)
