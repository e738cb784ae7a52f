"""Slow, obvious versions of the closed forms, from their definitions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
from scipy import stats

Array = np.ndarray[Any, Any]


def binomial_pmf(n: int, p: float) -> list[Decimal]:
    """P(K = k) of n independent rows, of the very double `p`, to 60 digits."""
    with localcontext(prec=60, Emin=-(10**9), Emax=10**9):
        yes, no = Decimal(p), 1 - Decimal(p)
        if p in (0.0, 1.0):
            return [Decimal(int(k == n * p)) for k in range(n + 1)]
        return [math.comb(n, k) * yes**k * no ** (n - k) for k in range(n + 1)]


def beta_binomial_pmf(n: int, p: float, correlation: float) -> list[float]:
    """P(K = k) of exchangeable rows: a binomial whose density is beta distributed."""
    alpha = p * (1 - correlation) / correlation
    beta = (1 - p) * (1 - correlation) / correlation

    def log_beta(a: float, b: float) -> float:
        return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)

    return [
        math.comb(n, k) * math.exp(log_beta(k + alpha, n - k + beta) - log_beta(alpha, beta))
        for k in range(n + 1)
    ]


def rising(start: Decimal, count: int) -> Decimal:
    """start (start + 1) ... of so many factors."""
    return math.prod((start + i for i in range(count)), start=Decimal(1))


def exact_beta_binomial_pmf(n: int, p: float, correlation: float) -> list[Decimal]:
    """P(K = k) of exchangeable rows, of the very doubles, to 60 digits."""
    with localcontext(prec=60, Emin=-(10**9), Emax=10**9):
        times = (1 - Decimal(correlation)) / Decimal(correlation)
        alpha, beta = Decimal(p) * times, (1 - Decimal(p)) * times
        every = rising(alpha + beta, n)
        return [
            math.comb(n, k) * rising(alpha, k) * rising(beta, n - k) / every for k in range(n + 1)
        ]


def ceil_moment(pmf: Sequence[Decimal], height: int, order: int) -> Decimal:
    """E[ceil(K / height) ** order]."""
    with localcontext(prec=60, Emin=-(10**9), Emax=10**9):
        return sum((p * (-(-k // height)) ** order for k, p in enumerate(pmf)), Decimal(0))


Mask = tuple[int, ...]


def masks(length: int) -> list[Mask]:
    """Every 0/1 vector of a length."""
    return list(itertools.product((0, 1), repeat=length))


def chance(mask: Mask, p: float) -> float:
    """P(mask) if every entry is 1 with probability p by itself."""
    ones = sum(mask)
    return p**ones * (1 - p) ** (len(mask) - ones)


def crossbar_cycles(
    rows: int, height: int, live: float, groups: Sequence[float], slices: Sequence[float]
) -> dict[str, float]:
    """Mean and the four variances of `recost.kernels.moments`, by enumerating every mask.

    Every row is live with probability `live`, has a non-zero cell in group g with `groups[g]`
    and bit b set with `slices[b]`; all independent.
    """
    everything = masks(rows)
    first = second = by_rows = by_inputs = by_weights = 0.0
    for alive in everything:
        units = np.array([[_units(x, z, alive, height) for z in everything] for x in everything])
        slice_odds = [np.array([chance(m, q) for m in everything]) for q in slices]
        group_odds = [np.array([chance(m, p) for m in everything]) for p in groups]
        # One axis for each slice's input mask, then one for each group's weight mask.
        table = np.zeros((len(everything),) * (len(slices) + len(groups)))
        for b in range(len(slices)):
            for g in range(len(groups)):
                shape = [1] * table.ndim
                shape[b] = shape[len(slices) + g] = len(everything)
                table += units.reshape(shape)
        weight = chance(alive, live)
        given_input = _average(table, group_odds[::-1])
        given_weights = _average(
            np.moveaxis(table, range(len(slices)), range(-len(slices), 0)), slice_odds[::-1]
        )
        mean = float(_average(given_input, slice_odds[::-1]))
        first += weight * mean
        by_rows += weight * mean * mean
        by_inputs += weight * float(_average(given_input**2, slice_odds[::-1]))
        by_weights += weight * float(_average(given_weights**2, group_odds[::-1]))
        second += weight * float(_average(table**2, [*group_odds[::-1], *slice_odds[::-1]]))
    return {
        "mean": first,
        "shared_fixed": by_rows - first * first,
        "shared_fresh": by_inputs - by_rows,
        "own_fixed": by_weights - by_rows,
        "own_fresh": second - by_inputs - by_weights + by_rows,
    }


def _units(x: Mask, z: Mask, alive: Mask, height: int) -> int:
    """Operation units of one slice and one column group."""
    return -(-sum(i & j & k for i, j, k in zip(x, z, alive, strict=True)) // height)


def _average(table: Array, odds: Sequence[Array]) -> Array:
    """The average of a table over its last axes, last first."""
    for weights in odds:
        table = table @ weights
    return table


def gumbel_rule(order: int) -> tuple[Array, Array]:
    """Nodes t and weights of Gauss's rule for the density exp(-t - exp(-t)) of Gumbel's law.

    The orthogonal polynomials by Stieltjes' recurrence on a fine grid, then the eigenvalues of
    their Jacobi matrix (Golub and Welsch 1969).
    """
    grid = np.linspace(-5, 60, 200_001)
    density = np.exp(-grid - np.exp(-grid))
    density /= density.sum()
    diagonal, beside = [], []
    before, now, norm = np.zeros_like(grid), np.ones_like(grid), 1.0
    for _ in range(order):
        size = float(density @ now**2)
        diagonal.append(float(density @ (grid * now**2)) / size)
        beside.append(size / norm)
        before, now, norm = now, (grid - diagonal[-1]) * now - beside[-1] * before, size
    root = np.sqrt(beside[1:])
    nodes, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(root, 1) + np.diag(root, -1))
    return nodes, vectors[0] ** 2


def normal_maximum(count: float) -> tuple[float, float, float]:
    """Mean, variance and third central moment of the largest of `count` standard normals."""
    z = np.linspace(-12, 14, 200_001)
    density = count * stats.norm.pdf(z) * np.exp((count - 1) * stats.norm.logcdf(z))
    density /= density.sum()
    mean = float(density @ z)
    return mean, float(density @ (z - mean) ** 2), float(density @ (z - mean) ** 3)
