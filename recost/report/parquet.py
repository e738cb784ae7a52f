"""Rows of a sweep as Parquet, row group by row group: the same bytes, however they were cut."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.models.numbers import is_repeated
from recost.report.layout import Layout, Table

Array = np.ndarray[Any, Any]

#: Rows of a row group; the same for a file written at once, resumed or merged.
ROW_GROUP = 131_072


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


def parquet_writer(path: Path, schema: Any) -> Any:
    """A writer of Parquet files, all of which are written alike.

    A dictionary of numbers that hardly repeat takes more time than all the rest; of the bytes of
    numbers that lie close, the first ones are alike: side by side they take a part of the room.
    Numbers that differ do not get much smaller by looking longer, so that zstd looks briefly.
    """
    pa = pyarrow()
    words = [field.name for field in schema if field.type == pa.string()]
    floats = [field.name for field in schema if field.type == pa.float64()]
    return pa.parquet.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=-1,
        use_dictionary=words,
        use_byte_stream_split=floats,
    )


class RowGroups:
    """A Parquet file that grows by a row group whenever so many rows are there.

    Other threads go on meanwhile: pyarrow lets go of the interpreter.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        pa = pyarrow()
        kinds = {name: pa.string() for name in layout.words}
        kinds |= dict.fromkeys(layout.whole, pa.int64())
        self._path, self._layout = path, layout
        self._schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in layout.columns])
        self._waiting: list[Table] = []
        self._rows = 0
        self._writer = parquet_writer(path, self._schema)

    def add(self, coded: Table) -> None:
        """Take rows, as `Layout.coded` gives them."""
        low, rows = 0, len(coded[self._layout.columns[0]])
        while low < rows:
            high = min(rows, low + ROW_GROUP - self._rows)
            self._waiting.append({name: column[low:high] for name, column in coded.items()})
            self._rows += high - low
            low = high
            if self._rows == ROW_GROUP:
                self._write()

    def _write(self) -> None:
        """The rows that wait as a row group."""
        names = self._layout.columns
        arrays = [self._array(name, [part[name] for part in self._waiting]) for name in names]
        self._waiting, self._rows = [], 0
        table = pyarrow().Table.from_arrays(arrays, schema=self._schema)
        self._writer.write_table(table, ROW_GROUP)

    def _array(self, name: str, parts: list[Array]) -> Any:
        """A column of a row group."""
        pa = pyarrow()
        if name in self._layout.words:
            words = self._layout.words[name]
            first = parts[0][0]
            if all(is_repeated(part) and part[0] == first for part in parts):
                return pa.repeat(pa.scalar(words[first]), self._rows)
            codes = pa.array(np.concatenate(parts))
            return pa.DictionaryArray.from_arrays(codes, pa.array(words)).cast(pa.string())
        values = np.concatenate(parts)
        # Looking for what is not there takes longer than to see that nothing is missing.
        gaps = self._layout.kind(name) is np.float64 and bool(np.isnan(values.min()))
        array = pa.array(values, from_pandas=gaps)
        return array.cast(pa.int64()) if name in self._layout.gapped else array

    def finish(self) -> None:
        """Write what is left."""
        if self._rows:
            self._write()
        self._writer.close()

    def abandon(self) -> None:
        """Leave no file; nothing happens to one that has got its name."""
        if self._writer.is_open:
            with suppress(OSError, pyarrow().ArrowException):
                self._writer.close()
            self._writer.is_open = False  # or it tries again when it is forgotten
        with suppress(OSError):
            self._path.unlink()
