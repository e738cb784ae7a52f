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

from typing import Any, NamedTuple

import numpy as np

from recost.kernels._numba import inlined, joined
from recost.kernels.blocks import BLOCK
from recost.kernels.causes import Causes, put_causes, stream_sums
from recost.kernels.cells import (
    AT_DEAD,
    AT_INPUTS,
    AT_LIMITS,
    AT_UNITS,
    AT_WEIGHTS,
    COVERED,
    RHO,
    P,
    X,
    read_table,
)
from recost.kernels.moments import (
    ACTIONS,
    CONVERSIONS,
    DRIVES,
    LIMITS,
    READS,
    crossbar_moments,
)
from recost.kernels.part_sums import row_correlation

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
    their cells, all in one row, [cells * ORDER * ORDER * values] ([cells * ORDER * LANES] of the
    units, which have one axis, and a fourth value of 0, so that they lie as `sums_of_4` reads
    them); `pieces` [tables + 1] the first piece of each table's limits, `edges` [pieces, 2] where
    they begin and end, in v, `usual` [pieces] the units that are usual on them, and `limits` their
    coefficients, in one row, [pieces * ORDER * LIMITS_VALUES].
    `asked`, if it has places, takes down what is asked for (rows, height, direction, p, rho, x)
    and nothing is computed: [places, 6], the first place counting those that are used.
    `scratch` [`SCRATCH`] is to work in, and `last` [tables, `READ`] has what was read last of each
    table by a point on its own.
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
    last: Any


@inlined
def reader(tables, direction, scratch, last):
    """The tables for a layer of that direction, with the space of one thread."""
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
        last,
    )


@inlined
def find_table(tables, number, height):
    """The table for so many rows in units of that height, or -1."""
    if tables.direction >= 0:
        for i in range(tables.keys.shape[0]):
            if (
                tables.keys[i, 0] == number
                and tables.keys[i, 1] == height
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
def _of_order(powers, densities, values):
    """Moments of one order by the four causes; and those of weights and of units alone.

    `powers` are those of groups, p and x; the tables hold what they leave, so that small densities
    stay exact.  `values` are of (units, inputs, weights, weights by slice, dead rows, by slice).
    """
    power, power_p, power_x = powers
    many, p, rho, x = densities
    units, inputs, weights, weights_one, dead, dead_one = values
    r = rho * p
    alone, through = rho * p * x * units, power_p * (rho * x) * inputs
    scale, dead_scale = power_x * r * (1.0 - r), power_x * power_p * rho * (1.0 - rho)
    fixed, fixed_one = scale * weights, scale * weights_one
    lost, lost_one = dead_scale * dead, dead_scale * dead_one
    rest = alone - through - fixed_one + lost_one
    # A crossbar that keeps all rows has no cause of its own.
    own, fresh = (many * (fixed - lost), many * rest) if p < 1.0 else (0.0, 0.0)
    return (power * lost, power * (through - lost_one), own, fresh), many * fixed, many * alone


@inlined
def read_causes(many, got, k):
    """The causes of a crossbar of so many column groups from what was read at point k.

    And whether they are as exact as they have to be.
    """
    p, rho, x = got[P + k], got[RHO + k], got[X + k]
    densities, second = (many, p, rho, x), (many * many, p * p, x * x)
    mean, variance = got[AT_UNITS + k], got[AT_UNITS + BLOCK + k]
    values = (
        variance,
        got[AT_INPUTS + k],
        got[AT_WEIGHTS + k],
        got[AT_WEIGHTS + 2 * BLOCK + k],
        got[AT_DEAD + k],
        got[AT_DEAD + 2 * BLOCK + k],
    )
    two, fixed, alone = _of_order(second, densities, values)
    exact = got[COVERED + k] > 0.0 and not variance < _CERTAIN * mean
    lost = two[2] < _LEFT * fixed or two[2] + two[3] < _LEFT * alone
    exact = exact and (p >= 1.0 or not lost)
    values = (
        got[AT_UNITS + 2 * BLOCK + k],
        got[AT_INPUTS + BLOCK + k],
        got[AT_WEIGHTS + BLOCK + k],
        got[AT_WEIGHTS + 3 * BLOCK + k],
        got[AT_DEAD + BLOCK + k],
        got[AT_DEAD + 3 * BLOCK + k],
    )
    powers = second[0] * many, second[1] * p, second[2] * x
    three, _, _ = _of_order(powers, densities, values)
    found = Causes(
        many * (rho * p * x) * mean,
        max(0.0, two[0]),
        three[0],
        max(0.0, two[1]),
        three[1],
        max(0.0, two[2]),
        three[2],
        max(0.0, two[3]),
        three[3],
    )
    return found, exact


@inlined
def read_limits(many, got, k):
    """The limits of a crossbar of so many column groups (see `usual_bound`)."""
    return (
        many * got[AT_LIMITS + k],
        many * got[AT_LIMITS + BLOCK + k],
        many * got[AT_LIMITS + 2 * BLOCK + k],
    )


@inlined
def actions_of(mean, group, kept, total):
    """Conversions, drives and reads of groups that are alike: (multiplicity, width).

    Each keeps so many rows; `total` is P(a row is active) summed over the slices.
    """
    many, width = group
    driven = many * kept * total
    return width * mean, driven, width * driven


@inlined
def independent(rows, groups, parts):
    """Whether column groups are alike and their rows independent."""
    simple = groups.size == 1 and parts.size == 1 and parts[0].weight == 1.0
    within = row_correlation(parts[0].correlation, rows)
    return simple and rows.input_correlation <= 0.0 and within <= 0.0


@inlined
def _read_one(tables, table, densities):
    """What a table holds at p, rho and x."""
    p, rho, x = densities
    got = tables.last[table]
    # Crossbars of one height and density are alike, whatever layer they belong to.
    if not (got[P] == p and got[RHO] == rho and got[X] == x):
        got[P], got[RHO], got[X] = p, rho, x
        read_table(tables, table, np.int64(1), got)
    return got


@joined
def tabulated_moments(rows, groups, parts, streams, tables, out):
    """What `crossbar_moments` fills in, from tables where they cover it."""
    densest, total, _ = stream_sums(streams)
    part, group = parts[0], groups[0]
    simple = independent(rows, groups, parts)
    if tables.asked.shape[0] > 0:
        if simple:
            _ask(tables, rows, part.density, densest)
        out[:, :] = 0.0
        return
    table = find_table(tables, rows.number, rows.height) if simple else -1
    if table >= 0:
        got = _read_one(tables, table, (part.density, rows.live, densest))
        found, exact = read_causes(group.multiplicity, got, 0)
        if exact:
            put_causes(found, out)
            kept = rows.number * rows.live * part.density
            same = group.multiplicity, group.width
            actions = actions_of(found.mean, same, kept, total)
            out[ACTIONS, CONVERSIONS], out[ACTIONS, DRIVES], out[ACTIONS, READS] = actions
            limits = read_limits(group.multiplicity, got, 0)
            out[LIMITS, 0], out[LIMITS, 1], out[LIMITS, 2] = limits
            return
    crossbar_moments(rows, groups, parts, streams, out)
