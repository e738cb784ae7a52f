"""A result as text for people: aligned columns in readable units, or a Markdown table."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
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
    def width(self) -> int:
        """The characters of the widest cell, or of the longest word of the heading."""
        words = [*self.column.heading.split(), f"({self.unit})" if self.unit else ""]
        return max(map(len, (*self.cells, *words)))

    @cached_property
    def head(self) -> list[str]:
        """The heading, wrapped to the width of the cells, and the unit below it."""
        lines = textwrap.wrap(self.column.heading, self.width)
        return lines + ([f"({self.unit})"] if self.unit else [])

    def align(self, text: str) -> str:
        """`text` in the column's width: numbers to the right, words to the left."""
        return text.rjust(self.width) if self.numeric else text.ljust(self.width)

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
    height = max((len(block.head) for block in kept), default=0)
    heads = zip(*([""] * (height - len(b.head)) + b.head for b in kept), strict=True)
    rule = tuple("-" * block.width for block in kept)
    cells = list(zip(*(block.cells for block in kept), strict=True))
    lines = [*heads, rule, *cells[: len(result.rows)]]
    if result.means:
        lines += [rule, *cells[len(result.rows) :]]
    text = "".join(_line(kept, line) for line in lines)
    return text, [block.column.name for block in printed if block not in kept]


def markdown(result: Result) -> str:
    """The rows and means as a pipe table, in the same units as the table."""
    printed = _printed(result)
    marks = ["---:" if block.numeric else ":---" for block in printed]
    cells = zip(*(block.cells for block in printed), strict=True)
    lines = [[block.title for block in printed], marks, *cells]
    escaped = ([cell.strip().replace("|", "\\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


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
        if numeric and rows:
            cells = _level_points(cells)
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


def _line(blocks: Sequence[_Printed], cells: Sequence[str]) -> str:
    aligned = (block.align(cell) for block, cell in zip(blocks, cells, strict=True))
    return (" " * _GAP).join(aligned).rstrip() + "\n"


def _level_points(texts: Sequence[str]) -> list[str]:
    """Numbers with blanks behind them, so that their decimal points stand in one column."""
    tails = [len(text) - len(text.partition(".")[0]) for text in texts]
    return [text + " " * (max(tails) - tail) for text, tail in zip(texts, tails, strict=True)]
