"""Pieces of work on threads that take them one after the other; results come out in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Span = TypeVar("Span")
Result = TypeVar("Result")


class Team(Generic[Span, Result]):
    """Threads of which the one that asks for the results is one, for as long as it would wait.

    Nobody hands out pieces: whoever is done takes the next, which costs microseconds where a pool
    of threads with futures takes tens of them.

    Parameters
    ----------
    work : what is to be done with a piece
    spans : the pieces
    window : how many are begun at most whose results are not asked for
    """

    def __init__(self, work: Callable[[Span], Result], spans: Iterator[Span], window: int) -> None:
        self._work, self._spans, self._window = work, spans, window
        self._turn = threading.Condition()
        self._begun = self._given = 0
        self._over = False  # no piece is left, or nobody wants one
        self._idle = 0  # threads that wait
        self._done: dict[int, Result | Exception] = {}

    def results(self, threads: int, ready: Callable[[], None]) -> Generator[Result]:
        """Results in the order of their pieces; threads call `ready` before they begin.

        What a piece raises is raised when its turn comes.
        """
        with ThreadPoolExecutor(threads - 1, "", ready) as pool:
            for _ in range(threads - 1):
                pool.submit(self._help)
            try:
                while (result := self._next()) is not None:
                    if isinstance(result, Exception):
                        raise result
                    yield result
            finally:
                with self._turn:
                    self._over = True
                    self._turn.notify_all()

    def _help(self) -> None:
        """Do pieces until there are none."""
        while self._one(wait=True):
            pass

    def _one(self, *, wait: bool) -> bool:
        """Do the next piece, if there is one and, unless this may `wait`, room for it."""
        with self._turn:
            if wait:
                self._pause_until(lambda: self._over or self._has_room())
            if self._over or not self._has_room():
                return False
            if (span := next(self._spans, None)) is None:
                self._over = True
                return False
            number = self._begun
            self._begun += 1
        try:
            found: Result | Exception = self._work(span)
        except Exception as error:  # noqa: BLE001 - it is raised when its turn comes
            found = error
        self._done[number] = found
        self._wake()
        return True

    def _next(self) -> Result | Exception | None:
        """The next result in order, worked on here if nobody has; None after the last."""
        number = self._given
        while number not in self._done:
            if self._one(wait=False):
                continue
            with self._turn:
                if self._over and number >= self._begun:
                    return None
                self._pause_until(lambda: number in self._done)
        self._given += 1
        self._wake()
        return self._done.pop(number)

    def _has_room(self) -> bool:
        return self._begun - self._given < self._window

    def _pause_until(self, met: Callable[[], bool]) -> None:
        """Wait, in one's turn.  Who changes something looks for who waits after that, not before.

        So whoever waits says so first, and then looks whether there is anything to wait for.
        """
        self._idle += 1
        while not met():
            self._turn.wait()
        self._idle -= 1

    def _wake(self) -> None:
        if self._idle:
            with self._turn:
                self._turn.notify_all()
