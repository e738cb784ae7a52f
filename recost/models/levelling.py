"""Wear levelling: what each scheme makes of the wear of populations of cells.

A rotation moves what is stored by a slice, a row or an array after every `levelling_interval`
writes of a cell; Start-Gap (Qureshi et al., MICRO 2009 [P]) moves one line of an array every so
many writes of the array, which comes to a stay as long.  Either rewrites one cell in
`levelling_interval` writes.  A cell sees as many structures as it has stays in its life, and at
most all that it rotates over: the variance of their mean is that of one over their number.  What
wears slices and arrays unequally for good leaves a cell ahead of its share by up to the stays in
the most written places.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from recost.hardware import Hardware
from recost.kernels.survival import ARRAY, LINE
from recost.vocabulary import Granularity, Levelling

if TYPE_CHECKING:
    from recost.models.life import Population

Array = np.ndarray[Any, Any]

# Normal quantiles of the wear that is left between arrays or weights after averaging.
_QUANTILES = np.linspace(-6.0, 6.0, 97)


def levelled(
    populations: tuple[Population, ...], hardware: Hardware, first_failure: float
) -> tuple[Population, ...]:
    """The populations as `writes.levelling` leaves them.

    `first_failure` is the writes that the weakest of all cells survives: its stays are the fewest.
    """
    scheme = hardware.writes.levelling
    if scheme is Levelling.NONE:
        return populations
    if scheme is Levelling.IDEAL:
        return _ideal(populations)
    interval = float(hardware.writes.levelling_interval)
    stays = max(1.0, first_failure / interval)
    if scheme is Levelling.ROTATE_SLICES:
        moved = tuple(_over_slices(p, interval) for p in populations)
    elif scheme is Levelling.ROTATE_ARRAYS:
        moved = _over_arrays(populations, stays, interval)
    else:
        moved = tuple(_over_rows(p, hardware, stays) for p in populations)
    return tuple(replace(p, wears=p.wears * (1.0 + 1.0 / interval)) for p in moved)


def _ideal(populations: tuple[Population, ...]) -> tuple[Population, ...]:
    """Every cell written alike."""
    cells = sum(p.cells for p in populations)
    mean = sum(float(p.wears.mean()) * p.cells for p in populations) / cells
    return tuple(
        replace(p, wears=np.full(len(p.wears), mean), factors=np.ones((2, 1))) for p in populations
    )


def _over_slices(population: Population, interval: float) -> Population:
    """Each cell takes every slice's place in turn; it is ahead after the most written ones."""
    wears, mean = population.wears, float(population.wears.mean())
    ahead = float(np.maximum(wears - mean, 0.0).sum()) / mean if mean > 0.0 else 0.0
    return replace(population, wears=np.full(len(wears), mean), offset=interval * ahead)


def _over_rows(population: Population, hardware: Hardware, stays: float) -> Population:
    """Each row takes every row's place of its array: in time only the array's mean is left.

    Rows of one column structure are written alike, and so are those of a crossbar that is written
    as one: nothing to level there.
    """
    alike = population.shared == ARRAY or hardware.writes.structure is Granularity.COLUMN
    if alike or population.factors.shape[1] == 1:
        return population
    factors = _averaged(population.factors, min(stays, population.lines))
    complete = population.shared == LINE and stays >= population.lines
    return replace(population, factors=factors, shared=ARRAY if complete else population.shared)


def _averaged(factors: Array, number: float) -> Array:
    """Factors of the mean of `number` structures: lognormal, of a variance `number` times less."""
    wear, share = factors
    mean = float(wear @ share)
    variance = float((wear - mean) ** 2 @ share) / number
    spread = math.sqrt(math.log1p(variance / mean**2)) if mean > 0.0 else 0.0
    weights = np.exp(-0.5 * _QUANTILES**2)
    values = mean * np.exp(spread * _QUANTILES - 0.5 * spread * spread)
    return np.stack([values, weights / weights.sum()])


def _over_arrays(
    populations: tuple[Population, ...], stays: float, interval: float
) -> tuple[Population, ...]:
    """Each array takes the place of every array with as many slices: a slice sees their mean."""
    arrays: dict[int, float] = {}
    wears: dict[int, Array] = {}
    for p in populations:
        slices = len(p.wears)
        arrays[slices] = arrays.get(slices, 0.0) + p.arrays
        wears[slices] = wears.get(slices, np.zeros(slices)) + p.wears * p.arrays
    moved = []
    for p in populations:
        number, means = arrays[len(p.wears)], wears[len(p.wears)] / arrays[len(p.wears)]
        alike = [q.wears for q in populations if len(q.wears) == len(p.wears)]
        most, mean = max(float(w.max()) for w in alike), float(means.max())
        ahead = most / mean - 1.0 if mean > 0.0 else 0.0
        factors = _averaged(p.factors, max(1.0, min(stays, number)))
        moved.append(replace(p, wears=means, factors=factors, offset=interval * ahead))
    return tuple(moved)
