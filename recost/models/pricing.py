"""What points of a sweep cost, once the counts of their networks are summed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from recost.kernels.lines import price_lines
from recost.kernels.pricing import Records, price_points
from recost.models.numbers import Sheet, is_repeated, room
from recost.vocabulary import TOTALS

Array = np.ndarray[Any, Any]

#: Each total in its own row.
EVERY = np.arange(TOTALS)
# The price at which slopes are found: a power of two, so that no bit is lost, and so large that
# what other prices add does not matter beside it.  SI units: an ADC takes 1e-12 J, a chip 1e2 mm2.
_PROBE = 2.0**80


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

    def price(self, totals: Array, rows: Array = EVERY) -> None:
        """Totals of the points into the first columns of the `rows` of `totals`.

        A total whose row is -1 is left out.
        """
        machine, counted = (self.structures, _once(self.at)), (self.sums, _once(self.sums_at))
        technologies = self.technologies._replace(at=_once(self.technologies.at))
        price_points(machine, technologies, counted, len(self.at), rows, totals)

    def priced(self) -> Priced:
        """All totals of the points."""
        totals = room(TOTALS, len(self.at))
        self.price(totals)
        return Priced(totals, EVERY, np.full(TOTALS, np.nan))


class Lines(NamedTuple):
    """Totals of items whose prices alone differ: they are straight lines in every price.

    ``total t of item i = base[i, t] + sum_k slopes[i, t, k] price_k``; `rows` number those that
    differ from point to point, and are -1 for others.
    """

    base: Array
    slopes: Array
    rows: Array

    @staticmethod
    def of(summed: Summed) -> Lines:
        """The lines of items, each a point of `summed`, whatever its own prices are.

        A total is a sum of products that each have one of the prices at most, all of them 0 or
        more: ``slope_k = (total(probe_k) - total(0)) / probe_k``, where one price is the probe and
        all others are 0.  One that is infinite or not a number at no price stays so.
        """
        prices, items = len(summed.technologies.words), len(summed.at)
        values = np.zeros((prices, 1 + prices, items))
        for k in range(prices):
            values[k, 1 + k] = _PROBE
        technologies = summed.technologies._replace(
            at=np.tile(summed.technologies.at, 1 + prices),
            values=values.reshape(prices, (1 + prices) * items),
        )
        at, sums_at = np.tile(summed.at, 1 + prices), np.tile(summed.sums_at, 1 + prices)
        found = np.empty((TOTALS, (1 + prices) * items))
        summed._replace(at=at, technologies=technologies, sums_at=sums_at).price(found)
        base, *others = found.reshape(TOTALS, 1 + prices, items).transpose(1, 2, 0)
        slopes = np.zeros((items, TOTALS, prices))
        for k, other in enumerate(others):
            np.subtract(other, base, out=slopes[:, :, k], where=np.isfinite(base))
        moves = (slopes != 0.0).any(axis=(0, 2)) | (base != base[0]).any(axis=0)
        rows = np.where(moves, np.cumsum(moves) - 1, -1)
        return Lines(np.ascontiguousarray(base), slopes / _PROBE, rows)

    def priced(self, at: Array, prices: Array) -> Priced:
        """Totals of points of which p is of item `at[p]` and has the `prices[:, p]`."""
        totals = room(int(self.rows.max()) + 1, len(at))
        price_lines(self.base, self.slopes, _once(at), prices, self.rows, totals)
        return Priced(totals, self.rows, self.base[0])


class Priced(NamedTuple):
    """Totals of points: total t in the row `rows[t]` of `totals`, or where that is -1 `alike[t]`.

    There may be more columns than points.
    """

    totals: Array
    rows: Array
    alike: Array

    def onto(self, sheet: Sheet, points: Array | slice) -> None:
        """Put the totals of `points` into a sheet: of all its points if they are a slice."""
        count = sheet.points if isinstance(points, slice) else len(points)
        alike = self.alike.tolist()
        for total, row in enumerate(self.rows.tolist()):
            sheet.say(total, points, self.totals[row, :count] if row >= 0 else alike[total])


def _once(at: Array) -> Array:
    """What all points have, said once if it takes no room; kernels know but whole arrays."""
    return at[:1].copy() if is_repeated(at) else at
