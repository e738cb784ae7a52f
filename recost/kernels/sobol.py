"""Points of a Sobol sequence, each from its number."""

from __future__ import annotations

from recost.kernels._numba import kernel


@kernel
def sobol_points(start, directions, shift, scale, points):
    """Points ``start, start + 1, ...`` of a sequence into `points` [axes, points].

    In Gray code order [Antonov and Saleev, USSR Comput. Math. Math. Phys. 19, 1979]: coordinate a
    of point n is `scale` times the exclusive or of `shift[a]` and of every `directions[a, k]`
    whose bit k is set in n ^ (n >> 1).
    """
    for a in range(points.shape[0]):
        gray, word = start ^ (start >> 1), shift[a]
        for k in range(directions.shape[1]):
            if gray >> k & 1:
                word ^= directions[a, k]
        for p in range(points.shape[1]):
            points[a, p] = float(word) * scale
            # From n to n + 1 the bit of the Gray code changes that is the lowest 0 of n.
            number, k = start + p, 0
            while number >> k & 1:
                k += 1
            if k < directions.shape[1]:
                word ^= directions[a, k]
