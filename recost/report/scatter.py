"""Points in a plane as text: a Pareto front on a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from string import ascii_lowercase

# A scale is logarithmic where the largest value is so many times the smallest.
_DECADE = 10.0
_SHARED = "*"


def scatter(
    names: tuple[str, str],
    points: Sequence[tuple[float, float]],
    series: Sequence[str],
    *,
    size: tuple[int, int] = (60, 16),
) -> str:
    """A plot of `points` (x, y): a letter for each of `series`, ``*`` where two of them meet.

    Parameters
    ----------
    names : what x and y are
    series : which series each point belongs to
    size : columns and rows of the field

    Either scale is logarithmic where its values are positive and span a decade or more.
    """
    if not points:
        return ""
    width, height = size
    across, down = (_Scale([point[i] for point in points]) for i in (0, 1))
    letters = dict(zip(dict.fromkeys(series), ascii_lowercase, strict=False))
    field = [[" "] * width for _ in range(height)]
    for (x, y), name in zip(points, series, strict=True):
        row, column = height - 1 - down.place(y, height), across.place(x, width)
        mark = letters.get(name, _SHARED)
        field[row][column] = mark if field[row][column] in (" ", mark) else _SHARED
    ends = (f"{down.high:.4g}", f"{down.low:.4g}")
    margin = max(map(len, ends))
    labels = [ends[0], *[""] * (height - 2), ends[1]]
    lines = [f"{names[1]}{down.kind}"]
    pairs = zip(labels, field, strict=True)
    lines += [f"{label.rjust(margin)} |{''.join(row)}".rstrip() for label, row in pairs]
    lines.append(" " * margin + " +" + "-" * width)
    low, high, under = f"{across.low:.4g}", f"{across.high:.4g}", f"{names[0]}{across.kind}"
    lines.append(" " * (margin + 2) + low + under.center(width - len(low) - len(high)) + high)
    if len(letters) > 1:
        known = ", ".join(f"{letter} {name}" for name, letter in letters.items())
        lines.append(f"{known}, {_SHARED} more than one")
    return "\n".join(lines)


class _Scale:
    """From values to places between 0 and a number of them."""

    def __init__(self, values: Sequence[float]) -> None:
        self.low, self.high = min(values), max(values)
        self._is_log = self.low > 0.0 and self.high >= _DECADE * self.low
        self.kind = ", logarithmic" if self._is_log else ""

    def place(self, value: float, count: int) -> int:
        """The place of a value among `count`; the middle, if all are one value."""
        low, high = self.low, self.high
        if self._is_log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        if high == low:
            return count // 2
        return round((value - low) / (high - low) * (count - 1))
