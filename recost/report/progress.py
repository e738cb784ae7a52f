"""A line on standard error that says how far a long run is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


class Progress:
    """A bar with rate and time left, on a terminal, after the first second.

    Parameters
    ----------
    total, done : how many things there are, and how many were done before
    unit : what they are called
    quiet : never show anything
    clock : seconds, for tests
    """

    def __init__(
        self,
        total: int,
        unit: str,
        *,
        done: int = 0,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total, self._unit, self._first, self._clock = total, unit, done, clock
        self._start = self._shown = clock()
        self._used = False
        self._on = not quiet and sys.stderr is not None and sys.stderr.isatty()

    def update(self, done: int) -> None:
        """Show that `done` things are done, a few times a second."""
        now = self._clock()
        if not self._on or now - self._start < 1.0 or now - self._shown < 0.2:
            return
        self._shown = now
        self._used = True
        sys.stderr.write("\r" + self.line(done, now - self._start) + "\x1b[K")
        sys.stderr.flush()

    def line(self, done: int, seconds: float) -> str:
        """The bar: share, numbers, rate, time left."""
        share = done / self._total if self._total else 1.0
        rate = (done - self._first) / seconds if seconds > 0.0 else 0.0
        left = (self._total - done) / rate if rate > 0.0 else 0.0
        bar = "#" * int(20 * share)
        return (
            f"[{bar:<20}] {share:4.0%} {done:,}/{self._total:,} {self._unit}, {rate:,.0f}/s,"
            f" {_duration(left)} left"
        )

    def end(self) -> None:
        """Take the line away."""
        if self._used:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
