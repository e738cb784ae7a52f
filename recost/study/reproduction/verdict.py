"""Verdicts, by rule: what a figure that the models give is worth beside the published one.

predicted
    nothing was fitted to it and the models, at the shipped values, are within 10 %; a study that
    sets what it lists as unknown has picked that value, and the figure is judged by its reach
calibrated
    a parameter was fitted to it, and the models give it within 10 %, or reach it
reachable
    it lies inside what the models give over what is not public, a range of at most a factor 2
unconstrained
    it lies inside, but the range is wider
conflict
    it lies inside, and so does another figure, but there is no place where both hold; a figure
    that is in conflict already is no witness against a third
off
    none of these

Of a published range both ends must hold, in one place of what is not public.  A figure of which
only one end is published ("at most", "more than") holds on the right side of it and up to 10 % on
the wrong one; a trend must be strictly there.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.study.reproduction.files import PublishedFigure, Unknown
from recost.study.reproduction.model import Ends, Grid

PREDICTED, CALIBRATED, REACHABLE = "predicted", "calibrated", "reachable"
UNCONSTRAINED, CONFLICT, OFF = "unconstrained", "conflict", "off"
#: Verdicts of figures that the models reproduce.
MET = (PREDICTED, CALIBRATED, REACHABLE)
VERDICTS = (*MET, UNCONSTRAINED, CONFLICT, OFF)

TOLERANCE = 0.10
WIDEST = 2.0
# A number, or a quantity with its unit: what lies between two of them is a value too.
_NUMBER = re.compile(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?( [^ ]+)?")
# A saving of a whole of 100.
_SAVING = "_saving_percent"
# Points between two neighbours of a grid at which a conflict is looked for.
_BETWEEN = 8

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Pair:
    """A published number and the modelled one; `side` +1: at most, -1: at least, 0: equal."""

    published: float
    modelled: float
    side: int
    tolerance: float | None
    strict: bool

    @property
    def ratio(self) -> float | None:
        """Modelled over published; None where nothing was published to divide by."""
        return self.modelled / self.published if self.published else None

    @property
    def distance(self) -> float:
        """How far the two are apart, in tolerances; at most 1 is met."""
        if self.strict:
            return 0.0 if self.side * (self.published - self.modelled) > 0.0 else math.inf
        if self.side * (self.published - self.modelled) > 0.0:
            return 0.0
        if self.tolerance is not None:
            return abs(self.modelled - self.published) / self.tolerance
        if self.ratio is None or self.ratio <= 0.0:
            return math.inf
        # As far below as above: a tenth of the published number on either side.
        return abs(self.ratio - 1.0) / TOLERANCE


def pairs(published: PublishedFigure, ends: Ends) -> tuple[Pair, ...]:
    """What must agree for the figure to hold."""
    tolerance = published.tolerance_absolute
    if published.value is not None:
        return (Pair(published.value, ends.high, 0, tolerance, strict=False),)
    strict = published.kind == "trend"
    whole = published.low is not None and published.high is not None
    found = []
    if published.low is not None:
        found.append(Pair(published.low, ends.low, 0 if whole else -1, tolerance, strict))
    if published.high is not None:
        found.append(Pair(published.high, ends.high, 0 if whole else 1, tolerance, strict))
    return tuple(found)


def remainder(published: PublishedFigure, ends: Ends) -> str:
    """Of a saving in per cent, what is left: 85 % and 92 % saved are alike, what is paid is not."""
    if published.value is None or not published.metric.endswith(_SAVING):
        return ""
    left, modelled = 100.0 - published.value, 100.0 - ends.high
    return (
        f"{left:.3g} % is left as published, {modelled:.3g} % as modelled, {modelled / left:.2f}x"
    )


def holds(published: PublishedFigure, ends: Ends) -> bool:
    """Whether all of the figure is met."""
    return all(pair.distance <= 1.0 for pair in pairs(published, ends))


def worst(published: PublishedFigure, ends: Ends) -> Pair:
    """The end that is furthest off."""
    return max(pairs(published, ends), key=lambda pair: pair.distance)


def alone(
    published: PublishedFigure, default: Ends, grid: Grid, *, fitted: bool, chosen: bool = False
) -> str:
    """The verdict of a figure by itself; a conflict needs another one.

    `chosen`: its study sets something that it lists as unknown, so that `default` is no prediction.
    """
    if holds(published, default) and (fitted or not chosen):
        return CALIBRATED if fitted else PREDICTED
    if not grid.unknowns or not _inside(published, grid):
        return OFF
    widths = [high / low if low > 0.0 else math.inf for low, high in _reaches(published, grid)]
    if max(widths) > WIDEST:
        return UNCONSTRAINED
    return CALIBRATED if fitted else REACHABLE


def _reaches(published: PublishedFigure, grid: Grid) -> list[tuple[float, float]]:
    """From where to where each end that was published goes."""
    if published.value is not None:
        return [grid.high]
    return [
        reach
        for end, reach in ((published.low, grid.low), (published.high, grid.high))
        if end is not None
    ]


def _inside(published: PublishedFigure, grid: Grid) -> bool:
    """Whether the figure lies in what the models give; a range with both ends in one place."""
    if published.low is not None and published.high is not None:
        return bool(_met(published, grid).any())
    first = Ends(grid.low[0], grid.high[0])
    last = Ends(grid.low[1], grid.high[1])
    return all(
        min(a.modelled, b.modelled) <= a.published <= max(a.modelled, b.modelled)
        or min(a.distance, b.distance) <= 1.0
        for a, b in zip(pairs(published, first), pairs(published, last), strict=True)
    )


def conflicting(one: tuple[PublishedFigure, Grid], other: tuple[PublishedFigure, Grid]) -> bool:
    """Whether two figures hold each by itself, and never both at the unknowns that they share.

    Between two numbers of a grid the figures are taken as straight lines in their logarithms.
    """
    shared = [unknown for unknown in one[1].unknowns if unknown in other[1].unknowns]
    if not shared:
        return False
    here, there = _met_over(shared, *one), _met_over(shared, *other)
    return bool(here.any() and there.any() and not (here & there).any())


def _met_over(shared: Sequence[Unknown], published: PublishedFigure, grid: Grid) -> Array:
    """Where a figure holds over some of its unknowns, whatever the others are."""
    others = tuple(i for i, unknown in enumerate(grid.unknowns) if unknown not in shared)
    found: Array = np.any(_met(published, grid), axis=others)
    order = [unknown for unknown in grid.unknowns if unknown in shared]
    return np.transpose(found, [order.index(unknown) for unknown in shared])


def _met(published: PublishedFigure, grid: Grid) -> Array:
    """Where a figure holds, on the grid made finer."""
    shape = [len(unknown.values) for unknown in grid.unknowns]
    values = np.empty((2, *shape))
    for places, ends in grid.ends.items():
        values[(0, *places)], values[(1, *places)] = ends.low, ends.high
    for axis, unknown in enumerate(grid.unknowns):
        if all(_NUMBER.fullmatch(str(choice.value)) for choice in unknown.values):
            values = _finer(values, axis + 1)
    found = np.zeros(values.shape[1:], np.bool_)
    for place in itertools.product(*(range(n) for n in found.shape)):
        low, high = (float(values[(end, *place)]) for end in (0, 1))
        found[place] = holds(published, Ends(low, high))
    return found


def _finer(values: Array, axis: int) -> Array:
    """Values between neighbours along an axis."""
    moved = np.moveaxis(values, axis, -1)
    count = moved.shape[-1]
    at = np.linspace(0.0, count - 1.0, (count - 1) * _BETWEEN + 1)
    below = np.minimum(at.astype(int), max(0, count - 2))
    share = at - below
    above = np.minimum(below + 1, count - 1)
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(moved, 0.0))
    a, b = logs[..., below], logs[..., above]
    # Where an end is 0 there is no logarithm: the nearer neighbour stands for it.
    mixed = np.where(share == 0.0, a, np.where(np.isfinite(a) & np.isfinite(b),
                     (1.0 - share) * a + share * b, np.where(share < 0.5, a, b)))  # fmt: skip
    return np.moveaxis(np.exp(mixed), -1, axis)
