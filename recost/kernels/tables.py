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
from recost.kernels._numba import inlined, kernel
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
# Coefficients along each axis of a piece; one along an axis that does not vary.
ORDER = 12
# Numbers of scratch space that a reader needs: two axes, a row, and what it reads.
_ROW = 2 * ORDER
_UNITS = _ROW + ORDER * WEIGHTS_VALUES
_INPUTS = _UNITS + UNITS_VALUES
_WEIGHTS = _INPUTS + INPUTS_VALUES
_DEAD = _WEIGHTS + WEIGHTS_VALUES
SCRATCH = _DEAD + WEIGHTS_VALUES
# A difference that is less than this share of its terms is summed directly, and a variance that
# is less than this share of the mean: their roots are not as exact as they are.
_LEFT = 1e-3
_CERTAIN = 1e-4

# A function of two numbers in (0, 1): for each axis the range, cells and coefficients in a cell.
SURFACE = np.dtype(
    [
        ("first_low", "f8"),
        ("first_high", "f8"),
        ("first_start", "f8"),  # the position of its low end
        ("first_scale", "f8"),  # cells per position
        ("first_cells", "i8"),
        ("first_order", "i8"),
        ("second_low", "f8"),
        ("second_high", "f8"),
        ("second_start", "f8"),
        ("second_scale", "f8"),
        ("second_cells", "i8"),
        ("second_order", "i8"),
        ("offset", "i8"),  # of its coefficients
    ],
    align=True,
)


class Tables(NamedTuple):
    """The tables of a sweep, and what one reader needs.

    `direction` is the number of the layer's d among those of the sweep, -1 for a layer whose
    slices keep no proportion.  `keys` [tables, 3] are rows, height and direction; `surfaces`
    [tables * SURFACES] of `SURFACE`; `pieces` [tables + 1] the first piece of each table's
    limits, `edges` [pieces, 2] where they begin and end, in v, and `usual` [pieces] the units
    that are usual on them; `limits` [pieces, ORDER, LIMITS_VALUES] and `values` are coefficients.
    `asked`, if it has places, takes down what is asked for (rows, height, direction, p, rho, x)
    and nothing is computed: [places, 6], the first place counting those that are used.
    """

    direction: int
    keys: Any
    surfaces: Any
    values: Any
    pieces: Any
    edges: Any
    usual: Any
    limits: Any
    asked: Any
    scratch: Any


@inlined
def reader(tables, direction, scratch):
    """The tables for a layer of that direction, with the scratch space of one thread."""
    return Tables(
        direction,
        tables.keys,
        tables.surfaces,
        tables.values,
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
def _basis(at, cells, order, basis):
    """Chebyshev's polynomials at a place counted in cells, into `basis`; returns the cell."""
    cell = min(max(int(at), 0), cells - 1)
    u = 2.0 * (at - cell) - 1.0
    basis[0] = 1.0
    if order > 1:
        basis[1] = u
        for k in range(2, order):
            basis[k] = 2.0 * u * basis[k - 1] - basis[k - 2]
    return cell


@kernel
def _read(surface, values, point, scratch, out):
    """The values of a surface at `point` into `out`; whether it covers the point."""
    one, two = point
    width = out.size
    if not (
        surface.first_low <= one <= surface.first_high
        and surface.second_low <= two <= surface.second_high
    ):
        return False
    first, second = scratch[:ORDER], scratch[ORDER : 2 * ORDER]
    rows, columns = surface.first_order, surface.second_order
    at = (position(one) - surface.first_start) * surface.first_scale
    i = _basis(at, surface.first_cells, rows, first)
    at = (position(two) - surface.second_start) * surface.second_scale
    j = _basis(at, surface.second_cells, columns, second)
    long = columns * width
    total = scratch[_ROW : _ROW + long]
    begin = surface.offset + (i * surface.second_cells + j) * rows * long
    for k in range(long):
        total[k] = values[begin + k]
    for a in range(1, rows):
        weight = first[a]
        begin += long
        for k in range(long):
            total[k] = fma(weight, values[begin + k], total[k])
    for f in range(width):
        out[f] = total[f]
    for b in range(1, columns):
        for f in range(width):
            out[f] = fma(second[b], total[b * width + f], out[f])
    return True


@kernel
def _read_limits(tables, table, densities, many, out):
    """The limits (see `usual_bound`) at p, rho and the density x of the densest slice."""
    p, rho, x = densities
    v = p * rho * x
    low, high = tables.pieces[table], tables.pieces[table + 1] - 1
    while low < high:  # the last piece that begins at v or before
        middle = (low + high + 1) // 2
        if tables.edges[middle, 0] <= v:
            low = middle
        else:
            high = middle - 1
    begin, end = tables.edges[low]
    u = 2.0 * (v - begin) / (end - begin) - 1.0
    term, after = 1.0, u
    beyond = zero = one = two = 0.0
    for k in range(ORDER):
        beyond = fma(term, tables.limits[low, k, 0], beyond)
        zero = fma(term, tables.limits[low, k, 1], zero)
        one = fma(term, tables.limits[low, k, 2], one)
        two = fma(term, tables.limits[low, k, 3], two)
        term, after = after, 2.0 * u * after - term
    out[LIMITS, 0] = many * tables.usual[low]
    out[LIMITS, 1] = many * v * max(0.0, beyond)
    out[LIMITS, 2] = many * v * p * p * max(0.0, zero - 2.0 * x * one + x * x * two)


@kernel
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


@kernel
def _ask(tables, rows, density, densest):
    """Take down which table is wanted, and where."""
    used = int(tables.asked[0, 0]) + 1
    if used < tables.asked.shape[0] and tables.direction >= 0:
        tables.asked[0, 0] = used
        asked = tables.asked[used]
        asked[0], asked[1], asked[2] = rows.number, rows.height, tables.direction
        asked[3], asked[4], asked[5] = density, rows.live, densest


@kernel
def _read_all(tables, table, densities, many, out):
    """Fill the causes in `out`; False where a table does not cover the densities."""
    p, rho, x = densities
    v, u, r = rho * p * x, rho * x, rho * p
    scratch, values, at = tables.scratch, tables.values, table * SURFACES
    units = scratch[_UNITS:_INPUTS]
    inputs = scratch[_INPUTS:_WEIGHTS]
    weights, dead = scratch[_WEIGHTS:_DEAD], scratch[_DEAD:SCRATCH]
    dead[:] = 0.0
    known = (
        _read(tables.surfaces[at + UNITS], values, (v, 1.0), scratch, units)
        and _read(tables.surfaces[at + INPUTS], values, (p, u), scratch, inputs)
        and _read(tables.surfaces[at + WEIGHTS], values, (x, r), scratch, weights)
        and (rho >= 1.0 or _read(tables.surfaces[at + LIVE], values, (x * p, rho), scratch, dead))
    )
    if not known or units[1] < _CERTAIN * units[0]:
        return False
    for cause in range(ACTIONS):
        out[cause, 0] = many * v * units[0]
    for m in range(1, 3):
        # The tables hold what the leading powers leave, so that small densities stay exact.
        alone, through = v * units[m], p ** (m + 1) * u * inputs[m - 1]
        scale, dead_scale = x ** (m + 1) * r * (1.0 - r), (x * p) ** (m + 1) * rho * (1.0 - rho)
        fixed, fixed_one = scale * weights[m - 1], scale * weights[m + 1]
        lost, lost_one = dead_scale * dead[m - 1], dead_scale * dead[m + 1]
        out[SHARED_FIXED, m] = many ** (m + 1) * lost
        out[SHARED_FRESH, m] = many ** (m + 1) * (through - lost_one)
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


@kernel
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
    _read_limits(tables, table, densities, many, out)
