"""One result, one call: the columns and order asked for, in a format, to a place."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from recost.errors import InputError
from recost.report.files import write_files
from recost.report.select import choose_columns, sort_rows
from recost.study.result import Result


class Format(Enum):
    """The formats of a result."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"


#: The formats of an answer, by the suffix of a file.
SUFFIXES = {
    ".csv": Format.CSV,
    ".json": Format.JSON,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".txt": Format.TABLE,
}


@dataclass(frozen=True)
class Request:
    """How an answer is wanted; checked when it is made, before anything is computed.

    Parameters
    ----------
    format : Format, optional
        By default that of the file's suffix, and a table on standard output.
    path : Path, optional
        The file; None and ``-`` are standard output.
    columns, sort : sequence of str
        As `recost.report.select` takes them; empty for all columns, in the study's order.
    means : bool
        Whether CSV and JSON carry the means (tables always do).
    width : int, optional
        The columns of the terminal that a table on standard output must fit.
    provenance : dict
        What JSON and a CSV file's companion say beside the result's own provenance.

    Raises
    ------
    InputError
        The suffix is unknown, or is that of another format; the folder does not exist.
    """

    format: Format | None = None
    path: Path | None = None
    columns: Sequence[str] = ()
    sort: Sequence[str] = ()
    means: bool = False
    width: int | None = None
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path == Path("-"):
            object.__setattr__(self, "path", None)
        elif self.path is not None and not self.path.parent.is_dir():
            raise InputError(
                f"cannot be written: there is no folder {self.path.parent}", path=str(self.path)
            )
        object.__setattr__(self, "format", self._resolve_format())

    def _resolve_format(self) -> Format:
        if self.path is None:
            return self.format or Format.TABLE
        check_suffix(self.path, self.format)
        return self.format or SUFFIXES.get(self.path.suffix.lower(), Format.TABLE)


def check_suffix(path: Path, asked: Format | None, more: Sequence[str] = ()) -> None:
    """Refuse a suffix that is no format, nor one of `more`, or not the one that is asked for."""
    suffix = path.suffix.lower()
    said = SUFFIXES[suffix].value if suffix in SUFFIXES else suffix[1:] * (suffix in more)
    if not said and asked is None:
        every = ", ".join(dict.fromkeys([*SUFFIXES, *more]))
        raise InputError(
            f"the suffix '{path.suffix}' names no format; use one of {every}, or -f",
            path=str(path),
        )
    if said and asked and said != asked.value:
        raise InputError(
            f"the suffix '{path.suffix}' says {said}, -f says {asked.value}", path=str(path)
        )


def write(result: Result, request: Request) -> list[str]:
    """Write the result as asked, and return the names of the columns that did not fit."""
    if request.sort:
        result = sort_rows(result, request.sort)
    if request.columns:
        result = choose_columns(result, request.columns)
    text, omitted = _render(result, request)
    if request.path is None:
        _print(text, request)
        return omitted
    contents = {request.path: text.encode("utf-8")}
    if request.format is Format.CSV and (request.path.is_file() or not request.path.exists()):
        from recost.report.machine import companion_text

        companion = companion_text(result, request.provenance)
        contents[request.path.with_suffix(".meta.json")] = companion.encode("utf-8")
    write_files(contents)
    return omitted


def _render(result: Result, request: Request) -> tuple[str, list[str]]:
    if request.format is Format.CSV:
        from recost.report.machine import csv_text

        return csv_text(result, means=request.means), []
    if request.format is Format.JSON:
        from recost.report.machine import json_text

        return json_text(result, request.provenance, means=request.means), []
    if request.format is Format.MARKDOWN:
        from recost.report.table import markdown

        return markdown(result), []
    from recost.report.table import table

    fits = request.path is None and not request.columns
    return table(result, request.width if fits else None)


def _print(text: str, request: Request) -> None:
    """Write to standard output: bytes in UTF-8 for programs, what the terminal takes for people."""
    stream = sys.stdout
    if stream is None:  # closed by the caller (>&-)
        return
    if request.format in (Format.CSV, Format.JSON) and hasattr(stream, "buffer"):
        stream.flush()
        stream.buffer.write(text.encode("utf-8"))
    else:
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "replace").decode(encoding))
    stream.flush()
