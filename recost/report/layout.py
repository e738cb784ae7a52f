"""The columns of a sweep's file, and rows as bytes: blocks of columns that wait to be written.

A block is the number of its rows, for each column whether it is one number over and over, and then
the columns one after the other, such a number once.  All of it is in words of eight bytes.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from recost.errors import InputError
from recost.models.numbers import is_repeated

Array = np.ndarray[Any, Any]
Table = Mapping[str, Array]

#: Which form blocks have: others are not gone on with.
FORMAT = "blocks 1"
_WORD = 8


@dataclass(frozen=True)
class Layout:
    """The columns of a file.

    Attributes
    ----------
    columns : names in order
    words : columns of words, with all the words that may stand in them
    whole : columns of whole numbers
    gapped : those of them that some rows leave out
    """

    columns: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    whole: frozenset[str]
    gapped: frozenset[str] = frozenset()

    def kind(self, name: str) -> type[np.int64 | np.float64]:
        """What a block holds of a column: words as their place among all that may stand there."""
        counted = name in self.words or (name in self.whole and name not in self.gapped)
        return np.int64 if counted else np.float64

    def coded(self, table: Table) -> dict[str, Array]:
        """The columns of rows as a block holds them."""
        return {name: self._coded(name, table[name]) for name in self.columns}

    def pack(self, coded: Table) -> list[bytes | memoryview]:
        """Coded rows as a block."""
        columns = list(coded.values())
        rows = len(columns[0])
        alike = [is_repeated(column) and rows > 0 for column in columns]
        heading = np.array([rows, *alike], np.int64)
        content: list[bytes | memoryview] = [heading.tobytes()]
        for column, one in zip(columns, alike, strict=True):
            content.append(column[:1].tobytes() if one else np.ascontiguousarray(column).data)
        return content

    def _coded(self, name: str, column: Array) -> Array:
        if name not in self.words:
            return column.astype(self.kind(name), copy=False)
        code = {word: i for i, word in enumerate(self.words[name])}
        if is_repeated(column) and len(column):
            return np.broadcast_to(np.int64(code[column[0]]), len(column))
        return np.array([code[word] for word in column.tolist()], np.int64)

    def unpack(self, content: bytes) -> dict[str, Array]:
        """The rows of a block; none of no bytes."""
        words = 1 + len(self.columns)
        content = content or bytes(_WORD * words)
        heading = np.frombuffer(content, np.int64, words)
        place, table = heading.nbytes, {}
        for name, alike in zip(self.columns, heading[1:].tolist(), strict=True):
            many = 1 if alike else int(heading[0])
            column = np.frombuffer(content, self.kind(name), many, place)
            place += column.nbytes
            table[name] = self._decoded(name, np.broadcast_to(column, int(heading[0])))
        return table

    def _decoded(self, name: str, column: Array) -> Array:
        if name not in self.words:
            return column
        words: Array = np.array(self.words[name], object)[column]
        return words


class Blocks:
    """The blocks of a file, one after the other, as columns of all their rows.

    Raises InputError where they do not end with the file, or do not have as many rows as said.
    """

    def __init__(self, path: Path, layout: Layout, rows: int) -> None:
        self._path, self._layout, self.rows = str(path), layout, rows
        self._file: IO[bytes] = path.open("rb")
        self._ends: list[int] = []  # the number of rows up to the end of each block
        self._starts: list[Array] = []  # where each of its columns begins
        self._alike: list[list[int]] = []
        try:
            self._scan()
        except InputError:
            self._file.close()
            raise

    def _scan(self) -> None:
        """Find the blocks."""
        place, end = 0, os.fstat(self._file.fileno()).st_size
        heading = np.empty(1 + len(self._layout.columns), np.int64)
        while place < end:
            self._read(place, heading)
            rows, *alike = heading.tolist()
            if not 0 < rows <= self.rows:
                raise self._broken()
            lengths = [heading.nbytes, *(_WORD * (1 if one else rows) for one in alike)]
            starts = place + np.cumsum(lengths)
            self._starts.append(starts[:-1])
            self._alike.append(alike)
            self._ends.append((self._ends[-1] if self._ends else 0) + rows)
            place = int(starts[-1])
        if place != end or (self._ends or [0])[-1] != self.rows:
            raise self._broken()

    def _broken(self) -> InputError:
        return InputError(
            "does not hold the rows that it should; leave --resume out", path=self._path
        )

    def __enter__(self) -> Blocks:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def column(self, name: str, low: int, high: int) -> Array:
        """A column in the rows low..high, of words their places."""
        c = self._layout.columns.index(name)
        found = np.empty(high - low, self._layout.kind(name))
        block = bisect_right(self._ends, low)
        while low < high:
            begin = self._ends[block - 1] if block else 0
            stop = min(high, self._ends[block])
            part, alike = found[len(found) - (high - low) :][: stop - low], self._alike[block][c]
            start = int(self._starts[block][c])
            if alike:
                self._read(start, part[:1])
                part[1:] = part[0]
            else:
                self._read(start + _WORD * (low - begin), part)
            low, block = stop, block + 1
        return found

    def columns(self, low: int, high: int) -> dict[str, Array]:
        """All columns in these rows, as `Layout.coded` gives them."""
        return {name: self.column(name, low, high) for name in self._layout.columns}

    def spans(self, step: int) -> Iterator[tuple[int, int]]:
        """From where to where so many rows at a time go."""
        return ((low, min(self.rows, low + step)) for low in range(0, self.rows, step))

    def _read(self, place: int, into: Array) -> None:
        self._file.seek(place)
        if self._file.readinto(into.data) != into.nbytes:  # type: ignore[attr-defined]
            raise self._broken()
