"""Which rows of a sweep are wanted, and how pieces of it are cut and joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from recost.models.numbers import is_repeated, repeated_number
from recost.study.conditions import Comparison, Goal
from recost.study.pareto import pareto_front

Array = np.ndarray[Any, Any]
Table = dict[str, Array]

#: What there is to warn of in the hardware of a row, a line each: it travels with the rows of a
#: table, but is no column of an answer.
NOTES = "notes"
#: The column that tells networks apart.
NETWORK = "workload"


@dataclass(frozen=True)
class Selection:
    """Which rows are wanted: all that meet the conditions, the best few, or the Pareto front.

    The front, or with one goal the optimum, is that of each network: designs compete, and not
    networks.
    """

    where: tuple[Comparison, ...] = ()
    goals: tuple[Goal, ...] = ()
    top: int = 0

    @property
    def streams(self) -> bool:
        """Whether a row can be given away before all have been seen."""
        return not self.goals


@lru_cache(maxsize=64)
def repeated(word: str, count: int) -> Array:
    """A column of one word, which takes no room; read-only."""
    return np.broadcast_to(np.array(word, object), count)


def as_whole(column: Array) -> Array:
    """A column as whole numbers; one that takes no room still takes none."""
    if is_repeated(column) and len(column):
        return repeated_number(int(column[0]), len(column))
    return column.astype(np.int64)


def rows_of(table: Table) -> int:
    """How many rows a table has."""
    return len(next(iter(table.values())))


def choose(table: Table, rows: Array) -> Table:
    """The table with some of its rows, in order."""
    return {name: column[rows] for name, column in table.items()}


def join(tables: Sequence[Table]) -> Table:
    """Tables of the same columns, one below the other."""
    return {name: np.concatenate([t[name] for t in tables]) for name in tables[0]}


def best_rows(table: Table, selection: Selection) -> Array:
    """Which rows are the fronts of a table (one goal: its optima), or its `top` rows, in order.

    Stable for equal rows, so that the best of parts that follow each other, joined, has the best
    of the whole in the same order.
    """
    costs = np.stack([goal.cost(table) for goal in selection.goals], axis=1)
    if selection.top:
        order: Array = np.lexsort(costs.T[::-1])[: selection.top]
        return order
    kept = np.zeros(len(costs), bool)
    for rows in _by_network(table):
        kept[rows] = _front(costs[rows])
    return np.flatnonzero(kept)


def _front(costs: Array) -> Array:
    """Which rows of `costs` [points, goals] nothing is better than."""
    if costs.shape[1] > 1:
        return pareto_front(costs)
    least = costs.min(initial=np.inf)
    found: Array = np.isfinite(costs[:, 0]) & (costs[:, 0] == least)
    return found


def _by_network(table: Table) -> list[Array | slice]:
    """The rows of each network of a table; one that does not say is of one."""
    names = table.get(NETWORK)
    if names is None or is_repeated(names):
        return [slice(None)]
    every = dict.fromkeys(names.tolist())
    return [np.flatnonzero(names == name) for name in every] if len(every) > 1 else [slice(None)]


def best(table: Table, selection: Selection) -> Table:
    """The rows of `best_rows`."""
    return choose(table, best_rows(table, selection))
