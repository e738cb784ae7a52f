"""A network on many designs: what is alike is counted once, everything else in one kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.kernels.sweep import Records, price_points
from recost.models.counting import NOT_COUNTED, Counting, Machines, binding
from recost.models.densities import Densities
from recost.models.designs import Designs, Levels, Tied, Varied, alike, field_of
from recost.models.inference import check_reload, special_mode
from recost.models.numbers import NUMBERS, complete, sheet
from recost.models.uncertainty import FIGURES, Draws
from recost.models.worlds import Worlds
from recost.network import LayerTable
from recost.vocabulary import HardwareKind, Overflow, Replication, Total

Array = np.ndarray[Any, Any]

#: Points that are worked on together at most; results do not depend on it.
BLOCK = 32_768


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
    sheet: Array
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
        out = _Out(
            np.zeros(count, bool),
            sheet(count),
            np.full((count, len(FIGURES), drawn), np.nan),
            [],
        )
        notes: list[Array] = []
        for start in range(0, max(1, count), BLOCK):
            part = slice(start, start + BLOCK)
            own = _Out(out.possible[part], out.sheet[:, part], out.samples[part], [])
            notes.append(self._block(places[part], values[part], own))
            out.said.extend((start + point, why) for point, why in own.said)
        if not out.possible.all():
            out.sheet[:, ~out.possible] = np.nan
        return Evaluated(
            out.possible,
            {name: out.sheet[row] for name, row in NUMBERS.items()},
            notes[0] if len(notes) == 1 else np.concatenate(notes),
            out.samples if drawn else None,
            min(out.said)[1] if out.said else None,
        )

    def _block(self, places: Array, values: Array, out: _Out) -> Array:
        """Work on some of the points; returns their notes."""
        tied = self.designs.tie(places[:, self._ours], values[:, self._ours])
        if tied.refused:
            out.said.append(tied.refused)
        tables = self.densities.numbers(places[:, self._theirs])
        first, table = alike(tables)
        for k, network in enumerate(tables[first].tolist()):
            there = np.flatnonzero((table == k) & (tied.rows >= 0))
            rows, row = alike(tied.rows[there])
            kinds = [self._kind(network, tied, int(point), out.said) for point in there[rows]]
            for kind in dict.fromkeys(kinds):
                if kind is not None:
                    same = np.array([one == kind for one in kinds])
                    points = there[same[row]]
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
        listed = made.mapping.replication
        try:
            check_reload(made)
            self.counting.bound(network, tied, row)
        except InputError as error:
            said.append((point, error.faults[0].message))
            return None
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
        tied, places, values = given[0].at(part), given[1][part], given[2][part]
        own, own_values = places[:, self._ours], values[:, self._ours]
        try:
            table = self.densities.network(network)
            copies = _copies(kind.copies, table, self.designs.hardware)
            names = self.designs.structure_numbers(tied.rows, own)
            first = at = np.arange(len(points))
            if names is not None:
                first, at = alike(names)
            structures = self.designs.structure_of(tied.at(first), own[first], own_values[first])
            names = self.designs.structure_numbers(tied.rows[first], own[first], NOT_COUNTED)
            machines = Machines(structures, tied.at(first), at, names)
            others = values[:, self._theirs]
            sums, sums_at = self.counting.sums(network, machines, kind.special, copies, others)
        except InputError as error:
            out.said.append((int(points[0]), error.faults[0].message))
            return
        technology = self.designs.technology_of(tied, own, own_values)
        price_points((structures, at), technology, (sums, sums_at), points, out.sheet)
        cycle_time_s = field_of(structures, "operation_unit_cycle_time_s")[at]
        complete(out.sheet, part, cycle_time_s, table.unmodelled_percent)
        out.possible[points] = True
        _check_budget(table, (structures, at), points, out)
        if self._worlds:
            out.samples[part] = self._worlds.sample(tied, (own, own_values), sums[sums_at])


def _columns(which: Sequence[int]) -> slice | list[int]:
    """Columns as a slice if they follow each other: it takes no copy."""
    if which and list(which) == list(range(which[0], which[0] + len(which))):
        return slice(which[0], which[0] + len(which))
    return list(which)


def _check_budget(
    table: LayerTable, machine: tuple[Records, Array], points: Array, out: _Out
) -> None:
    """Points that need more chips than they may have are impossible."""
    structures, at = machine
    strict = field_of(structures, "budget_on_overflow") == Overflow.ERROR
    budgets = np.where(strict, field_of(structures, "budget_chips"), 0)
    if not budgets.any():
        return
    chips, budget = out.sheet[Total.CHIPS, points], budgets[at]
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
