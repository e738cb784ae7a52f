"""When an accelerator dies whose cells wear unequally and can partly be replaced.

Cells lie in lines (rows or columns), lines in arrays.  A line holds `cells` weights (or stored
values) of `slices` cells each, and every slice wears at its own rate.  A line dies when over
`tolerated` of its cells have failed (error correction), an array when over `spares` of its lines
have (spare rows and columns, which do not wear before they are used), the accelerator with its
first array.  With independent cells these are binomial tails [D]:

    F_line = P(sum over slices of Bin(cells, F_slice) > tolerated)
    F_array = P(Bin(lines, F_line) > spares);  S(t) = prod over populations (1 - F_array)^arrays

What is written as one shares its wear: probabilities are averaged over the wear of structures at
the level where the structure stands (a weight, a line, an array).
"""

from __future__ import annotations

import math

import numpy as np

from recost.kernels import endurance
from recost.kernels._numba import kernel

#: Arrays that are worn alike: the weights of a layer, or its buffers.
POPULATION_DTYPE = np.dtype(
    [
        ("arrays", np.float64),
        ("lines", np.int64),  # per array
        ("cells", np.int64),  # weights or values per line; each has `slices` cells
        ("slices", np.int64),
        ("wear_spread", np.float64),  # ln-sigma of the wear between cells
        ("offset", np.float64),  # share of the median endurance used outside any training
        ("tolerated", np.int64),  # failed cells that a line survives
        ("spares", np.int64),  # failed lines that an array survives
        ("shared", np.int64),  # what has a wear factor of its own: WEIGHT, LINE or ARRAY
    ]
)
WEIGHT, LINE, ARRAY = range(3)
#: The most failed cells that a line can be told to survive.
MOST_TOLERATED = 255

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
def _at_most(n, p, k, pmf, scratch):
    """Convolve pmf[0..k], of a count so far, with Bin(n, p)."""
    if p <= 0.0:
        return
    for j in range(k + 1):
        scratch[j] = pmf[j]
        pmf[j] = 0.0
    # From 0 failures: (1-p)^n may underflow, and then k failures are as good as impossible.
    term = math.exp(n * math.log1p(-p)) if p < 1.0 else 0.0
    for i in range(min(k, n) + 1):
        for j in range(k + 1 - i):
            pmf[i + j] += term * scratch[j]
        term *= (n - i) / (i + 1.0) * (p / (1.0 - p)) if p < 1.0 else 0.0


@kernel
def line_share(cells, shares, tolerated, scratch):
    """P(over `tolerated` of a line's cells have failed), `cells` of each slice with shares[slice].

    For 0 tolerated 1 - prod (1 - F_s)^cells, accurate where it is small; else the count's
    distribution, to an absolute 1e-16.  `scratch` is [2, MOST_TOLERATED + 1].
    """
    if tolerated >= cells * shares.size:
        return 0.0
    if tolerated == 0:
        alive = 0.0
        for s in range(shares.size):
            if shares[s] >= 1.0:
                return 1.0
            alive += cells * math.log1p(-shares[s])
        return -math.expm1(alive)
    pmf = scratch[0]
    pmf[: tolerated + 1] = 0.0
    pmf[0] = 1.0
    for s in range(shares.size):
        _at_most(cells, shares[s], tolerated, pmf, scratch[1])
    return max(0.0, 1.0 - pmf[: tolerated + 1].sum())


@kernel
def array_share(population, wears, factors, cell, trainings):
    """P(an array of the population is dead after `trainings`), averaged over its factors.

    `wears` are the writes of each slice in a training where the structure's factor is 1;
    `factors` is [2, points]: factors of structures, and the share of structures with each.
    """
    distribution, median, spread = cell
    tolerated, spares = population.tolerated, population.spares
    shares = np.zeros(wears.size)
    means = np.zeros(wears.size)
    scratch = np.empty((2, MOST_TOLERATED + 1))
    weight = line = array = 0.0
    for g in range(factors.shape[1]):
        alive = 0.0
        for s in range(wears.size):
            worn = population.offset * median + trainings * wears[s] * factors[0, g]
            shares[s] = _worn_share(distribution, median, spread, population.wear_spread, worn)
            means[s] += factors[1, g] * shares[s]
            alive += math.log1p(-shares[s]) if shares[s] < 1.0 else -math.inf
        if population.shared == WEIGHT:
            weight -= factors[1, g] * math.expm1(alive)
            continue
        dead = line_share(population.cells, shares, tolerated, scratch)
        line += factors[1, g] * dead
        if population.shared == ARRAY:
            array += factors[1, g] * binomial_above(population.lines, dead, spares)
    if population.shared == ARRAY:
        return min(1.0, array)
    if population.shared == WEIGHT:
        if tolerated == 0:  # a weight's cells share its factor
            line = binomial_above(population.cells, min(1.0, weight), 0)
        else:  # ... which is left out here: failures of one weight's cells count as independent
            line = line_share(population.cells, np.minimum(means, 1.0), tolerated, scratch)
    return binomial_above(population.lines, min(1.0, line), spares)


@kernel
def log_survival(populations, wears, factors, cell, trainings):
    """Log of P(the accelerator lives after `trainings`).

    Parameters
    ----------
    populations : array of POPULATION_DTYPE
    wears : float[populations, slices]
        Writes of a cell in one training, a slice, where the structure's factor is 1.
    factors : float[populations, 2, points]
        Wear of structures over `wears`, and the share of the structures that have it.
    cell : (int, float, float)
        `vocabulary.EnduranceDistribution`, median and spread of a cell's endurance.
    trainings : float
    """
    total = 0.0
    for i in range(populations.size):
        slices = populations[i].slices
        share = array_share(populations[i], wears[i, :slices], factors[i], cell, trainings)
        if share >= 1.0:
            return -math.inf
        total += populations[i].arrays * math.log1p(-share)
    return total


@kernel
def failed_cells(populations, wears, factors, cell, trainings):
    """The expected share of all cells that have failed after `trainings`."""
    distribution, median, spread = cell
    failed = cells = 0.0
    for i in range(populations.size):
        population = populations[i]
        number = population.arrays * population.lines * population.cells
        for s in range(population.slices):
            cells += number
            for g in range(factors.shape[2]):
                worn = population.offset * median + trainings * wears[i, s] * factors[i, 0, g]
                share = _worn_share(distribution, median, spread, population.wear_spread, worn)
                failed += number * factors[i, 1, g] * share
    return failed / cells


@kernel
def _passed(populations, wears, factors, cell, trainings, goal):
    """Whether `trainings` is past the goal: a share of cells, or (negative) a log survival."""
    if goal < 0.0:
        return log_survival(populations, wears, factors, cell, trainings) < goal
    return failed_cells(populations, wears, factors, cell, trainings) > goal


@kernel
def _life(populations, wears, factors, cell, goal):
    """The trainings at which `_passed` turns true, by bisection on ln t to 1e-10."""
    wear = 0.0
    for i in range(populations.size):
        wear = max(wear, wears[i, : populations[i].slices].max())
    if wear <= 0.0:
        return math.inf
    low = high = math.log(cell[1] / wear)
    reach = 1.0
    while not _passed(populations, wears, factors, cell, math.exp(high), goal):
        high += reach
        reach *= 2.0
        if high > _LIMIT:
            return math.inf
    reach = 1.0
    while _passed(populations, wears, factors, cell, math.exp(low), goal):
        low -= reach
        reach *= 2.0
        if low < -_LIMIT:
            return 0.0
    while high - low > 1e-10:
        middle = 0.5 * (low + high)
        if _passed(populations, wears, factors, cell, math.exp(middle), goal):
            high = middle
        else:
            low = middle
    return math.exp(0.5 * (low + high))


@kernel
def life_until_death(populations, wears, factors, cell, probability):
    """Trainings within which the accelerator has died with this probability, inside (0, 1).

    0 where cells are dead from the start, infinity where nothing wears.
    """
    return _life(populations, wears, factors, cell, math.log1p(-probability))


@kernel
def life_until_share(populations, wears, factors, cell, share):
    """Trainings until this expected share of the cells has failed, 0 < share < 1."""
    return _life(populations, wears, factors, cell, share)
