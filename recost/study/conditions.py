"""Conditions on columns: ``area_mm2<90 and chips==1``, and what to make small or large."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.errors import Fault, InputError, suggestion
from recost.study.ratios import RATIOS

Array = np.ndarray[Any, Any]
Table = Mapping[str, Array]

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_COMPARISON = re.compile(r"\s*([\w.:*/-]+?)\s*(<=|>=|==|!=|<|>)\s*(.+?)\s*")
#: Columns of which more is better; of all others less.
LARGER_IS_BETTER = frozenset({"throughput_per_s", "lifetime_trainings", "lifetime_years", *RATIOS})


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column, an operator and what it is compared with: a number or a word."""

    column: str
    operator: str
    value: float | str

    def __str__(self) -> str:
        return f"{self.column}{self.operator}{self.value}"

    def holds(self, table: Table) -> Array:
        """Which rows of the table it holds for; never for a number that does not apply."""
        values = table[self.column]
        words = values.dtype.kind == "O"
        self.check(words)
        found: Array = _OPERATORS[self.operator](values, self.value)
        return found if words else found & ~np.isnan(values.astype(float))

    def check(self, words: bool) -> None:
        """Raise InputError where a column of words meets a number, or one of numbers a word."""
        if words != isinstance(self.value, str):
            kind = "words" if words else "numbers, in SI units (areas in mm2), which are left out"
            raise InputError(f"{self.column} holds {kind}", key=f"--where {self}")


def parse_where(
    texts: Iterable[str], columns: Sequence[str], words: Collection[str] | None = None
) -> tuple[Comparison, ...]:
    """The comparisons of ``COLUMN OPERATOR VALUE [and ...]`` texts, all of which have to hold.

    `words` are the columns that hold words, if that is known before there are rows.

    Raises
    ------
    InputError
        For everything that is no comparison, and every column that there is not.
    """
    found: list[Comparison] = []
    faults: list[Fault] = []
    for text in texts:
        for part in re.split(r"\s+and\s+|,", text.strip()):
            match = _COMPARISON.fullmatch(part)
            if not match:
                faults.append(
                    Fault(
                        f"'{part.strip()}' is no comparison such as area_mm2<90; join several by"
                        " 'and'",
                        key=f"--where {text}",
                    )
                )
                continue
            column, sign, value = match[1], match[2], match[3].strip("'\"")
            if match[3][:1] not in ("'", '"') and re.search(r"\sor\s|[<>=]", match[3]):
                message = f"'{match[3]}' is no value; conditions are joined by 'and' alone"
                faults.append(Fault(message, key=f"--where {text}"))
            if column not in columns:
                faults.append(_unknown(column, columns, f"--where {text}"))
            found.append(Comparison(column, sign, _value(value)))
    if faults:
        raise InputError(faults)
    if words is not None:
        for comparison in found:
            comparison.check(comparison.column in words)
    return tuple(found)


def _unknown(column: str, columns: Sequence[str], key: str) -> Fault:
    """The fault of a column that there is not; ratios need something that they are to."""
    ratio = column.removesuffix("_low").removesuffix("_high")
    hint = suggestion(column, columns)
    if ratio in RATIOS:
        needed = ["--baseline"] * (ratio not in columns) + ["--uncertainty"] * (ratio != column)
        hint = f"; it needs {' and '.join(needed)}"
    return Fault(f"unknown column '{column}'{hint}", key=key)


def _value(text: str) -> float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return text if math.isnan(number) else number


def matching(comparisons: Sequence[Comparison], table: Table, rows: int) -> Array:
    """Which rows of a table all comparisons hold for."""
    kept = np.ones(rows, bool)
    for comparison in comparisons:
        kept &= comparison.holds(table)
    return kept


@dataclass(frozen=True, slots=True)
class Goal:
    """A column and whether more of it is better."""

    column: str
    larger: bool

    def cost(self, table: Table) -> Array:
        """The column as something to make small; infinite where it does not apply."""
        values = table[self.column].astype(float)
        return np.where(np.isnan(values), np.inf, -values if self.larger else values)


def parse_goals(text: str, columns: Sequence[str], option: str) -> tuple[Goal, ...]:
    """The goals of ``[min:|max:]COLUMN,...``; by default what is better for that column."""
    goals: list[Goal] = []
    faults: list[Fault] = []
    for part in (name.strip() for name in text.split(",")):
        way, _, name = part.rpartition(":")
        if way not in ("", "min", "max"):
            faults.append(Fault(f"'{way}:' is neither min: nor max:", key=f"{option} {text}"))
        if name not in columns:
            faults.append(_unknown(name, columns, f"{option} {name}"))
        larger = way == "max" or (not way and name in LARGER_IS_BETTER)
        goals.append(Goal(name, larger))
    if len({goal.column for goal in goals}) < len(goals):
        faults.append(Fault("a column stands twice", key=f"{option} {text}"))
    if faults:
        raise InputError(faults)
    return tuple(goals)
