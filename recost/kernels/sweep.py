"""Many designs at once: counts of layers, their sums over a network, and prices applied to sums.

An estimate is counts times prices, and each of its three steps depends on less than the one
after it: the counts of a layer on the layer and some keys of the structure, their sums on the
network and the structure, the totals on the technology too.  Each step is a driver over
independent outputs, so that results are the same bits for any number of threads and any way of
cutting points into chunks.  The numbers are those of `recost.kernels.engine.network_totals`,
but for the order in which layers and prices are added up (relative difference below 1e-13).
"""

from __future__ import annotations

import numpy as np
from numba import prange

from recost.kernels._numba import driver, kernel
from recost.kernels.counts import data_movement, layer_counts, layer_placement
from recost.kernels.engine import balance, off_chip_counts
from recost.kernels.placement import ceil_div
from recost.kernels.prices import (
    action_prices,
    crossbar_area,
    crossbar_leakage,
    tile_area,
    tile_control,
    tile_leakage,
    tiles_and_chips,
)
from recost.vocabulary import ACTIONS, COUNTS, PAYER, Component, Count, Overflow, Replication, Total

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

_PAYER = tuple(int(component) for component in PAYER)
_CYCLES = int(Count.CYCLES)
_ACTIVATIONS = int(Count.OU_ACTIVATIONS)
_CONVERSIONS = int(Count.ADC_CONVERSIONS)
_CROSSBARS = int(Count.CROSSBARS)
_STORED = int(Count.INDEX_BITS_STORED)
_WRITES = int(Count.CELL_WRITES)
_CELLS = int(Count.CELLS_USED)
_MEMORY_READ = int(Count.MEMORY_BITS_READ)
_MEMORY_WRITTEN = int(Count.MEMORY_BITS_WRITTEN)
_BUS = int(Count.BUS_BITS)
_NETWORK = int(Count.NETWORK_BIT_HOPS)
_CONTROL = int(Component.CONTROL)
_LEAKAGE = int(Component.LEAKAGE)
_LATENCY = int(Total.LATENCY)
_INTERVAL = int(Total.INTERVAL)
_BALANCED = int(Replication.BALANCED)
_RELOAD = int(Overflow.RELOAD)
_TOTAL_CYCLES = int(Total.CYCLES)
_TOTAL_ACTIVATIONS = int(Total.OU_ACTIVATIONS)
_TOTAL_CONVERSIONS = int(Total.ADC_CONVERSIONS)
_TOTAL_CROSSBARS = int(Total.CROSSBARS)
_CHIPS = int(Total.CHIPS)
_AREA = int(Total.AREA)


@driver
def count_items(layers, structures, layer_at, structure_at, special, counts):
    """Counts of layer `layer_at[i]` on structure `structure_at[i]` into `counts[i]`.

    `layers` is of `BOUND_LAYER`, `structures` of the structure dtype, `counts` [items, COUNTS];
    `special` as in `recost.kernels.counts.layer_counts`.
    """
    for i in prange(layer_at.size):
        layer_counts(layers[layer_at[i]], structures[structure_at[i]], special, counts[i])


@kernel
def _network_sums(layers, structure, counts, copies, sums):
    """Sums over the layers of one network, as `network_totals` takes them."""
    off_chip_counts(layers, structure, counts)
    need = 0
    for i in range(counts.shape[0]):
        need += int(counts[i, _CROSSBARS]) * copies[i]
    _, chips = tiles_and_chips(structure, need)
    per_tile = structure.hierarchy_crossbars_per_core * structure.hierarchy_cores_per_tile
    rounds = 0
    if 0 < structure.budget_chips < chips and structure.budget_on_overflow == _RELOAD:
        capacity = per_tile * structure.hierarchy_tiles_per_chip * structure.budget_chips
        for i in range(counts.shape[0]):
            counts[i, _WRITES] += counts[i, _CELLS]
        rounds = ceil_div(need, capacity)
        need = capacity
    elif structure.mapping_replication == _BALANCED:
        have = max(chips, structure.budget_chips) * structure.hierarchy_tiles_per_chip * per_tile
        balance(counts, copies, have)
        need = 0
        for i in range(counts.shape[0]):
            need += int(counts[i, _CROSSBARS]) * copies[i]
    for i in range(SUMS):
        sums[i] = 0.0
    for i in range(counts.shape[0]):
        for action in range(ACTIONS):
            sums[action] += counts[i, action]
        sums[SUM_CYCLES] += counts[i, _CYCLES]
        sums[SUM_SLOWEST] = max(sums[SUM_SLOWEST], counts[i, _CYCLES] / copies[i])
        sums[SUM_ACTIVATIONS] += counts[i, _ACTIVATIONS]
        sums[SUM_CONVERSIONS] += counts[i, _CONVERSIONS]
        sums[SUM_CONTROL] += counts[i, _CROSSBARS] * counts[i, _CYCLES]
        sums[SUM_STORED] += counts[i, _STORED] * copies[i]
    tiles, chips = tiles_and_chips(structure, need)
    sums[SUM_CROSSBARS], sums[SUM_TILES] = float(need), float(tiles)
    sums[SUM_CHIPS], sums[SUM_ROUNDS] = float(chips), float(rounds)


@driver
def sum_networks(layers, structures, rows_at, counts, copies, moved, sums):
    """Sums over a network's `layers` on each of `structures` into `sums` [structures, SUMS].

    Layer l on structure s has the counts `counts[rows_at[s, l]]` and starts with `copies[l]`
    copies.  Unless `moved`, data movement is counted anew, because rows of `counts` are shared
    by structures of different hierarchy.
    """
    for s in prange(structures.size):
        structure = structures[s]
        own = np.empty((layers.size, COUNTS))
        for i in range(layers.size):
            for c in range(COUNTS):
                own[i, c] = counts[rows_at[s, i], c]
            if not moved:
                own[i, _MEMORY_READ] = own[i, _MEMORY_WRITTEN] = 0.0
                own[i, _BUS] = own[i, _NETWORK] = 0.0
                placed = layer_placement(layers[i], structure)
                data_movement(layers[i], structure, placed, own[i])
        _network_sums(layers, structure, own, copies.copy(), sums[s])


@kernel
def _price_one(structure, technology, sums, prices, totals):
    """Totals of one design from the sums over its network."""
    for i in range(totals.size):
        totals[i] = 0.0
    action_prices(structure, technology, prices)
    for action in range(ACTIONS):
        totals[_PAYER[action]] += sums[action] * prices[action]
    cycle = structure.operation_unit_cycle_time_s
    per_tile = structure.hierarchy_crossbars_per_core * structure.hierarchy_cores_per_tile
    extra = 0.0
    if sums[SUM_ROUNDS] > 0.0:
        write = technology.cell_write_time_s * technology.cell_pulses
        extra = sums[SUM_ROUNDS] * structure.crossbar_rows * write
    interval = sums[SUM_SLOWEST] * cycle + extra
    need, tiles, chips = sums[SUM_CROSSBARS], sums[SUM_TILES], sums[SUM_CHIPS]
    static = crossbar_leakage(structure, technology) * need
    static += tile_leakage(structure, technology) * tiles + technology.off_chip_leakage_w * chips
    totals[_CONTROL] = sums[SUM_CONTROL] * (tile_control(structure, technology) / per_tile * cycle)
    totals[_LEAKAGE] = static * interval
    totals[_LATENCY] = sums[SUM_CYCLES] * cycle + extra
    totals[_INTERVAL] = interval
    totals[_TOTAL_CYCLES] = sums[SUM_CYCLES]
    totals[_TOTAL_ACTIVATIONS] = sums[SUM_ACTIVATIONS]
    totals[_TOTAL_CONVERSIONS] = sums[SUM_CONVERSIONS]
    totals[_TOTAL_CROSSBARS] = need
    totals[_CHIPS] = chips
    area = crossbar_area(structure, technology) * need + tile_area(structure, technology) * tiles
    area += technology.index_decoder_memory_area_mm2_per_bit * sums[SUM_STORED]
    totals[_AREA] = area + technology.off_chip_area_mm2 * chips


@driver
def price_points(structures, technologies, sums, at, totals):
    """Totals [points, TOTALS] of points with structure and sums `at[p]` and own technology.

    Points are cut into blocks only to share scratch space.
    """
    block = 256
    for b in prange(ceil_div(at.size, block)):
        prices = np.empty(ACTIONS)
        for p in range(b * block, min(at.size, (b + 1) * block)):
            s = at[p]
            _price_one(structures[s], technologies[p], sums[s], prices, totals[p])
