"""Rows written as they are made: CSV, Parquet and NPZ in constant memory, whole or not at all.

Rows go to NAME.part; how far they reach is said in NAME.part.json, so that an interrupted run can
go on where it stopped and end in the same bytes.  CSV grows there as it is; of Parquet and NPZ it
holds blocks of columns.  Arrays are made from them once all rows are there; Parquet grows beside
them, in NAME.new, and from them again if a run was interrupted.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from recost.errors import InputError
from recost.models.numbers import is_repeated
from recost.report.layout import FORMAT, Blocks, Layout, Table
from recost.report.npz import write_blocks
from recost.report.parquet import ROW_GROUP, RowGroups, pyarrow

Array = np.ndarray[Any, Any]

SUFFIXES = (".csv", ".parquet", ".npz")
# Seconds between two states on disk: work that an interrupted run does again at most.
_PERIOD = 0.1


def csv_lines(table: Table, layout: Layout) -> str:
    """Rows as CSV: `repr` of a float, which reads back as the same bits; nothing for NaN."""
    rows = len(table[layout.columns[0]])
    columns: list[list[str]] = []
    before = ""  # the text of columns that say the same in every row
    for name in layout.columns:
        if is_repeated(table[name]) and rows:
            before += _texts(name, table[name][:1], layout)[0] + ","
        else:
            texts = _texts(name, table[name], layout)
            columns.append([before + text for text in texts] if before else texts)
            before = ""
    end = f",{before[:-1]}\n" if before else "\n"
    if not columns:
        return end[1:] * rows
    return "".join([",".join(row) + end for row in zip(*columns, strict=True)])


def _texts(name: str, column: Array, layout: Layout) -> list[str]:
    """What stands in the lines of a column."""
    values = column.tolist()
    if name in layout.words:
        quoted = {word: _quoted(word) for word in layout.words[name]}
        return [quoted[word] for word in values]
    if name in layout.gapped:
        return ["" if math.isnan(value) else str(int(value)) for value in values]
    if name in layout.whole:
        return list(map(str, values))
    texts = list(map(repr, values))
    if np.isnan(column).any():
        texts = ["" if text == "nan" else text for text in texts]
    return texts


def _quoted(word: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([word])
    return text.getvalue() if word else ""


class _Reached(NamedTuple):
    """How far a part reaches: the next point, rows, impossible points, and bytes."""

    next_point: int = 0
    rows: int = 0
    impossible: int = 0
    size: int = 0


@dataclass
class Stream:
    """A file of a sweep that grows beside its final name.

    Parameters
    ----------
    path : the final name; its suffix is the format
    layout : its columns
    identity : what the rows are made from; a part of another sweep is not continued
    """

    path: Path
    layout: Layout
    identity: str
    _reached: _Reached = field(default=_Reached(), repr=False)
    _saved: float = field(default=0.0, repr=False)
    _file: IO[bytes] | None = field(default=None, repr=False)
    _groups: RowGroups | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self._suffix not in SUFFIXES:
            raise InputError(
                f"the suffix '{self.path.suffix}' names no format of a sweep; use one of"
                f" {', '.join(SUFFIXES)}",
                path=str(self.path),
            )
        if self._suffix == ".parquet":
            pyarrow()
        if not self.path.parent.is_dir():
            raise InputError(f"there is no folder {self.path.parent}", path=str(self.path))

    @property
    def next_point(self) -> int:
        """The first point whose rows are not there."""
        return self._reached.next_point

    @property
    def rows(self) -> int:
        """How many rows are there."""
        return self._reached.rows

    @property
    def impossible(self) -> int:
        """How many of the points had none."""
        return self._reached.impossible

    @property
    def part(self) -> Path:
        """Where the rows grow."""
        return self.path.with_name(self.path.name + ".part")

    @property
    def state(self) -> Path:
        """What says how far the rows reach."""
        return self.path.with_name(self.path.name + ".part.json")

    @property
    def _fresh(self) -> Path:
        """A file of columns that is not whole yet."""
        return self.path.with_name(self.path.name + ".new")

    @property
    def _identity(self) -> str:
        return f"{self.identity} {FORMAT}"

    @property
    def _suffix(self) -> str:
        return self.path.suffix.lower()

    def begin(self, start: int, *, resume: bool) -> None:
        """Open the part: a new one from point `start` on, or the one that is there."""
        old = self._read_state() if resume else None
        self._reached = old or _Reached(next_point=start)
        self._file = self.part.open("r+b" if old else "wb")
        self._file.truncate(self._reached.size)
        self._file.seek(self._reached.size)
        if self._suffix == ".csv" and not self._reached.size:
            heading = ",".join(_quoted(name) for name in self.layout.columns) + "\n"
            size = self._file.write(heading.encode("utf-8"))
            self._reached = self._reached._replace(size=size)
        self._save_state()
        if self._suffix == ".parquet":
            self._groups = RowGroups(self._fresh, self.layout)
            with Blocks(self.part, self.layout, self.rows) as blocks:
                for low, high in blocks.spans(ROW_GROUP):
                    self._groups.add(blocks.columns(low, high))

    def _read_state(self) -> _Reached | None:
        """What an interrupted run left, or nothing if there was none."""
        try:
            text, have = self.state.read_bytes(), self.part.stat().st_size
        except FileNotFoundError:
            return None
        damaged = InputError(
            f"does not say how far {self.part.name} reaches; remove both, or leave --resume out",
            path=str(self.state),
        )
        try:
            old: dict[str, Any] = json.loads(text)
            identity = old["identity"]
        except (ValueError, KeyError, TypeError):
            raise damaged from None
        if identity != self._identity:
            raise InputError(
                "is the part of another sweep (other files, keys, columns or version); remove it"
                " or leave --resume out",
                path=str(self.part),
            )
        try:
            reached = _Reached(**{name: int(old[name]) for name in _Reached._fields})
        except (ValueError, KeyError, TypeError):
            raise damaged from None
        if have < reached.size:
            raise InputError("is shorter than it was; leave --resume out", path=str(self.part))
        return reached

    def append(self, table: Table, next_point: int, impossible: int) -> None:
        """Write the rows of the points before `next_point`, and note that they are there."""
        assert self._file is not None
        content: list[bytes | memoryview]
        many, coded = len(table[self.layout.columns[0]]), {}
        if self._suffix == ".csv":
            content = [csv_lines(table, self.layout).encode("utf-8")]
        else:
            coded = self.layout.coded(table)
            content = self.layout.pack(coded) if many else []
        before = self._reached
        size = before.size + sum(self._file.write(some) for some in content)
        # At once, for this may be interrupted anywhere.
        self._reached = _Reached(
            next_point, before.rows + many, before.impossible + impossible, size
        )
        if time.monotonic() - self._saved >= _PERIOD:
            self._save_state()
        if self._groups is not None:
            self._groups.add(coded)

    def _save_state(self) -> None:
        said = {"identity": self._identity, **self._reached._asdict()}
        assert self._file is not None
        self._file.flush()
        fresh = self.state.with_name(self.state.name + ".new")
        try:
            fresh.write_text(json.dumps(said), encoding="utf-8")
            fresh.replace(self.state)
        finally:
            fresh.unlink(missing_ok=True)
        self._saved = time.monotonic()

    def finish(self) -> None:
        """Give the file its name, once everything is on disk."""
        assert self._file is not None
        self._save_state()
        if self._suffix == ".csv":
            os.fsync(self._file.fileno())
            self._file.close()
            self.part.replace(self.path)
        else:
            self._file.close()
            self._finish_columns()
            self._fresh.replace(self.path)
            self.part.unlink()
        self.state.unlink()

    def _finish_columns(self) -> None:
        """Have all rows as columns in a file that has but to get its name."""
        try:
            if self._groups is not None:
                self._groups.finish()
            else:
                with Blocks(self.part, self.layout, self.rows) as blocks:
                    write_blocks(self._fresh, blocks, self.layout)
            with self._fresh.open("r+b") as file:
                os.fsync(file.fileno())
        except BaseException:
            with suppress(OSError):
                self._fresh.unlink()
            raise

    def drop(self) -> None:
        """Leave nothing behind."""
        assert self._file is not None
        self._file.close()
        self._forget_groups()
        for path in (self.part, self.state):
            with suppress(OSError):
                path.unlink()

    def _forget_groups(self) -> None:
        if self._groups is not None:
            self._groups.abandon()

    def close(self) -> None:
        """Leave the part as it is, to be resumed."""
        self._forget_groups()  # first, for the state may need its room
        if self._file is not None:
            if not self._file.closed:
                with suppress(OSError):
                    self._save_state()
            with suppress(OSError):
                self._file.close()


def check_new(paths: Sequence[Path], *, force: bool, resume: bool = False) -> None:
    """Refuse to replace what is there without being told to; `resume` offers to go on with it."""
    for path in paths:
        if path.exists() and not force:
            other = "--resume goes on with it, " if resume else ""
            raise InputError(f"exists; {other}--force replaces it", path=str(path))
