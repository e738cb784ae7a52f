"""What the digits of numbers that follow each other stand for, by definition."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recost.kernels.digits import Digits, go_through


@given(
    start=st.integers(0, 10**10),
    radices=st.lists(st.sampled_from([1, 2, 3, 7, 16, 100]), min_size=1, max_size=6),
    count=st.integers(0, 1000),
)
def test_digits_are_quotients_and_remainders(start, radices, count):
    keys, levels = len(radices), np.random.default_rng(start).random(sum(radices))
    runs = [math.prod(radices[a + 1 :]) for a in range(keys)]
    begins = [sum(radices[:a]) for a in range(keys)]
    found = np.full((keys, count), -1.0)
    go_through(start, Digits(*map(np.array, (runs, radices, begins))), levels, found)
    for p in range(count):
        number = start + p
        for a in reversed(range(keys)):
            number, digit = divmod(number, radices[a])
            assert found[a, p] == levels[begins[a] + digit]
