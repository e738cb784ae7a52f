"""Blocks of a sweep's rows as Parquet and NPZ: the same bytes, however the rows were cut."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.report.layout import Blocks, Layout

Array = np.ndarray[Any, Any]

#: Rows of a row group of Parquet; the same for a file written at once, resumed or merged.
ROW_GROUP = 131_072


def write_columns(path: Path, blocks: Blocks, layout: Layout, suffix: str) -> None:
    """Write blocks as a file of that suffix."""
    if suffix == ".parquet":
        _write_parquet(path, blocks, layout)
    else:
        write_npz(path, _npz_arrays(blocks, layout))
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


def parquet_writer(path: Path, schema: Any) -> Any:
    """A writer of Parquet files, all of which are written alike.

    A dictionary of numbers that hardly repeat takes more time than all the rest; of the bytes of
    numbers that lie close, the first ones are alike: side by side they take a part of the room.
    """
    pa = pyarrow()
    words = [field.name for field in schema if field.type == pa.string()]
    floats = [field.name for field in schema if field.type == pa.float64()]
    return pa.parquet.ParquetWriter(
        path, schema, compression="zstd", use_dictionary=words, use_byte_stream_split=floats
    )


def _write_parquet(path: Path, blocks: Blocks, layout: Layout) -> None:
    pa = pyarrow()
    kinds = {name: pa.string() for name in layout.words} | dict.fromkeys(layout.whole, pa.int64())
    schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in layout.columns])
    with parquet_writer(path, schema) as writer:
        for low, high in blocks.spans(ROW_GROUP):
            arrays = []
            for name in layout.columns:
                values = blocks.column(name, low, high)
                if name in layout.words:
                    words = pa.array(list(layout.words[name]), pa.string())
                    coded = pa.DictionaryArray.from_arrays(pa.array(values), words)
                    arrays.append(coded.cast(pa.string()))
                else:
                    array = pa.array(values, from_pandas=True)
                    arrays.append(array.cast(pa.int64()) if name in layout.gapped else array)
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema), ROW_GROUP)


def _npz_arrays(blocks: Blocks, layout: Layout) -> Iterator[tuple[str, Iterator[Array], int]]:
    """One array a column; of words two: NAME holds each row's place in ``NAME.words``."""
    for name in layout.columns:
        kind = np.int32 if name in layout.words else layout.kind(name)
        yield name, _pieces(blocks, name, kind), blocks.rows
        if name in layout.words:
            words = np.array(layout.words[name])
            yield f"{name}.words", iter([words]), len(words)


def _pieces(blocks: Blocks, name: str, kind: type[np.generic]) -> Iterator[Array]:
    yield np.zeros(0, kind)  # has the type of a column, if there is no row
    for low, high in blocks.spans(ROW_GROUP):
        yield blocks.column(name, low, high).astype(kind, copy=False)


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
