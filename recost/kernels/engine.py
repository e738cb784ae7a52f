"""Counts times prices: from layers to what a network costs on one design."""

from __future__ import annotations

import math

import numpy as np

from recost.kernels._numba import borrowing, inlined, kernel
from recost.kernels.count_codes import (
    ADC_CONVERSIONS,
    BUS_BITS,
    CELL_READS,
    CELL_WRITES,
    CELLS_USED,
    CROSSBARS,
    CYCLES,
    INDEX_BITS_READ,
    INDEX_BITS_STORED,
    INDEX_DECODES,
    INPUT_REGISTER_BITS,
    MEMORY_BITS_READ,
    MEMORY_BITS_WRITTEN,
    NETWORK_BIT_HOPS,
    OFF_CHIP_BITS,
    OU_ACTIVATIONS,
    OUTPUT_REGISTER_WRITES,
    SAMPLES,
    SHIFT_ADDS,
    VECTOR_OPERATIONS,
    WORDLINE_DRIVES,
)
from recost.kernels.placement import ceil_div
from recost.kernels.prices import (
    action_prices,
    adc_scale,
    chip_crossbars,
    crossbar_area,
    crossbar_leakage,
    tile_area,
    tile_control,
    tile_leakage,
    tiles_and_chips,
)
from recost.vocabulary import ACTIONS, Overflow, Replication

# The sums over a network: its actions first, in the order of `Count`.
(
    SUM_CYCLES,
    SUM_SLOWEST,
    SUM_ACTIVATIONS,
    SUM_CONVERSIONS,
    SUM_CONTROL,
    SUM_STORED,
    SUM_CROSSBARS,
    SUM_TILES,
    SUM_CHIPS,
    SUM_ROUNDS,
) = range(ACTIONS, ACTIONS + 10)
SUMS = ACTIONS + 10

_BALANCED = int(Replication.BALANCED)
_RELOAD = int(Overflow.RELOAD)


@inlined
def chips_left(before, after, per_chip):
    """Chips that are full between `before` and `after` crossbars: the outputs go on to others.

    Whole numbers come as floats, as in `recost.kernels.counts.moved_bits`.
    """
    return max(0.0, np.floor((after - 1.0) / per_chip) - np.floor(before / per_chip))


@borrowing
def off_chip_counts(layers, structure, counts):
    """Bits over chip boundaries for one image, added to the `counts` of the layers.

    The image comes in with the first layer, the answer leaves with the last, and the outputs of
    a layer at which a chip is full go to the next chip.
    """
    per_chip = chip_crossbars(structure)
    bits = structure.precision_input_bits
    placed = 0.0
    for i in range(layers.size):
        before = placed
        placed += counts[i, CROSSBARS]
        crossings = chips_left(before, placed, per_chip) if i + 1 < layers.size else 1.0
        counts[i, OFF_CHIP_BITS] += crossings * float(layers[i].outputs * bits)
    counts[0, OFF_CHIP_BITS] += float(layers[0].inputs * bits)


@inlined
def reloads(structure, chips):
    """Whether a network that needs so many chips is written anew for every image."""
    return 0 < structure.budget_chips < chips and structure.budget_on_overflow == _RELOAD


@kernel
def balance(counts, copies, budget):
    """Spend crossbars on copies of the slowest layer, again and again, within `budget`.

    The greedy rule: the layer of the longest time per image gets one more copy; it stops when
    that copy does not fit.
    """
    used = 0
    for i in range(copies.size):
        used += int(counts[i, CROSSBARS]) * copies[i]
    while True:
        slowest = 0
        for i in range(1, copies.size):
            if counts[i, CYCLES] * copies[slowest] > counts[slowest, CYCLES] * copies[i]:
                slowest = i
        need = int(counts[slowest, CROSSBARS])
        # A layer can use at most one copy a cycle of its own work.
        if used + need > budget or copies[slowest] >= counts[slowest, CYCLES]:
            return
        copies[slowest] += 1
        used += need


@borrowing
def network_sums(layers, structure, counts, copies, budget, sums):
    """Sums of the counts over a network's layers for one image, and what they occupy.

    `copies[i]` are copies of layer i; with `mapping.replication = "balanced"` or a `budget`
    above 0 crossbars are spent on more of them.  A network that does not fit and may be
    reloaded is written anew for every image: each cell once, its bits over the chip's links.
    """
    off_chip_counts(layers, structure, counts)
    need = 0
    for i in range(counts.shape[0]):
        need += int(counts[i, CROSSBARS]) * copies[i]
    _, chips = tiles_and_chips(structure, need)
    per_tile = structure.hierarchy_crossbars_per_core * structure.hierarchy_cores_per_tile
    rounds = 0
    if reloads(structure, chips):
        capacity = per_tile * structure.hierarchy_tiles_per_chip * structure.budget_chips
        for i in range(counts.shape[0]):
            counts[i, CELL_WRITES] += counts[i, CELLS_USED]
            counts[i, OFF_CHIP_BITS] += counts[i, CELLS_USED] * structure.crossbar_cell_bits
        rounds = ceil_div(need, capacity)
        need = capacity
    elif budget > 0 or structure.mapping_replication == _BALANCED:
        have = max(chips, structure.budget_chips) * structure.hierarchy_tiles_per_chip * per_tile
        balance(counts, copies, budget if budget > 0 else have)
        need = 0
        for i in range(counts.shape[0]):
            need += int(counts[i, CROSSBARS]) * copies[i]
    sum_layers(counts, copies, sums)
    put_size(structure, need, rounds, sums)


@inlined
def add_layers(times, cycles, crossbars, many, copies):
    """Cycles, those of the slowest layer, and crossbars x cycles, with layers of `cycles` more.

    They are `many` alike, of each of which there are `copies` or more.  Copies of a layer share
    its work: tiles x time does not depend on how many there are.
    """
    total, slowest, control = times
    slowest = max(slowest, cycles / copies)
    return total + many * cycles, slowest, control + many * (crossbars * cycles)


@borrowing
def sum_layers(counts, copies, sums):
    """Sums over layers of what they count into `sums`; the rest 0."""
    for i in range(SUMS):
        sums[i] = 0.0
    times, activations, stored = (0.0, 0.0, 0.0), 0.0, 0.0
    for i in range(counts.shape[0]):
        for action in range(ACTIONS):
            sums[action] += counts[i, action]
        times = add_layers(times, counts[i, CYCLES], counts[i, CROSSBARS], 1.0, copies[i])
        activations += counts[i, OU_ACTIVATIONS]
        stored += counts[i, INDEX_BITS_STORED] * copies[i]
    put_times(times, activations, stored, sums)


@inlined
def put_times(times, activations, stored, sums):
    """Put in what is summed over layers besides their actions, which `sums` hold."""
    sums[SUM_CYCLES], sums[SUM_SLOWEST], sums[SUM_CONTROL] = times
    sums[SUM_ACTIVATIONS], sums[SUM_CONVERSIONS] = activations, sums[ADC_CONVERSIONS]
    sums[SUM_STORED] = stored


@inlined
def put_size(structure, need, rounds, sums):
    """Put in what `need` crossbars occupy."""
    tiles, chips = tiles_and_chips(structure, need)
    sums[SUM_CROSSBARS], sums[SUM_TILES] = float(need), float(tiles)
    sums[SUM_CHIPS], sums[SUM_ROUNDS] = float(chips), float(rounds)


@inlined
def action_energies(prices, sums):
    """Joules of the components that actions pay into, as `PAYER` says."""
    return (
        sums[ADC_CONVERSIONS] * prices[ADC_CONVERSIONS],
        sums[WORDLINE_DRIVES] * prices[WORDLINE_DRIVES],
        sums[CELL_READS] * prices[CELL_READS],
        sums[SAMPLES] * prices[SAMPLES],
        sums[SHIFT_ADDS] * prices[SHIFT_ADDS],
        sums[INPUT_REGISTER_BITS] * prices[INPUT_REGISTER_BITS],
        sums[OUTPUT_REGISTER_WRITES] * prices[OUTPUT_REGISTER_WRITES],
        sums[INDEX_DECODES] * prices[INDEX_DECODES]
        + sums[INDEX_BITS_READ] * prices[INDEX_BITS_READ],
        sums[MEMORY_BITS_READ] * prices[MEMORY_BITS_READ]
        + sums[MEMORY_BITS_WRITTEN] * prices[MEMORY_BITS_WRITTEN],
        sums[BUS_BITS] * prices[BUS_BITS],
        sums[NETWORK_BIT_HOPS] * prices[NETWORK_BIT_HOPS],
        sums[OFF_CHIP_BITS] * prices[OFF_CHIP_BITS],
        sums[VECTOR_OPERATIONS] * prices[VECTOR_OPERATIONS],
        sums[CELL_WRITES] * prices[CELL_WRITES],
    )


@inlined
def reload_time(structure, technology, sums):
    """Seconds in which all weights are written anew, where they are reloaded; else 0.

    Crossbars are written side by side, each a row at a time, as the cells' bits come over the
    links of the chips: the slower of the two takes as long as both.
    """
    rounds = sums[SUM_ROUNDS]
    if rounds <= 0.0:
        return 0.0
    write = technology.cell_write_time_s * technology.cell_pulses
    bits_per_s = 8.0 * technology.off_chip_bandwidth_bytes_per_s * sums[SUM_CHIPS]
    bits = sums[CELL_WRITES] * structure.crossbar_cell_bits
    return max(rounds * structure.crossbar_rows * write, bits / bits_per_s)


@inlined
def total_costs(structure, technology, scale, sums):
    """What the sums cost, in the order of `Component` and then of `Total`.

    Latency is that of one image through one copy; the interval between images in steady state
    that of the slowest layer, or of all of them where weights are reloaded.  Static power is
    charged for the interval, so that power = energy / interval; control runs in the tiles of a
    layer as long as the layer works on the image.  Where nothing takes time, throughput and power
    are NaN.  `scale` is the `adc_scale` of the structure.
    """
    need, tiles, chips = sums[SUM_CROSSBARS], sums[SUM_TILES], sums[SUM_CHIPS]
    cycle = structure.operation_unit_cycle_time_s
    latency = sums[SUM_CYCLES] * cycle + reload_time(structure, technology, sums)
    # Reloaded layers take turns on the same crossbars: nothing overlaps.
    interval = latency if sums[SUM_ROUNDS] > 0.0 else sums[SUM_SLOWEST] * cycle
    throughput = 1.0 / interval if interval > 0.0 else math.nan

    static = crossbar_leakage(structure, technology, scale) * need
    static += tile_leakage(structure, technology) * tiles + technology.off_chip_leakage_w * chips
    per_tile = structure.hierarchy_crossbars_per_core * structure.hierarchy_cores_per_tile
    energies = (
        *action_energies(action_prices(technology, scale), sums),
        sums[SUM_CONTROL] * (tile_control(structure, technology) / per_tile * cycle),
        static * interval,
    )
    energy = 0.0
    for joules in energies:
        energy += joules

    area = crossbar_area(structure, technology) * need + tile_area(structure, technology) * tiles
    area += technology.index_decoder_memory_area_mm2_per_bit * sums[SUM_STORED]
    area += technology.off_chip_area_mm2 * chips
    return (
        *energies,
        latency,
        interval,
        sums[SUM_CYCLES],
        sums[SUM_ACTIVATIONS],
        sums[SUM_CONVERSIONS],
        need,
        chips,
        area,
        energy,
        throughput,
        energy * throughput,
    )


@borrowing
def price_sums(structure, technology, sums, prices, totals):
    """What sums on one structure cost into `totals`, and joules an action into `prices`."""
    scale = adc_scale(structure)
    for action, joules in enumerate(action_prices(technology, scale)):
        prices[action] = joules
    for total, value in enumerate(total_costs(structure, technology, scale, sums)):
        totals[total] = value
