"""How long the slowest crossbar takes, from the definition: every number of rows told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from tests.naive.closed_form import Array


def units(rows: int, share: float, height: int, top: int) -> Array:
    """P(t operation units) for t = 0..top of `rows` rows that are active with `share` each."""
    law = np.zeros(top + 1)
    for count, chance in enumerate(stats.binom(rows, share).pmf(np.arange(rows + 1))):
        law[-(-count // height)] += chance
    return law


def slowest_known(
    rows: int, active: float, height: int, groups: Sequence[float], crossbars: int, chunks: int
) -> Array:
    """P(no crossbar needs more than t units) of `chunks` row chunks of `crossbars` each.

    A row is active with `active`, for all crossbars of its chunk alike, and group g of a crossbar
    keeps it with `groups[g]`.
    """
    top = -(-rows // height) * len(groups)
    below = np.zeros(top + 1)
    for count, chance in enumerate(stats.binom(rows, active).pmf(np.arange(rows + 1))):
        law = np.ones(1)
        for share in groups:
            law = np.convolve(law, units(count, share, height, -(-rows // height)))
        below += chance * np.minimum(np.cumsum(law), 1.0) ** crossbars
    return below**chunks


def mean_of(below: Array) -> float:
    """The mean of a whole number from its distribution function."""
    return float(np.sum(1.0 - below[:-1]))
