"""The rules of `recost reproduce`, on figures and grids made up for each."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recost.study.reproduction import verdict as rule
from recost.study.reproduction.files import Choice, PublishedFigure, Unknown
from recost.study.reproduction.model import Ends, Grid


def published(**keys: object) -> PublishedFigure:
    return PublishedFigure(
        **{"system": "s", "id": "f", "metric": "m", "kind": "headline", "public": "full"} | keys
    )


def unknown(*values: object, name: str = "u") -> Unknown:
    choices = [Choice(value=value, source="somebody") for value in values]
    return Unknown(name=name, key=name, values=choices)


def line(*values: float) -> Grid:
    """A figure over one unknown number."""
    ends = {(i,): Ends(v, v) for i, v in enumerate(values)}
    return Grid((unknown(*range(len(values))),), ends)


NOTHING = Grid((), {(): Ends(1.0, 1.0)})


@pytest.mark.parametrize(
    ("modelled", "fitted", "verdict"),
    [
        (10.9, False, rule.PREDICTED),
        (9.1, False, rule.PREDICTED),
        (11.2, False, rule.OFF),
        (10.0, True, rule.CALIBRATED),
        (11.2, True, rule.OFF),  # a fit that misses is no calibration
    ],
)
def test_without_unknowns(modelled, fitted, verdict):
    assert rule.alone(published(value=10.0), Ends(modelled, modelled), NOTHING, fitted=fitted) == (
        verdict
    )


@pytest.mark.parametrize(
    ("reach", "verdict"),
    [
        ((6.0, 11.9), rule.REACHABLE),
        ((6.0, 12.0), rule.REACHABLE),  # a factor of exactly 2
        ((6.0, 12.1), rule.UNCONSTRAINED),
        ((0.0, 12.0), rule.UNCONSTRAINED),
        ((5.0, 8.0), rule.OFF),
        ((5.0, 9.2), rule.REACHABLE),  # an end within the tolerance
        ((15.0, 12.0, 11.5), rule.OFF),
    ],
)
def test_over_unknowns(reach, verdict):
    assert rule.alone(published(value=10.0), Ends(6.0, 6.0), line(*reach), fitted=False) == verdict


def test_a_fitted_figure_that_is_reached_is_calibrated():
    # One end of a range was fitted and the other is within reach: no success of its own.
    figure = published(value=10.0)
    assert rule.alone(figure, Ends(6.0, 6.0), line(6.0, 11.0), fitted=True) == rule.CALIBRATED
    assert rule.alone(figure, Ends(6.0, 6.0), line(5.0, 11.0), fitted=True) == rule.UNCONSTRAINED


def test_a_picked_value_is_judged_by_its_reach():
    figure, at = published(value=10.0), Ends(10.0, 10.0)
    close, wide = line(8.0, 10.0, 12.0), line(5.0, 10.0, 12.0)
    assert rule.alone(figure, at, wide, fitted=False) == rule.PREDICTED
    assert rule.alone(figure, at, close, fitted=False, chosen=True) == rule.REACHABLE
    assert rule.alone(figure, at, wide, fitted=False, chosen=True) == rule.UNCONSTRAINED
    assert rule.alone(figure, at, wide, fitted=True, chosen=True) == rule.CALIBRATED


def test_both_ends_of_a_range_hold_in_one_place():
    figure = published(low=2.0, high=8.0, kind="range")
    places = (unknown(0, 1),)
    together = Grid(places, {(0,): Ends(1.5, 6.0), (1,): Ends(2.5, 10.0)})
    never = Grid(places, {(0,): Ends(1.4, 9.8), (1,): Ends(2.0, 14.0)})  # always a factor 7
    assert rule.alone(figure, Ends(1.5, 6.0), together, fitted=False) == rule.REACHABLE
    assert rule.alone(figure, Ends(1.4, 9.8), never, fitted=False) == rule.OFF


def test_both_ends_of_a_range_must_hold():
    figure = published(low=2.0, high=8.0, kind="range")
    assert rule.holds(figure, Ends(2.1, 7.5))
    assert not rule.holds(figure, Ends(2.1, 5.0))
    assert not rule.holds(figure, Ends(3.0, 8.0))
    assert rule.worst(figure, Ends(2.1, 4.0)).ratio == pytest.approx(4.0 / 8.0)
    assert rule.worst(figure, Ends(4.0, 7.9)).ratio == pytest.approx(4.0 / 2.0)


def test_one_end_holds_on_its_side():
    at_most = published(high=4.8, kind="range")
    assert rule.holds(at_most, Ends(0.1, 3.0))
    assert rule.holds(at_most, Ends(0.1, 5.2))
    assert not rule.holds(at_most, Ends(0.1, 5.4))
    more_than = published(low=1.0, kind="trend")
    assert rule.holds(more_than, Ends(1.01, 1.01))
    assert not rule.holds(more_than, Ends(0.99, 0.99))  # a trend has no tolerance


def test_an_absolute_tolerance_stands_in_for_the_relative_one():
    none = published(value=0.0, tolerance_absolute=1.0)
    assert rule.holds(none, Ends(0.9, 0.9))
    assert not rule.holds(none, Ends(1.1, 1.1))


def test_a_saving_says_what_is_left():
    saving = published(value=85.0, metric="energy_saving_percent")
    assert rule.holds(saving, Ends(92.5, 92.5))
    said = rule.remainder(saving, Ends(92.5, 92.5))
    assert said == "15 % is left as published, 7.5 % as modelled, 0.50x"
    assert not rule.remainder(published(value=85.0), Ends(92.5, 92.5))


def test_two_figures_that_exclude_each_other_are_a_conflict():
    one, other = published(value=10.0, id="a"), published(value=10.0, id="b")
    rising, falling = line(5.0, 20.0), line(20.0, 5.0)
    # Both pass 10 where the other does: halfway in the logarithm.
    assert not rule.conflicting((one, rising), (other, falling))
    # Each passes 10, but at opposite ends.
    assert rule.conflicting((one, line(10.0, 40.0)), (other, line(40.0, 10.0)))
    # A figure that nothing reaches is off, not in conflict.
    assert not rule.conflicting((one, line(30.0, 40.0)), (other, line(40.0, 10.0)))


def test_words_are_not_interpolated():
    words = (unknown("a", "b"),)
    one = Grid(words, {(0,): Ends(5.0, 5.0), (1,): Ends(20.0, 20.0)})
    other = Grid(words, {(0,): Ends(20.0, 20.0), (1,): Ends(10.0, 10.0)})
    figure = published(value=10.0)
    assert not rule.conflicting((figure, one), (figure, other))  # the first is never met
    assert rule.alone(figure, Ends(5.0, 5.0), one, fitted=False) == rule.UNCONSTRAINED


def test_a_conflict_is_over_the_unknowns_that_two_figures_share():
    shared, own = unknown(0, 1), unknown("a", "b", name="v")
    figure = published(value=10.0)
    one = Grid((own, shared), {(i, j): Ends(v, v) for (i, j), v in {
        (0, 0): 10.0, (0, 1): 40.0, (1, 0): 40.0, (1, 1): 40.0}.items()})  # fmt: skip
    # The other holds where the shared unknown is 1, which the first does whatever its own is.
    assert rule.conflicting((figure, one), (figure, Grid((shared,), line(40.0, 10.0).ends)))
    assert not rule.conflicting((figure, one), (figure, Grid((shared,), line(10.0, 40.0).ends)))


def test_figures_of_different_unknowns_are_not_compared():
    other = Grid((unknown(0, 1, name="v"),), line(40.0, 10.0).ends)
    figure = published(value=10.0)
    assert not rule.conflicting((figure, line(10.0, 40.0)), (figure, other))


@given(
    st.lists(st.floats(0.01, 100.0), min_size=2, max_size=5),
    st.lists(st.floats(0.01, 100.0), min_size=2, max_size=5),
    st.floats(0.05, 50.0),
)
def test_a_conflict_is_what_a_dense_scan_finds(one, other, value):
    """The same by interpolating each pair of neighbours point by point."""
    n = min(len(one), len(other))
    one, other, figure = one[:n], other[:n], published(value=value)
    met = []
    for i, k in itertools.product(range(n - 1), range(rule._BETWEEN + 1)):
        share = k / rule._BETWEEN
        at = [
            math.exp((1 - share) * math.log(v[i]) + share * math.log(v[i + 1]))
            for v in (one, other)
        ]
        # On the very edge of the tolerance rounding decides.
        assume(all(abs(abs(v / value - 1.0) - rule.TOLERANCE) > 1e-9 for v in at))
        met.append([rule.holds(figure, Ends(v, v)) for v in at])
    first, second = np.array(met).T
    expected = bool(first.any() and second.any() and not (first & second).any())
    assert rule.conflicting((figure, line(*one)), (figure, line(*other))) == expected
