"""The record that kernels read for a layer, and the tuples that they hand on.

A structure record and a technology record come from `recost.hardware.records`; a layer record
comes from `recost.models.binding`, which joins a layer of a network with the precision of a
hardware (that is what turns a profile into slice and cell densities).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Weights have at most 32 cells and inputs at most 32 slices.
SLICES = 32

BOUND_LAYER = np.dtype(
    [
        ("groups", "i8"),
        ("rows", "i8"),  # of one group's matrix
        ("columns", "i8"),
        ("vectors", "i8"),  # input vectors of one image, of each group
        ("kernel_rows", "i8"),  # adjacent rows of one input channel
        ("inputs", "i8"),  # distinct activation values read for one image
        ("outputs", "i8"),
        ("macs", "i8"),
        ("weights", "i8"),
        ("vector_operations", "i8"),
        ("row_density", "f8"),
        ("filter_density", "f8"),
        ("kernel_density", "f8"),
        ("element_density", "f8"),
        ("weight_correlation", "f8"),
        ("positive_share", "f8"),
        ("nonzero_share", "f8"),  # P(activation is not 0), of one pass
        ("activation_correlation", "f8"),
        ("filter_zeros", "i8"),
        ("passes", "i8"),  # times an input vector is streamed: 2 for sign-magnitude
        ("slices", "i8"),  # input slices of one pass
        ("slice_density", "f8", (SLICES,)),  # least significant first, of one pass
        ("cell_density", "f8", (SLICES,)),  # most significant first, of a non-zero weight
    ],
    align=True,
)

# The column groups of a crossbar, alike ones merged: class k stands `multiplicity` times, has
# `width` bitlines, and its row density is a mixture of the parts `first` to `first + count`.
GROUP = np.dtype(
    [("multiplicity", "f8"), ("width", "i8"), ("first", "i8"), ("count", "i8")], align=True
)

# A part of a mixture: its probability, the density of a group's rows given that the row is
# live, and the correlation of two rows of one kernel.
PART = np.dtype([("weight", "f8"), ("density", "f8"), ("correlation", "f8")], align=True)


class Placement(NamedTuple):
    """Where a layer's matrix lies: one group's matrix, cut into crossbars.

    `crossbars` counts all groups and polarity sets, one copy of the weights.
    """

    cells_per_weight: int
    bitlines: int  # of one group's matrix
    row_chunks: int
    last_rows: int  # rows of the last row chunk
    column_chunks: int
    last_bitlines: int
    starts: int  # cells of a weight at which column chunks begin: 1 if no weight straddles two
    sets: int  # crossbar sets for signed weights: 2 if differential
    crossbars: int


# Numbers of a placement.
PLACED = len(Placement._fields)


class Rows(NamedTuple):
    """The rows of a crossbar: how many, cut into units of which height, and how they depend.

    `live` is the share of rows that are not zero over the whole matrix, `kernel_rows` the size
    of the blocks in which live kernels correlate rows; the correlations are those of the weights
    and of the inputs of two rows, averaged over all pairs of rows.
    """

    number: int
    height: int
    live: float
    kernel_rows: int
    weight_correlation: float
    input_correlation: float


class Cumulants(NamedTuple):
    """Mean, variance and third central moment of a random number of cycles."""

    mean: float
    variance: float
    third: float
