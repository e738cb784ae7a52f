"""A bar on standard error for what takes more than a second, and an orderly end on Ctrl-C."""

from __future__ import annotations

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
_INTERRUPTED = 130


class Bar:
    """What a study calls as its `progress`: share done and what is being done."""

    def __init__(self, quiet: bool) -> None:
        self._started = self._drawn = time.perf_counter()
        self._silent = quiet or sys.stderr is None or not sys.stderr.isatty()
        self._length = 0

    def __call__(self, share: float, what: str) -> None:
        """Draw the bar, unless the study is young or the last drawing is."""
        now = time.perf_counter()
        if self._silent or now - self._started < _PATIENCE or now - self._drawn < _PERIOD:
            return
        self._drawn = now
        share = min(max(share, 0.0), 1.0)
        full = int(share * _WIDTH)
        left = ""
        if share > 0.0:
            left = f", {(now - self._started) * (1.0 / share - 1.0):.0f} s left"
        line = f"[{'#' * full}{'.' * (_WIDTH - full)}] {100 * share:3.0f} % {what}{left}"
        self._write(line)

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
        raise typer.Exit(_INTERRUPTED) from None
    except BaseException:
        bar.clear()
        raise
    bar.clear()
    out.show(result, **provenance)
    return result
