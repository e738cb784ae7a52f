"""Designs by the thousand: the rows of a space of hardware and networks, piece by piece."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import recost
from recost.errors import Fault, InputError
from recost.hardware import Hardware
from recost.models.sweep import BLOCK, NUMBERS, Sweep
from recost.network import LayerTable
from recost.study.conditions import Comparison, Goal, matching
from recost.study.pareto import pareto_front
from recost.study.result import Result
from recost.study.rows import LAST_COLUMNS, cost_columns
from recost.study.space import WORKLOAD, Axis, Space, unknown_target

Array = np.ndarray[Any, Any]
Table = dict[str, Array]

#: Rows that are made at once; what they hold does not depend on it.
CHUNK = BLOCK
_WHOLE = ("crossbars", "chips")
_BEFORE = ("row", "hardware", "workload")


@dataclass(frozen=True)
class _Pair:
    """One hardware and one network, their space, and what their rows say in words."""

    sweep: Sweep
    space: Space
    words: Mapping[str, str]
    columns: Mapping[str, int]  # of the axes: where each stands in the space


class Study:
    """All rows of a sweep, numbered from 0: hardware by hardware, network by network.

    Attributes
    ----------
    size : number of points; a point that cannot be built has no row
    columns : names of the columns in order
    words : the columns that hold words, each with all that it may hold; others hold numbers
    whole : the columns that hold whole numbers

    Raises
    ------
    InputError
        Unknown keys, values that cannot be, a key that nobody has.
    """

    def __init__(
        self, hardware: Sequence[Hardware], networks: Sequence[LayerTable], space: Space
    ) -> None:
        self._inputs = (tuple(hardware), tuple(networks), space)
        self._check_targets()
        self._pairs: list[_Pair] = []
        faults: list[Fault] = []
        for machine in hardware:
            for network in networks:
                try:
                    self._pairs.append(_pair(machine, network, space))
                except InputError as error:
                    faults += [fault for fault in error.faults if fault not in faults]
        if faults:
            raise InputError(faults)
        self._ends = np.cumsum([pair.space.size for pair in self._pairs])
        self.size = int(self._ends[-1])
        self.words: dict[str, tuple[str, ...]] = {}
        self.whole: set[str] = set(_WHOLE)
        self._describe()
        axes = [name for pair in self._pairs for name in pair.columns]
        self._axes = tuple(dict.fromkeys(axes))
        others = [name for name in cost_columns("inference") if name not in _BEFORE]
        self.columns = (*_BEFORE, *self._axes, *others, *LAST_COLUMNS)

    def _check_targets(self) -> None:
        hardware, _, space = self._inputs
        names = [machine.name for machine in hardware]
        for axis in space.axes:
            if axis.target and axis.target != WORKLOAD and axis.target not in names:
                raise unknown_target(axis.target, names)
            everywhere = any(axis.key == other.key and not other.target for other in space.axes)
            if axis.target not in ("", WORKLOAD) and everywhere:
                raise InputError("is varied for all hardware too", key=f"--vary {axis.name}")

    def _describe(self) -> None:
        """Which columns hold words, and which whole numbers."""
        for name in ("row", "hardware", "workload", "phase", "work", "profile"):
            self.words[name] = tuple(dict.fromkeys(pair.words[name] for pair in self._pairs))
        names = {name for pair in self._pairs for name in pair.columns}
        for name in sorted(names):
            shown: list[Any] = []
            for pair in self._pairs:
                shown += pair_shown(pair, name) if name in pair.columns else [None]
            if any(isinstance(value, str) for value in shown):
                words = ("" if value is None else str(value) for value in shown)
                self.words[name] = tuple(dict.fromkeys(words))
            elif all(type(value) is int for value in shown):
                self.whole.add(name)

    @property
    def fingerprint(self) -> str:
        """A hash of all that the rows depend on."""
        hardware, networks, space = self._inputs
        said = {
            "version": recost.__version__,
            "hardware": [[machine.name, machine.content_hash] for machine in hardware],
            "workloads": [[network.name, network.content_hash] for network in networks],
            "axes": [repr(axis) for axis in space.axes],
            "sample": [space.samples, space.seed],
        }
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    @property
    def refused(self) -> str | None:
        """Why the first of the impossible points is impossible, if one was met."""
        return next((pair.sweep.refused for pair in self._pairs if pair.sweep.refused), None)

    def table(self, start: int, stop: int) -> tuple[Table, int]:
        """The rows of points start..stop, and how many of the points are impossible."""
        parts: list[Table] = []
        impossible = 0
        begin = 0
        for pair, end in zip(self._pairs, self._ends.tolist(), strict=True):
            low, high = max(start, begin) - begin, min(stop, end) - begin
            if low < high:
                part, lost = self._part(pair, low, high)
                parts.append(part)
                impossible += lost
            begin = end
        if not parts:
            parts.append(self._part(self._pairs[0], 0, 0)[0])
        return {name: np.concatenate([p[name] for p in parts]) for name in self.columns}, impossible

    def _part(self, pair: _Pair, low: int, high: int) -> tuple[Table, int]:
        places, values = pair.space.points(low, high)
        evaluated = pair.sweep.evaluate(places, values)
        kept = np.flatnonzero(evaluated.possible)
        table: Table = {}
        for name in self.columns:
            if name in NUMBERS:
                column = evaluated.numbers[kept, NUMBERS.index(name)]
            elif name in pair.words:
                column = np.full(len(kept), pair.words[name], object)
            elif name in pair.columns:
                a = pair.columns[name]
                column = pair_column(pair, name)(places[kept, a], values[kept, a])
                if name in self.words:
                    column = column.astype(str).astype(object)
            else:
                blank: Any = "" if name in self.words else np.nan
                column = np.full(len(kept), blank, object if name in self.words else float)
            if name in self.whole:
                column = column.astype(np.int64)
            elif name not in self.words:
                column = column.astype(float)
            table[name] = column
        return table, len(places) - len(kept)

    def provenance(self) -> dict[str, Any]:
        """Which files and which space the rows are made from."""
        hardware, networks, space = self._inputs
        return {
            "hardware": {m.name: {"sha256": m.content_hash} for m in hardware},
            "workloads": {n.name: {"sha256": n.content_hash} for n in networks},
            "points": self.size,
            "sample": {"sobol": space.samples, "seed": space.seed} if space.samples else None,
            "fingerprint": self.fingerprint,
        }


def _pair(machine: Hardware, network: LayerTable, space: Space) -> _Pair:
    """The part of a space that concerns one hardware and one network."""
    axes = tuple(axis for axis in space.axes if axis.target in ("", WORKLOAD, machine.name))
    own = [i for i, axis in enumerate(axes) if axis.target != WORKLOAD]
    others = [i for i, axis in enumerate(axes) if axis.target == WORKLOAD]
    sweep = Sweep(machine, network, axes, own, others)
    words = {
        "row": "result",
        "hardware": machine.name,
        "workload": network.name,
        "phase": "inference",
        "work": "input",
        "profile": network.profile_source,
    }
    columns = {_column_name(axis, sweep, own, i): i for i, axis in enumerate(axes)}
    return _Pair(sweep, Space(axes, space.samples, space.seed), words, columns)


def _column_name(axis: Axis, sweep: Sweep, own: Sequence[int], i: int) -> str:
    """The key with its unit: ``adc.energy_j``."""
    if axis.target == WORKLOAD:
        return axis.key
    key = sweep.designs.levels[own.index(i)].key
    return (f"{axis.target}:" if axis.target else "") + f"{key.section}.{key.attribute}"


def pair_shown(pair: _Pair, name: str) -> list[Any]:
    """Values that the column of an axis may show."""
    i = pair.columns[name]
    own, others = pair.sweep.split
    if i in others:
        return pair.sweep.densities.column(others.index(i)) or [0.5]
    return list(pair.sweep.designs.levels[own.index(i)].shown)


def pair_column(pair: _Pair, name: str) -> Any:
    """What the column of an axis shows: a function of places and values."""
    i = pair.columns[name]
    own, others = pair.sweep.split
    if i in own:
        return pair.sweep.designs.column(own.index(i))
    shown = np.array(pair.sweep.densities.column(others.index(i)))
    return lambda places, values: shown[places] if len(shown) else values


@dataclass(frozen=True)
class Selection:
    """Which rows are wanted: all that meet the conditions, the best few, or the Pareto front."""

    where: tuple[Comparison, ...] = ()
    goals: tuple[Goal, ...] = ()
    top: int = 0

    @property
    def streams(self) -> bool:
        """Whether a row can be given away before all have been seen."""
        return not self.goals


def chunks(
    study: Study, selection: Selection, start: int, stop: int
) -> Iterator[tuple[int, Table, int]]:
    """(next point, rows that meet the conditions, impossible points), chunk by chunk."""
    for low in range(start, stop, CHUNK):
        high = min(stop, low + CHUNK)
        table, impossible = study.table(low, high)
        yield high, choose(table, matching(selection.where, table, rows_of(table))), impossible


def rows_of(table: Table) -> int:
    """How many rows a table has."""
    return len(next(iter(table.values())))


def choose(table: Table, rows: Array) -> Table:
    """The table with some of its rows, in order."""
    return {name: column[rows] for name, column in table.items()}


def join(tables: Sequence[Table]) -> Table:
    """Tables of the same columns, one below the other."""
    return {name: np.concatenate([t[name] for t in tables]) for name in tables[0]}


def best(table: Table, selection: Selection) -> Table:
    """The front of a table (one goal: its optimum), or its `top` rows; stable for equal rows."""
    costs = np.stack([goal.cost(table) for goal in selection.goals], axis=1)
    if selection.top:
        order = np.lexsort(costs.T[::-1])[: selection.top]
        return choose(table, order)
    if len(selection.goals) == 1:
        least = costs.min(initial=np.inf)
        return choose(table, np.isfinite(costs[:, 0]) & (costs[:, 0] == least))
    return choose(table, pareto_front(costs))


def select(
    study: Study,
    selection: Selection,
    seen: Callable[[int], None],
    limit: int | None = None,
) -> tuple[Table, int]:
    """The rows that are wanted of a whole study, and how many points are impossible.

    `seen` is told the number of points gone through.  Raises InputError for more than `limit`
    rows.
    """
    kept: list[Table] = [study.table(0, 0)[0]]
    impossible = rows = 0
    for done, table, lost in chunks(study, selection, 0, study.size):
        impossible += lost
        rows += rows_of(table)
        kept.append(table)
        if selection.goals:
            kept = [best(join(kept), selection)]
        elif limit is not None and rows > limit:
            raise InputError(
                f"more than {limit:,} rows: write them to a file (-o FILE.csv, .parquet or .npz),"
                " or choose with --where, --top or --pareto"
            )
        seen(done)
    return join(kept), impossible


def _value(value: Any) -> Any:
    """None for what does not apply."""
    return None if value == "" or (isinstance(value, float) and math.isnan(value)) else value


def as_result(study: Study, table: Table, kind: str, notes: Sequence[str] = ()) -> Result:
    """A table as the result that reports take."""
    lists = [[_value(v) for v in table[name].tolist()] for name in table]
    rows = [dict(zip(table, values, strict=True)) for values in zip(*lists, strict=True)]
    return Result(
        columns=list(table), rows=rows, notes=notes, provenance=study.provenance(), kind=kind
    )
