"""Many machines at once, whose numbers differ: what `recost.hardware.resolve` does, by columns."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from recost.hardware import rules
from recost.hardware.keys import REQUIRED
from recost.hardware.records import records_of
from recost.hardware.resolve import (
    Settings,
    combinations,
    complete,
    given_or_default,
    in_range,
    merge,
)
from recost.hardware.rules import Combination
from recost.hardware.sections import key_table

Array = np.ndarray[Any, Any]


class Many(NamedTuple):
    """Machines of a kind: values by dotted key, one for all of them or an array of one for each.

    Those that are not `possible` have values that mean nothing.  `given` are the keys that a file
    or a setting gives.
    """

    values: Mapping[str, Any]
    possible: Array
    given: Collection[str]

    def records(self, part: str) -> Array:
        """The records of a part of the key table, as `structure_record` has them."""
        return records_of(part, self.values, len(self.possible))

    def notes(self) -> Iterator[tuple[str, ...]]:
        """What there is to warn of in each machine."""
        varied = [path for path in rules.NOTED if isinstance(self.values[path], np.ndarray)]
        values, said = dict(self.values), {}
        for row in _rows([self.values[path] for path in varied], len(self.possible)):
            if row not in said:
                values.update(zip(varied, row, strict=True))
                said[row] = tuple(rules.notes(values, self.given))
            yield said[row]


def complete_many(kind: str, base: Settings, above: Settings, count: int) -> Many:
    """So many machines from settings of which those `above` may hold arrays of numbers.

    Settings are right by themselves.  A machine is possible if `Hardware.replace_read` would
    raise nothing for it.
    """
    with np.errstate(all="ignore"):  # of machines that are impossible
        merged = merge(kind, base, above)
        values = given_or_default(kind, merged)
        possible = np.full(count, all(value is not REQUIRED for value in values.values()))
        for combination in combinations(kind):
            possible &= _can_be(combination, values)
        if possible.any():
            values, derived = complete(kind, merged)
            for path in derived:
                possible &= in_range(key_table(kind)[path], values[path])
    return Many(values, possible, frozenset(merged))


def _can_be(combination: Combination, values: Mapping[str, Any]) -> Any:
    """Whether values can be together, in each machine."""
    varied = [path for path in combination.keys if isinstance(values[path], np.ndarray)]
    if not varied:
        return combination.fault(values) is None
    columns = [values[path] for path in varied]
    rows, together = list(_rows(columns, len(columns[0]))), dict(values)
    said = {}
    for row in dict.fromkeys(rows):
        together.update(zip(varied, row, strict=True))
        said[row] = combination.fault(together) is None
    return np.array([said[row] for row in rows])


def _rows(columns: Sequence[Array], count: int) -> Iterator[tuple[Any, ...]]:
    """What stands in each of so many rows, as numbers of the interpreter."""
    if not columns:
        return itertools.repeat((), count)
    return zip(*(column.tolist() for column in columns), strict=True)
