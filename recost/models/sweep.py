"""A network on many designs: what is alike is counted once, everything else in one kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.kernels.sweep import price_points
from recost.models.counting import Counting, Machines
from recost.models.densities import Densities
from recost.models.designs import Designs, Levels, Varied
from recost.models.inference import check_reload, special_mode
from recost.models.numbers import NUMBERS, numbers_of
from recost.models.uncertainty import FIGURES, Draws
from recost.models.worlds import Worlds
from recost.network import LayerTable
from recost.vocabulary import TOTALS, HardwareKind, Overflow, Replication, Total

Array = np.ndarray[Any, Any]

#: Points that are worked on together; results do not depend on it.
BLOCK = 8192

# Views to write to: what is possible, numbers, samples, notes.
_Out = tuple[Array, Array, Array, Array]


@dataclass(frozen=True)
class Evaluated:
    """Points of a sweep: which of them are possible, and their `NUMBERS` [points, numbers].

    `notes` are what there is to warn of in each point's hardware, a line each; `samples` the
    `FIGURES` of every draw of uncertain prices [points, figures, draws], none if nothing is drawn.
    """

    possible: Array
    numbers: Array
    notes: Array
    samples: Array | None = None


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
        self.designs = Designs(hardware, [axes[i] for i in hardware_axes])
        self.densities = Densities(network, [axes[i] for i in network_axes])
        self.counting = Counting(self.designs, self.densities)
        self._worlds = Worlds(self.designs, draws) if draws else None
        self.refused: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the numbers."""
        return NUMBERS

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
        possible = np.zeros(count, bool)
        numbers = np.full((count, len(NUMBERS)), np.nan, order="F")
        drawn = self._worlds.count if self._worlds else 0
        samples = np.full((count, len(FIGURES), drawn), np.nan)
        notes = np.empty(count, object)
        for start in range(0, count, BLOCK):
            part = slice(start, start + BLOCK)
            out = (possible[part], numbers[part], samples[part], notes[part])
            self._block(places[part], values[part], out)
        return Evaluated(possible, numbers, notes, samples if drawn else None)

    def _block(self, places: Array, values: Array, out: _Out) -> None:
        own, own_values = places[:, self._own], values[:, self._own]
        rows = self.designs.tie(own, own_values)
        self.refused = self.refused or self.designs.refused
        which = self.densities.numbers(places[:, self._others])
        for network in np.unique(which[rows >= 0]).tolist():
            there = np.flatnonzero((which == network) & (rows >= 0))
            unique, inverse = np.unique(rows[there], return_inverse=True)
            kinds = [self._kind(network, row) for row in unique.tolist()]
            for kind in dict.fromkeys(kinds):
                if kind is not None:
                    alike = np.array([one == kind for one in kinds])
                    points = there[alike[inverse.ravel()]]
                    self._alike(network, kind, points, (rows, places, values), out)

    def _kind(self, network: int, row: int) -> _Kind | None:
        """What points have to share to be worked on together; None where there is no model."""
        made = self.designs.kept[row]
        listed = made.mapping.replication
        try:
            check_reload(made)
            self.counting.bound(network, row)
        except InputError as error:
            self.refused = self.refused or error.faults[0].message
            return None
        return _Kind(
            special_mode(made),
            () if isinstance(listed, Replication) else tuple(listed),
            self.counting.binding(row) if self.densities.endless else b"",
        )

    def _alike(
        self,
        network: int,
        kind: _Kind,
        points: Array,
        given: tuple[Array, Array, Array],
        out: _Out,
    ) -> None:
        """Points of one network whose hardware is of one kind."""
        special, listed = kind.special, kind.copies
        rows, places, values = given[0][points], given[1][points], given[2][points]
        own, own_values = places[:, self._own], values[:, self._own]
        try:
            table = self.densities.network(network)
            copies = _copies(listed, table, self.designs.hardware)
            numbers = self.designs.structure_numbers(rows, own)
            first = at = np.arange(len(points))
            if numbers is not None:
                _, first, at = np.unique(numbers, return_index=True, return_inverse=True)
            structures = self.designs.structure_of(rows[first], own[first], own_values[first])
            machines = Machines(structures, rows[first], at.ravel())
            others = values[:, self._others]
            sums, sums_at = self.counting.sums(network, machines, special, copies, others)
        except InputError as error:
            self.refused = self.refused or error.faults[0].message
            return
        totals = np.zeros((len(points), TOTALS))
        technology = self.designs.technology_of(rows, own, own_values)
        price_points((structures, machines.at), technology, (sums, sums_at), totals)
        self._store(table, machines, totals, points, out)
        out[3][points] = self.designs.notes[rows]
        if self._worlds:
            out[2][points] = self._worlds.sample(table, rows, (own, own_values), sums[sums_at])

    def _store(
        self,
        table: LayerTable,
        machines: Machines,
        totals: Array,
        points: Array,
        out: _Out,
    ) -> None:
        structures, at = machines.structures, machines.at
        chips, budget = totals[:, Total.CHIPS], structures["budget_chips"][at]
        over = (budget > 0) & (chips > budget)
        over &= structures["budget_on_overflow"][at] == Overflow.ERROR
        if over.any():
            worst = int(np.argmax(over))
            self.refused = self.refused or (
                f"{table.name} needs {int(chips[worst])} chips and the budget is"
                f" {int(budget[worst])}"
            )
        out[0][points] = ~over
        out[1][points] = numbers_of(table, structures["operation_unit_cycle_time_s"][at], totals)


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
