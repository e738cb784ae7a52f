"""A result as text for people: aligned columns in readable units, or a Markdown table."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from operator import attrgetter

from recost.report.columns import Column, describe
from recost.report.scale import scaled
from recost.study.result import Result

_GAP = 2


@dataclass(frozen=True)
class _Printed:
    """One column as text: heading, unit, and a cell for every row and then every mean."""

    column: Column
    unit: str
    cells: tuple[str, ...]
    numeric: bool
    means: int

    @property
    def title(self) -> str:
        return f"{self.column.heading} ({self.unit})" if self.unit else self.column.heading

    @cached_property
    def lines(self) -> list[str]:
        """The column as an aligned block; all lines are of one width."""
        from tabulate import SEPARATING_LINE, tabulate

        heading = self.column.heading
        width = max([len(cell) for cell in self.cells] + [len(word) for word in heading.split()])
        titles = textwrap.wrap(heading, width) + ([f"({self.unit})"] if self.unit else [])
        rows: list[str | list[str]] = [[cell] for cell in self.cells]
        if self.means:
            rows.insert(len(rows) - self.means, SEPARATING_LINE)
        block = tabulate(
            rows,
            headers=["\n".join(titles)],
            tablefmt="simple",
            disable_numparse=True,
            colalign=("decimal" if self.numeric else "left",),
        ).split("\n")
        width = max(map(len, block))
        return [line.ljust(width) for line in block]

    @property
    def width(self) -> int:
        return len(self.lines[0])

    @property
    def rank(self) -> int:
        """How early the column is given up.

        A name that all rows share tells none apart, but a mean is nothing without its label.
        """
        words = self.cells[: len(self.cells) - self.means]
        if self.column.rank or len(words) < 2 or len(set(words)) > 1:
            return self.column.rank
        if self.column.name == "row":
            return 0 if self.means else 6
        return 3


def table(result: Result, width: int | None = None) -> tuple[str, list[str]]:
    """The rows and, below a rule, the means, with the names of the columns that were left out.

    Columns that apply to no row are left out and not named.  With a `width`, columns are given
    up from the least important on until the lines fit; what tells rows apart and one column of
    the answer stay however narrow it gets.
    """
    printed = _printed(result)
    kept = printed if width is None else _that_fit(printed, width)
    height = len(result.rows) + len(result.means) + bool(result.means) + 1
    text = _side_by_side([block.lines for block in kept], height)
    return text, [block.column.name for block in printed if block not in kept]


def markdown(result: Result) -> str:
    """The rows and means as a pipe table, in the same units as the table."""
    from tabulate import tabulate

    printed = _printed(result)
    rows = zip(*(block.cells for block in printed), strict=True)
    text = tabulate(
        [[cell.replace("|", "\\|") for cell in row] for row in rows],
        headers=[block.title for block in printed],
        tablefmt="pipe",
        disable_numparse=True,
        colalign=["right" if block.numeric else "left" for block in printed],
    )
    return text + "\n"


def _printed(result: Result) -> list[_Printed]:
    """Every column that applies to some row, as text."""
    rows = [*result.rows, *result.means]
    printed = []
    for name in result.columns:
        values = [row[name] for row in rows]
        if rows and all(value is None for value in values):
            continue
        column = describe(name)
        unit, cells = scaled(column, values)
        numeric = not any(isinstance(value, str) for value in values)
        printed.append(_Printed(column, unit, tuple(cells), numeric, len(result.means)))
    return printed


def _that_fit(printed: Sequence[_Printed], width: int) -> list[_Printed]:
    """The most important columns that fit side by side, in their own order.

    Once a column does not fit, only its equals are still tried: no detail is shown where an
    answer is missing.
    """
    kept: list[_Printed] = []
    left = width + _GAP
    answered = False
    worst = max((block.rank for block in printed), default=0)
    for block in sorted(printed, key=attrgetter("rank")):
        if block.rank > worst:
            break
        if block.rank == 0 or not answered or block.width + _GAP <= left:
            kept.append(block)
            left -= block.width + _GAP
            answered = answered or block.rank > 0
        else:
            worst = block.rank
    return [block for block in printed if block in kept]


def _side_by_side(blocks: Sequence[list[str]], height: int) -> str:
    """Blocks next to each other, their last `height` lines level: headings end on one line."""
    tops = [list(reversed(block[:-height])) for block in blocks]
    blanks = [" " * len(block[0]) for block in blocks]
    heads = [
        [line if line is not None else blank for line, blank in zip(level, blanks, strict=True)]
        for level in zip_longest(*tops)
    ]
    body = zip(*(block[-height:] for block in blocks), strict=True)
    lines = [*reversed(heads), *body]
    return "".join((" " * _GAP).join(line).rstrip() + "\n" for line in lines)
