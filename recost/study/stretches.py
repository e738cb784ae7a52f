"""Stretches of a space: points in a row that differ in prices alone.

Whatever else their rows hold is that of the first of them, worked out once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from recost.kernels.lines import Line, Prices, price_stretch
from recost.models.numbers import NUMBERS, repeated_number, room
from recost.models.sweep import Sweep
from recost.study.pair import Pair
from recost.study.selection import Table, repeated

Array = np.ndarray[Any, Any]

# What pieces hold that are worked on at once should stay in the processor's cache, roughly.
_PIECE_BYTES = 5 << 19
# Stretches that are remembered: a space is gone through in order, by a few threads.
_KEPT = 64
_NAMES = {total: name for name, total in NUMBERS.items()}


class _Stretch(NamedTuple):
    """What is known of a stretch: a row of it, and the line of the totals that differ in it.

    `moved` are the columns of those that have a row in the `line`, in the order of rows.
    """

    row: Table
    moved: tuple[str, ...]
    line: Line

    def alike(self, points: int) -> Table:
        """Columns of what is the same at all points, and so takes no room."""
        return {
            name: repeated(column[0], points)
            if column.dtype == object
            else repeated_number(column[0].item(), points)
            for name, column in self.row.items()
        }


class Stretches:
    """The stretches of a pair that has nothing but columns of its model.

    Parameters
    ----------
    model, pair : a pair whose space has no samples, and its model, `Sweep.straight`
    row_of : the table of a point of the pair, by its number; no row where it is impossible

    Attributes
    ----------
    run : points of each stretch
    most : points to work on at once
    """

    def __init__(self, model: Sweep, pair: Pair, row_of: Callable[[int], Table]) -> None:
        self._model, self._pair, self._row_of = model, pair, row_of
        self.run = model.run
        # Prices, and what they move: a component's energy or area each, and sums of these.
        self.most = _PIECE_BYTES // (8 * (2 * len(model.prices) + 3))
        names = {place: name for name, place in pair.columns.items()}
        self._names = [names[i] for i in model.prices]
        every = [model.levels[i].codes for i in model.designs.prices]
        levels = [codes for codes in every if codes is not None]
        digits = pair.space.digits(model.prices)
        self._prices = Prices(digits, np.concatenate([np.zeros(0), *levels]))
        self._known: dict[int, _Stretch | None] = {}
        self._alike: tuple[_Stretch, int, Table] | None = None

    def table(self, start: int, stop: int) -> Table | None:
        """The rows of points start..stop; None if they are not of one stretch, or impossible.

        Threads may ask at the same time.
        """
        if start // self.run != (stop - 1) // self.run or (stretch := self._stretch(start)) is None:
            return None
        points = stop - start
        values, totals = room(len(self._names), points), room(len(stretch.moved), points)
        price_stretch(start, points, self._prices, stretch.line, values, totals)
        table = self._columns(stretch, points)
        table |= zip(self._names, values[:, :points], strict=True)
        table |= zip(stretch.moved, totals[:, :points], strict=True)
        return table

    def _columns(self, stretch: _Stretch, points: int) -> Table:
        """All columns in their order, of which those that differ are still to come."""
        known = self._alike
        if known is None or known[0] is not stretch or known[1] != points:
            self._alike = known = stretch, points, stretch.alike(points)
        return dict(known[2])

    def _stretch(self, point: int) -> _Stretch | None:
        """The stretch that a point is in; None where that is impossible."""
        number = point // self.run
        try:
            return self._known[number]
        except KeyError:  # not met yet, or somebody has just forgotten all
            found = self._find(number * self.run)
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[number] = found
        return found

    def _find(self, point: int) -> _Stretch | None:
        """The stretch that begins with a point; None where that is impossible."""
        row = self._row_of(point)
        lines = self._model.lines_at(*self._pair.space.points(point, point + 1))
        if lines is None or not len(row["energy_j"]):
            return None
        wanted = [t for t in np.flatnonzero(lines.rows >= 0).tolist() if _NAMES.get(t) in row]
        rows = np.full(len(lines.rows), -1)
        rows[wanted] = np.arange(len(wanted))
        moved = tuple(_NAMES[t] for t in wanted)
        return _Stretch(row, moved, Line(lines.base[0], lines.slopes[0], rows))
