"""A study piece by piece: side by side on threads, and in order as they come out."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np

from recost.errors import InputError
from recost.study.conditions import matching
from recost.study.selection import Selection, Table, best, choose, join, rows_of
from recost.study.sweep import Part, Study

#: (next point, rows that may be wanted, impossible points), piece by piece.
Pieces = Iterator[tuple[int, Table, int]]
Future = Any  # of a thread, or of a cluster

#: Pieces under way for each thread: one at work, and two that wait for it while rows are written,
#: which takes a while where they become a row group of Parquet.
IN_FLIGHT = 3
# Seconds after which a thread asks for the interpreter.
_TURN_S = 2e-4


def spans(start: int, stop: int, step: int) -> Iterator[tuple[int, int]]:
    """From where to where the pieces of so many points go."""
    return ((low, min(stop, low + step)) for low in range(start, stop, step))


def in_order(
    submit: Callable[[int, int], Future], left: Iterator[tuple[int, int]], window: int
) -> Iterator[tuple[int, Future]]:
    """Futures of `submit(low, high)` and each `high`, in order, `window` of them under way."""
    waiting: deque[tuple[int, Future]] = deque()
    try:
        while True:
            while len(waiting) < window and (span := next(left, None)) is not None:
                waiting.append((span[1], submit(*span)))
            if not waiting:
                return
            yield waiting.popleft()
    finally:
        for _, future in waiting:
            future.cancel()


def chunks(study: Study, selection: Selection, start: int, stop: int) -> Pieces:
    """Pieces of a study, in order; threads work on as many as Numba may have threads.

    Kernels let go of the interpreter, and so does NumPy where it works on whole columns.
    """
    threads = 1 if study.alone else numba.get_num_threads()
    step = study.step(stop - start, threads)
    pieces = spans(start, stop, step)
    _keep_memory()
    if threads == 1 or stop - start <= step:
        for low, high in pieces:
            table, impossible, refused = piece(study, selection, low, high)
            study.hear(refused, None)
            yield high, table, impossible
        return
    # Each thread starts with Numba's own number, whatever this one was told.
    with _short_turns, ThreadPoolExecutor(threads, "", numba.set_num_threads, (threads,)) as pool:

        def submit(low: int, high: int) -> Future:
            return pool.submit(piece, study, selection, low, high)

        for high, future in in_order(submit, pieces, threads * IN_FLIGHT):
            table, impossible, refused = future.result()
            study.hear(refused, None)
            yield high, table, impossible


class _ShortTurns:
    """Has threads that wait for the interpreter ask for it early, while any sweep is under way.

    One that works on columns lets go of it many times a millisecond and is mostly back before
    another wakes up, which then waits for its turn: by default as long as a piece takes.
    """

    def __init__(self) -> None:
        self._lock, self._sweeps, self._before = threading.Lock(), 0, 0.0

    def __enter__(self) -> None:
        with self._lock:
            if not self._sweeps:
                self._before = sys.getswitchinterval()
                sys.setswitchinterval(min(self._before, _TURN_S))
            self._sweeps += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._sweeps -= 1
            if not self._sweeps:
                sys.setswitchinterval(self._before)


_short_turns = _ShortTurns()


def _keep_memory() -> None:
    """Have glibc keep what a piece gives back for the next one.

    By default a thread returns freed memory to the system and faults it in again, page by page:
    a third of the time of fast pieces.  glibc never returns less than twice the largest block
    that was freed (mallopt(3), M_MMAP_THRESHOLD), at most 32 MiB of it; one of that size, which
    nobody writes to and so takes no memory, tells it so.
    """
    np.empty(31 << 20, np.uint8)


def piece(study: Study, selection: Selection, low: int, high: int) -> Part:
    """The rows of points low..high that may be wanted."""
    part = study.part(low, high)
    table = part.table
    if selection.where:
        table = choose(table, matching(selection.where, table, rows_of(table)))
    return part._replace(table=best(table, selection) if selection.goals else table)


def select(
    study: Study,
    selection: Selection,
    seen: Callable[[int], None],
    limit: int | None,
    pieces: Pieces,
) -> tuple[Table, int]:
    """The rows that are wanted of a whole study, and how many points are impossible.

    `seen` is told the number of points gone through; `pieces` are those of `chunks`.
    Raises InputError for more than `limit` rows.
    """
    kept: list[Table] = [study.table(0, 0)[0]]
    impossible = rows = 0
    for done, table, lost in pieces:
        impossible += lost
        rows += rows_of(table)
        kept.append(table)
        if selection.goals:
            kept = [best(join(kept), selection)]
        elif limit is not None and rows > limit:
            raise InputError(
                f"more than {limit:,} rows: write them to a file (-o FILE.csv, .parquet or .npz),"
                " or choose with --where, --top or --pareto"
            )
        seen(done)
    return join(kept), impossible
