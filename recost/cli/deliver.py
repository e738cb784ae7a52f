"""A text that a command makes: to standard output, or to a file, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recost.errors import InputError

OutputFile = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write to a file instead of the screen."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace a file that exists.")]


def deliver(text: str, path: Path | None, force: bool) -> None:
    """Write `text` to a file, or to standard output where there is none or it is ``-``."""
    if path is None or str(path) == "-":
        typer.echo(text, nl=False)
        return
    from recost.report.files import write_files

    if path.exists() and not force:
        raise InputError("exists; --force replaces it", path=str(path))
    write_files({path: text.encode("utf-8")})
