"""The columns and the order that a user asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from recost.errors import Fault, InputError, suggestion
from recost.study.result import Result, Row


def choose_columns(result: Result, wanted: Sequence[str]) -> Result:
    """The result with the columns `wanted`, in that order.

    A name may be a pattern (`energy_*`), which stands for its columns in their usual order.

    Raises
    ------
    InputError
        For every name that is no column, with the nearest that is, and for a pattern that fits
        none.
    """
    chosen: dict[str, None] = {}
    faults = []
    for name in wanted:
        found = [column for column in result.columns if fnmatchcase(column, name)]
        if not found:
            faults.append(_unknown(name, result.columns))
        chosen |= dict.fromkeys(found)
    if faults:
        raise InputError(faults)
    if not chosen:
        raise InputError("no column is named", key="--columns")

    def cut(rows: Sequence[Row]) -> list[dict[str, Any]]:
        return [{name: row[name] for name in chosen} for row in rows]

    asked = (*result.asked, *(name for name in wanted if name in chosen))
    return replace(
        result, columns=tuple(chosen), rows=cut(result.rows), means=cut(result.means), asked=asked
    )


def sort_rows(result: Result, keys: Sequence[str]) -> Result:
    """The result with its rows in order of the columns `keys`; a leading ``-`` reverses one.

    The first key decides, the next breaks its ties.  Rows where a column does not apply come
    last either way; means keep their place below the rows.
    """
    rows = list(result.rows)
    names = [key.removeprefix("-") for key in keys]
    if faults := [_unknown(name, result.columns) for name in names if name not in result.columns]:
        raise InputError(faults)
    for name, key in reversed(list(zip(names, keys, strict=True))):
        present = [row for row in rows if row[name] is not None]
        absent = [row for row in rows if row[name] is None]
        order = partial(_order, name)
        present.sort(key=order, reverse=key.startswith("-"))
        rows = present + absent
    return replace(result, rows=rows)


def _order(name: str, row: Row) -> tuple[bool, Any]:
    """Numbers before words, so that a column that mixes them can be sorted."""
    return isinstance(row[name], str), row[name]


def _unknown(name: str, columns: Sequence[str]) -> Fault:
    hint = suggestion(name, columns) or f"; there are {', '.join(columns)}"
    return Fault(f"unknown column '{name}'{hint}")
