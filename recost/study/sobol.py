"""A scrambled Sobol sequence, any part of it at once and by several threads."""

from __future__ import annotations

import copy
import threading
from functools import lru_cache
from typing import Any

import numpy as np

from recost.errors import InputError

Array = np.ndarray[Any, Any]

# Places from which the sequence can be gone on with: those that pieces of a sweep end at.
_KEPT = 16


class Sequence:
    """The points of `dimensions` coordinates in [0, 1), scrambled by `seed`.

    A point does not depend on which others are asked for.  Going there takes time in proportion
    to the points passed over, so the latest places reached are kept.
    Raises InputError where SciPy, which draws them, is not installed.
    """

    def __init__(self, dimensions: int, seed: int) -> None:
        try:
            from scipy.stats import qmc
        except ModuleNotFoundError:
            raise InputError(
                "quasi-random points come from scipy: pip install 'recost[search]'",
                key="--sample",
            ) from None
        engine = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
        self._begin: Any = engine
        self._reached: dict[int, Any] = {}
        self._lock = threading.Lock()

    def part(self, start: int, count: int) -> Array:
        """Points start..start + count: [count, dimensions]."""
        with self._lock:
            near = max((place for place in self._reached if place <= start), default=0)
            engine = copy.deepcopy(self._reached.get(near, self._begin))
        if start > near:
            engine.fast_forward(start - near)
        # One at first: SciPy warns where the first count of all is no power of 2.
        one = engine.random(min(1, count))
        drawn: Array = np.concatenate([one, engine.random(count - len(one))])
        with self._lock:
            self._reached[start + count] = engine
            while len(self._reached) > _KEPT:
                del self._reached[next(iter(self._reached))]
        return drawn


@lru_cache(maxsize=4)
def sequence(dimensions: int, seed: int) -> Sequence:
    """The sequence, kept for the next part."""
    return Sequence(dimensions, seed)
