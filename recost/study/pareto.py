"""The designs that no other design beats in everything."""

from __future__ import annotations

from typing import Any

import numpy as np

from recost.kernels.pareto import undominated

Array = np.ndarray[Any, Any]


def pareto_front(costs: Array) -> Array:
    """Which rows of `costs` [points, 2 or 3] no other row dominates; less is better.

    Exact; equal rows stay together.  A row with an infinite cost is never on the front.
    """
    points, goals = costs.shape
    if goals not in (2, 3):
        raise ValueError("a front has two or three goals")
    finite = np.isfinite(costs).all(axis=1)
    full = np.zeros((int(finite.sum()), 3))
    full[:, :goals] = costs[finite]
    kept = np.zeros(len(full), bool)
    undominated(full, np.lexsort(full.T[::-1]), kept)
    front = np.zeros(points, bool)
    front[finite] = kept
    return front
