"""Random updates and vectors for sliced weights, in whole steps of the weight's last place.

Update number t of cell j is

    u = sign * round(scale_j f),   scale_j = scale exp(variation z_j)

with f of a family of size 1 (`magnitudes`), its sign as likely up as down, and z_j a normal
number of the cell: gradients of different weights differ by orders of magnitude, and a plain
family at every weight is the case `variation` = 0.  The elements of a vector of an outer
product are drawn alike.  Each number depends on (key, cell, update) alone.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from recost.kernels import philox
from recost.kernels._numba import inlined, kernel
from recost.kernels.elementary import exp
from recost.vocabulary import Magnitude

_GAUSSIAN = int(Magnitude.GAUSSIAN)
_LAPLACE = int(Magnitude.LAPLACE)
# Counter of the numbers that a cell has for all updates; updates count from 0.
_OF_THE_CELL = 1 << 62
# exp beyond this is more, or less, than any number of bits, and its polynomial ends soon after.
_LARGEST_EXPONENT = 600.0

_normals = philox.normals
_uniforms = philox.uniforms


class Draw(NamedTuple):
    """The distribution of updates, or of the elements of a vector.

    Attributes
    ----------
    family : `vocabulary.Magnitude`
    scale : sigma of a Gaussian, mean size of a Laplace, median size of a lognormal; in steps
    spread : ln-sigma of a lognormal
    variation : ln-sigma of the scale between cells
    limit : the largest size; anything above is cut to it, as the quantiser does
    key : of the stream
    """

    family: int
    scale: float
    spread: float
    variation: float
    limit: int
    key: np.uint64


@inlined
def _exp(x):
    return exp(max(-_LARGEST_EXPONENT, min(x, _LARGEST_EXPONENT)))


@kernel
def cell_scales(draw, first, scales):
    """The scale of each cell, scale exp(variation z), from cell number `first` on."""
    for j in range(scales.size):
        z, _ = _normals(draw.key, first + j, _OF_THE_CELL)
        scales[j] = draw.scale * _exp(draw.variation * z)


@kernel
def draw_updates(draw, scales, first, start, updates):
    """Updates number `start` and following of cells `first` and following, into int64[E, n].

    From two normals x, y of each: size |x| (Gaussian), exp(spread x) (lognormal), (x^2 + y^2)/2
    (Laplace: exponential, since the square of Box and Muller's radius is); the sign is that of x,
    and for a lognormal that of y, which in each case is independent of the size.
    """
    cells = updates.shape[1]
    limit = float(draw.limit)
    sizes, signs = np.empty(cells), np.empty(cells)
    for e in range(updates.shape[0]):
        for j in range(cells):
            sizes[j], signs[j] = _normals(draw.key, first + j, start + e)
        if draw.family == _GAUSSIAN:
            for j in range(cells):
                signs[j], sizes[j] = sizes[j], abs(sizes[j])
        elif draw.family == _LAPLACE:
            for j in range(cells):
                half = 0.5 * (sizes[j] * sizes[j] + signs[j] * signs[j])
                signs[j], sizes[j] = sizes[j], half
        else:
            for j in range(cells):
                sizes[j] = _exp(draw.spread * sizes[j])
        for j in range(cells):
            whole = np.int64(min(scales[j] * sizes[j], limit) + 0.5)
            updates[e, j] = -whole if signs[j] < 0.0 else whole


@kernel
def start_weights(layout, key, first, weights):
    """Weights that are uniform over S digits of p bits, from cell `first` on, into int64[M, N].

    Balanced digits stand for weights of both signs, others for weights above an offset.
    """
    span = 2.0 ** (layout.chunk_bits * layout.low.size)
    lowest = -0.5 * span if layout.balanced else 0.0
    columns = weights.shape[1]
    for i in range(weights.shape[0]):
        for j in range(columns):
            u, _ = _uniforms(key, first + i * columns + j, 0)
            weights[i, j] = np.int64(math.floor(lowest + u * span))
