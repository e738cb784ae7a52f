"""Parts of a Sobol sequence, in any order and by many threads, against SciPy going through it."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.stats import qmc

from recost.study.sobol import Sequence

COUNT = 1 << 12


def scipy_points(dimensions, seed, start, count):
    engine = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    if start:
        engine.fast_forward(start)
    return engine.random(count)


@pytest.mark.filterwarnings("ignore:The balance properties")
@pytest.mark.parametrize("dimensions", [1, 3, 40])
def test_parts_are_those_of_the_whole_in_any_order(dimensions):
    whole = scipy_points(dimensions, 5, 0, COUNT)
    made = Sequence(dimensions, 5)
    rng = np.random.default_rng(1)
    starts = [*rng.integers(0, COUNT - 40, 200).tolist(), 0, 0, 1, COUNT - 1]
    counts = [min(COUNT - start, int(rng.integers(0, 40))) for start in starts]
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(made.part, starts, counts))
    for start, count, part in zip(starts, counts, parts, strict=True):
        assert part.shape == (count, dimensions)
        assert np.array_equal(part, whole[start : start + count])
    assert not np.array_equal(Sequence(dimensions, 6).part(0, 8), whole[:8])


@pytest.mark.filterwarnings("ignore:The balance properties")
@pytest.mark.parametrize("start", [(1 << 20) - 3, 3 << 20, (1 << 22) + 12_345])
def test_points_far_on_take_no_room_for_those_before(start):
    wanted, made = scipy_points(3, 2, start, 7), Sequence(3, 2)
    made.part(0, 1)
    tracemalloc.start()
    found = made.part(start, 7)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.array_equal(found, wanted)
    assert peak < 200_000
    # Back again, and the last of all points, whose next has a bit more than there are.
    assert np.array_equal(made.part(5, 3), scipy_points(3, 2, 5, 3))
    assert np.array_equal(made.part((1 << 12) - 1, 1), scipy_points(3, 2, (1 << 12) - 1, 1))
