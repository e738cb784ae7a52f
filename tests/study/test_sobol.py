"""Parts of a Sobol sequence, in any order and by many threads, against SciPy going through it."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.stats import qmc

from recost.study import sobol
from recost.study.sobol import Sequence

COUNT = 1 << 12


@pytest.mark.parametrize("block", [5, 16])
def test_parts_are_those_of_the_whole_in_any_order(monkeypatch, block):
    monkeypatch.setattr(sobol, "_BLOCK", block)
    whole = qmc.Sobol(3, scramble=True, rng=np.random.default_rng(5)).random(COUNT)
    made = Sequence(3, 5)
    rng = np.random.default_rng(1)
    starts = [*rng.integers(0, COUNT - 40, 200).tolist(), 0, 0, 1, COUNT - 1]
    counts = [min(COUNT - start, int(rng.integers(0, 40))) for start in starts]
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(made.part, starts, counts))
    for start, count, part in zip(starts, counts, parts, strict=True):
        assert part.shape == (count, 3)
        assert np.array_equal(part, whole[start : start + count])
    assert not np.array_equal(Sequence(3, 6).part(0, 8), whole[:8])


def test_many_dimensions_take_little_room():
    few = Sequence(2000, 0).part(0, 3)
    assert np.array_equal(few, qmc.Sobol(2000, rng=np.random.default_rng(0)).random(4)[:3])
