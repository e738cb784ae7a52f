"""Blocks of a sweep's rows as NPZ: the same bytes, however the rows were cut."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from recost.report.layout import Blocks, Layout

Array = np.ndarray[Any, Any]

# Rows that are in memory at once.
_ROWS = 131_072


def write_blocks(path: Path, blocks: Blocks, layout: Layout) -> None:
    """Write blocks as a file of arrays."""
    write_npz(path, _arrays(blocks, layout))


def _arrays(blocks: Blocks, layout: Layout) -> Iterator[tuple[str, Iterator[Array], int]]:
    """One array a column; of words two: NAME holds each row's place in ``NAME.words``."""
    for name in layout.columns:
        kind = np.int32 if name in layout.words else layout.kind(name)
        yield name, _pieces(blocks, name, kind), blocks.rows
        if name in layout.words:
            words = np.array(layout.words[name])
            yield f"{name}.words", iter([words]), len(words)


def _pieces(blocks: Blocks, name: str, kind: type[np.generic]) -> Iterator[Array]:
    yield np.zeros(0, kind)  # has the type of a column, if there is no row
    for low, high in blocks.spans(_ROWS):
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
