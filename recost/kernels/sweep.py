"""Many designs at once: counts of layers, their sums over a network, and prices applied to sums.

An estimate is counts times prices, and each of its three steps depends on less than the one
after it: the counts of a layer on the layer and some keys of the structure, their sums on the
network and the structure, the totals on the technology too.  Each step is a driver over
independent outputs, so that results are the same bits for any number of threads and any way of
cutting points into chunks.  The sums and the prices are those of an estimate, by the same
kernels (`recost.kernels.engine`).
"""

from __future__ import annotations

import numpy as np
from numba import prange

from recost.kernels._numba import driver
from recost.kernels.counts import data_movement, layer_counts, layer_placement
from recost.kernels.engine import network_sums, price_sums
from recost.kernels.placement import ceil_div
from recost.vocabulary import ACTIONS, COUNTS, Count

_MEMORY_READ = int(Count.MEMORY_BITS_READ)
_MEMORY_WRITTEN = int(Count.MEMORY_BITS_WRITTEN)
_BUS = int(Count.BUS_BITS)
_NETWORK = int(Count.NETWORK_BIT_HOPS)


@driver
def count_items(layers, structures, layer_at, structure_at, special, counts):
    """Counts of layer `layer_at[i]` on structure `structure_at[i]` into `counts[i]`.

    `layers` is of `BOUND_LAYER`, `structures` of the structure dtype, `counts` [items, COUNTS];
    `special` as in `recost.kernels.counts.layer_counts`.
    """
    for i in prange(layer_at.size):
        layer_counts(layers[layer_at[i]], structures[structure_at[i]], special, None, counts[i])


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
        network_sums(layers, structure, own, copies.copy(), 0, sums[s])


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
            price_sums(structures[s], technologies[p], sums[s], prices, totals[p])
