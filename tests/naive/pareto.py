"""The Pareto front by comparing every point with every other."""

from __future__ import annotations


def front(points):
    """Which points no other one dominates."""

    def dominates(a, b):
        return all(x <= y for x, y in zip(a, b, strict=True)) and any(
            x < y for x, y in zip(a, b, strict=True)
        )

    return [not any(dominates(other, point) for other in points) for point in points]
