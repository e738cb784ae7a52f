"""A scrambled Sobol sequence, any part of it at once and by several threads."""

from __future__ import annotations

import copy
import threading
from functools import lru_cache
from typing import Any

import numpy as np

from recost.errors import InputError

Array = np.ndarray[Any, Any]

# Numbers that are drawn together, 2 to this power at most, and how many such blocks of points are
# kept: pieces of a sweep are cut from them by all threads, more or less in order.
_BLOCK, _KEPT = 16, 16


class Sequence:
    """The points of `dimensions` coordinates in [0, 1), scrambled by `seed`.

    A point does not depend on which others are asked for.  The sequence is gone through in
    blocks, the latest of which are kept; going back behind those begins anew, and takes time in
    proportion to the points passed over.
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
        # A power of 2 is what SciPy wants the first count of all to be.
        self._step = 1 << max(0, _BLOCK - dimensions.bit_length())
        self._begin: Any = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
        self._engine, self._next = copy.deepcopy(self._begin), 0
        self._blocks: dict[int, Array] = {}
        self._lock = threading.Lock()

    def part(self, start: int, count: int) -> Array:
        """Points start..start + count: [count, dimensions]."""
        first, last = start // self._step, (start + max(1, count) - 1) // self._step
        blocks = [self._block(number) for number in range(first, last + 1)]
        drawn = blocks[0] if first == last else np.concatenate(blocks)
        return drawn[start - first * self._step :][:count]

    def _block(self, number: int) -> Array:
        """The points that are in a block."""
        with self._lock:
            found = self._blocks.get(number)
            if found is None:
                if number < self._next:
                    self._engine, self._next = copy.deepcopy(self._begin), 0
                if number > self._next:
                    self._engine.fast_forward((number - self._next) * self._step)
                found, self._next = self._engine.random(self._step), number + 1
                while len(self._blocks) >= _KEPT:
                    del self._blocks[next(iter(self._blocks))]
                self._blocks[number] = found
            return found


@lru_cache(maxsize=4)
def sequence(dimensions: int, seed: int) -> Sequence:
    """The sequence, kept for the next part."""
    return Sequence(dimensions, seed)
