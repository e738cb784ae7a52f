"""What points of a sweep cost, once the counts of their networks are summed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from recost.kernels.pricing import Records, price_points
from recost.models.numbers import Sheet
from recost.vocabulary import TOTALS

Array = np.ndarray[Any, Any]

#: Each total in its own row.
EVERY = np.arange(TOTALS)


class Summed(NamedTuple):
    """Points whose counts are summed.

    Point p has the structure `structures` says for item `at[p]`, technology p, and the sums
    `sums[sums_at[p]]`.  What is the same at all points may be said once.
    """

    structures: Records
    at: Array
    technologies: Records
    sums: Array
    sums_at: Array

    def price(self, points: Array, totals: Array, rows: Array = EVERY) -> None:
        """Totals into the columns `points` of `totals`, which ascend, and its `rows`."""
        machine, counted = (self.structures, _once(self.at)), (self.sums, _once(self.sums_at))
        technologies = self.technologies._replace(at=_once(self.technologies.at))
        price_points(machine, technologies, counted, points, rows, totals)

    def alike(self) -> Summed | None:
        """The same, if points differ in a few prices and nothing else: the rest said once."""
        kept = self.technologies.at
        others = len(kept) == 0 or len(self.structures.at) > 1 or len(self.sums) > 1
        if others or (kept != kept[0]).any():
            return None
        technologies = self.technologies._replace(at=kept[:1])
        return self._replace(at=self.at[:1], technologies=technologies, sums_at=self.sums_at[:1])

    def moved(self) -> tuple[Array, Array]:
        """Of points that are `alike`: which totals may differ, and those of the first.

        A total that a price reaches is not what it was where the price is infinite.
        """
        values = self.technologies.values[:, [0, 0]]
        values[:, 1] = np.inf
        found = np.empty((TOTALS, 2))
        ends = self._replace(technologies=self.technologies._replace(values=values))
        ends.price(np.arange(2), found)
        first, other = found.T
        alike = (first == other) | (np.isnan(first) & np.isnan(other))
        # A total that is infinite already would be so at an infinite price too.
        return ~alike | np.isinf(first), first


def _once(at: Array) -> Array:
    """What all points have, said once if it takes no room; kernels know but whole arrays."""
    return at[:1].copy() if at.strides == (0,) else at


def price(summed: Summed, points: Array, sheet: Sheet, *, whole: bool) -> None:
    """Put totals of `points` into a sheet, of which they are the `whole` or not."""
    wanted = np.ones(TOTALS, bool)
    if alike := summed.alike():
        summed = alike
        wanted, first = summed.moved()
        for total in np.flatnonzero(~wanted).tolist():
            sheet.say(total, slice(None) if whole else points, float(first[total]))
    totals, rows = sheet.place(wanted, whole=whole)
    summed.price(points, totals, rows)
