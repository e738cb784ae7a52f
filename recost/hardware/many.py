"""Many machines at once, whose numbers differ: what `recost.hardware.resolve` does, by columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
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
    put_over,
)
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

    def notes(self) -> list[tuple[str, ...]]:
        """What there is to warn of in each machine."""

        def said(note: rules.Note) -> list[str | None]:
            count = len(self.possible)
            return _of_each(self.values, note.keys, count, lambda one: note.say(one, self.given))

        every = zip(*map(said, rules.NOTES), strict=True)
        return [tuple(filter(None, texts)) for texts in every]


def complete_many(kind: str, base: Settings, above: Settings, count: int) -> Many:
    """So many machines from settings of which those `above` may hold arrays of numbers.

    Settings are right by themselves.  A machine is possible if `Hardware.replace_read` would
    raise nothing for it.
    """
    with np.errstate(all="ignore"):  # of machines that are impossible
        merged = put_over(kind, base, above)
        values = given_or_default(kind, merged)
        possible = np.full(count, all(value is not REQUIRED for value in values.values()))
        for combination in combinations(kind):
            faults = _of_each(values, combination.keys, count, combination.fault)
            possible &= np.array([fault is None for fault in faults], bool)
        if possible.any():
            values, derived = complete(kind, merged)
            for path in derived:
                possible &= in_range(key_table(kind)[path], values[path])
    return Many(values, possible, frozenset(merged))


def _of_each(
    values: Mapping[str, Any],
    keys: Sequence[str],
    count: int,
    ask: Callable[[Mapping[str, Any]], str | None],
) -> list[str | None]:
    """What is said of each of so many machines, asked once for all that have the same numbers."""
    varied = [path for path in keys if isinstance(values[path], np.ndarray)]
    if not varied:
        return [ask(values)] * count
    rows = list(zip(*(values[path].tolist() for path in varied), strict=True))
    one, said = dict(values), {}
    for row in dict.fromkeys(rows):
        one.update(zip(varied, row, strict=True))
        said[row] = ask(one)
    return [said[row] for row in rows]
