"""Places of points that follow each other: the digits of their numbers, by definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recost.kernels.digits import count_through


@given(
    start=st.integers(0, 10**10),
    radices=st.lists(st.integers(1, 100), min_size=1, max_size=6),
    count=st.integers(0, 300),
)
def test_digits_are_quotients_and_remainders(start, radices, count):
    found = np.full((len(radices), count), 7**9, np.uint32)
    count_through(start, np.array(radices), found)
    for p in range(count):
        number = start + p
        for a in reversed(range(len(radices))):
            number, digit = divmod(number, radices[a])
            assert found[a, p] == digit


def test_runs_beyond_64_bits():
    """As of a space that nobody goes through: its leading keys stay at their first values."""
    found = np.full((20, 5), 7, np.uint32)
    count_through(10**5 - 2, np.full(20, 10**5), found)
    assert found[-1].tolist() == [10**5 - 2, 10**5 - 1, 0, 1, 2]
    assert found[-2].tolist() == [0, 0, 1, 1, 1]
    assert (found[:-2] == 0).all()
