"""Saturation over slicings and carry intervals: what must grow, what must not matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recost.errors import InputError
from recost.models.random_updates import Distribution
from recost.models.sliced_matrix import Writing
from recost.models.slices import Slicing
from recost.study.montecarlo_outer_product import COLUMNS, Experiment, measure, saturation

UPDATES = Experiment(
    updates=Distribution.parse("laplace:scale=30,variation=1"), shape=(1, 512), trials=3
)
VECTORS = Experiment(
    errors=Distribution.parse("gaussian:scale=200"),
    activations=Distribution.parse("gaussian:scale=200"),
    shape=(8, 32),
    trials=3,
)
SIXTEEN = Slicing((5,) * 8, 16, balanced=False)
PAPER = Slicing((4, 4, 4, 6, 6, 5, 5, 5))


@pytest.mark.parametrize(
    ("experiment", "slicing"), [(UPDATES, SIXTEEN), (VECTORS, PAPER)], ids=["updates", "vectors"]
)
def test_more_bits_and_more_carry_resolutions_never_saturate_more(experiment, slicing):
    wider = replace(slicing, slice_bits=tuple(b + 1 for b in slicing.slice_bits))
    every = [measure(slicing, n, experiment) for n in (1, 8, 64, 256)]
    totals = [found.total for found in every]
    assert totals == sorted(totals)
    assert [found.lost for found in every] == sorted(found.lost for found in every)
    # The same updates: slice by slice, not on average only.
    assert (measure(wider, 64, experiment).saturated <= every[2].saturated).all()
    assert measure(wider, 64, experiment).lost <= every[2].lost


def test_unsigned_digits_with_a_bit_to_spare_never_saturate_in_one_update():
    # 3 + 3 <= 7: the published 4-bit run with a carry resolution every update saturates nothing.
    four = Slicing((4,) * 8, 16, balanced=False)
    assert measure(four, 1, UPDATES).total == 0.0
    assert measure(four, 1, UPDATES).lost == 0.0


def test_the_result_depends_on_the_seed_alone():
    first, again = measure(SIXTEEN, 64, UPDATES), measure(SIXTEEN, 64, UPDATES)
    assert (first.saturated == again.saturated).all()
    assert first.lost == again.lost
    other = measure(SIXTEEN, 64, replace(UPDATES, seed=1))
    assert (first.saturated != other.saturated).any()
    # A trial is the same however many there are.
    more = measure(SIXTEEN, 64, replace(UPDATES, trials=5))
    assert (more.saturated[:3] == first.saturated).all()


def test_a_batch_is_added_at_once():
    single = measure(SIXTEEN, 16, UPDATES)
    batched = measure(SIXTEEN, 16 * 64, replace(UPDATES, batch=64))
    assert (single.saturated == batched.saturated).all()


def test_write_noise_adds_what_it_loses():
    noisy = replace(UPDATES, writing=Writing(noise=0.2))
    assert measure(SIXTEEN, 64, noisy).total > measure(SIXTEEN, 64, UPDATES).total


def test_rows_of_the_result():
    result = saturation([SIXTEEN, replace(SIXTEEN, slice_bits=(6,) * 8)], [8, 64], UPDATES)
    assert len(result) == 4
    assert result.column("slicing") == ["55555555"] * 2 + ["66666666"] * 2
    single = saturation(SIXTEEN, 64, UPDATES, per="slice")
    assert tuple(single.columns) == COLUMNS
    assert single.column("slice") == [7, 6, 5, 4, 3, 2, 1, 0, None]
    slices, total = single.to_dicts()[:-1], single.to_dicts()[-1]
    assert total["saturated_percent"] == pytest.approx(
        np.mean([row["saturated_percent"] for row in slices])
    )
    assert result.to_dicts()[1]["saturated_percent"] == total["saturated_percent"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batch": 0}, "at least 1"),
        ({"trials": 0}, "at least 1"),
        ({"updates": None}, "either updates, or errors and activations"),
        ({"errors": Distribution.parse("gaussian")}, "either updates"),
        ({"shape": (0, 4)}, "at least 1"),
    ],
)
def test_experiments_that_cannot_be(change, words):
    with pytest.raises(InputError, match=words):
        replace(UPDATES, **change)


def test_intervals_that_cannot_be():
    with pytest.raises(InputError, match="at least 1"):
        measure(SIXTEEN, 0, UPDATES)
    with pytest.raises(InputError, match="write 64"):
        measure(SIXTEEN, 100, replace(UPDATES, batch=64))
