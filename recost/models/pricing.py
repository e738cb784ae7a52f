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
    `sums[sums_at[p]]`.
    """

    structures: Records
    at: Array
    technologies: Records
    sums: Array
    sums_at: Array

    def price(self, points: Array, totals: Array, rows: Array = EVERY) -> None:
        """Totals into the columns `points` of `totals`, which ascend, and its `rows`."""
        machine, counted = (self.structures, self.at), (self.sums, self.sums_at)
        price_points(machine, self.technologies, counted, points, rows, totals)

    @property
    def prices_alone(self) -> bool:
        """Whether points differ in a few prices and nothing else."""
        kept = self.technologies.at
        return (
            len(kept) > 0
            and len(self.structures.at) == len(self.sums) == 1
            and bool((kept == kept[0]).all())
        )

    def moved(self) -> tuple[Array, Array]:
        """Of points that differ in prices alone: which totals may differ, and those of the first.

        A total that a price reaches is not what it was where the price is infinite.
        """
        none = np.zeros(2, np.int64)
        values = self.technologies.values[:, none]
        values[:, 1] = np.inf
        technologies = self.technologies._replace(at=self.technologies.at[none], values=values)
        found = np.empty((TOTALS, 2))
        ends = self._replace(at=none, technologies=technologies, sums_at=none)
        ends.price(np.arange(2), found)
        first, other = found.T
        return ~((first == other) | (np.isnan(first) & np.isnan(other))), first


def price(summed: Summed, points: Array, sheet: Sheet, *, whole: bool) -> None:
    """Put totals of `points` into a sheet, of which they are the `whole` or not."""
    wanted = np.ones(TOTALS, bool)
    if summed.prices_alone:
        wanted, first = summed.moved()
        for total in np.flatnonzero(~wanted).tolist():
            sheet.say(total, slice(None) if whole else points, float(first[total]))
    totals, rows = sheet.place(wanted, whole=whole)
    summed.price(points, totals, rows)
