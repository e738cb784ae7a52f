import numpy as np
import pytest

from recost.errors import InputError
from recost.study.conditions import matching, parse_goals, parse_where

COLUMNS = ("hardware", "area_mm2", "chips", "adc.bits")
TABLE = {
    "hardware": np.array(["a", "b", "a"], object),
    "area_mm2": np.array([80.0, np.nan, 95.0]),
    "chips": np.array([1, 1, 2]),
    "adc.bits": np.array([4, 5, 6]),
}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("area_mm2<90", [True, False, False]),
        ("area_mm2 >= 80 and chips == 1", [True, False, False]),
        ("area_mm2!=80", [False, False, True]),  # a number that does not apply meets nothing
        ("hardware==a", [True, False, True]),
        ("hardware != 'a'", [False, True, False]),
        ("adc.bits>4,chips<=1", [False, True, False]),
    ],
)
def test_conditions(text, kept):
    assert matching(parse_where([text], COLUMNS), TABLE, 3).tolist() == kept


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("area<90", "did you mean 'area_mm2'?"),
        ("area_mm2", "no comparison"),
        ("area_mm2<", "no comparison"),
        ("__import__('os')", "no comparison"),
        ("area_mm2<90 or chips==1", "joined by 'and' alone"),
    ],
)
def test_what_is_no_condition(text, said):
    with pytest.raises(InputError, match="--where") as error:
        matching(parse_where([text], COLUMNS), TABLE, 3)
    assert said in str(error.value)


def test_goals_know_what_is_better():
    goals = parse_goals("energy_j,throughput_per_s,max:area_mm2",
                        ("energy_j", "throughput_per_s", "area_mm2"), "--pareto")  # fmt: skip
    assert [goal.larger for goal in goals] == [False, True, True]
    table = {"energy_j": np.array([1.0, np.nan])}
    assert goals[0].cost(table).tolist() == [1.0, np.inf]


@pytest.mark.parametrize("text", ["energ_j", "most:energy_j", "energy_j,energy_j"])
def test_goals_that_are_none(text):
    with pytest.raises(InputError, match="--pareto"):
        parse_goals(text, ("energy_j",), "--pareto")
