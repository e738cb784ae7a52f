"""Why no point of a study meets its conditions: what each of them alone leaves over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recost.study.conditions import Comparison
from recost.study.pieces import chunks
from recost.study.selection import Selection, rows_of
from recost.study.sweep import Study

Array = np.ndarray[Any, Any]

# Points that are gone through once more, some seconds' worth.
_MOST, _MOST_SLOW = 1_000_000, 1_000


def unmet(study: Study, where: Sequence[Comparison]) -> str:
    """How many points meet each condition alone, and the value that comes nearest to it."""
    last = min(study.size, _MOST_SLOW if study.one_by_one else _MOST)
    met = [0] * len(where)
    nearest = [np.nan] * len(where)
    points = 0
    for _, table, _ in chunks(study, Selection(), 0, last):
        points += rows_of(table)
        for i, one in enumerate(where):
            met[i] += int(one.holds(table).sum())
            if not isinstance(one.value, str):
                values = np.append(table[one.column].astype(float), nearest[i])
                nearest[i] = _nearest(one, values)
    parts = []
    for one, count, value in zip(where, met, nearest, strict=True):
        reached = "" if np.isnan(value) else f" (at best {value:.6g})"
        parts.append(f"{one} alone by {f'{count:,}' if count else 'none'}{reached}")
    first = "the first " if last < study.size else ""
    return f"of {first}{points:,} points, {', '.join(parts)}"


def _nearest(one: Comparison, values: Array) -> float:
    """The best of the values for a comparison with a number; NaN where there is none."""
    values = values[~np.isnan(values)]
    if not len(values) or one.operator == "!=" or isinstance(one.value, str):
        return np.nan
    if one.operator == "==":
        return float(values[np.argmin(np.abs(values - one.value))])
    return float(values.min() if one.operator.startswith("<") else values.max())
