"""What every study returns: a table of plain values, and where it came from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recost.errors import InputError, suggestion

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: A value of a table; None stands where the column does not apply.
Value = str | int | float | bool | None
Row = Mapping[str, Any]


@dataclass(frozen=True, repr=False)
class Result:
    """The answer of a study: rows under named columns, their means, and their provenance.

    Column names end in their unit (`energy_j`, `area_mm2`) and a value is a plain number, word
    or None where the column does not apply; NumPy scalars are turned into Python's on the way in.

    Parameters
    ----------
    columns : sequence of str
        The columns in order.
    rows : sequence of mapping
        One mapping a row; a column that a row leaves out is None there.
    means : sequence of mapping
        Rows like the others whose `row` says which mean over `rows` they are.
    notes : sequence of str
        What a reader should know of how the numbers came about.
    provenance : mapping
        What the numbers were made from: inputs with their hashes, settings, seed.
    kind : str
        The study, which is also the command: `compare`, `estimate`, `layers`.
    warnings : sequence of str
        Notes about something that is probably not what the user wants.
    asked : sequence of str
        Columns that the question names (goals, conditions), which a narrow table keeps.

    Raises
    ------
    InputError
        A number is not finite: some input lies so far out that the arithmetic overflows.
    ValueError
        A row holds a column that is not in `columns`, or a column is named twice.
    """

    columns: Sequence[str]
    rows: Sequence[Row]
    means: Sequence[Row] = ()
    notes: Sequence[str] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    kind: str = ""
    warnings: Sequence[str] = ()
    asked: Sequence[str] = ()

    def __post_init__(self) -> None:
        columns = tuple(self.columns)
        if len(set(columns)) != len(columns):
            raise ValueError("a column is named twice")
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "rows", _plain(self.rows, columns))
        object.__setattr__(self, "means", _plain(self.means, columns))
        object.__setattr__(self, "notes", tuple(self.notes))
        object.__setattr__(self, "warnings", tuple(self.warnings))
        object.__setattr__(self, "provenance", dict(self.provenance))

    def __repr__(self) -> str:
        return f"Result({self.kind!r}, {len(self.rows)} rows, {len(self.columns)} columns)"

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[Any]:
        """The values of one column, a row each; `InputError` if there is no such column."""
        if name not in self.columns:
            raise InputError(f"unknown column '{name}'{suggestion(name, self.columns)}")
        return [row[name] for row in self.rows]

    def to_dicts(self, *, means: bool = False) -> list[dict[str, Any]]:
        """The rows as dictionaries of plain values, with the means behind them if asked for."""
        return [dict(row) for row in self._table(means)]

    def to_records(self, *, means: bool = False) -> np.ndarray[Any, np.dtype[np.void]]:
        """The rows as a NumPy structured array, one field a column.

        Words are fixed-width text, whole numbers int64, truths bool; a column with a number that
        is missing or has a fraction is float64, where None is NaN; a missing word is ``""``.
        """
        import numpy as np

        rows = self._table(means)
        arrays = [_array([row[name] for row in rows]) for name in self.columns]
        dtype = [(name, array.dtype) for name, array in zip(self.columns, arrays, strict=True)]
        records = np.empty(len(rows), dtype=dtype)
        for name, array in zip(self.columns, arrays, strict=True):
            records[name] = array
        return records

    def to_pandas(self, *, means: bool = False) -> pd.DataFrame:
        """The rows as a pandas frame; `ImportError` where pandas is not installed."""
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_pandas needs pandas: pip install pandas") from error
        return pd.DataFrame(self.to_dicts(means=means), columns=list(self.columns))

    def _table(self, means: bool) -> list[Row]:
        return [*self.rows, *self.means] if means else list(self.rows)


def _plain(rows: Iterable[Row], columns: tuple[str, ...]) -> tuple[Row, ...]:
    """Each row with every column, in order, as Python's own types."""
    known = set(columns)
    plain = []
    for row in rows:
        if strange := [name for name in row if name not in known]:
            raise ValueError(f"not among the columns: {', '.join(strange)}")
        plain.append({name: _plain_value(row, name) for name in columns})
    return tuple(plain)


def _plain_value(row: Row, name: str) -> Value:
    value = row.get(name)
    item = getattr(value, "item", None)  # a NumPy scalar, without importing NumPy to ask
    plain: Value = item() if item is not None else value
    if isinstance(plain, float) and not math.isfinite(plain):
        raise InputError(
            f"{name} is not a finite number ({plain}); a quantity of the input is out of range",
            key=_label(row) or None,
        )
    return plain


def _label(row: Row) -> str:
    """The words that tell this row from the others."""
    words = (row.get(name) for name in ("hardware", "workload", "layer", "row"))
    return " ".join(str(word) for word in words if word)


def _array(values: list[Any]) -> np.ndarray[Any, Any]:
    """One column as an array of the narrowest of text, bool, int64 and float64."""
    import numpy as np

    present = [value for value in values if value is not None]
    if any(isinstance(value, str) for value in present):
        return np.array(["" if value is None else str(value) for value in values])
    if len(present) == len(values):
        if present and all(isinstance(value, bool) for value in present):
            return np.array(values, dtype=np.bool_)
        if present and all(isinstance(value, int) and abs(value) < 2**63 for value in present):
            return np.array(values, dtype=np.int64)
    return np.array([np.nan if value is None else float(value) for value in values])
