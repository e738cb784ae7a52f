"""Values of tables at points side by side.

A cell of a function of two densities holds Chebyshev coefficients, `ORDER` along either axis, for
all values of the function next to each other.  Places and polynomials are worked out in loops over
points; the coefficients of one cell after the other are summed in vectors of values.
"""

from __future__ import annotations

import math

import numpy as np

from recost.kernels._intrinsics import fma, lane, put_lane, sums_of_2, sums_of_4
from recost.kernels._numba import borrowing, inlined
from recost.kernels.blocks import BLOCK

# The functions of a table, and how many values each has.
UNITS, INPUTS, WEIGHTS, LIVE = range(4)
SURFACES = 4
UNITS_VALUES, INPUTS_VALUES, WEIGHTS_VALUES, LIMITS_VALUES = 3, 2, 4, 4
# Values that are read side by side.
LANES = 4
# Coefficients along each axis of a cell.
ORDER = 12
_HIGHER = ORDER - 1
# What is read for points side by side: where each is (p, rho, x), what the functions are there,
# and whether the table covers it.
P, RHO, X = range(0, 3 * BLOCK, BLOCK)
AT_UNITS = 3 * BLOCK
AT_INPUTS = AT_UNITS + UNITS_VALUES * BLOCK
AT_WEIGHTS = AT_INPUTS + INPUTS_VALUES * BLOCK
AT_DEAD = AT_WEIGHTS + WEIGHTS_VALUES * BLOCK
AT_LIMITS = AT_DEAD + WEIGHTS_VALUES * BLOCK
COVERED = AT_LIMITS + 3 * BLOCK
READ = COVERED + BLOCK
# Scratch space of a reader: products of densities, cells and polynomials on two axes, and a row of
# a cell.
_V, _U, _R, _THIN = range(0, 4 * BLOCK, BLOCK)
_FIRST = 4 * BLOCK
_SECOND = _FIRST + ORDER * BLOCK
_ROW = _SECOND + ORDER * BLOCK
SCRATCH = _ROW + ORDER * WEIGHTS_VALUES


@inlined
def position(density):
    """A density as a place on an axis: sqrt(t) / (sqrt(t) + sqrt(1 - t)).

    Binomial counts spread alike everywhere on it, as on the arcsine of the square root.
    """
    root = math.sqrt(density)
    return root / (root + math.sqrt(1.0 - density))


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
def _keep_basis(basis, out, p):
    """Put the polynomials of a point, but for the first, where `_basis_of` finds them."""
    put_lane(out, 1, BLOCK, p, basis[1:])


@inlined
def _basis_of(placed, p):
    """Chebyshev's polynomials of a point that has been placed."""
    return 1.0, *lane(placed, 1, _HIGHER, BLOCK, p)


@inlined
def _series(basis, row, f, width):
    """Chebyshev's series of which the coefficients lie `width` apart in a row, from place f on.

    Term by term: several series next to each other then go side by side.
    """
    value = fma(basis[1], row[width + f], row[f])
    value = fma(basis[2], row[2 * width + f], value)
    value = fma(basis[3], row[3 * width + f], value)
    value = fma(basis[4], row[4 * width + f], value)
    value = fma(basis[5], row[5 * width + f], value)
    value = fma(basis[6], row[6 * width + f], value)
    value = fma(basis[7], row[7 * width + f], value)
    value = fma(basis[8], row[8 * width + f], value)
    value = fma(basis[9], row[9 * width + f], value)
    value = fma(basis[10], row[10 * width + f], value)
    return fma(basis[11], row[11 * width + f], value)


@borrowing
def _place(points, axis, densities, covered, out):
    """Cells of densities on an axis, and polynomials there, into `out`.

    `covered` becomes 0 where the axis does not cover a density.
    """
    low, high, start, scale = axis.low, axis.high, axis.start, axis.scale
    last = float(axis.cells - 1)
    for p in range(points):
        density = densities[p]
        inside = low <= density <= high
        at = (position(density if inside else low) - start) * scale
        cell = min(max(np.floor(at), 0.0), last)
        covered[p] = covered[p] if inside else 0.0
        out[p] = cell
        _keep_basis(_basis(2.0 * (at - cell) - 1.0), out, p)


@inlined
def _placed(points, surface, space, one, two, covered):
    """Where points lie on both axes of a surface."""
    _place(points, surface.first, one, covered, space[_FIRST:])
    _place(points, surface.second, two, covered, space[_SECOND:])


@inlined
def _contract(surface, values, width, p, space):
    """A cell's coefficients at a placed point: (row of coefficients along the second axis, where).

    `width` values of each power lie side by side.
    """
    first, second, row = space[_FIRST:], space[_SECOND:], space[_ROW:]
    cell = surface.cell + int(first[p]) * surface.second.cells + int(second[p])
    # One cell after the other, so that the rows lie at distances that are known when this compiles.
    size = ORDER * ORDER * width
    if surface.first.scale == 0.0:  # where a density does not vary all but the first are 0
        return values, cell * size
    found, basis = values[cell * size : (cell + 1) * size], _basis_of(first, p)
    for k in range(ORDER * width):
        row[k] = _series(basis, found, k, ORDER * width)
    return row, 0


@borrowing
def _read_inputs(surface, values, points, space, covered, out):
    """The values of the inputs at points that are placed and covered."""
    second = space[_SECOND:]
    for p in range(points):
        if covered[p] > 0.0:
            row, at = _contract(surface, values, INPUTS_VALUES, p, space)
            one, two = sums_of_2(_basis_of(second, p), row, at, INPUTS_VALUES)
            out[p], out[BLOCK + p] = one, two


@borrowing
def _read_weights(surface, values, points, space, covered, out):
    """The values of weights or dead rows at points that are placed and covered."""
    second = space[_SECOND:]
    for p in range(points):
        if covered[p] > 0.0:
            row, at = _contract(surface, values, WEIGHTS_VALUES, p, space)
            one, two, three, four = sums_of_4(_basis_of(second, p), row, at, WEIGHTS_VALUES)
            out[p], out[BLOCK + p] = one, two
            out[2 * BLOCK + p], out[3 * BLOCK + p] = three, four


@inlined
def _read_units(surface, values, points, space, covered, out):
    """The values of the units, which have one axis."""
    placed = space[_FIRST:]
    for p in range(points):
        if covered[p] > 0.0:
            start = (surface.cell + int(placed[p])) * (ORDER * LANES)
            one, two, three, _ = sums_of_4(_basis_of(placed, p), values, start, LANES)
            out[p], out[BLOCK + p], out[2 * BLOCK + p] = one, two, three


@inlined
def _read_limits(tables, table, points, space, got):
    """The limits of one group (see `usual_bound`)."""
    placed, edges, size = space[_FIRST:], tables.edges, ORDER * LIMITS_VALUES
    first, last = tables.pieces[table], tables.pieces[table + 1]
    for p in range(points):
        placed[p] = float(first)
    for piece in range(first + 1, last):  # the last one that begins at v or before
        begin = edges[piece, 0]
        for p in range(points):
            placed[p] += 1.0 if begin <= space[_V + p] else 0.0
    for p in range(points):
        piece = int(placed[p])
        got[AT_LIMITS + p], begin, end = tables.usual[piece], edges[piece, 0], edges[piece, 1]
        space[_SECOND + p] = 2.0 * (space[_V + p] - begin) / (end - begin) - 1.0
    for p in range(points):
        _keep_basis(_basis(space[_SECOND + p]), placed, p)
    for p in range(points):
        start, basis = int(placed[p]) * size, _basis_of(placed, p)
        beyond, zero, one, two = sums_of_4(basis, tables.limits, start, LIMITS_VALUES)
        v, density, x = space[_V + p], got[P + p], got[X + p]
        tied = zero - 2.0 * x * one + x * x * two
        got[AT_LIMITS + BLOCK + p] = v * max(0.0, beyond)
        got[AT_LIMITS + 2 * BLOCK + p] = v * density * density * max(0.0, tied)


@borrowing
def read_table(tables, table, points, got):
    """All that a table holds, at as many points as `got` says where they are, into `got`."""
    at, surfaces, space = table * SURFACES, tables.surfaces, tables.scratch
    covered, p, rho, x = got[COVERED:], got[P:], got[RHO:], got[X:]
    some_dead = 0
    for k in range(points):
        covered[k] = 1.0
        space[_V + k], space[_U + k] = rho[k] * p[k] * x[k], rho[k] * x[k]
        space[_R + k], space[_THIN + k] = rho[k] * p[k], x[k] * p[k]
        some_dead += 1 if rho[k] < 1.0 else 0
    for f in range(WEIGHTS_VALUES):
        for k in range(points):
            got[AT_DEAD + f * BLOCK + k] = 0.0
    if some_dead > 0:
        surface = surfaces[at + LIVE]
        _placed(points, surface, space, space[_THIN:], rho, covered)
        for k in range(points):
            covered[k] = covered[k] if rho[k] < 1.0 else 0.0
        _read_weights(surface, tables.weights, points, space, covered, got[AT_DEAD:])
        for k in range(points):
            covered[k] = covered[k] if rho[k] < 1.0 else 1.0
    surface = surfaces[at + UNITS]
    _place(points, surface.first, space[_V:], covered, space[_FIRST:])
    _read_units(surface, tables.units, points, space, covered, got[AT_UNITS:])
    surface = surfaces[at + INPUTS]
    _placed(points, surface, space, p, space[_U:], covered)
    _read_inputs(surface, tables.inputs, points, space, covered, got[AT_INPUTS:])
    surface = surfaces[at + WEIGHTS]
    _placed(points, surface, space, x, space[_R:], covered)
    _read_weights(surface, tables.weights, points, space, covered, got[AT_WEIGHTS:])
    _read_limits(tables, table, points, space, got)
