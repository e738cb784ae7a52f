"""Rows written as they are made: CSV, Parquet and NPZ in constant memory, whole or not at all.

Rows go to NAME.part; how far they reach is said in NAME.part.json, so that an interrupted run can
go on where it stopped and end in the same bytes.  CSV grows there as it is; rows for Parquet and
NPZ wait as fixed-size records until all are there.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, Any

import numpy as np

from recost.errors import InputError
from recost.models.numbers import is_repeated

Array = np.ndarray[Any, Any]
Table = Mapping[str, Array]

SUFFIXES = (".csv", ".parquet", ".npz")
#: Rows of a row group of Parquet; the same for a file written at once, resumed or merged.
ROW_GROUP = 131_072
# Rows that are turned between records and columns at once: they stay in the processor's cache.
_TURNED = 2048


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

    @property
    def dtype(self) -> np.dtype[np.void]:
        """A row as a record: words as their place among all that may stand there."""
        kinds = dict.fromkeys(self.words, "<i4") | dict.fromkeys(self.whole, "<i8")
        kinds |= dict.fromkeys(self.gapped, "<f8")
        return np.dtype([(name, kinds.get(name, "<f8")) for name in self.columns])

    def table(self, records: Array) -> dict[str, Array]:
        """Records as the rows of a table."""
        found = columns_of(records)
        for name, words in self.words.items():
            found[name] = np.array(words, object)[found[name]]
        return found

    def records(self, table: Table) -> Array:
        """Rows of a table as records."""
        columns: dict[str, Array] = {}
        for name in self.columns:
            columns[name] = table[name]
            if name in self.words:
                code = {word: i for i, word in enumerate(self.words[name])}
                one = is_repeated(table[name]) and len(table[name])
                words = table[name][:1] if one else table[name]
                codes = np.array([code[word] for word in words.tolist()], np.int32)
                columns[name] = np.broadcast_to(codes, len(table[name])) if one else codes
        records = np.empty(len(table[self.columns[0]]), self.dtype)
        for start in range(0, len(records), _TURNED):
            part = slice(start, start + _TURNED)
            for name, column in columns.items():
                records[name][part] = column[part]
        return records


def columns_of(records: Array) -> dict[str, Array]:
    """Records as columns."""
    names = records.dtype.names or ()
    found = {name: np.empty(len(records), records.dtype[name]) for name in names}
    for start in range(0, len(records), _TURNED):
        part = slice(start, start + _TURNED)
        block = np.asarray(records[part])
        for name, column in found.items():
            column[part] = block[name]
    return found


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
    next_point: int = 0
    rows: int = 0
    impossible: int = 0
    _size: int = 0
    _file: IO[bytes] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.path.suffix.lower() not in SUFFIXES:
            raise InputError(
                f"the suffix '{self.path.suffix}' names no format of a sweep; use one of"
                f" {', '.join(SUFFIXES)}",
                path=str(self.path),
            )
        if self.path.suffix.lower() == ".parquet":
            pyarrow()
        if not self.path.parent.is_dir():
            raise InputError(f"there is no folder {self.path.parent}", path=str(self.path))

    @property
    def part(self) -> Path:
        """Where the rows grow."""
        return self.path.with_name(self.path.name + ".part")

    @property
    def state(self) -> Path:
        """What says how far the rows reach."""
        return self.path.with_name(self.path.name + ".part.json")

    @property
    def _is_csv(self) -> bool:
        return self.path.suffix.lower() == ".csv"

    def begin(self, start: int, *, resume: bool) -> None:
        """Open the part: a new one from point `start` on, or the one that is there."""
        self.next_point = start
        old = self._read_state() if resume else None
        if old is not None:
            self.next_point, self.rows = old["next_point"], old["rows"]
            self.impossible, self._size = old["impossible"], old["size"]
        self._file = self.part.open("r+b" if old is not None else "wb")
        self._file.truncate(self._size)
        self._file.seek(self._size)
        if self._is_csv and not self._size:
            heading = ",".join(_quoted(name) for name in self.layout.columns) + "\n"
            self._size += self._file.write(heading.encode("utf-8"))
        self._save_state()

    def _read_state(self) -> dict[str, Any] | None:
        """What an interrupted run left, or nothing if there was none."""
        try:
            old: dict[str, Any] = json.loads(self.state.read_text(encoding="utf-8"))
            have = self.part.stat().st_size
        except (OSError, ValueError):
            return None
        if old.get("identity") != self.identity:
            raise InputError(
                "is the part of another sweep (other files, keys, columns or version); remove it"
                " or leave --resume out",
                path=str(self.part),
            )
        if have < old["size"]:
            raise InputError("is shorter than it was; leave --resume out", path=str(self.part))
        return old

    def append(self, table: Table, next_point: int, impossible: int) -> None:
        """Write the rows of the points before `next_point`, and note that they are there."""
        assert self._file is not None
        content: bytes | memoryview
        if self._is_csv:
            content = csv_lines(table, self.layout).encode("utf-8")
        else:
            content = self.layout.records(table).view(np.uint8).data
        self._size += self._file.write(content)
        self._file.flush()
        self.next_point = next_point
        self.rows += len(table[self.layout.columns[0]])
        self.impossible += impossible
        self._save_state()

    def _save_state(self) -> None:
        said = {
            "identity": self.identity,
            "next_point": self.next_point,
            "rows": self.rows,
            "impossible": self.impossible,
            "size": self._size,
        }
        assert self._file is not None
        self._file.flush()
        fresh = self.state.with_name(self.state.name + ".new")
        fresh.write_text(json.dumps(said), encoding="utf-8")
        fresh.replace(self.state)

    def finish(self) -> None:
        """Give the file its name, once everything is on disk."""
        assert self._file is not None
        if self._is_csv:
            os.fsync(self._file.fileno())
            self._file.close()
            self.part.replace(self.path)
        else:
            self._file.close()
            fresh = self.path.with_name(self.path.name + ".new")
            try:
                _write_columns(fresh, self)
                fresh.replace(self.path)
            finally:
                with suppress(OSError):
                    fresh.unlink()
            self.part.unlink()
        self.state.unlink()

    def blocks(self) -> Iterator[Array]:
        """The records that wait in the part, a row group after the other.

        Each is mapped by itself, so that a file may be larger than memory.
        """
        dtype = self.layout.dtype
        for start in range(0, self.rows, ROW_GROUP):
            many, offset = min(ROW_GROUP, self.rows - start), start * dtype.itemsize
            yield np.memmap(self.part, dtype, "r", offset, (many,))

    def close(self) -> None:
        """Leave the part as it is, to be resumed."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()


def _write_columns(path: Path, stream: Stream) -> None:
    """Write the records of a part as Parquet or NPZ."""
    if stream.path.suffix.lower() == ".parquet":
        _write_parquet(path, stream)
    else:
        write_npz(path, _npz_arrays(stream))
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def pyarrow() -> Any:
    """The package, or an InputError that says how to get it."""
    try:
        import pyarrow as pa
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise InputError(
            "Parquet needs pyarrow: pip install 'recost[parquet]'; .csv and .npz need nothing"
        ) from None
    return pa


def _write_parquet(path: Path, stream: Stream) -> None:
    pa, layout = pyarrow(), stream.layout
    kinds = {name: pa.string() for name in layout.words} | dict.fromkeys(layout.whole, pa.int64())
    schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in layout.columns])
    with pa.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for records in stream.blocks():
            arrays = []
            for name, values in columns_of(records).items():
                if name in layout.words:
                    words = pa.array(list(layout.words[name]), pa.string())
                    coded = pa.DictionaryArray.from_arrays(pa.array(values), words)
                    arrays.append(coded.cast(pa.string()))
                else:
                    array = pa.array(values, from_pandas=True)
                    arrays.append(array.cast(pa.int64()) if name in layout.gapped else array)
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema), ROW_GROUP)


def _npz_arrays(stream: Stream) -> Iterator[tuple[str, Iterator[Array], int]]:
    """One array a column; of words two: NAME holds each row's place in ``NAME.words``."""
    layout = stream.layout
    nothing = np.zeros(0, layout.dtype)  # has the type of a column, if there is no row
    for name in layout.columns:
        blocks = chain([nothing], stream.blocks())
        yield name, (np.ascontiguousarray(block[name]) for block in blocks), stream.rows
        if name in layout.words:
            words = np.array(layout.words[name])
            yield f"{name}.words", iter([words]), len(words)


def write_npz(path: Path, arrays: Iterable[tuple[str, Iterator[Array], int]]) -> None:
    """Write named arrays one after the other; no times, so that equal rows are equal bytes.

    An array comes in pieces, with the sum of their lengths.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, pieces, length in arrays:
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            with archive.open(entry, "w", force_zip64=True) as file:
                rows = 0
                for i, piece in enumerate(pieces):
                    if i == 0:
                        said = np.lib.format.header_data_from_array_1_0(piece)
                        np.lib.format.write_array_header_1_0(file, said | {"shape": (length,)})
                    file.write(piece.data)
                    rows += len(piece)
                assert rows == length, name  # or the file says what is not there


def check_new(paths: Sequence[Path], *, force: bool, resume: bool = False) -> None:
    """Refuse to replace what is there without being told to; `resume` offers to go on with it."""
    for path in paths:
        if path.exists() and not force:
            other = "--resume goes on with it, " if resume else ""
            raise InputError(f"exists; {other}--force replaces it", path=str(path))
