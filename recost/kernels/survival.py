"""When an accelerator dies whose cells wear unequally and can partly be replaced.

Cells lie in lines (rows or columns), lines in arrays.  A line dies when more than `tolerated` of its
cells have failed (error correction), an array when more than `spares` of its lines have (spare
rows and columns, which do not wear before they are used), the accelerator with its first array.
With independent cells these are binomial tails [D]:

    F_line = P(Bin(cells, F_cell) > tolerated),  F_array = P(Bin(lines, F_line) > spares)
    S(t) = prod over populations (1 - F_array(t))^arrays

Cells of a structure that is written as one share its wear: F is then averaged over the wear of
structures at the level where the structure stands.
"""

from __future__ import annotations

import math

import numpy as np

from recost.kernels import endurance
from recost.kernels._numba import kernel

#: Cells that are worn alike: the same slice of the same layer, or its buffers.  `wear` is the
#: writes of a cell in one training where the structure's own factor is 1.
POPULATION_DTYPE = np.dtype(
    [
        ("arrays", np.float64),
        ("lines", np.int64),  # per array
        ("cells", np.int64),  # per line
        ("wear", np.float64),
        ("wear_spread", np.float64),  # ln-sigma of the wear between cells
        ("offset", np.float64),  # writes outside any training: programming, levelling's residue
        ("tolerated", np.int64),  # failed cells that a line survives
        ("spares", np.int64),  # failed lines that an array survives
        ("shared", np.int64),  # level at which the factors below are drawn: CELL, LINE, ARRAY
    ]
)
CELL, LINE, ARRAY = range(3)

# exp of this and of its negative are still ordinary numbers.
_LIMIT = 700.0

_worn_share = endurance.worn_share


@kernel
def binomial_above(n, p, k):
    """P(Bin(n, p) > k), accurate where it is small."""
    if p <= 0.0 or k >= n:
        return 0.0
    if p >= 1.0:
        return 1.0
    if k == 0:
        return -math.expm1(n * math.log1p(-p))
    odds = p / (1.0 - p)
    upper = k + 1 > n * p  # sum the tail that is small
    start = k + 1 if upper else k
    choices = math.lgamma(n + 1.0) - math.lgamma(start + 1.0) - math.lgamma(n - start + 1.0)
    term = math.exp(choices + start * math.log(p) + (n - start) * math.log1p(-p))
    total = 0.0
    while term > 1e-17 * total:
        total += term
        if upper:
            if start == n:
                break
            term *= (n - start) / (start + 1.0) * odds
            start += 1
        else:
            if start == 0:
                break
            term *= start / ((n - start + 1.0) * odds)
            start -= 1
    return min(1.0, total) if upper else max(0.0, 1.0 - total)


@kernel
def _array_share(population, factors, weights, cell, trainings):
    """P(an array of the population is dead after `trainings`), averaged over its factors."""
    distribution, median, spread = cell
    cell_share = line_share = array_share = 0.0
    for g in range(factors.size):
        worn = population.offset + trainings * population.wear * factors[g]
        share = _worn_share(distribution, median, spread, population.wear_spread, worn)
        cell_share += weights[g] * share
        if population.shared == CELL:
            continue
        line = binomial_above(population.cells, share, population.tolerated)
        line_share += weights[g] * line
        if population.shared == ARRAY:
            array_share += weights[g] * binomial_above(population.lines, line, population.spares)
    if population.shared == ARRAY:
        return min(1.0, array_share)
    if population.shared == CELL:
        line_share = binomial_above(population.cells, min(1.0, cell_share), population.tolerated)
    return binomial_above(population.lines, min(1.0, line_share), population.spares)


@kernel
def log_survival(populations, factors, weights, cell, trainings):
    """ln P(the accelerator lives after `trainings`).

    Parameters
    ----------
    populations : array of POPULATION_DTYPE
    factors, weights : arrays of float, [populations, points]
        Wear of a structure over its population's `wear`, and the share of structures with it.
    cell : (int, float, float)
        `vocabulary.EnduranceDistribution`, median and spread of a cell's endurance.
    trainings : float
    """
    total = 0.0
    for i in range(populations.size):
        share = _array_share(populations[i], factors[i], weights[i], cell, trainings)
        if share >= 1.0:
            return -math.inf
        total += populations[i].arrays * math.log1p(-share)
    return total


@kernel
def failed_cells(populations, factors, weights, cell, trainings):
    """The expected share of all cells that have failed after `trainings`."""
    distribution, median, spread = cell
    failed = cells = 0.0
    for i in range(populations.size):
        population = populations[i]
        number = population.arrays * population.lines * population.cells
        cells += number
        for g in range(factors.shape[1]):
            worn = population.offset + trainings * population.wear * factors[i, g]
            share = _worn_share(distribution, median, spread, population.wear_spread, worn)
            failed += number * weights[i, g] * share
    return failed / cells


@kernel
def _passed(populations, factors, weights, cell, trainings, goal):
    """Whether `trainings` is past the goal: a share of cells, or (negative) a log survival."""
    if goal < 0.0:
        return log_survival(populations, factors, weights, cell, trainings) < goal
    return failed_cells(populations, factors, weights, cell, trainings) > goal


@kernel
def _life(populations, factors, weights, cell, goal):
    """The trainings at which `_passed` turns true, by bisection on ln t to 1e-13."""
    wear = 0.0
    for i in range(populations.size):
        wear = max(wear, populations[i].wear)
    if wear <= 0.0:
        return math.inf
    low = high = math.log(cell[1] / wear)
    reach = 1.0
    while not _passed(populations, factors, weights, cell, math.exp(high), goal):
        high += reach
        reach *= 2.0
        if high > _LIMIT:
            return math.inf
    reach = 1.0
    while _passed(populations, factors, weights, cell, math.exp(low), goal):
        low -= reach
        reach *= 2.0
        if low < -_LIMIT:
            return 0.0
    while high - low > 1e-13 * max(1.0, abs(low)):
        middle = 0.5 * (low + high)
        if _passed(populations, factors, weights, cell, math.exp(middle), goal):
            high = middle
        else:
            low = middle
    return math.exp(0.5 * (low + high))


@kernel
def life_until_death(populations, factors, weights, cell, probability):
    """Trainings within which the accelerator has died with this probability, inside (0, 1).

    0 where cells are dead from the start, infinity where nothing wears.
    """
    return _life(populations, factors, weights, cell, math.log1p(-probability))


@kernel
def life_until_share(populations, factors, weights, cell, share):
    """Trainings until this expected share of the cells has failed, 0 < share < 1."""
    return _life(populations, factors, weights, cell, share)
