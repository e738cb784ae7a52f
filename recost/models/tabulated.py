"""Tables of binomial sums over the densities that a sweep goes through."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numba
import numpy as np

from recost.kernels.cells import (
    INPUTS,
    LANES,
    LIMITS_VALUES,
    LIVE,
    ORDER,
    READ,
    SCRATCH,
    SURFACES,
    UNITS,
    UNITS_VALUES,
    WEIGHTS,
    WEIGHTS_VALUES,
)
from recost.kernels.tables import SURFACE, Tables
from recost.kernels.tabulation import input_sums, limit_sums, unit_sums, usual_from, weight_sums

Array = np.ndarray[Any, Any]
Key = tuple[int, int, int]

#: Relative errors of means, of variances, and of third moments that are read from tables.
ERRORS = (1e-11, 3e-9, 3e-7)
# Cells on an axis from 0 to 1, over the root of the number of rows: of two axes, of one.
_CELLS, _CELLS_ALONE = 2.8, 4.5
# Densities this close are one.
_SAME = 1e-13
# A range goes a little beyond what was asked for: its ends may be rounded.
_MARGIN = 1e-9
_NODES = np.cos(math.pi * (np.arange(ORDER) + 0.5) / ORDER)
# Values at the nodes into Chebyshev coefficients.
_TRANSFORM = np.cos(math.pi * np.outer(np.arange(ORDER), np.arange(ORDER) + 0.5) / ORDER)
_TRANSFORM *= 2.0 / ORDER
_TRANSFORM[0] *= 0.5


class _Axis(NamedTuple):
    """A range of densities cut into cells (see `AXIS`), and the densities at which to sum.

    There is one density where it does not vary.
    """

    low: float
    high: float
    start: float
    scale: float
    cells: int
    places: Array


def _position(density: float) -> float:
    root = math.sqrt(density)
    return root / (root + math.sqrt(1.0 - density))


def _axis(values: Array, number: int, density: float = _CELLS) -> _Axis:
    """The axis that covers `values` for counts of so many rows, `density` cells to their root."""
    low, high = float(values.min()), float(values.max())
    if high - low <= _SAME * high:
        return _Axis(low * (1.0 - _SAME), high * (1.0 + _SAME), 0.0, 0.0, 1, np.array([low]))
    low, high = low * (1.0 - _MARGIN), min(1.0, high * (1.0 + _MARGIN))
    start, end = _position(low), _position(high)
    cells = max(1, math.ceil(density * math.sqrt(number) * (end - start)))
    scale = cells / (end - start)
    at = start + (np.arange(cells)[:, None] + 0.5 * (_NODES + 1.0)).ravel() / scale
    places = at**2 / (at**2 + (1.0 - at) ** 2)
    return _Axis(low, high, start, scale, cells, places)


def _along(axis: _Axis, sums: Array) -> Array:
    """Coefficients along the first axis of `sums` [places, ...]: [cells, ORDER, ...]."""
    if len(axis.places) > 1:
        shaped = sums.reshape(-1, ORDER, *sums.shape[1:])
        return np.asarray(np.einsum("ab,ib...->ia...", _TRANSFORM, shaped))
    found = np.zeros((1, ORDER, *sums.shape[1:]))
    found[0, 0] = sums[0]
    return found


def _cells(first: _Axis, second: _Axis, sums: Array) -> Array:
    """Coefficients of `sums` [places, places, values]: [cells, ORDER, ORDER * values]."""
    half = _along(first, sums)  # [cells, ORDER, places, values]
    both: Array = np.moveaxis(_along(second, np.moveaxis(half, 2, 0)), (2, 3), (0, 2))
    return both.reshape(first.cells * second.cells, ORDER, -1)


class _Made(NamedTuple):
    """One table: its surfaces, the coefficients of their cells, and the pieces of its limits."""

    surfaces: Array
    units: Array
    inputs: Array
    weights: tuple[Array, Array]
    limits: tuple[Array, Array, Array]


def _make(key: Key, profile: Array, densities: Array) -> _Made:
    """The table for rows, height and direction, where `densities` [asked, 3] say."""
    number, height, _ = key
    p, rho, x = densities.T
    ends = np.stack([densities.min(axis=0), densities.max(axis=0)])
    (p_0, rho_0, x_0), (p_1, rho_1, x_1) = ends
    certain = _axis(np.ones(1), number)
    v = _axis(np.array([p_0 * rho_0 * x_0, p_1 * rho_1 * x_1]), number, _CELLS_ALONE)
    thin, base = _axis(p, number), _axis(np.array([rho_0 * x_0, rho_1 * x_1]), number)
    dense, kept = _axis(x, number), _axis(np.array([rho_0 * p_0, rho_1 * p_1]), number)
    both, live = certain, certain
    dead = np.zeros((0, ORDER, ORDER * WEIGHTS_VALUES))  # never read where all rows are live
    if rho_0 < 1.0:
        both, live = _axis(np.array([x_0 * p_0, x_1 * p_1]), number), _axis(rho, number)
        sums = weight_sums(number, height, profile, both.places, live.places)
        dead = _cells(both, live, sums)
    surfaces = np.zeros(SURFACES, SURFACE)
    for record, (first, second) in zip(
        surfaces, ((v, certain), (thin, base), (dense, kept), (both, live)), strict=True
    ):
        record["first"], record["second"] = first[:5], second[:5]
    return _Made(
        surfaces,
        _along(v, unit_sums(number, height, profile, v.places)),
        _cells(thin, base, input_sums(number, height, profile, thin.places, base.places)),
        (
            _cells(dense, kept, weight_sums(number, height, profile, dense.places, kept.places)),
            dead,
        ),
        _limits(number, height, profile, v),
    )


def _limits(number: int, height: int, profile: Array, v: _Axis) -> tuple[Array, Array, Array]:
    """Edges, usual units and coefficients of the pieces on which the same units are usual."""
    starts = np.empty(-(-number // height))
    usual_from(number, height, starts)
    low, high = v.low, max(v.high, v.low * (1.0 + _MARGIN))
    breaks = (starts[:, None] / profile).ravel()
    cells = v.places[::ORDER] if v.cells > 1 else np.zeros(0)
    breaks = np.concatenate([breaks, cells])
    breaks = np.unique(breaks[(breaks > low) & (breaks < high)])
    edges = np.concatenate([[low], breaks, [high]])
    edges = np.stack([edges[:-1], edges[1:]], axis=1)
    middles = edges.mean(axis=1)
    usual = np.searchsorted(starts, middles[:, None] * profile, side="right")
    places = middles[:, None] + 0.5 * (edges[:, 1:] - edges[:, :1]) * _NODES
    sums = limit_sums(number, height, profile, np.repeat(usual, ORDER, axis=0), places.ravel())
    sums = sums.reshape(len(edges), ORDER, LIMITS_VALUES)
    return edges, usual.sum(axis=1).astype(float), np.einsum("ab,ibw->iaw", _TRANSFORM, sums)


class Tabulation:
    """Collects what is to be tabulated, and hands the tables to a kernel."""

    def __init__(self) -> None:
        self._asked: list[tuple[Key, Array, Array]] = []

    def add(self, key: Key, profile: Array, densities: Array) -> None:
        """Ask for a table for rows, height and direction, where `densities` [asked, 3] say.

        These are p, rho and x of `recost.kernels.tables`; the range between the smallest and
        the largest of each is covered.
        """
        self._asked.append((key, profile, densities))

    def tables(self) -> Tables:
        """All that was asked for, each by a thread of the interpreter."""
        made: list[_Made] = []
        if self._asked:
            with ThreadPoolExecutor(numba.get_num_threads()) as pool:
                made = list(pool.map(_make, *zip(*self._asked, strict=True)))
        units, inputs = [one.units for one in made], [one.inputs for one in made]
        weights = [cells for one in made for cells in one.weights]
        edges, usual, limits = ([one.limits[k] for one in made] for k in range(3))
        surfaces = np.zeros((len(made), SURFACES), SURFACE)
        for record, one in zip(surfaces, made, strict=True):
            record[:] = one.surfaces
        surfaces["cell"][:, UNITS] = _starts(units)[:-1]
        surfaces["cell"][:, INPUTS] = _starts(inputs)[:-1]
        surfaces["cell"][:, [WEIGHTS, LIVE]] = _starts(weights)[:-1].reshape(-1, 2)
        return Tables(
            -1,
            np.array([key for key, _, _ in self._asked], np.int64).reshape(-1, 3),
            surfaces.ravel(),
            _in_a_row([np.pad(one, ((0, 0), (0, 0), (0, LANES - UNITS_VALUES))) for one in units]),
            _in_a_row(inputs),
            _in_a_row(weights),
            _starts(edges),
            np.concatenate([*edges, np.zeros((0, 2))]),
            np.concatenate([*usual, np.zeros(0)]),
            _in_a_row(limits),
            np.zeros((0, 6)),
            np.empty(SCRATCH),
            np.full((len(made), READ), np.nan),
        )


def _in_a_row(parts: Sequence[Array]) -> Array:
    """The numbers of all parts, one after the other."""
    return np.concatenate([np.zeros(0), *(part.ravel() for part in parts)])


def _starts(parts: Sequence[Array]) -> Array:
    """Where each of the parts begins, and the last ends, when they are put together."""
    return np.cumsum([0, *map(len, parts)])
