"""A command line whose commands fail in every way a real one can: `python -m tests.cli.faulty`."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time

import typer

from recost.cli.lazy import Entry, LazyGroup
from recost.cli.output import Output, with_output
from recost.errors import Fault, InputError
from tests.report.results import comparison


def input_error() -> None:
    raise InputError(
        [
            Fault("unknown key; did you mean 'bits'?", "mine.toml", 14, 1, "adc.bit"),
            Fault("no column is named"),
        ]
    )


def no_space() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "cache")


def interrupted() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)


def endless() -> None:
    while True:
        print("a line of the answer")  # noqa: T201


def one_line() -> None:
    print("a line of the answer")  # noqa: T201


@with_output
def answer(*, out: Output) -> None:
    out.show(comparison())


group = typer.Typer()


@group.command()
def first() -> None:
    """Do the first thing."""
    print("first")  # noqa: T201


@group.command()
def second() -> None:
    """Do the second thing."""


class Faulty(LazyGroup):
    entries = (
        *(
            Entry(name.replace("_", "-"), f"{__name__}:{name}", f"the {name} command")
            for name in (
                "input_error",
                "no_space",
                "interrupted",
                "endless",
                "one_line",
                "answer",
            )
        ),
        Entry("group", f"{__name__}:group", "two commands"),
        Entry("missing", "tests.cli.no_such_module:command", "not installed"),
    )


app = typer.Typer(cls=Faulty, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback()
def root() -> None:
    """Fail."""


if __name__ == "__main__":
    sys.modules["tests.cli.faulty"] = sys.modules["__main__"]
    app(prog_name="faulty")
