"""The best of several networks are the best of each, however the table is cut."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recost.study.conditions import Goal
from recost.study.selection import Selection, best, best_rows, choose, join


def naive_best(table, goals):
    """Rows that no row of the same network is as good as in all and better than in one goal."""
    costs = [[-row if goal.larger else row for row in table[goal.column]] for goal in goals]
    points = list(zip(table["workload"], *costs, strict=True))

    def beats(one, other):
        return one[0] == other[0] and one != other and all(
            a <= b for a, b in zip(one[1:], other[1:], strict=True)
        )  # fmt: skip

    return [i for i, point in enumerate(points) if not any(beats(one, point) for one in points)]


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)),
        max_size=40,
    ),
    many=st.integers(1, 3),
    cuts=st.lists(st.integers(0, 40), max_size=4),
)
def test_the_best_of_each_network(rows, many, cuts):
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    table = {"workload": np.array(columns[0], object)}
    table |= {name: np.array(c, float) for name, c in zip("xyz", columns[1:], strict=True)}
    goals = tuple(Goal(name, name == "y") for name in "xyz"[:many])
    selection = Selection((), goals)
    assert best_rows(table, selection).tolist() == naive_best(table, goals)
    ends = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [slice(*pair) for pair in itertools.pairwise(ends)]
    joined = best(join([best(choose(table, part), selection) for part in parts]), selection)
    whole = best(table, selection)
    assert all(joined[name].tolist() == whole[name].tolist() for name in table)
