"""Wear levelling: what each scheme makes of the wear of populations of cells.

A rotation moves what is stored by a slice, a row or an array after every `levelling_interval`
writes of a cell; over a life each cell then sees the mean of what it rotates over.  Start-Gap
(Qureshi et al., MICRO 2009 [P]) moves one line of an array every so many writes of the array.
Either rewrites one cell in `levelling_interval` writes, and a cell may carry one stay's writes
beyond its share.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from recost.hardware import Hardware
from recost.kernels.survival import ARRAY, WEIGHT
from recost.vocabulary import Granularity, Levelling

if TYPE_CHECKING:
    from recost.models.life import Population

Array = np.ndarray[Any, Any]

# Normal quantiles of the wear that is left between arrays or weights after averaging.
_QUANTILES = np.linspace(-6.0, 6.0, 97)


def levelled(populations: tuple[Population, ...], hardware: Hardware) -> tuple[Population, ...]:
    """The populations as `writes.levelling` leaves them."""
    scheme = hardware.writes.levelling
    if scheme is Levelling.NONE:
        return populations
    if scheme is Levelling.IDEAL:
        return _ideal(populations)
    interval = float(hardware.writes.levelling_interval)
    if scheme is Levelling.ROTATE_SLICES:
        moved = tuple(_over_slices(p) for p in populations)
    elif scheme is Levelling.ROTATE_ARRAYS:
        moved = _over_arrays(populations)
    else:
        moved = tuple(_over_rows(p, hardware) for p in populations)
    return tuple(
        replace(
            after,
            wears=after.wears * (1.0 + 1.0 / interval),
            offset=interval * _hottest(before, after),
        )
        for before, after in zip(populations, moved, strict=True)
    )


def _hottest(before: Population, after: Population) -> float:
    """Writes of the most written cell in the time in which the mean cell is written once."""
    mean = float(after.wears.mean())
    if mean <= 0.0:
        return 0.0
    structures = max(1.0, before.arrays * before.lines)
    shares = np.cumsum(before.factors[1][::-1])[::-1]
    likely = before.factors[0][shares * structures >= 0.5]
    return float(before.wears.max() * (likely.max() if likely.size else 1.0) / mean)


def _ideal(populations: tuple[Population, ...]) -> tuple[Population, ...]:
    """Every cell written alike."""
    cells = sum(p.cells for p in populations)
    mean = sum(float(p.wears.mean()) * p.cells for p in populations) / cells
    return tuple(
        replace(p, wears=np.full(len(p.wears), mean), factors=np.ones((2, 1))) for p in populations
    )


def _over_slices(population: Population) -> Population:
    """Each cell takes every slice's place in turn."""
    return replace(population, wears=np.full(len(population.wears), population.wears.mean()))


def _over_rows(population: Population, hardware: Hardware) -> Population:
    """Each row takes every row's place of its array: only the array's mean is left.

    Rows of one column structure are written alike, and so are those of a crossbar that is written
    as one: nothing to level there.
    """
    alike = population.shared == ARRAY or hardware.writes.structure is Granularity.COLUMN
    if alike or population.factors.shape[1] == 1:
        return population
    level = WEIGHT if population.shared == WEIGHT else ARRAY
    return replace(
        population, factors=_averaged(population.factors, population.lines), shared=level
    )


def _averaged(factors: Array, number: float) -> Array:
    """Factors of the mean of `number` structures: lognormal, of a variance `number` times less."""
    wear, share = factors
    mean = float(wear @ share)
    variance = float((wear - mean) ** 2 @ share) / number
    spread = math.sqrt(math.log1p(variance / mean**2)) if mean > 0.0 else 0.0
    weights = np.exp(-0.5 * _QUANTILES**2)
    values = mean * np.exp(spread * _QUANTILES - 0.5 * spread * spread)
    return np.stack([values, weights / weights.sum()])


def _over_arrays(populations: tuple[Population, ...]) -> tuple[Population, ...]:
    """Each array takes the place of every array with as many slices: a slice sees their mean."""
    arrays: dict[int, float] = {}
    wears: dict[int, Array] = {}
    for p in populations:
        slices = len(p.wears)
        arrays[slices] = arrays.get(slices, 0.0) + p.arrays
        wears[slices] = wears.get(slices, np.zeros(slices)) + p.wears * p.arrays
    return tuple(
        replace(
            p,
            wears=wears[len(p.wears)] / arrays[len(p.wears)],
            factors=_averaged(p.factors, max(1.0, arrays[len(p.wears)])),
        )
        for p in populations
    )
