"""A scrambled Sobol sequence, any part of it at once and by several threads."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.kernels.sobol import sobol_points

Array = np.ndarray[Any, Any]

# Bits of a coordinate, and so of the number of a point.
_BITS = 30


class Sequence:
    """The points of `dimensions` coordinates in [0, 1), scrambled by `seed`.

    A point does not depend on which others are asked for.  SciPy draws a few of them; what these
    are made of makes all others (`recost.kernels.sobol`), without what comes before.
    Raises InputError where SciPy is not installed.
    """

    def __init__(self, dimensions: int, seed: int) -> None:
        try:
            from scipy.stats import qmc
        except ModuleNotFoundError:
            raise InputError(
                "quasi-random points come from scipy: pip install 'recost[search]'",
                key="--sample",
            ) from None
        rng = np.random.default_rng(seed)
        self._engine: Any = qmc.Sobol(dimensions, scramble=True, bits=_BITS, rng=rng)
        self._lock = threading.Lock()
        self._shift = self._word()
        self._directions = np.zeros((dimensions, 0), np.int64)

    def _word(self) -> Array:
        """The next point that SciPy draws, as whole numbers."""
        drawn: Array = self._engine.random(1)[0] * 2.0**_BITS
        return drawn.astype(np.int64)

    def part(self, start: int, count: int) -> Array:
        """Points start..start + count: [count, dimensions]."""
        found = np.empty((len(self._shift), count))
        directions = self._known(start + count)
        sobol_points(start, directions, self._shift, 2.0**-_BITS, found)
        return found.T

    def _known(self, stop: int) -> Array:
        """Directions of the bits of all numbers below `stop`.

        Point 2^k is the shift, direction k and direction k - 1: SciPy goes there, once, which
        takes a few nanoseconds for each point that it passes over.
        """
        with self._lock:
            while (1 << (known := self._directions.shape[1])) < stop:
                place = 1 << known
                if place > 1:
                    self._engine.fast_forward(place - self._engine.num_generated)
                word: Array = self._word() ^ self._shift
                if known:
                    word = word ^ self._directions[:, -1]
                self._directions = np.column_stack([self._directions, word])
            return np.ascontiguousarray(self._directions)


@lru_cache(maxsize=4)
def sequence(dimensions: int, seed: int) -> Sequence:
    """The sequence, kept for the next part."""
    return Sequence(dimensions, seed)
