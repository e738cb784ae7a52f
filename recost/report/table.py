"""A result as text for people: aligned columns in readable units, or a Markdown table."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import zip_longest
from operator import attrgetter
from typing import Any

from recost.report.columns import SPLIT, Column, describe
from recost.report.scale import scaled
from recost.study.result import Result
from recost.units import UNITS, format_quantity

_GAP = 2
# Sentences in narrower columns are hard to read.
_NARROWEST = 20
# What a question names is part of its answer.
_ASKED = 1


@dataclass(frozen=True, eq=False)
class _Printed:
    """One column as text: heading, unit, and a cell for every row and then every mean.

    A cell of sentences may have several lines.
    """

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
        return max(len(line) for text in (*self.cells, *words) for line in text.split("\n"))

    @cached_property
    def head(self) -> list[str]:
        """The heading, wrapped to the width of the cells, and the unit below it."""
        lines = textwrap.wrap(self.column.heading, self.width)
        return lines + ([f"({self.unit})"] if self.unit else [])

    def align(self, text: str) -> str:
        """`text` in the column's width: numbers to the right, words to the left."""
        return text.rjust(self.width) if self.numeric else text.ljust(self.width)

    @property
    def least_width(self) -> int:
        """What the column can do with: sentences can be broken into lines."""
        return min(self.width, _NARROWEST) if self.column.wraps else self.width

    def wrapped(self, width: int) -> _Printed:
        """The column with its sentences broken into lines of at most `width`."""
        cells = ("\n".join(textwrap.wrap(cell, width)) for cell in self.cells)
        return replace(self, cells=tuple(cells))

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

    Columns that apply to no row and parts of a total that are 0 in every row are left out and
    not named, but for those that the question names.  With a `width`, columns are given
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
    shown = {block.column.name for block in kept}
    return text, [b.column.name for b in printed if b.column.name not in shown]


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
    mixed = {"value", "unit"} <= set(result.columns)  # a quantity a row, each in its own unit
    printed = []
    for name in result.columns:
        values = [row[name] for row in rows]
        if mixed and name == "unit":
            continue
        if rows and all(value is None for value in values) and name not in result.asked:
            continue
        column = describe(name)
        if name in result.asked:
            column = replace(column, rank=min(column.rank, _ASKED))
        if column.rank == SPLIT and not any(values) and name not in result.asked:
            continue
        numeric = not any(isinstance(value, str) for value in values)
        if mixed and name in ("value", "value_low", "value_high"):
            unit, cells = "", [_quantity(row[name], row["unit"]) for row in rows]
        else:
            unit, cells = scaled(column, values)
            cells = _level_points(cells) if numeric else cells
        printed.append(_Printed(column, unit, tuple(cells), numeric, len(result.means)))
    return printed


def _quantity(value: Any, unit: str) -> str:
    """A number with its own unit, in a column of numbers that do not compare."""
    if value is None or isinstance(value, str | bool):  # a word among the quantities
        return scaled(describe("value"), [value])[1][0]
    if unit in UNITS:
        return format_quantity(value, unit, digits=6)
    return f"{value:.9g} {unit}".rstrip()


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
        if block.rank == 0 or not answered or block.least_width + _GAP <= left:
            kept.append(block)
            left -= block.least_width + _GAP
            answered = answered or block.rank > 0
        else:
            worst = block.rank
    return _spread([block for block in printed if block in kept], left)


def _spread(kept: list[_Printed], left: int) -> list[_Printed]:
    """The columns, sentences wrapped to their least width and to their part of what is left."""
    wrapping = [block for block in kept if block.least_width < block.width]
    for place, block in enumerate(kept):
        if block in wrapping:
            own = max(0, left) // len(wrapping)
            kept[place] = block.wrapped(min(block.width, block.least_width + own))
    return kept


def _line(blocks: Sequence[_Printed], cells: Sequence[str]) -> str:
    """The cells side by side, over as many lines as the tallest has."""
    lines = zip_longest(*(cell.split("\n") for cell in cells), fillvalue="")
    aligned = (
        (block.align(part) for block, part in zip(blocks, line, strict=True)) for line in lines
    )
    return "".join((" " * _GAP).join(parts).rstrip() + "\n" for parts in aligned)


def _level_points(texts: Sequence[str]) -> list[str]:
    """Numbers with blanks behind them, so that their decimal points stand in one column."""
    tails = [len(text) - len(text.partition(".")[0]) for text in texts]
    longest = max(tails, default=0)
    return [text + " " * (longest - tail) for text, tail in zip(texts, tails, strict=True)]
