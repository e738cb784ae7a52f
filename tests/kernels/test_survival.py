"""Life of lines, arrays and the whole: binomial tails against scipy, sorting and each other."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recost.kernels import endurance, survival
from recost.vocabulary import EnduranceDistribution
from tests.naive import wear

LOGNORMAL = int(EnduranceDistribution.LOGNORMAL)
FIXED = int(EnduranceDistribution.FIXED)


def populations(*entries):
    """Populations and the wear of their slices; `wear` is a number or a tuple, a slice each."""
    wears = [np.atleast_1d(entry.pop("wear", 1.0)) for entry in entries]
    table = np.zeros(len(entries), survival.POPULATION_DTYPE)
    padded = np.zeros((len(entries), max(wear.size for wear in wears)))
    for i, entry in enumerate(entries):
        fields = {"arrays": 1.0, "lines": 1, "cells": 1, "slices": wears[i].size, **entry}
        for name, value in fields.items():
            table[i][name] = value
        padded[i, : wears[i].size] = wears[i]
    return table, padded


def alike(table):
    """The factors of populations whose structures all wear alike."""
    return np.ones((len(table[0]), 2, 1))


@given(
    st.integers(min_value=1, max_value=600),
    st.floats(min_value=1e-12, max_value=1.0 - 1e-6),
    st.integers(min_value=0, max_value=20),
)
def test_binomial_tail(n, p, k):
    expected = float(stats.binom.sf(k, n, p)) if k < n else 0.0
    assert survival.binomial_above(n, p, k) == pytest.approx(expected, rel=1e-8, abs=1e-300)


def test_binomial_tail_at_its_ends():
    assert survival.binomial_above(5, 0.0, 0) == 0.0
    assert survival.binomial_above(5, 1.0, 4) == 1.0
    assert survival.binomial_above(5, 1.0, 5) == 0.0


def test_one_population_is_the_first_failure():
    table = populations({"arrays": 61.0, "lines": 128, "cells": 128, "wear": 4.0})
    for probability in (0.05, 0.5, 0.95):
        got = survival.life_until_death(*table, alike(table), (LOGNORMAL, 1e6, 0.7), probability)
        cells = 61 * 128 * 128
        expected = endurance.first_failure(LOGNORMAL, 1e6, 0.7, cells, probability) / 4.0
        assert got == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("tolerated", "spares"), [(0, 0), (1, 0), (0, 2), (2, 1)])
def test_tolerated_cells_and_spare_lines_against_sorting(tolerated, spares):
    random = np.random.default_rng(8)
    arrays, lines, cells = 3, 12, 20
    trials = 800
    lives = wear.endurance("lognormal", 1e5, 0.8, trials * arrays * lines * cells, random)
    lives = lives.reshape(trials * arrays, lines, cells) / 2.0  # two writes a training
    first = wear.array_lives(lives, tolerated, spares).reshape(trials, arrays).min(axis=1)
    table = populations(
        {
            "arrays": arrays,
            "lines": lines,
            "cells": cells,
            "wear": 2.0,
            "tolerated": tolerated,
            "spares": spares,
        }
    )
    for q in (0.1, 0.5, 0.9):
        life = survival.life_until_death(*table, alike(table), (LOGNORMAL, 1e5, 0.8), q)
        assert abs(np.mean(first <= life) - q) < 3.0 * math.sqrt(q * (1 - q) / trials)


@pytest.mark.parametrize("shared", [survival.WEIGHT, survival.LINE, survival.ARRAY])
def test_wear_shared_by_structures_against_samples(shared):
    random = np.random.default_rng(6)
    arrays, lines, cells, trials = 4, 8, 16, 1500
    factors = np.array([[[0.5, 1.0, 6.0], [0.5, 0.45, 0.05]]])
    shape = {
        survival.WEIGHT: (trials, arrays, lines, cells),
        survival.LINE: (trials, arrays, lines, 1),
        survival.ARRAY: (trials, arrays, 1, 1),
    }[shared]
    wears = random.choice(factors[0, 0], shape, p=factors[0, 1])
    lives = random.lognormal(math.log(1e4), 0.4, (trials, arrays, lines, cells)) / wears
    lives = lives.reshape(trials * arrays, lines, cells)
    first = wear.array_lives(lives, 1, 1).reshape(trials, arrays).min(axis=1)
    table = populations(
        {
            "arrays": arrays,
            "lines": lines,
            "cells": cells,
            "tolerated": 1,
            "spares": 1,
            "shared": shared,
        }
    )
    for q in (0.1, 0.5, 0.9):
        life = survival.life_until_death(*table, factors, (LOGNORMAL, 1e4, 0.4), q)
        assert abs(np.mean(first <= life) - q) < 3.0 * math.sqrt(q * (1 - q) / trials)


@pytest.mark.parametrize("tolerated", [0, 1, 3])
def test_slices_of_one_line_against_samples(tolerated):
    random = np.random.default_rng(16)
    arrays, lines, cells, trials = 2, 6, 10, 2000
    wears = np.array([1.0, 0.4, 0.05])
    lives = random.lognormal(math.log(1e5), 0.6, (trials * arrays, lines, cells, 3)) / wears
    lives = lives.reshape(trials * arrays, lines, cells * 3)
    first = wear.array_lives(lives, tolerated, 0).reshape(trials, arrays).min(axis=1)
    shape = {"arrays": arrays, "lines": lines, "cells": cells, "tolerated": tolerated}
    table = populations({**shape, "wear": tuple(wears), "shared": survival.LINE})
    for q in (0.1, 0.5, 0.9):
        life = survival.life_until_death(*table, alike(table), (LOGNORMAL, 1e5, 0.6), q)
        assert abs(np.mean(first <= life) - q) < 3.0 * math.sqrt(q * (1 - q) / trials)


def test_cells_of_a_weight_share_its_factor():
    random = np.random.default_rng(17)
    cells, trials = 50, 4000
    factors = np.array([[[1.0, 30.0], [0.98, 0.02]]])
    own = random.choice(factors[0, 0], (trials, cells, 1), p=factors[0, 1])
    lives = random.lognormal(math.log(1e5), 0.3, (trials, cells, 4)) / own
    first = lives.min(axis=(1, 2))
    table = populations({"cells": cells, "wear": (1.0,) * 4, "shared": survival.WEIGHT})
    for q in (0.1, 0.5, 0.9):
        life = survival.life_until_death(*table, factors, (LOGNORMAL, 1e5, 0.3), q)
        assert abs(np.mean(first <= life) - q) < 3.0 * math.sqrt(q * (1 - q) / trials)


def test_the_most_worn_population_decides():
    table = populations({"lines": 100, "cells": 100}, {"lines": 10, "cells": 10, "wear": 1e3})
    hard = populations({"lines": 10, "cells": 10, "wear": 1e3})
    cell = (LOGNORMAL, 1e6, 0.2)
    got = survival.life_until_death(*table, alike(table), cell, 0.5)
    assert got == pytest.approx(survival.life_until_death(*hard, alike(hard), cell, 0.5), rel=1e-9)


def test_share_of_failed_cells():
    table = populations({"lines": 9, "cells": 10}, {"lines": 1, "cells": 10, "wear": 3.0})
    cell = (LOGNORMAL, 1e6, 0.5)
    life = survival.life_until_share(*table, alike(table), cell, 0.02)
    shares = [endurance.failed_share(LOGNORMAL, 1e6, 0.5, life * wear) for wear in (1.0, 3.0)]
    assert 0.9 * shares[0] + 0.1 * shares[1] == pytest.approx(0.02, rel=1e-9)


def test_offset_comes_off_a_fixed_endurance():
    table = populations({"wear": 10.0, "offset": 0.2})
    got = survival.life_until_death(*table, alike(table), (FIXED, 1000.0, 0.0), 0.5)
    assert got == pytest.approx((1000 - 200) / 10)
    dead = populations({"wear": 10.0, "offset": 2.0})
    assert survival.life_until_death(*dead, alike(dead), (FIXED, 1000.0, 0.0), 0.5) == 0.0


def test_what_is_not_written_does_not_die():
    table = populations({"wear": 0.0})
    assert survival.life_until_death(*table, alike(table), (LOGNORMAL, 1e6, 1.0), 0.5) == math.inf


@given(st.integers(min_value=0, max_value=3), st.integers(min_value=0, max_value=3))
def test_more_repair_never_shortens_life(tolerated, spares):
    shape = {"arrays": 5.0, "lines": 16, "cells": 16}
    cell = (LOGNORMAL, 1e6, 1.0)
    less = populations({**shape, "tolerated": tolerated, "spares": spares})
    more = populations({**shape, "tolerated": tolerated + 1, "spares": spares + 1})
    assert survival.life_until_death(*more, alike(more), cell, 0.5) > survival.life_until_death(
        *less, alike(less), cell, 0.5
    )
