"""A network on many designs: what is alike is counted once, everything else in one kernel."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.kernels.engine import SUM_CHIPS
from recost.kernels.pricing import Records
from recost.models.binding import binding
from recost.models.counting import NOT_COUNTED, Counting, Machines
from recost.models.densities import Densities
from recost.models.designs import Designs, alike, field_of, values_in
from recost.models.inference import check_reload, special_mode
from recost.models.levels import Levels, Varied
from recost.models.machines import Tied
from recost.models.numbers import Sheet, is_repeated
from recost.models.pricing import Lines, Summed
from recost.models.uncertainty import FIGURES, Draws
from recost.models.worlds import Worlds
from recost.network import LayerTable
from recost.vocabulary import HardwareKind, Overflow, Replication

Array = np.ndarray[Any, Any]

#: Points that are worked on together at most; results do not depend on it.
BLOCK = 262_144
# Kinds of machines that are remembered.
_KEPT = 10_000
# Points in a row that differ in prices alone from which on `Lines` take less time.
_WORTH_LINES = 64


@dataclass(frozen=True)
class Evaluated:
    """Points of a sweep: which of them are possible, and their numbers, by name.

    `notes` are what there is to warn of in each point's hardware, a line each; `samples` the
    `FIGURES` of every draw of uncertain prices [points, figures, draws], none if nothing is drawn;
    `refused` says why the first of the impossible points is impossible, if there is one; `prices`
    are columns of the space, by their place, that were at hand: what they show at the points.
    """

    possible: Array
    numbers: dict[str, Array]
    notes: Array
    samples: Array | None = None
    refused: str | None = None
    prices: Mapping[int, Array] = field(default_factory=dict)

    @staticmethod
    def joined(parts: Sequence[Evaluated]) -> Evaluated:
        """Points of which the parts follow each other."""
        samples = [part.samples for part in parts if part.samples is not None]
        return Evaluated(
            np.concatenate([part.possible for part in parts]),
            {name: np.concatenate([p.numbers[name] for p in parts]) for name in parts[0].numbers},
            np.concatenate([part.notes for part in parts]),
            np.concatenate(samples) if samples else None,
            next((part.refused for part in parts if part.refused), None),
        )


class _Out(NamedTuple):
    """Views to write to, and what is said of impossible points: which one, and why."""

    possible: Array
    sheet: Sheet
    samples: Array | None
    said: list[tuple[int, str]]
    prices: dict[int, Array]


class _Kind(NamedTuple):
    """What points have to share to be worked on in one launch.

    The modes that are compiled apart, the copies that a file lists, and, where the densities of
    points differ, what the layers look like from the hardware.
    """

    special: bool | None
    copies: tuple[int, ...]
    binding: bytes


class _Items(NamedTuple):
    """Structures, the sums over the network on them, and lines where prices alone differ on each.

    Where densities differ at every point `sums` are by the point and not by the structure.
    """

    structures: Records
    sums: Array
    lines: Lines | None


class Sweep:
    """One hardware and one network over the points of a space.

    Parameters
    ----------
    hardware, network : what varies
    axes : all keys of the space; `hardware_axes` and `network_axes` say which columns belong to
        the hardware and to the network.  Other columns are of no concern here.
    draws : worlds to draw in which prices are off by their spreads
    designs : those of the hardware's axes, if another network has them already

    Attributes
    ----------
    run : points in a row of the space that differ in `prices` alone; 1 if unknown

    Raises
    ------
    InputError
        Unknown keys, values that cannot be, machines without a model of a sweep.
    """

    def __init__(
        self,
        hardware: Hardware,
        network: LayerTable,
        axes: Sequence[Varied],
        hardware_axes: Sequence[int],
        network_axes: Sequence[int],
        draws: Draws | None = None,
        designs: Designs | None = None,
    ) -> None:
        if hardware.kind != HardwareKind.RERAM.text:
            raise InputError(
                f"{hardware.name}: a sweep is over machines of kind reram, this is {hardware.kind}",
                path=hardware.path,
                key="kind",
            )
        self._own, self._others = list(hardware_axes), list(network_axes)
        self._ours, self._theirs = _columns(self._own), _columns(self._others)
        self.designs = designs or Designs(hardware, [axes[i] for i in hardware_axes])
        self.densities = Densities(network, [axes[i] for i in network_axes])
        self.counting = Counting(self.designs, self.densities)
        self._worlds = Worlds(self.designs, draws) if draws else None
        self.run = 1
        self._kinds: dict[tuple[Any, ...], _Kind | str] = {}
        self._items: dict[tuple[Any, ...], _Items] = {}

    @property
    def prices(self) -> list[int]:
        """Which columns of the space are prices."""
        return [self._own[i] for i in self.designs.prices]

    @property
    def countings(self) -> int:
        """How many times, at most, a machine is made and a network counted on it."""
        tied = (self.levels[i].axis for i in self.designs.tied)
        return self.densities.tables * math.prod(max(1, len(axis.texts)) for axis in tied)

    @property
    def straight(self) -> bool:
        """Whether totals are on `Lines`: so the space says, whatever points are asked for."""
        return self.run >= _WORTH_LINES

    @property
    def builds_each(self) -> bool:
        """Whether a hardware is made for every point, which the interpreter does: to draw from."""
        endless = any(self.levels[i].axis.continuous for i in self.designs.tied)
        return endless and self._worlds is not None

    @property
    def levels(self) -> list[Levels]:
        """The values of the hardware's keys."""
        return self.designs.levels

    @property
    def split(self) -> tuple[list[int], list[int]]:
        """Which columns of the space are keys of the hardware, and which of the network."""
        return self._own, self._others

    def evaluate(self, places: Array, values: Array) -> Evaluated:
        """The numbers of points (see `recost.study.space.Space.points`).

        A point's numbers are the same bits whatever other points are asked for with it.
        """
        count = len(places)
        if count > BLOCK:
            return Evaluated.joined(
                [
                    self.evaluate(places[start : start + BLOCK], values[start : start + BLOCK])
                    for start in range(0, count, BLOCK)
                ]
            )
        drawn = self._worlds.count if self._worlds else 0
        possible = np.zeros(count, bool)
        samples = np.full((count, len(FIGURES), drawn), np.nan) if drawn else None
        sheet = Sheet(count)
        out = _Out(possible, sheet, samples, [], {})
        notes = self._block(places, values, out)
        return Evaluated(
            possible,
            sheet.numbers(None if possible.all() else possible),
            notes,
            samples,
            min(out.said)[1] if out.said else None,
            out.prices,
        )

    def lines_at(self, places: Array, values: Array) -> Lines | None:
        """The lines on which all points are that differ in prices alone from this one.

        None where the space is not `straight`, or the point is impossible.
        """
        tied = self.designs.tie(places[:, self._ours], values[:, self._ours])
        network = int(self.densities.numbers(places[:, self._theirs])[0])
        kind = self._kind(network, tied, 0, []) if int(tied.rows[0]) >= 0 else None
        if kind is None:
            return None
        own = places[:, self._ours], values[:, self._ours]
        return self._counted(network, kind, tied, own, values[:, self._theirs])[0].lines

    def _block(self, places: Array, values: Array, out: _Out) -> Array:
        """Work on some of the points; returns their notes."""
        tied = self.designs.tie(places[:, self._ours], values[:, self._ours])
        if tied.refused:
            out.said.append(tied.refused)
        tables = self.densities.numbers(places[:, self._theirs])
        first, table = alike(tables)
        for k, network in enumerate(tables[first].tolist()):
            mine = (tied.rows[:1] if is_repeated(tied.rows) else tied.rows) >= 0
            if len(first) > 1:
                mine = mine & (table == k)
            # All of them are the rule, and a slice takes no copy of their numbers.
            there = slice(None) if mine.all() else np.flatnonzero(mine)
            rows, row = alike(tied.rows[there])
            found = rows if isinstance(there, slice) else there[rows]
            kinds = [self._kind(network, tied, point, out.said) for point in found.tolist()]
            for kind in dict.fromkeys(kinds):
                points = there
                if len(set(kinds)) > 1:
                    some = np.flatnonzero(np.array([one == kind for one in kinds])[row])
                    points = some if isinstance(there, slice) else there[some]
                if kind is not None:
                    self._alike(network, kind, points, (tied, places, values), out)
        if tied.notes is None:  # one word for all, which takes no room
            return np.broadcast_to(np.array("", object), len(places))
        notes: Array = tied.notes[tied.rows]
        return notes

    def _kind(
        self, network: int, tied: Tied, point: int, said: list[tuple[int, str]]
    ) -> _Kind | None:
        """What points have to share to be worked on together; None where there is no model."""
        row = int(tied.rows[point])
        key = network, int(tied.families[row])
        found = self._kinds.get(key)
        if found is None:
            if len(self._kinds) >= _KEPT:
                self._kinds.clear()
            found = self._kinds[key] = self._find_kind(network, tied, row)
        if isinstance(found, str):
            said.append((point, found))
            return None
        return found

    def _find_kind(self, network: int, tied: Tied, row: int) -> _Kind | str:
        """The kind of a hardware, or why there is no model."""
        made = tied.kept[row]
        listed = made.mapping.replication
        try:
            check_reload(made)
            self.counting.bound(network, tied, row)
        except InputError as error:
            return error.faults[0].message
        return _Kind(
            special_mode(made),
            () if isinstance(listed, Replication) else tuple(listed),
            binding(tied.structures[row : row + 1]).tobytes() if self.densities.endless else b"",
        )

    def _alike(
        self,
        network: int,
        kind: _Kind,
        points: Array | slice,
        given: tuple[Tied, Array, Array],
        out: _Out,
    ) -> None:
        """Points of one network whose hardware is of one kind."""
        tied, values = given[0].at(points), given[2][points]
        own = given[1][points][:, self._ours], values[:, self._ours]
        try:
            table = self.densities.network(network)
            others = values[:, self._theirs]
            items, at, sums_at = self._counted(network, kind, tied, own, others)
        except InputError as error:
            out.said.append((_number_of(0, points), error.faults[0].message))
            return
        technology = self.designs.technology_of(tied, *own)
        if isinstance(points, slice):
            out.prices.update(zip(self.prices, technology.values, strict=True))
        summed = Summed(items.structures, at, technology, items.sums, sums_at)
        lines = items.lines
        priced = lines.priced(at, technology.values) if lines else summed.priced()
        priced.onto(out.sheet, points)
        cycles_s = field_of(items.structures, "operation_unit_cycle_time_s")
        cycle_time_s = float(cycles_s[0]) if len(cycles_s) == 1 else cycles_s[at]
        out.sheet.complete(points, cycle_time_s, table.unmodelled_percent)
        out.possible[points] = True
        _check_budget(table, summed, points, out)
        if self._worlds and out.samples is not None:
            out.samples[points] = self._worlds.sample(tied, own, items.sums[sums_at])

    def _counted(
        self, network: int, kind: _Kind, tied: Tied, own: tuple[Array, Array], others: Array
    ) -> tuple[_Items, Array, Array]:
        """Items of points, which of them each point is, and which sums it has.

        One item that all points are is remembered: so it is piece after piece where keys of the
        structure turn slowly.
        """
        places, values = own
        names = self.designs.structure_numbers(tied.rows, places)
        first = at = np.arange(len(places))
        if names is not None:
            first, at = alike(names)
        key = None
        if names is not None and len(first) == 1 and not self.densities.endless:
            row = int(tied.rows[0])
            made = tied.structures[row].tobytes(), tied.technologies[row].tobytes()
            free = self.designs.structure_numbers(np.zeros(1, np.int64), places[:1])
            assert free is not None  # as `names` are not
            key = network, int(tied.families[row]), *made, int(free[0])
            if (known := self._items.get(key)) is not None:
                return known, at, at
        some = slice(None) if first is at else first
        kept, places, values = tied.at(some), places[some], values[some]
        structures = self.designs.structure_of(kept, places, values)
        names = self.designs.structure_numbers(kept.rows, places, NOT_COUNTED)
        machines = Machines(structures, kept, at, names)
        copies = _copies(kind.copies, self.densities.network(network), self.designs.hardware)
        sums, sums_at = self.counting.sums(network, machines, kind.special, copies, others)
        lines = None
        if self.straight:
            every = np.arange(len(first))
            technologies = self.designs.technology_of(kept, places, values)
            lines = Lines.of(Summed(structures, every, technologies, sums, every))
        items = _Items(structures, sums, lines)
        if key:
            if len(self._items) >= _KEPT:
                self._items.clear()
            # Its own record alone: the array that it lies in grows, and others have it anew.
            mine = structures._replace(kept=structures.kept[structures.at], at=at[:1])
            self._items[key] = items._replace(structures=mine)
        return items, at, sums_at


def _columns(which: Sequence[int]) -> slice | list[int]:
    """Columns as a slice if they follow each other: it takes no copy."""
    if which and list(which) == list(range(which[0], which[0] + len(which))):
        return slice(which[0], which[0] + len(which))
    return list(which)


def _number_of(which: int, points: Array | slice) -> int:
    """The number in a block of one of some points."""
    return which if isinstance(points, slice) else int(points[which])


def _check_budget(table: LayerTable, summed: Summed, points: Array | slice, out: _Out) -> None:
    """Points that need more chips than they may have are impossible."""
    if (values_in(summed.structures, "budget_chips") <= 0).all():
        return
    strict = field_of(summed.structures, "budget_on_overflow") == Overflow.ERROR
    budgets = np.where(strict, field_of(summed.structures, "budget_chips"), 0)
    chips, budget = summed.sums[summed.sums_at, SUM_CHIPS], budgets[summed.at]
    over = (budget > 0) & (chips > budget)
    if over.any():
        first = int(np.argmax(over))
        needs, has = int(chips[first]), int(budget[first])
        why = f"{table.name} needs {needs} chips and the budget is {has}"
        out.said.append((_number_of(first, points), why))
    out.possible[points] = ~over


def _copies(listed: Sequence[int], network: LayerTable, hardware: Hardware) -> Array:
    """Copies of each layer to start with."""
    if not listed:
        return np.ones(len(network), np.int64)
    if len(listed) != len(network):
        raise InputError(
            f"{len(listed)} copies listed, but {network.name} has {len(network)} layers",
            path=hardware.path,
            key="mapping.replication",
        )
    return np.array(listed, np.int64)
