"""Prices of many points side by side: by definition, and the bits of each point alone."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recost.hardware import load_hardware
from recost.hardware.records import (
    STRUCTURE_DTYPE,
    TECHNOLOGY_DTYPE,
    structure_record,
    technology_record,
)
from recost.kernels import _intrinsics, pricing
from recost.kernels._numba import kernel
from recost.kernels.digits import Digits
from recost.kernels.engine import SUM_CHIPS, SUM_ROUNDS, SUMS, price_sums
from recost.kernels.lines import Line, Prices, price_lines, price_stretch
from recost.kernels.pricing import WIDTH, Records
from recost.models.numbers import Sheet
from recost.models.pricing import Lines, Priced, Summed
from recost.vocabulary import ACTIONS, TOTALS, Component, Total
from tests.naive.pricing import lines as naive_lines
from tests.naive.pricing import totals as naive_totals

# A total is no straight line in times and pulses.
TIMES = ["cell_write_time_s", "cell_pulses", "off_chip_bandwidth_bytes_per_s"]
PRICES = [n for n in TECHNOLOGY_DTYPE.names if n.endswith(("_j", "_mm2", "_per_bit", "_w"))]
PRICED = PRICES + TIMES
FREE = ["hierarchy_cores_per_tile", "network_on_chip_per_tile", "vector_per_tile"]


def records(dtype, base, fields, size, rng):
    """Records like `base`, of which `fields` vary: kept ones, and those with words of their own."""
    kept = np.repeat(base, 3)
    for name in fields:
        kept[name] = number(rng, dtype[name], 3)
    own = [name for name in fields if rng.random() < 0.3]
    words = np.array([dtype.fields[name][1] // 8 for name in own], np.int64)
    values = np.empty((len(own), size))
    for row, name in zip(values, own, strict=True):
        row.view(dtype[name])[:] = number(rng, dtype[name], size)
    return Records(kept, rng.integers(0, 3, size), words, values)


def number(rng, kind, size):
    return rng.integers(1, 9, size) if kind.kind == "i" else rng.random(size)


def record(records, i):
    found = records.kept[[records.at[i]]].copy()
    found.view(float)[records.words] = records.values[:, i]
    return found[0]


def drawn(points, seed):
    rng = np.random.default_rng(seed)
    machine = load_hardware("sre")
    structures = records(STRUCTURE_DTYPE, structure_record(machine), FREE, 7, rng)
    technologies = records(TECHNOLOGY_DTYPE, technology_record(machine), PRICED, points, rng)
    sums = rng.random((5, SUMS)) * 1e6
    sums[:, SUM_ROUNDS] = rng.integers(0, 2, 5)
    sums[0] = 0.0  # takes no time
    at = rng.integers(0, 7, points)
    return Summed(structures, at, technologies, sums, rng.integers(0, 5, points)), rng


def alone(summed, p):
    """The totals of a point by the kernel of an estimate, and the records that it has."""
    structure, technology = record(summed.structures, summed.at[p]), record(summed.technologies, p)
    sums, found = summed.sums[summed.sums_at[p]], np.empty(TOTALS)
    price_sums(structure, technology, sums, np.empty(ACTIONS), found)
    return found, (structure, technology, sums)


@settings(max_examples=60, deadline=None)
@given(points=st.integers(1, 5 * WIDTH), seed=st.integers(0, 2**32))
def test_points_cost_what_each_costs_alone_and_by_definition(points, seed):
    summed, rng = drawn(points, seed)
    rows = np.where(rng.random(TOTALS) < 0.7, rng.permutation(TOTALS), -1)
    found = np.full((TOTALS, points + 3), -1.0)
    summed.price(found, rows)
    untouched = np.ones(found.shape, bool)
    untouched[rows[rows >= 0], :points] = False
    assert (found[untouched] == -1.0).all()
    for p in range(points):
        wanted, given = alone(summed, p)
        np.testing.assert_array_equal(found[rows[rows >= 0], p], wanted[rows >= 0])
        np.testing.assert_allclose(wanted, naive_totals(*given), rtol=1e-12)


def items_of(name, items, prices, rounds, rng):
    """Items of a machine whose `prices` vary: structures, sums and the other prices differ."""
    structures = np.repeat(structure_record(load_hardware(name)), items)
    technologies = np.repeat(technology_record(load_hardware(name)), items)
    for field in FREE:
        structures[field] = rng.integers(1, 9, items)
    for field in PRICED:
        technologies[field] = rng.random(items)
    sums = rng.random((items, SUMS)) * 1e3 + 1.0
    sums[:, rng.random(SUMS) < 0.3] = 0.0
    sums[:, SUM_ROUNDS], sums[:, SUM_CHIPS] = rounds, rng.integers(1, 9, items)
    every, words = np.arange(items), [TECHNOLOGY_DTYPE.fields[field][1] // 8 for field in prices]
    kept = Records(structures, every, np.zeros(0, np.int64), np.zeros((0, items)))
    own = Records(technologies, every, np.array(words), np.full((len(words), items), np.nan))
    return Summed(kept, every, own, sums, every)


def points_of(items, at, values):
    """Points of items, with prices of their own."""
    priced = items.technologies._replace(at=items.technologies.at[at], values=values)
    return items._replace(at=items.at[at], technologies=priced, sums_at=items.sums_at[at])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), items=st.integers(1, 4), ordered=st.booleans())
@pytest.mark.parametrize("name", ["sre", "isaac", "puma", "ou-dense"])
@pytest.mark.parametrize("rounds", [0.0, 2.0])
def test_prices_alone_cost_on_lines_what_they_cost_by_definition(
    name, rounds, seed, items, ordered
):
    rng = np.random.default_rng(seed)
    own = rng.choice(PRICES, rng.integers(1, 6), replace=False).tolist()
    every = items_of(name, items, own, rounds, rng)
    at = np.sort(rng.integers(0, items, 40)) if ordered else rng.integers(0, items, 40)
    values = rng.random((len(own), 40)) * 10.0 ** rng.integers(-20, 9, (len(own), 40))
    lines = Lines.of(every)
    found, sheet = lines.priced(at, values), Sheet(40)
    points = points_of(every, at, values)
    for p in range(40):
        wanted = naive_totals(*alone(points, p)[1])
        have = [found.totals[r, p] if r >= 0 else found.alike[t] for t, r in enumerate(found.rows)]
        np.testing.assert_allclose(have, wanted, rtol=1e-13)
    found.onto(sheet, slice(None))
    sheet.complete(slice(None), 1.0, 0.0)
    # Points of several kinds come one after the other, each with some of the totals.
    parts = Sheet(40)
    for part in (np.arange(0, 40, 2), np.arange(1, 40, 2)):
        lines.priced(at[part], np.ascontiguousarray(values[:, part])).onto(parts, part)
    for one in ("energy_j", "area_mm2", "power_w", "latency_s", "energy_adc_j"):
        np.testing.assert_array_equal(sheet.numbers()[one], parts.numbers()[one])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), points=st.sampled_from([1, 3, 2047, 2048, 2049, 5000]))
def test_lines_of_many_points_are_those_of_each(seed, points):
    rng = np.random.default_rng(seed)
    items, prices = rng.integers(1, 4), rng.integers(0, 4)
    base, slopes = rng.random((items, TOTALS)), rng.random((items, TOTALS, prices))
    slopes[rng.random(slopes.shape) < 0.5] = 0.0
    at, values = np.sort(rng.integers(0, items, points)), rng.random((prices, points))
    rows = np.where(rng.random(TOTALS) < 0.7, rng.permutation(TOTALS), -1)
    found = np.full((TOTALS, points + 3), -1.0)
    price_lines(base, slopes, at, values, rows, found)
    wanted = np.full((TOTALS, points + 3), -1.0)
    for p in range(points):
        wanted[rows[rows >= 0], p] = naive_lines(base[at[p]], slopes[at[p]], values[:, p])[
            rows >= 0
        ]
    np.testing.assert_array_equal(found, wanted)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), points=st.sampled_from([1, 3, 255, 2047, 2049, 5000]),
       radices=st.lists(st.sampled_from([1, 2, 7, 300, 3000]), max_size=4))  # fmt: skip
def test_prices_and_lines_of_points_in_a_row_are_those_of_each(seed, points, radices):
    rng = np.random.default_rng(seed)
    keys, start = len(radices), int(rng.integers(0, 10**9))
    base, slopes = rng.random(TOTALS), rng.random((TOTALS, keys))
    slopes[rng.random(slopes.shape) < 0.5] = 0.0
    rows = np.where(rng.random(TOTALS) < 0.7, rng.permutation(TOTALS), -1)
    levels = [rng.random(radix) for radix in radices]
    runs = [math.prod(radices[a + 1 :]) for a in range(keys)]
    begins = np.cumsum([0, *radices])[:keys]
    digits = Digits(np.array(runs, np.int64), np.array(radices, np.int64), begins)
    values, totals = np.full((keys, points + 2), -1.0), np.full((TOTALS, points + 2), -1.0)
    prices = Prices(digits, np.concatenate([np.zeros(0), *levels]))
    price_stretch(start, points, prices, Line(base, slopes, rows), values, totals)
    wanted = np.full((TOTALS, points + 2), -1.0)
    for p in range(points):
        own = [levels[a][(start + p) // runs[a] % radices[a]] for a in range(keys)]
        assert values[:, p].tolist() == own
        wanted[rows[rows >= 0], p] = naive_lines(base, slopes, own)[rows >= 0]
    np.testing.assert_array_equal(totals, wanted)
    assert (values[:, points:] == -1.0).all()


def busy(price):
    """Items of which one price varies, and of which every action is done."""
    made = items_of("sre", 1, [price], 0.0, np.random.default_rng(0))
    made.sums[0, :SUM_ROUNDS] = 1e6
    return made


def test_a_price_of_one_component_moves_that_and_the_sums():
    moved = (Lines.of(busy("adc_energy_j")).slopes[0] != 0.0).any(axis=1)
    assert np.flatnonzero(moved).tolist() == [Component.ADC, Total.ENERGY, Total.POWER]


def test_records_have_room_in_their_rows():
    assert STRUCTURE_DTYPE.itemsize // 8 <= pricing._TECHNOLOGY - pricing._STRUCTURE
    assert TECHNOLOGY_DTYPE.itemsize // 8 <= pricing._SCALE - pricing._TECHNOLOGY


def test_a_total_that_is_infinite_at_one_point_is_so_at_that_alone():
    lines = Lines.of(busy("dac_energy_j"))
    for values in ([1e308, 1e-12], [1e-12, 1e308]):
        sheet = Sheet(2)
        lines.priced(np.zeros(2, np.int64), np.array([values])).onto(sheet, slice(None))
        sheet.complete(slice(None), 1.0, 0.0)
        assert np.isinf(sheet.numbers()["energy_j"]).tolist() == [v > 1.0 for v in values]


def test_what_is_infinite_whatever_a_price_is_stays_so():
    every = busy("dac_energy_j")
    every.technologies.kept["memory_area_mm2"] = np.inf
    found = Lines.of(every).priced(np.zeros(2, np.int64), np.array([[1.0, 2.0]]))
    assert found.rows[Total.AREA] == -1
    assert found.alike[Total.AREA] == np.inf


@kernel
def _through_lanes(space, like, out):
    record = _intrinsics.lane_record(space, 2, like, WIDTH, 3)
    out[0], out[1] = record.adc_energy_j, record.leakage_fraction
    _intrinsics.put_lane(space, 1, WIDTH, 5, (7.0, 8.0))
    numbers = _intrinsics.lane(space, 0, 3, WIDTH, 5)
    out[2], out[3], out[4] = numbers


def test_lanes_in_compiled_code_are_those_of_the_interpreter():
    technology = technology_record(load_hardware("sre"))
    space = np.random.default_rng(0).random((2 + technology.itemsize // 8) * WIDTH)
    other, out = space.copy(), np.empty(5)
    _through_lanes(space, technology, out)
    record = _intrinsics.record_at(other, 2, technology, WIDTH, 3)
    _intrinsics.put_at(other, 1, WIDTH, 5, (7.0, 8.0))
    numbers = _intrinsics.numbers_at(other, 0, 3, WIDTH, 5)
    assert out.tolist() == [record.adc_energy_j, record.leakage_fraction, *numbers]
    assert numbers[1:] == (7.0, 8.0)
    np.testing.assert_array_equal(space, other)


def test_nothing_to_price():
    summed, _ = drawn(1, 0)
    none = np.zeros(0, np.int64)
    technologies = summed.technologies._replace(at=none, values=summed.technologies.values[:, :0])
    empty = summed._replace(at=none, technologies=technologies, sums_at=none)
    empty.price(np.zeros((TOTALS, 0)))
    assert empty.priced().totals.shape[0] == TOTALS
    every = busy("dac_energy_j")
    assert isinstance(Lines.of(every).priced(none, np.zeros((1, 0))), Priced)
