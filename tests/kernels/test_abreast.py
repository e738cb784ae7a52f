"""Points side by side beside one point by itself, by the kernels of an estimate."""

from __future__ import annotations

import numpy as np
import pytest

from recost.kernels import abreast
from recost.kernels.abreast import wait_each
from recost.kernels.blocks import BLOCK
from recost.kernels.classes import WORKS
from recost.kernels.clusters import usual_bound
from recost.kernels.crossbars import ACTIONS, LIMITS
from recost.kernels.maximum import MEMORY, below, larger, largest
from recost.kernels.moments import OWN_FRESH, RESULTS
from recost.kernels.records import Cumulants

# Classes of a layer: row class, row chunks, crossbars of a chunk.
TERMS = [
    [(0, 1, 1)],
    [(0, 1, 64)],
    [(0, 36, 128)],
    [(0, 3, 30), (0, 3, 2), (1, 1, 30), (1, 1, 2)],
    [(1, 1, 8)],
]
UNITS = 8


class Drawn:
    """Moments of classes of crossbars at points: some of few units, some that do not vary."""

    def __init__(self, classes, seed):
        rng = np.random.default_rng(seed)
        shape = classes, BLOCK
        self.mean = rng.choice([3.0, 60.0, 400.0], shape) * rng.uniform(0.5, 2.0, shape)
        self.own = self.mean * rng.uniform(0.1, 1.0, shape) * (rng.random(shape) > 0.1)
        self.third = self.own * rng.uniform(-0.5, 1.0, shape)
        self.shared = self.mean * rng.uniform(0.05, 0.5, shape)
        self.skewed = self.shared * rng.uniform(-0.5, 1.0, shape)
        self.slope = rng.uniform(-0.2, 0.6, shape)
        self.usual = np.ceil(1.2 * self.mean)
        self.expected = rng.choice([0.0, 1e-7, 0.01, 3.0], shape)
        self.tied = self.expected * rng.uniform(0.0, 1.0, shape)
        self.most = 4.0 * self.mean

    def moments(self, c, p):
        """What `class_moments` leaves of a class at a point."""
        out = np.zeros((RESULTS, 3))
        out[:ACTIONS, 0] = self.mean[c, p]
        out[OWN_FRESH, 1:] = (self.own + self.shared)[c, p], (self.third + self.skewed)[c, p]
        out[LIMITS] = self.usual[c, p], self.expected[c, p], self.tied[c, p]
        return out

    def held(self):
        """The classes as `wait_each` reads them."""
        held = np.zeros((len(self.mean), abreast.CLASS))
        places = held.reshape(len(self.mean), -1, BLOCK)
        expected, variance = self.expected, self.own + self.shared
        share = np.divide(self.tied, expected, out=np.zeros_like(expected), where=expected > 0.0)
        size = 1.0 + (UNITS - 1.0) * share
        scores = (self.usual - 0.5 - self.mean) / np.sqrt(variance)
        skews = (self.third + self.skewed) / variance**1.5
        left = 1.0 - np.vectorize(below)(scores, skews)
        for w in range(WORKS):
            places[:, abreast.WORK // BLOCK + w] = self.mean * (w + 1.0)
        for place, numbers in (
            (abreast.MOST, self.most), (abreast.USUAL, self.usual), (abreast.SIZE, size),
            (abreast.EXPECTED, expected / size), (abreast.TIED, share), (abreast.LEFT, left),
            (abreast.ABSENT, np.exp(-expected / size)), (abreast.MEAN, self.mean),
            (abreast.VARIANCE, self.own), (abreast.THIRD, self.third),
            (abreast.SHARED, self.shared), (abreast.SKEWED, self.skewed),
            (abreast.SLOPE, self.slope),
        ):  # fmt: skip
            places[:, place // BLOCK] = numbers
        return held


def of_chunks(drawn, c, p, mine, bound, chunks):
    """The slowest of row chunks whose slowest crossbar is `mine`: what class c has, longest."""
    own, swelling, left = drawn.own[c, p], 1.0, 0.0
    if own > 0.0:
        more = max(0.0, mine.mean - drawn.mean[c, p])
        swelling = max(0.0, 1.0 + 0.5 * more * drawn.slope[c, p] / own)
        left = drawn.slope[c, p] * mine.variance / own
    variance = mine.variance + swelling**2 * drawn.shared[c, p]
    third = mine.third + swelling**3 * drawn.skewed[c, p]
    third += 3.0 * swelling * left * drawn.shared[c, p]
    memory = np.zeros((1, MEMORY))
    last = largest(mine.mean, variance, third, float(chunks), 1.0, bound, memory)
    share = min(1.0, max(0.0, 1.0 - (drawn.usual[c, p] - last.mean)))
    return Cumulants(last.mean + share * (bound - last.mean), last.variance, last.third)


def by_itself(drawn, terms, p):
    """Cycles of the slowest crossbar at point p."""
    memory, slowest, most = np.zeros((1, MEMORY)), None, 0.0
    for row in sorted({row for row, _, _ in terms}):
        joined, bound, longest = None, 0.0, 0
        for c, (mine, chunks, count) in enumerate(terms):
            if mine != row:
                continue
            limit = usual_bound(drawn.moments(c, p), UNITS, float(chunks * count), float(chunks))
            limit = min(limit, drawn.most[c, p])
            moments = drawn.mean[c, p], drawn.own[c, p], drawn.third[c, p]
            one = largest(*moments, float(count), 1.0, limit, memory)
            bound = max(bound, limit)
            if joined is None or drawn.mean[c, p] > drawn.mean[longest, p]:
                longest = c
            joined = one if joined is None else larger(joined, one, bound)
        joined = of_chunks(drawn, longest, p, joined, bound, chunks_of(terms, row))
        most = max(most, bound)
        slowest = joined if slowest is None else larger(slowest, joined, most)
    return slowest.mean


def chunks_of(terms, row):
    return next(chunks for mine, chunks, _ in terms if mine == row)


@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize("points", [1, 13, BLOCK])
def test_points_side_by_side_are_points_by_themselves(terms, points):
    drawn = Drawn(len(terms), points)
    numbers = np.array([[c, *term] for c, term in enumerate(terms)])
    done, space = np.zeros(abreast.DONE), np.full(abreast.SCRATCH, np.nan)
    memory, sizes = np.zeros((101, MEMORY)), (1.0, 1.0)
    wait_each(points, numbers, drawn.held(), sizes, memory, space, done)
    cycles = done[abreast.CYCLES : abreast.CYCLES + points]
    wanted = [by_itself(drawn, terms, p) for p in range(points)]
    np.testing.assert_allclose(cycles, wanted, rtol=1e-12)
    crossbars = np.array([chunks * count for _, chunks, count in terms], float)
    for w in range(WORKS):
        start = abreast.WORK + w * BLOCK
        wanted = (w + 1.0) * (crossbars @ drawn.mean[:, :points])
        np.testing.assert_allclose(done[start : start + points], wanted, rtol=1e-12)


def test_a_layer_with_an_odd_class_is_counted_by_itself():
    drawn = Drawn(2, 0)
    held = drawn.held()
    held[1, abreast.APART + 5] = 1.0
    done, space = np.zeros(abreast.DONE), np.zeros(abreast.SCRATCH)
    numbers = np.array([[0, 0, 2, 4], [1, 0, 2, 1]])
    wait_each(BLOCK, numbers, held, (1.0, 1.0), np.zeros((101, MEMORY)), space, done)
    apart = done[abreast.APART : abreast.APART + BLOCK]
    assert np.flatnonzero(apart).tolist() == [5]
