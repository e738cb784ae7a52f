"""The moments of a crossbar read from tables: what a sweep does in place of direct sums.

Let all column groups of a crossbar be alike, its rows independent, and q_b = x d_b the densities
of its input slices, d_b being that of slice b over the densest one's.  Then all that
`recost.kernels.moments` adds up for n rows in units of S is a function of one or two numbers,
with K ~ Bin(n, .), f_t(a) = E[ceil(Bin(a, t) / S)] and the cumulants over K:

    units     sum_b cumulants of ceil(K / S), K ~ Bin(n, v d_b)     v = rho x p
    inputs    sum_b cumulants of f_p(K), K ~ Bin(n, u d_b)          p, u = rho x
    weights   cumulants of sum_b f_{x d_b}(K), and sum_b of those
              of f_{x d_b}(K), K ~ Bin(n, r)                        x, r = rho p
    dead rows the function of the weights again                     x p, rho

and the limits of `usual_bound` are piecewise functions of v.  Each is tabulated once per
(n, S, d) by Chebyshev polynomials in pieces (`recost.kernels.tabulation`), over the range that a
sweep needs.  What no table covers is summed directly.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from recost.kernels._intrinsics import fma
from recost.kernels._numba import borrowing, inlined, joined
from recost.kernels.moments import (
    ACTIONS,
    CONVERSIONS,
    DRIVES,
    LIMITS,
    OWN_FIXED,
    OWN_FRESH,
    READS,
    SHARED_FIXED,
    SHARED_FRESH,
    crossbar_moments,
    row_correlation,
)

# The functions of a table, and how many values each has.
UNITS, INPUTS, WEIGHTS, LIVE = range(4)
SURFACES = 4
UNITS_VALUES, INPUTS_VALUES, WEIGHTS_VALUES, LIMITS_VALUES = 3, 2, 4, 4
# Coefficients along each axis of a cell.
ORDER = 12
# Numbers of scratch space that a reader needs for each table: a row of a cell, what was read last
# of weights, dead rows, inputs, units and limits, and the densities that this was read for.
_WEIGHTS = ORDER * WEIGHTS_VALUES
_DEAD = _WEIGHTS + WEIGHTS_VALUES
_INPUTS = _DEAD + WEIGHTS_VALUES
_UNITS = _INPUTS + INPUTS_VALUES
_LIMITS = _UNITS + UNITS_VALUES
_AT = _LIMITS + 3
SCRATCH = _AT + 3
# A difference that is less than this share of its terms is summed directly, and a variance that
# is less than this share of the mean: their roots are not as exact as they are.
_LEFT = 1e-3
_CERTAIN = 1e-4

# An axis of densities: its range, where that begins as a place, cells per place, and cells.
AXIS = np.dtype(
    [("low", "f8"), ("high", "f8"), ("start", "f8"), ("scale", "f8"), ("cells", "i8")], align=True
)
# A function of two densities in (0, 1]: its axes, and the first of its cells.
SURFACE = np.dtype([("first", AXIS), ("second", AXIS), ("cell", "i8")], align=True)


class Tables(NamedTuple):
    """The tables of a sweep, and what one reader needs.

    `direction` is the number of the layer's d among those of the sweep, -1 for a layer whose
    slices keep no proportion.  `keys` [tables, 3] are rows, height and direction; `surfaces`
    [tables * SURFACES] of `SURFACE`; `units`, `inputs` and `weights` hold the coefficients of
    their cells, [cells, ORDER, ORDER * values] ([cells, ORDER, values] of the units, which have
    one axis); `pieces` [tables + 1] the first piece of each table's limits, `edges` [pieces, 2]
    where they begin and end, in v, `usual` [pieces] the units that are usual on them, and
    `limits` their coefficients [pieces, ORDER, LIMITS_VALUES].
    `asked`, if it has places, takes down what is asked for (rows, height, direction, p, rho, x)
    and nothing is computed: [places, 6], the first place counting those that are used.
    """

    direction: int
    keys: Any
    surfaces: Any
    units: Any
    inputs: Any
    weights: Any
    pieces: Any
    edges: Any
    usual: Any
    limits: Any
    asked: Any
    scratch: Any


def flattened(tables: Tables) -> Tables:
    """Tables as kernels read them: the coefficients of inputs and weights in one row each."""
    return tables._replace(inputs=tables.inputs.reshape(-1), weights=tables.weights.reshape(-1))


@inlined
def reader(tables, direction, scratch):
    """The tables for a layer of that direction, with the scratch space of one thread."""
    return Tables(
        direction,
        tables.keys,
        tables.surfaces,
        tables.units,
        tables.inputs,
        tables.weights,
        tables.pieces,
        tables.edges,
        tables.usual,
        tables.limits,
        tables.asked,
        scratch,
    )


@inlined
def position(density):
    """A density as a place on an axis: sqrt(t) / (sqrt(t) + sqrt(1 - t)).

    Binomial counts spread alike everywhere on it, as on the arcsine of the square root.
    """
    root = math.sqrt(density)
    return root / (root + math.sqrt(1.0 - density))


@inlined
def _covers(axis, density):
    """Whether a density lies on the axis."""
    return axis.low <= density <= axis.high


@inlined
def _cell(axis, density):
    """The cell of a density, and where in it that lies, from -1 to 1."""
    at = (position(density) - axis.start) * axis.scale
    cell = min(max(int(at), 0), axis.cells - 1)
    return cell, 2.0 * (at - cell) - 1.0


@inlined
def _basis(u):
    """Chebyshev's polynomials at u: as many numbers as ORDER says, which stay in registers."""
    t = 2.0 * u
    b2 = fma(t, u, -1.0)
    b3 = fma(t, b2, -u)
    b4 = fma(t, b3, -b2)
    b5 = fma(t, b4, -b3)
    b6 = fma(t, b5, -b4)
    b7 = fma(t, b6, -b5)
    b8 = fma(t, b7, -b6)
    b9 = fma(t, b8, -b7)
    b10 = fma(t, b9, -b8)
    return 1.0, u, b2, b3, b4, b5, b6, b7, b8, b9, b10, fma(t, b10, -b9)


@inlined
def _read(surface, values, densities, width, scratch, out):
    """The `width` values of a surface at two densities into scratch, from `out` on.

    Whether the surface covers them; if it does not, nothing is read.
    """
    one, two = densities
    covered = _covers(surface.first, one) and _covers(surface.second, two)
    if covered:
        i, u = _cell(surface.first, one)
        j, w = _cell(surface.second, two)
        cell = surface.cell + i * surface.second.cells + j
        first, second = _basis(u), _basis(w)
        # One after the other, so that the rows lie at distances that are known when this compiles.
        size = ORDER * ORDER * width
        found = values[cell * size : (cell + 1) * size]
        for k in range(ORDER * width):
            value = found[k]
            for a in range(1, ORDER):
                value = fma(first[a], found[a * ORDER * width + k], value)
            scratch[k] = value
        for f in range(width):
            value = scratch[f]
            for b in range(1, ORDER):
                value = fma(second[b], scratch[b * width + f], value)
            scratch[out + f] = value
    return covered


@borrowing
def _read_inputs(surface, values, densities, scratch):
    """The values of the inputs into scratch; whether the surface covers the densities."""
    return _read(surface, values, densities, INPUTS_VALUES, scratch, _INPUTS)


@borrowing
def _read_weights(surface, values, densities, scratch, out):
    """The values of weights or dead rows into scratch; whether the surface covers the densities."""
    return _read(surface, values, densities, WEIGHTS_VALUES, scratch, out)


@inlined
def _read_units(surface, values, density, scratch, out):
    """The values of the units into scratch, from `out` on; whether their axis covers that."""
    covered = _covers(surface.first, density)
    if covered:
        i, u = _cell(surface.first, density)
        cell, basis = surface.cell + i, _basis(u)
        for f in range(UNITS_VALUES):
            value = values[cell, 0, f]
            for a in range(1, ORDER):
                value = fma(basis[a], values[cell, a, f], value)
            scratch[out + f] = value
    return covered


@inlined
def _read_limits(tables, table, densities, scratch):
    """The limits of one group (see `usual_bound`) at p, rho and x into scratch."""
    p, rho, x = densities
    v = p * rho * x
    low, high = tables.pieces[table], tables.pieces[table + 1] - 1
    while low < high:  # the last piece that begins at v or before
        middle = (low + high + 1) // 2
        if tables.edges[middle, 0] <= v:
            low = middle
        else:
            high = middle - 1
    begin, end = tables.edges[low, 0], tables.edges[low, 1]
    basis = _basis(2.0 * (v - begin) / (end - begin) - 1.0)
    beyond, zero = tables.limits[low, 0, 0], tables.limits[low, 0, 1]
    one, two = tables.limits[low, 0, 2], tables.limits[low, 0, 3]
    for k in range(1, ORDER):
        beyond = fma(basis[k], tables.limits[low, k, 0], beyond)
        zero = fma(basis[k], tables.limits[low, k, 1], zero)
        one = fma(basis[k], tables.limits[low, k, 2], one)
        two = fma(basis[k], tables.limits[low, k, 3], two)
    scratch[_LIMITS] = tables.usual[low]
    scratch[_LIMITS + 1] = v * max(0.0, beyond)
    scratch[_LIMITS + 2] = v * p * p * max(0.0, zero - 2.0 * x * one + x * x * two)


@inlined
def _read_table(tables, table, densities, got):
    """All that a table holds at p, rho and x into `got`; whether it covers them."""
    p, rho, x = densities
    at, surfaces = table * SURFACES, tables.surfaces
    known = _read_units(surfaces[at + UNITS], tables.units, rho * p * x, got, _UNITS)
    if known:
        known = _read_inputs(surfaces[at + INPUTS], tables.inputs, (p, rho * x), got)
    if known:
        both = x, rho * p
        known = _read_weights(surfaces[at + WEIGHTS], tables.weights, both, got, _WEIGHTS)
    for k in range(WEIGHTS_VALUES):
        got[_DEAD + k] = 0.0
    if known and rho < 1.0:
        known = _read_weights(surfaces[at + LIVE], tables.weights, (x * p, rho), got, _DEAD)
    if known:
        _read_limits(tables, table, densities, got)
    return known


@inlined
def _find(tables, rows):
    """The table for these rows, or -1."""
    if tables.direction >= 0:
        for i in range(tables.keys.shape[0]):
            if (
                tables.keys[i, 0] == rows.number
                and tables.keys[i, 1] == rows.height
                and tables.keys[i, 2] == tables.direction
            ):
                return i
    return -1


@inlined
def _ask(tables, rows, density, densest):
    """Take down which table is wanted, and where."""
    used = int(tables.asked[0, 0]) + 1
    if used < tables.asked.shape[0] and tables.direction >= 0:
        tables.asked[0, 0] = used
        asked = tables.asked[used]
        asked[0], asked[1], asked[2] = rows.number, rows.height, tables.direction
        asked[3], asked[4], asked[5] = density, rows.live, densest


@inlined
def _read_all(tables, table, densities, many, out):
    """Fill the causes in `out`; False where a table does not cover the densities."""
    p, rho, x = densities
    v, u, r = rho * p * x, rho * x, rho * p
    got = tables.scratch[table]
    # Crossbars of one height and density are alike, whatever layer they belong to.
    if not (got[_AT] == p and got[_AT + 1] == rho and got[_AT + 2] == x):
        got[_AT] = math.nan
        if not _read_table(tables, table, densities, got):
            return False
        got[_AT], got[_AT + 1], got[_AT + 2] = p, rho, x
    if got[_UNITS + 1] < _CERTAIN * got[_UNITS]:
        return False
    for cause in range(ACTIONS):
        out[cause, 0] = many * v * got[_UNITS]
    # The tables hold what the leading powers leave, so that small densities stay exact.
    power, power_p, power_x = many, p, x
    for m in range(1, 3):
        power, power_p, power_x = power * many, power_p * p, power_x * x
        alone, through = v * got[_UNITS + m], power_p * u * got[_INPUTS + m - 1]
        scale, dead_scale = power_x * r * (1.0 - r), power_x * power_p * rho * (1.0 - rho)
        fixed, fixed_one = scale * got[_WEIGHTS + m - 1], scale * got[_WEIGHTS + m + 1]
        lost, lost_one = dead_scale * got[_DEAD + m - 1], dead_scale * got[_DEAD + m + 1]
        out[SHARED_FIXED, m] = power * lost
        out[SHARED_FRESH, m] = power * (through - lost_one)
        out[OWN_FIXED, m] = many * (fixed - lost)
        out[OWN_FRESH, m] = many * (alone - through - fixed_one + lost_one)
        if p >= 1.0:  # a crossbar that keeps all rows has no cause of its own
            out[OWN_FIXED, m] = out[OWN_FRESH, m] = 0.0
        elif m == 1:
            own = out[OWN_FIXED, 1] + out[OWN_FRESH, 1]
            if out[OWN_FIXED, 1] < _LEFT * many * fixed or own < _LEFT * many * alone:
                return False
    for cause in range(ACTIONS):
        out[cause, 1] = max(0.0, out[cause, 1])
    return True


@joined
def tabulated_moments(rows, groups, parts, streams, tables, out):
    """What `crossbar_moments` fills in, from tables where they cover it."""
    densest = total = 0.0
    for b in range(streams.size):
        densest = max(densest, streams[b])
        total += streams[b]
    part, group = parts[0], groups[0]
    simple = groups.size == 1 and parts.size == 1 and part.weight == 1.0
    within = row_correlation(part.correlation, rows)
    simple = simple and rows.input_correlation <= 0.0 and within <= 0.0
    if tables.asked.shape[0] > 0:
        if simple:
            _ask(tables, rows, part.density, densest)
        out[:, :] = 0.0
        return
    table = _find(tables, rows) if simple else -1
    densities, many = (part.density, rows.live, densest), group.multiplicity
    if table < 0 or not _read_all(tables, table, densities, many, out):
        crossbar_moments(rows, groups, parts, streams, out)
        return
    driven = many * rows.number * rows.live * part.density * total
    out[ACTIONS, CONVERSIONS] = group.width * out[OWN_FRESH, 0]
    out[ACTIONS, DRIVES] = driven
    out[ACTIONS, READS] = group.width * driven
    for k in range(3):
        out[LIMITS, k] = many * tables.scratch[table, _LIMITS + k]
