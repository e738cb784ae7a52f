"""A network on many designs: what is alike is counted once, everything else in one kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.kernels.engine import SUM_CHIPS
from recost.models.counting import NOT_COUNTED, Counting, Machines, binding
from recost.models.densities import Densities
from recost.models.designs import Designs, Levels, Tied, Varied, alike, field_of, values_in
from recost.models.inference import check_reload, special_mode
from recost.models.numbers import NUMBERS, Sheet
from recost.models.pricing import Summed, price
from recost.models.uncertainty import FIGURES, Draws
from recost.models.worlds import Worlds
from recost.network import LayerTable
from recost.vocabulary import HardwareKind, Overflow, Replication

Array = np.ndarray[Any, Any]

#: Points that are worked on together at most; results do not depend on it.
BLOCK = 131_072
# Kinds of machines that are remembered.
_KEPT = 10_000


@dataclass(frozen=True)
class Evaluated:
    """Points of a sweep: which of them are possible, and their numbers, by name.

    `notes` are what there is to warn of in each point's hardware, a line each; `samples` the
    `FIGURES` of every draw of uncertain prices [points, figures, draws], none if nothing is drawn;
    `refused` says why the first of the impossible points is impossible, if there is one.
    """

    possible: Array
    numbers: dict[str, Array]
    notes: Array
    samples: Array | None = None
    refused: str | None = None


class _Out(NamedTuple):
    """Views to write to, and what is said of impossible points: which one, and why."""

    possible: Array
    sheet: Sheet
    samples: Array
    said: list[tuple[int, str]]


class _Kind(NamedTuple):
    """What points have to share to be worked on in one launch.

    The modes that are compiled apart, the copies that a file lists, and, where the densities of
    points differ, what the layers look like from the hardware.
    """

    special: bool | None
    copies: tuple[int, ...]
    binding: bytes


class Sweep:
    """One hardware and one network over the points of a space.

    Parameters
    ----------
    hardware, network : what varies
    axes : all keys of the space; `hardware_axes` and `network_axes` say which columns belong to
        the hardware and to the network.  Other columns are of no concern here.
    draws : worlds to draw in which prices are off by their spreads

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
    ) -> None:
        if hardware.kind != HardwareKind.RERAM.text:
            raise InputError(
                f"{hardware.name}: a sweep is over machines of kind reram, this is {hardware.kind}",
                path=hardware.path,
                key="kind",
            )
        self._own, self._others = list(hardware_axes), list(network_axes)
        self._ours, self._theirs = _columns(self._own), _columns(self._others)
        self.designs = Designs(hardware, [axes[i] for i in hardware_axes])
        self.densities = Densities(network, [axes[i] for i in network_axes])
        self.counting = Counting(self.designs, self.densities)
        self._worlds = Worlds(self.designs, draws) if draws else None
        self._kinds: dict[tuple[int, str], _Kind | str] = {}

    @property
    def prices_alone(self) -> bool:
        """Whether all points have the same structure and the same layers."""
        return not (self.designs.tied or self.designs.free or self._others)

    @property
    def builds_each(self) -> bool:
        """Whether a hardware is made for every point, which the interpreter does."""
        return any(self.levels[i].axis.continuous for i in self.designs.tied)

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
        drawn = self._worlds.count if self._worlds else 0
        possible = np.zeros(count, bool)
        samples = np.full((count, len(FIGURES), drawn), np.nan)
        sheets, notes, said = [], [], []
        for start in range(0, max(1, count), BLOCK):
            part = slice(start, min(count, start + BLOCK))
            sheet = Sheet(part.stop - start)
            out = _Out(possible[part], sheet, samples[part], [])
            notes.append(self._block(places[part], values[part], out))
            said += [(start + point, why) for point, why in out.said]
            sheets.append((sheet, None if out.possible.all() else out.possible))
        return Evaluated(
            possible,
            {name: _joined([one.column(name, where) for one, where in sheets]) for name in NUMBERS},
            _joined(notes),
            samples if drawn else None,
            min(said)[1] if said else None,
        )

    def _block(self, places: Array, values: Array, out: _Out) -> Array:
        """Work on some of the points; returns their notes."""
        tied = self.designs.tie(places[:, self._ours], values[:, self._ours])
        if tied.refused:
            out.said.append(tied.refused)
        tables = self.densities.numbers(places[:, self._theirs])
        first, table = alike(tables)
        for k, network in enumerate(tables[first].tolist()):
            mine = (tied.rows >= 0) if len(first) == 1 else (table == k) & (tied.rows >= 0)
            there = np.flatnonzero(mine)
            rows, row = alike(tied.rows if len(there) == len(tied.rows) else tied.rows[there])
            kinds = [self._kind(network, tied, int(point), out.said) for point in there[rows]]
            for kind in dict.fromkeys(kinds):
                points = there
                if len(set(kinds)) > 1:
                    points = there[np.array([one == kind for one in kinds])[row]]
                if kind is not None:
                    self._alike(network, kind, points, (tied, places, values), out)
        if tied.notes is None:  # one word for all, which takes no room
            return np.broadcast_to(np.array("", object), len(places))
        found: Array = tied.notes[tied.rows]
        return found

    def _kind(
        self, network: int, tied: Tied, point: int, said: list[tuple[int, str]]
    ) -> _Kind | None:
        """What points have to share to be worked on together; None where there is no model."""
        row = int(tied.rows[point])
        made = tied.kept[row]
        key = network, made.content_hash
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
            binding(tied.structures[row]) if self.densities.endless else b"",
        )

    def _alike(
        self,
        network: int,
        kind: _Kind,
        points: Array,
        given: tuple[Tied, Array, Array],
        out: _Out,
    ) -> None:
        """Points of one network whose hardware is of one kind."""
        # All of them are the rule, and a slice takes no copy of their numbers.
        whole = len(points) == len(given[1])
        part: Array | slice = slice(None) if whole else points
        tied, values = given[0].at(part), given[2][part]
        own, own_values = given[1][part, self._ours], values[:, self._ours]
        try:
            table = self.densities.network(network)
            copies = _copies(kind.copies, table, self.designs.hardware)
            names = self.designs.structure_numbers(tied.rows, own)
            first = at = np.arange(len(points))
            if names is not None:
                first, at = alike(names)
            some = slice(None) if first is at else first
            kept, places, values_of = tied.at(some), own[some], own_values[some]
            structures = self.designs.structure_of(kept, places, values_of)
            names = self.designs.structure_numbers(kept.rows, places, NOT_COUNTED)
            machines = Machines(structures, kept, at, names)
            others = values[:, self._theirs]
            sums, sums_at = self.counting.sums(network, machines, kind.special, copies, others)
        except InputError as error:
            out.said.append((int(points[0]), error.faults[0].message))
            return
        technology = self.designs.technology_of(tied, own, own_values)
        summed = Summed(structures, at, technology, sums, sums_at)
        price(summed, points, out.sheet, whole=whole)
        cycles_s = field_of(structures, "operation_unit_cycle_time_s")
        cycle_time_s = float(cycles_s[0]) if len(cycles_s) == 1 else cycles_s[at]
        out.sheet.complete(part, cycle_time_s, table.unmodelled_percent)
        out.possible[part] = True
        _check_budget(table, summed, points, out)
        if self._worlds:
            out.samples[part] = self._worlds.sample(tied, (own, own_values), sums[sums_at])


def _joined(parts: Sequence[Array]) -> Array:
    """Parts of a column; one that is alone takes no copy."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _columns(which: Sequence[int]) -> slice | list[int]:
    """Columns as a slice if they follow each other: it takes no copy."""
    if which and list(which) == list(range(which[0], which[0] + len(which))):
        return slice(which[0], which[0] + len(which))
    return list(which)


def _check_budget(table: LayerTable, summed: Summed, points: Array, out: _Out) -> None:
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
        out.said.append((int(points[first]), why))
    out.possible[points[over]] = False


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
