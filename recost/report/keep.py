"""The best rows so far of a long run, so that an interrupted one goes on where it stopped."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.report.layout import FORMAT, Layout, Table

Array = np.ndarray[Any, Any]

# Seconds between two states on disk.
_PERIOD = 1.0


@dataclass
class Keep:
    """The file NAME.kept beside a final name: one line that says what it is, then a block of rows.

    It is replaced whole, so that its rows and the point that they reach to belong together.

    Parameters
    ----------
    path : the final name
    layout : the columns of the rows
    identity : what the rows are made from
    """

    path: Path
    layout: Layout
    identity: str
    next_point: int = 0
    impossible: int = 0
    _saved: float = field(default=0.0, repr=False)

    @property
    def file(self) -> Path:
        """Where the state is."""
        return self.path.with_name(self.path.name + ".kept")

    def begin(self, start: int, *, resume: bool) -> dict[str, Array]:
        """The rows of an interrupted run, if it is to go on; none from point `start` on else."""
        self.next_point = start
        content = b""
        if resume and self.file.exists():
            heading, _, content = self.file.read_bytes().partition(b"\n")
            damaged = InputError(
                "is no state of a run; remove it, or leave --resume out", path=str(self.file)
            )
            try:
                said = json.loads(heading)
                identity = said["identity"]
                self.next_point, self.impossible = int(said["next_point"]), int(said["impossible"])
            except (ValueError, KeyError, TypeError):
                raise damaged from None
            if identity != f"{self.identity} {FORMAT}":
                raise InputError(
                    "is the state of another run (other files, keys, columns or version); remove"
                    " it, or leave --resume out",
                    path=str(self.file),
                )
            try:
                return self.layout.unpack(content)
            except (ValueError, IndexError):
                raise damaged from None
        return self.layout.unpack(content)

    def update(self, table: Table, next_point: int, impossible: int) -> None:
        """Note how far the rows reach; written down about once a second."""
        self.next_point, self.impossible = next_point, self.impossible + impossible
        if time.monotonic() - self._saved < _PERIOD:
            return
        said = {
            "identity": f"{self.identity} {FORMAT}",
            "next_point": self.next_point,
            "impossible": self.impossible,
        }
        fresh = self.file.with_name(self.file.name + ".new")
        content = self.layout.pack(self.layout.coded(table))
        fresh.write_bytes(b"".join([json.dumps(said).encode(), b"\n", *content]))
        fresh.replace(self.file)
        self._saved = time.monotonic()

    def finish(self) -> None:
        """The rows have their file: the state is not needed any more."""
        with suppress(OSError):
            self.file.unlink()
