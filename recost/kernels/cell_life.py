"""The life of every cell drawn one by one and forgotten at once: deaths of arrays, failed cells.

Every cell draws its endurance and its own wear from the counter (cell, trial); lines and arrays die
as in `survival`, by sorting instead of binomial tails.  A thread holds the cells of one line at a
time, so memory does not grow with the network.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from recost.kernels._numba import driver, inlined, kernel
from recost.kernels.elementary import exp, log
from recost.kernels.philox import normals, uniform, words
from recost.kernels.survival import LINE, WEIGHT
from recost.vocabulary import EnduranceDistribution

_FIXED = int(EnduranceDistribution.FIXED)
_WEIBULL = int(EnduranceDistribution.WEIBULL)
_NORMAL = int(EnduranceDistribution.NORMAL)
_LOG_LN2 = math.log(math.log(2.0))
# Stands for the logarithm of nothing: a cell that is dead from the start.
_DEAD = -700.0


@inlined
def _log_or_dead(x):
    """Log of x, or a very small number's where x is not positive."""
    return log(x) if x > 1e-300 else _DEAD


@kernel
def draw_lives(keys, first, trial, cell, lives):
    """Log of endurance over own wear, in units of the median, of cells from counter `first` on.

    Parameters
    ----------
    keys : (uint64, uint64)
        Streams; the second is for the wear of Weibull cells.
    first, trial : int
    cell : (int, float, float)
        Distribution, spread of the endurance, ln-sigma of the cell's own wear.
    lives : float[n]
        Written.
    """
    distribution, spread, wear_spread = cell
    if distribution == _WEIBULL:
        for j in range(lives.size):
            chance, _ = words(keys[0], first + j, trial)
            lives[j] = spread * (log(-log(uniform(chance))) - _LOG_LN2)
        if wear_spread > 0.0:
            for j in range(lives.size):
                wear, _ = normals(keys[1], first + j, trial)
                lives[j] -= wear_spread * wear
    elif distribution == _NORMAL:
        for j in range(lives.size):
            own, wear = normals(keys[0], first + j, trial)
            lives[j] = _log_or_dead(1.0 + spread * own) - wear_spread * wear
    else:
        own_spread = 0.0 if distribution == _FIXED else spread
        for j in range(lives.size):
            own, wear = normals(keys[0], first + j, trial)
            lives[j] = own_spread * own - wear_spread * wear


@kernel
def _smallest(values, rank, kept):
    """Value number `rank` (from 0) in ascending order; `kept` has room for rank + 1."""
    if rank >= values.size:
        return math.inf
    if rank == 0:
        lanes = kept[:_LANES]
        lanes[:] = math.inf
        whole = values.size - values.size % _LANES
        for start in range(0, whole, _LANES):
            for lane in range(_LANES):
                lanes[lane] = min(lanes[lane], values[start + lane])
        least = lanes.min()
        for j in range(whole, values.size):
            least = min(least, values[j])
        return least
    filled = 0
    for j in range(values.size):
        value = values[j]
        if filled > rank and value >= kept[rank]:
            continue
        place = min(filled, rank)
        while place > 0 and kept[place - 1] > value:
            kept[place] = kept[place - 1]
            place -= 1
        kept[place] = value
        filled = min(filled + 1, rank + 1)
    return kept[rank]


# Minima are kept in this many lanes, so that the loop vectorises.
_LANES = 16


@kernel
def _age_line(line, population, wears, factors, index):
    """Turn a line's endurance (log, over the median) into the log of its life in trainings."""
    for s in range(wears.size):
        slice_ = line[s * population.cells : (s + 1) * population.cells]
        if population.offset > 0.0:
            for j in range(slice_.size):
                slice_[j] = _log_or_dead(exp(max(slice_[j], _DEAD)) - population.offset)
        if population.shared == WEIGHT:
            for j in range(slice_.size):
                slice_[j] -= wears[s] + factors[(index * population.cells + j) % factors.size]
        else:
            drop = wears[s] + factors[index % factors.size]
            for j in range(slice_.size):
                slice_[j] -= drop


@kernel
def _array_life(place, stream, cell, population, wear, limits, failed):
    """Log of an array's life; adds the cells that fail before each of `limits` to `failed`."""
    array, first = place
    keys, trial = stream
    wears, factors = wear
    width = population.cells * population.slices
    line = np.empty(width)
    lines = np.empty(population.lines)
    kept = np.empty(max(_LANES, population.tolerated + 1, population.spares + 1))
    for row in range(population.lines):
        number = array * population.lines + row
        draw_lives(keys, np.uint64(first + number * width), trial, cell, line)
        _age_line(line, population, wears, factors, number if population.shared <= LINE else array)
        for k in range(limits.size):
            below = 0
            for j in range(width):
                below += line[j] < limits[k]
            failed[k] += below
        lines[row] = _smallest(line, population.tolerated, kept)
    return _smallest(lines, population.spares, kept)


@driver
def array_lives(keys, trial, cell, network, limits, lives, failed):
    """The life of every array of a network in one trial, and its cells that fail before limits.

    Parameters
    ----------
    keys : (uint64, uint64)
    trial : int
    cell : (int, float, float)
        Distribution, median, spread of the endurance.
    network : tuple
        (populations, first array of each and their number behind the last, first cell of each,
        log wears [populations, slices] over the median endurance, log factors one behind the other,
        first factor of each and their number).
    limits : float[k]
        Logs of trainings.
    lives, failed : float[arrays], int64[arrays, k]
        Written: log of the trainings that each array lives; failed cells by limit.
    """
    populations, starts, cells, wears, factors, bounds = network
    for a in prange(lives.size):
        p = np.searchsorted(starts, a, side="right") - 1
        population = populations[p]
        own = (cell[0], cell[2], population.wear_spread)
        place = (a - starts[p], cells[p])
        wear = wears[p, : population.slices], factors[bounds[p] : bounds[p + 1]]
        lives[a] = _array_life(place, (keys, trial), own, population, wear, limits, failed[a])


@kernel
def draw_uniforms(key, trial, out):
    """Numbers uniform in (0, 1) from counters 0, 1, ... of a trial."""
    for i in range(out.size):
        word, _ = words(key, i, trial)
        out[i] = uniform(word)
