"""The Pareto front of points in two or three costs: exact, by sorting."""

from __future__ import annotations

import numpy as np

from recost.kernels._numba import kernel


@kernel
def undominated(costs, order, kept):
    """Which points no other point dominates, into `kept`.

    A point dominates another if none of its costs is larger and one is smaller; of equal points
    none dominates.  `costs` is [points, 3], `order` sorts it by the first, then the second, then
    the third cost.  In that order a point is dominated exactly if an earlier, different one has
    no larger second and third cost; the best third cost for each second one is a staircase
    (Kung, Luccio and Preparata 1975, for three costs).
    """
    second, third = np.empty(order.size), np.empty(order.size)
    steps = 0
    before = -1
    for i in order:
        b, c = costs[i, 1], costs[i, 2]
        same_a = before >= 0 and costs[before, 0] == costs[i, 0]
        if same_a and costs[before, 1] == b and costs[before, 2] == c:
            kept[i] = kept[before]
            before = i
            continue
        before = i
        low, high = 0, steps  # the number of stairs whose second cost is not larger
        while low < high:
            middle = (low + high) // 2
            if second[middle] <= b:
                low = middle + 1
            else:
                high = middle
        kept[i] = low == 0 or third[low - 1] > c
        if not kept[i]:
            continue
        # The new stair hides those behind it that are not lower.
        start = low - 1 if low > 0 and second[low - 1] == b else low
        end = low
        while end < steps and third[end] >= c:
            end += 1
        shift = start + 1 - end
        if shift > 0:
            for k in range(steps - 1, end - 1, -1):
                second[k + shift], third[k + shift] = second[k], third[k]
        elif shift < 0:
            for k in range(end, steps):
                second[k + shift], third[k + shift] = second[k], third[k]
        steps += shift
        second[start], third[start] = b, c
