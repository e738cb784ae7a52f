import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recost.errors import InputError
from recost.study.space import parse_axis, parse_space


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ("4,8,16", ("4", "8", "16")),
        ("4..8", ("4", "5", "6", "7", "8")),
        ("4..9:2", ("4", "6", "8")),
        ("4..6,auto", ("4", "5", "6", "auto")),
        ("4:64:x2", ("4", "8", "16", "32", "64")),
        ("0:1:+0.25", ("0", "0.25", "0.5", "0.75", "1")),
        ("1:3:5", ("1", "1.5", "2", "2.5", "3")),
        ("0.1:0.3:3", ("0.1", "0.2", "0.3")),
        ("1 pJ:100 pJ:log3", ("1 pJ", "10 pJ", "100 pJ")),
        ("[2, 1],[1, 1]", ("[2, 1]", "[1, 1]")),
        ("none", ("none",)),
    ],
)
def test_values(values, texts):
    assert parse_axis(f"some.key={values}").texts == texts


def test_names_and_intervals():
    axis = parse_axis("sre:adc.energy=1 pJ:4 pJ:log")
    assert (axis.target, axis.key, axis.name) == ("sre", "adc.energy", "sre:adc.energy")
    assert axis.continuous
    assert axis.between(np.array([0.0, 0.5, 1.0])).tolist() == [1.0, 2.0, 4.0]
    assert axis.text(2.5) == "2.5 pJ"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("adc.bits", "is not"),
        ("=4", "is not"),
        ("adc.bits=", "has no values"),
        ("adc.bits=4,,5", "empty value"),
        ("adc.bits=4,4", "twice"),
        ("adc.bits=8..4", "reversed; write 4..8"),
        ("adc.bits=4..8:0", "never arrives"),
        ("a.b=2:1:x2", "reversed"),
        ("a.b=1:2:x1", "above 1"),
        ("a.b=0:2:x2", "above 0"),
        ("a.b=0:2:log3", "above 0"),
        ("a.b=1:2:+0", "never arrives"),
        ("a.b=1:2:1", "from 2 on"),
        ("a.b=1:2:2.5", "from 2 on"),
        ("a.b=1:2:often", "is no step"),
        ("a.b=1 pJ:2 ns:3", "different units"),
        ("a.b=1:1", "empty"),
        ("a.b=1..100000000", "more than"),
        ("a.b=0:1e300:+1", "more than"),
    ],
)
def test_what_is_no_axis(text, said):
    with pytest.raises(InputError) as error:
        parse_axis(text)
    assert said in str(error.value)


def test_all_faults_of_a_space_come_together():
    with pytest.raises(InputError) as error:
        parse_space(["a.b=2..1", "c.d=1:2", "e.f=1", "e.f=2"])
    assert len(error.value.faults) == 3


def test_a_space_of_1e15_points_is_refused_with_its_size():
    with pytest.raises(InputError, match=r"1\.0e\+15.*--sample sobol"):
        parse_space([f"a.k{i}=1..1000" for i in range(5)])


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
def test_points_are_the_product_in_order_however_they_are_cut(lengths, data):
    space = parse_space([f"a.k{i}=1..{n}" for i, n in enumerate(lengths)])
    product = list(itertools.product(*(range(n) for n in lengths)))
    assert space.size == len(product)
    low = data.draw(st.integers(0, space.size))
    high = data.draw(st.integers(low, space.size))
    assert [tuple(row) for row in space.points(low, high)[0].tolist()] == product[low:high]


@given(st.integers(0, 60), st.integers(0, 40), st.integers(0, 3))
def test_a_sample_is_the_same_however_it_is_cut(low, count, seed):
    texts = ["a.b=0.1:0.9", "c.d=4..8", "e.f=1:100:log"]
    space = parse_space(texts, samples=100, seed=seed)
    places, values = space.points(0, 100)
    some, others = space.points(low, low + count)
    assert (some == places[low : low + count]).all()
    assert (others == values[low : low + count]).all()
    assert (values[:, 0] >= 0.1).all()
    assert (values[:, 0] <= 0.9).all()
    assert set(places[:, 1].tolist()) <= set(range(5))


def test_no_more_samples_than_a_sequence_has_points():
    with pytest.raises(InputError, match="1,073,741,824 points"):
        parse_space(["adc.energy=1 pJ:2 pJ"], samples=2**30 + 1)
    assert parse_space(["adc.energy=1 pJ:2 pJ"], samples=2**30).size == 2**30


def test_points_in_a_row_that_differ_in_some_keys_alone():
    vary = ["adc.bits=4,5", "adc.energy=1 pJ:2 pJ:7", "crossbar.rows=64", "adc.area=1 mm2,2 mm2"]
    space = parse_space(vary)
    assert space.run([1, 3]) == 14
    assert space.run([0, 1]) == 1
    assert space.run([0, 1, 3]) == space.size == 28
    drawn = parse_space(["adc.energy=1 pJ:2 pJ", "adc.area=1 mm2:2 mm2"], samples=9)
    assert (drawn.run([0, 1]), drawn.run([1])) == (9, 1)


def test_digits_of_a_space_of_more_than_2_to_63_points():
    """As of one that nobody goes through: its leading keys stay at their first values."""
    space = parse_space([f"a.k{i}=1..100000" for i in range(20)], endless=True)
    places = space.points(10**5 - 2, 10**5 + 3)[0]
    assert places[:, -1].tolist() == [10**5 - 2, 10**5 - 1, 0, 1, 2]
    assert places[:, -2].tolist() == [0, 0, 1, 1, 1]
    assert (places[:, :-2] == 0).all()
