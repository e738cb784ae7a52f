"""Machines of a sweep: records of many at once, and a hardware where somebody asks for one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from recost.hardware import Hardware
from recost.hardware.many import Many
from recost.hardware.records import STRUCTURE_DTYPE, TECHNOLOGY_DTYPE
from recost.models.binding import binding

Array = np.ndarray[Any, Any]

# What decides, with how networks are bound, which model a machine has: of structure, and that
# prices are known.
_MODEL = ["budget_on_overflow", "mapping_replication"]
_WRITES = ["cell_write_energy_j", "cell_write_time_s", "off_chip_bandwidth_bytes_per_s"]


class Made:
    """Machines of which records are known: each is made when it is asked for, and kept."""

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._makers: list[tuple[Callable[[int], Hardware], Array]] = []
        self._made: dict[int, Hardware] = {}

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, row: int) -> Hardware:
        found = self._made.get(row)
        if found is None:
            part = bisect_right(self._ends, row)
            make, which = self._makers[part]
            found = self._made[row] = make(int(which[row - self._ends[part] + len(which)]))
        return found

    def add(self, make: Callable[[int], Hardware], which: Array) -> None:
        """More machines: what makes one of some number, and their numbers."""
        if len(which):
            self._ends.append(len(self) + len(which))
            self._makers.append((make, which))


class Tied(NamedTuple):
    """The hardware of some points: `rows` says which each point has, -1 where there is none.

    `kept` are the machines, with their records and notes (None if none has any).  Machines of one
    number in `families` are bound to networks alike and have the same kind of model.  `refused`
    are the first of the points that is impossible, if one is, and why.  Whatever is asked for
    elsewhere, rows stay what they are; `kept` only grows.
    """

    rows: Array
    kept: Made
    structures: Array
    technologies: Array
    families: Array
    notes: Array | None
    refused: tuple[int, str] | None

    def at(self, points: Array | slice) -> Tied:
        """The hardware of some of the points."""
        return self._replace(rows=self.rows[points])


class Kept:
    """Machines that are kept; what `tied` has handed out stays as it is.

    `numbers` are those of the families that have been met.
    """

    def __init__(self, numbers: dict[tuple[int, ...], int]) -> None:
        self._hardware = Made()
        self._structures: Array = np.zeros(0, STRUCTURE_DTYPE)
        self._technologies: Array = np.zeros(0, TECHNOLOGY_DTYPE)
        self._families: Array = np.zeros(0, np.int64)
        self._notes: Array = np.zeros(0, object)
        self._more: list[tuple[Array, Array, Array, Array]] = []  # of these, yet to be joined
        self._numbers = numbers

    def add(self, name: str, many: Many, make: Callable[[int], Hardware]) -> None:
        """The possible ones of many machines, and what makes a hardware of one of the many."""
        some = many.possible
        if not some.any():  # what is derived from them may be missing
            return
        structures = many.records("structure")[some]
        technologies = many.records("technology")[some]
        families = self._number(structures, technologies, many.values["mapping.replication"])
        notes = np.empty(len(some), object)
        notes[:] = ["\n".join(f"{name}: {note}" for note in said) for said in many.notes()]
        self._more.append((structures, technologies, families, notes[some]))
        self._hardware.add(make, np.flatnonzero(some))

    def __len__(self) -> int:
        return len(self._hardware)

    def _number(self, structures: Array, technologies: Array, replication: Any) -> Array:
        """The family of each machine."""
        columns = [structures[name] for name in _MODEL]
        columns += [np.isnan(technologies[name]) for name in _WRITES]
        listed = replication if isinstance(replication, tuple) else ()
        rows = np.concatenate([binding(structures), np.stack(columns, axis=1)], axis=1)
        named = ((*row, *listed) for row in rows.tolist())
        numbers = [self._numbers.setdefault(row, len(self._numbers)) for row in named]
        return np.array(numbers, np.int64)

    def tied(self, rows: Array, refused: tuple[int, str] | None) -> Tied:
        """Points that have these machines."""
        if self._more:
            more = [list(parts) for parts in zip(*self._more, strict=True)]
            self._structures = _joined([self._structures, *more[0]])
            self._technologies = _joined([self._technologies, *more[1]])
            self._families = np.concatenate([self._families, *more[2]])
            self._notes = np.concatenate([self._notes, *more[3]])
            self._more.clear()
        return Tied(
            rows,
            self._hardware,
            self._structures,
            self._technologies,
            self._families,
            self._notes if any(self._notes) else None,
            refused,
        )


def _joined(records: Sequence[Array]) -> Array:
    """Records, one after the other.

    NumPy joins arrays of records by comparing their fields, which takes longer than making them.
    """
    words = np.concatenate([part.view(np.int64) for part in records])
    return words.view(records[0].dtype)
