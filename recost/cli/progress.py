"""A bar on standard error for what takes more than a second, and an orderly end on Ctrl-C."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from recost.cli.output import Output

if TYPE_CHECKING:
    from recost.study.result import Result

_WIDTH = 24
# Nothing is shown of what is done by then, and no more often than that afterwards.
_PATIENCE, _PERIOD = 1.0, 0.1
#: The exit code after Ctrl-C.
INTERRUPTED = 130


class Bar:
    """What a study calls as its `progress`: share done and what is being done.

    `first` is the share that was done before, which took none of the time.
    """

    def __init__(self, quiet: bool, first: float = 0.0) -> None:
        self._started = self._drawn = time.perf_counter()
        self._silent = quiet or sys.stderr is None or not sys.stderr.isatty()
        self._first = first
        self._length = 0

    @property
    def seconds(self) -> float:
        """How long it has been there."""
        return time.perf_counter() - self._started

    def __call__(self, share: float, what: str) -> None:
        """Draw the bar, unless the study is young or the last drawing is."""
        now = time.perf_counter()
        if self._silent or now - self._started < _PATIENCE or now - self._drawn < _PERIOD:
            return
        self._drawn = now
        share = min(max(share, 0.0), 1.0)
        full = int(share * _WIDTH)
        left = ""
        if share > self._first:
            spent = now - self._started
            left = f", {_duration(spent * (1.0 - share) / (share - self._first))} left"
        line = f"[{'#' * full}{'.' * (_WIDTH - full)}] {100 * share:3.0f} % {what}{left}"
        # A line that wraps cannot be drawn over.
        self._write(line[: shutil.get_terminal_size().columns - 1])

    def clear(self) -> None:
        """Take the bar away, so that an answer does not stand beside it."""
        if self._length:
            self._write("")
            sys.stderr.write("\r")
            sys.stderr.flush()
            self._length = 0

    def _write(self, line: str) -> None:
        sys.stderr.write("\r" + line.ljust(self._length))
        sys.stderr.flush()
        self._length = len(line)


class Counter:
    """A bar over things that are counted, with their rate.

    Parameters
    ----------
    total, done : how many things there are, and how many were done before
    unit : what they are called
    quiet : never show anything
    """

    def __init__(self, total: int, unit: str, *, done: int = 0, quiet: bool = False) -> None:
        self._total, self._unit, self._first = total, unit, done
        self._bar = Bar(quiet, done / total if total else 0.0)

    def update(self, done: int) -> None:
        """Show that `done` things are done."""
        seconds = self._bar.seconds
        rate = (done - self._first) / seconds if seconds > 0.0 else 0.0
        share = done / self._total if self._total else 1.0
        self._bar(share, f"{done:,}/{self._total:,} {self._unit}, {rate:,.0f}/s")

    def end(self) -> None:
        """Take the bar away."""
        self._bar.clear()


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def simulate(out: Output, study: Callable[[Bar], Result], **provenance: Any) -> Result:
    """Run a study with a bar and show its answer; on Ctrl-C show what is known and leave with 130.

    Returns the answer for what else there is to say about it.
    """
    from recost.study.sampling import Interrupted

    bar = Bar(out.quiet)
    try:
        result = study(bar)
    except Interrupted as stopped:
        bar.clear()
        if stopped.result.rows:
            out.show(stopped.result, interrupted=True, **provenance)
        typer.echo("interrupted: what was known by then", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except BaseException:
        bar.clear()
        raise
    bar.clear()
    out.show(result, **provenance)
    return result
