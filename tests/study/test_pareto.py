import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recost.study.pareto import pareto_front
from tests.naive import pareto as naive


@st.composite
def costs(draw):
    goals = draw(st.sampled_from([2, 3]))
    rows = st.lists(st.integers(0, 6), min_size=goals, max_size=goals)
    return draw(st.lists(rows, min_size=1, max_size=40))


@given(costs())
def test_front_is_that_of_every_comparison(points):
    assert pareto_front(np.array(points, float)).tolist() == naive.front(points)


def test_front_of_continuous_costs():
    points = np.random.default_rng(1).random((300, 3))
    assert pareto_front(points).tolist() == naive.front(points.tolist())


def test_front_where_nothing_is_dominated():
    x = np.random.default_rng(2).permutation(2000).astype(float)
    assert pareto_front(np.stack([x, -x], axis=1)).all()
    assert pareto_front(np.stack([x, -x, np.zeros(2000)], axis=1)).all()


def test_equal_points_stay_together_and_infinite_ones_never():
    points = np.array([[1.0, 2.0], [1.0, 2.0], [np.inf, 0.0], [2.0, 2.0]])
    assert pareto_front(points).tolist() == [True, True, False, False]


def test_one_goal_is_no_front():
    with pytest.raises(ValueError, match="two or three"):
        pareto_front(np.zeros((3, 1)))
