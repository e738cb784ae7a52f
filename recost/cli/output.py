"""The way out of a command: the answer on standard output, everything else on standard error."""

from __future__ import annotations

import inspect
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import recost
from recost.report.write import Format, Request, write

if TYPE_CHECKING:
    from recost.cli.options import Inputs
    from recost.study.result import Result


# Columns left out that a note names.
_SHOWN = 6


@dataclass(frozen=True)
class Output:
    """Where and how an answer goes; each field is an option of every command that has one."""

    output_format: Annotated[
        Format | None,
        typer.Option("-f", "--format", help="Format; by default the suffix of -o, else table."),
    ] = None
    path: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write to a file (.csv .json .md .txt), whole or not at all; - is standard "
            "output.",
        ),
    ] = None
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="A,B", help="These columns, in this order; energy_* stands for several."
        ),
    ] = None
    sort: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Order of the rows; -COLUMN is descending."),
    ] = None
    means: Annotated[bool, typer.Option("--means", help="Means in CSV and JSON too.")] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No notes on standard error.")] = (
        False
    )
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Say which files were read and how long it took."),
    ] = False

    request: Request = field(init=False)
    started: float = field(init=False, default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        request = Request(
            format=self.output_format,
            path=self.path,
            columns=_names(self.columns),
            sort=_names(self.sort),
            means=self.means,
            width=terminal_width(),
            provenance={"version": recost.__version__, "command": ["recost", *sys.argv[1:]]},
        )
        object.__setattr__(self, "request", request)

    def note(self, text: str) -> None:
        """Say something by the way, unless --quiet."""
        if not self.quiet:
            typer.echo(f"note: {text}", err=True)

    def announce(self, inputs: Inputs) -> None:
        """With --verbose, say which files were read."""
        if self.verbose:
            designs = (*inputs.hardware, *([inputs.baseline] if inputs.baseline else ()))
            for item in (*designs, *inputs.networks):
                self.note(f"{item.name} is {item.path}")

    def compiling(self) -> None:
        """Say that kernels are compiled, if any are: a first run waits for them."""
        tell_compiling(self.note)

    def show(self, result: Result, **provenance: Any) -> None:
        """Write the answer, then its notes and warnings, and say which columns did not fit.

        `provenance` is what the study does not know: the settings, the seed.
        """
        request = replace(self.request, provenance=self.request.provenance | provenance)
        omitted = write(result, request)
        if omitted:
            self.note(
                f"too wide for {request.width} characters: {_first_of(omitted)}; "
                "--columns chooses, -f csv and -o FILE have all"
            )
        for text in dict.fromkeys(result.notes):
            self.note(text)
        for text in dict.fromkeys(result.warnings):
            typer.echo(f"warning: {text}", err=True)
        if self.verbose:
            self.note(f"{time.perf_counter() - self.started:.2f} s")


def tell_compiling(note: Callable[[str], None]) -> None:
    """Let `note` say that kernels are compiled, as soon as one is."""
    from recost.kernels._numba import when_compiling

    when_compiling(
        lambda: note(
            "compiling, once on this machine: some seconds; a minute or so for sweeps and studies"
        )
    )


def with_output(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `Output`, and hand it what they make as `out`."""
    shared = inspect.signature(Output, eval_str=True).parameters
    own = dict(inspect.signature(command, eval_str=True).parameters)
    del own["out"]

    @wraps(command)
    def run(**options: Any) -> None:
        out = Output(**{name: options.pop(name) for name in shared})
        command(out=out, **options)

    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in (*own.values(), *shared.values())
    ]
    decorated: Any = run
    decorated.__signature__ = inspect.Signature(parameters)
    decorated.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def terminal_width() -> int | None:
    """The columns a table must fit: COLUMNS, else those of the terminal; None in a pipe or file."""
    if os.environ.get("COLUMNS", "").isdigit() or (sys.stdout and sys.stdout.isatty()):
        return shutil.get_terminal_size().columns or None
    return None


def _first_of(names: Sequence[str]) -> str:
    """The first names of a list, and how many more there are."""
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _names(text: str | None) -> tuple[str, ...]:
    """The names of a comma-separated list."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())
