"""A sweep on the machines of a Dask cluster: the same pieces, worked out elsewhere.

A piece depends on what it is asked for and on nothing else, so that one which is lost with its
worker is worked out again by another, and rows come back in the order of their points.
"""

from __future__ import annotations

import logging
import pickle
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

import recost
from recost.errors import Fault, InputError
from recost.study.pieces import IN_FLIGHT, Pieces, piece
from recost.study.selection import Selection
from recost.study.sweep import Part, Study

# Seconds to wait for the scheduler, and for a worker to come back after the last has gone.
_PATIENCE, _LONELY = 10.0, 60.0
_AT_WORK = threading.Lock()
# [protocol://]host:port, the host perhaps in the brackets of IPv6.
_ADDRESS = r"(\w+://)?(\[[\w:]+\]|[^\s/:\[\]]+):\d+"


class Cluster:
    """A connection to the scheduler at `address`.

    Raises
    ------
    InputError
        Dask is not installed, nobody answers, there are no workers, or they have another recost.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ModuleNotFoundError:
            raise InputError(
                "needs Dask: pip install 'recost[cluster]', here and on the workers",
                key="--cluster",
            ) from None
        if not re.fullmatch(_ADDRESS, address):
            raise InputError(
                f"'{address}' is no address of a scheduler: write what 'dask scheduler' prints,"
                " such as tcp://192.168.0.1:8786",
                key="--cluster",
            )
        self.address = address
        try:
            self._client: Any = Client(address, timeout=_PATIENCE, set_as_default=False)
        except OSError:  # which a timeout is too
            raise InputError(
                f"no scheduler answers at {address}; start one with 'dask scheduler', and workers"
                f" with 'dask worker {address}'",
                key="--cluster",
            ) from None
        try:
            self._check_workers()
        except InputError:
            self._client.close()
            raise

    def _check_workers(self) -> None:
        if not self._workers():
            raise InputError(
                f"the scheduler at {self.address} has no workers; start some with 'dask worker"
                f" {self.address}'",
                key="--cluster",
            )
        versions = self._client.run(_version, on_error="return")
        faults = []
        for worker, version in versions.items():
            if version != recost.__version__:
                what = "has no recost" if isinstance(version, Exception) else f"has {version}"
                message = f"worker {worker} {what}, here is {recost.__version__}: install the same"
                faults.append(Fault(message, key="--cluster"))
        if faults:
            raise InputError(faults)

    def _workers(self) -> dict[str, int]:
        """Threads of each worker."""
        found: dict[str, int] = self._client.nthreads()
        return found

    def _has_workers(self) -> bool:
        try:
            return bool(self._workers())
        except OSError:
            return False

    def close(self) -> None:
        """Leave the cluster as it was."""
        self._client.close()

    def pieces(self, study: Study, selection: Selection, start: int, stop: int) -> Pieces:
        """What `recost.study.pieces.chunks` gives, in the same order."""
        made = (*study.inputs, study.pricing, study.extras, study.baseline)
        recipe = pickle.dumps((made, selection))
        workers = max(1, sum(self._workers().values()))

        def submit(low: int, high: int) -> Any:
            return self._client.submit(_work, recipe, low, high, pure=False)

        left = study.spans(start, stop, workers)
        for high, future in _in_order(submit, left, workers * IN_FLIGHT):
            (table, impossible, refused), missing = self._result(future, high)
            study.hear(refused, missing)
            yield high, table, impossible

    def _result(self, future: Any, high: int) -> Any:
        """The answer of a piece, waited for as long as there is somebody to give it."""
        from distributed import CancelledError, KilledWorker

        lonely = 0.0
        step = 2.0
        while self._client.status == "running":
            try:
                return future.result(timeout=step)
            except TimeoutError:
                lonely = 0.0 if self._has_workers() else lonely + step
                if lonely >= _LONELY:
                    break
            except (CancelledError, OSError):  # the scheduler has gone, with what it was asked for
                break
            except KilledWorker:
                raise InputError(
                    f"workers died again and again on the points before {high:,}: too little"
                    " memory? What is written is kept, and --resume goes on with it",
                    key="--cluster",
                ) from None
        raise InputError(
            f"{self.address} has gone: no scheduler, or no worker for {_LONELY:.0f} s; what is"
            " written is kept, and --resume goes on with it",
            key="--cluster",
        )


def _in_order(
    submit: Callable[[int, int], Any], left: Iterator[tuple[int, int]], window: int
) -> Iterator[tuple[int, Any]]:
    """Anys of `submit(low, high)` and each `high`, in order, `window` of them under way."""
    waiting: deque[tuple[int, Any]] = deque()
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


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """A connection for as long as it is needed; what goes wrong with it is said in our words."""
    cluster = Cluster(address)
    logs = [
        log
        for name, log in logging.root.manager.loggerDict.items()
        if name.partition(".")[0] == "distributed" and isinstance(log, logging.Logger)
    ]
    before = [log.disabled for log in logs]
    for log in logs:
        log.disabled = True
    try:
        yield cluster
    finally:
        cluster.close()
        for log, disabled in zip(logs, before, strict=True):
            log.disabled = disabled


def _version() -> str:
    """The version of recost on a worker."""
    return recost.__version__


def _work(recipe: bytes, low: int, high: int) -> tuple[Part, str | None]:
    """A piece, on a worker, and why the first value is missing that the worker found missing."""
    import numba
    from distributed import get_worker

    config: Any = numba.config
    numba.set_num_threads(min(get_worker().state.nthreads, config.NUMBA_NUM_THREADS))
    study, selection = _study(recipe)
    with _AT_WORK if study.alone else nullcontext():
        return piece(study, selection, low, high), study.missing


@lru_cache(maxsize=2)
def _study(recipe: bytes) -> tuple[Study, Selection]:
    """The study that a recipe is of, kept for the next piece."""
    made, selection = pickle.loads(recipe)
    return Study(*made), selection
