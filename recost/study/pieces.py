"""A study piece by piece: side by side on threads, and in order as they come out."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

import numba
import numpy as np

from recost.errors import InputError
from recost.study.conditions import matching
from recost.study.selection import Selection, Table, best, choose, join, rows_of
from recost.study.sweep import Part, Study
from recost.study.team import Team

#: (next point, rows that may be wanted, impossible points), piece by piece.
Pieces = Iterator[tuple[int, Table, int]]

#: Pieces under way for each thread: one at work, and one that waits for it while rows are written.
#: With more, what fast pieces hold leaves the processor's cache.
IN_FLIGHT = 2
# Seconds after which a thread asks for the interpreter.
_TURN_S = 2e-4


def chunks(study: Study, selection: Selection, start: int, stop: int) -> Pieces:
    """Pieces of a study, in order; threads work on as many as Numba may have threads.

    Kernels let go of the interpreter, and so does NumPy where it works on whole columns.
    """
    threads = 1 if study.alone else numba.get_num_threads()
    pieces = study.spans(start, stop, threads)
    _keep_memory()

    def work(span: tuple[int, int]) -> tuple[int, Part]:
        return span[1], piece(study, selection, *span)

    def ready() -> None:  # each thread starts with Numba's own number, whatever this one was told
        numba.set_num_threads(threads)

    if threads == 1 or stop - start <= study.step(stop - start, threads):
        yield from _heard(study, map(work, pieces))
        return
    results = Team(work, pieces, threads * IN_FLIGHT).results(threads, ready)
    with _short_turns, closing(results) as found:
        yield from _heard(study, found)


def _heard(study: Study, found: Iterable[tuple[int, Part]]) -> Pieces:
    """Pieces as they are given away, once what is said of their points is noted."""
    for high, (table, impossible, refused) in found:
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
