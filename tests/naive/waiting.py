"""How long the slowest crossbar takes, from the definition: every number of rows told apart."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache

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


def slowest_columns(
    heights: Sequence[int],
    live: float,
    slices: Sequence[float],
    crossbars: Sequence[tuple[int, int, float, int, int]],
) -> Array:
    """P(no crossbar of a row chunk takes more than t) where zero columns are dropped.

    `heights` are the rows of its row groups, of which each is live with `live` and active in slice
    b with `slices[b]`; `crossbars` are (how many, weights, element density, cells, unit's width).
    """
    top = len(heights) * len(slices) * max(-(-w * c // wide) for _, w, _, c, wide in crossbars)
    below = np.zeros(top + 1)
    each = [list(itertools.product(range(h + 1), range(len(slices) + 1))) for h in heights]
    for common in itertools.product(*each):
        chance, laws = 1.0, [np.ones(1) for _ in crossbars]
        for height, (rows, active) in zip(heights, common, strict=True):
            chance *= _binomial(height, live)[rows] * _active(height, slices, active)
            for i, (_, weights, element, cells, width) in enumerate(crossbars):
                law = np.zeros(len(slices) * -(-weights * cells // width) + 1)
                kept = _binomial(weights, 1.0 - (1.0 - element) ** rows)
                for found, share in enumerate(kept):
                    law[active * -(-found * cells // width)] += share
                laws[i] = np.convolve(laws[i], law)
        for (many, *_), law in zip(crossbars, laws, strict=True):
            reached = np.cumsum(np.pad(law, (0, max(0, top + 1 - law.size)))[: top + 1])
            chance = chance * np.minimum(reached, 1.0) ** many
        below += chance
    return below


@cache
def _binomial(n: int, p: float) -> Array:
    return np.asarray(stats.binom(n, p).pmf(np.arange(n + 1)))


def _active(height: int, slices: Sequence[float], count: int) -> float:
    """P(`count` slices have an active wordline among `height`)."""
    law = np.ones(1)
    for q in slices:
        none = (1.0 - q) ** height
        law = np.convolve(law, [none, 1.0 - none])
    return float(law[count])
