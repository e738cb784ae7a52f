"""Prices of many points side by side: by definition, and the bits of each point alone."""

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
from recost.kernels.engine import SUM_ROUNDS, SUMS, price_sums
from recost.kernels.pricing import WIDTH, Records, price_points
from recost.models.numbers import Sheet
from recost.models.pricing import EVERY, Summed, price
from recost.vocabulary import ACTIONS, TOTALS, Component, Total
from tests.naive.pricing import totals as naive_totals

PRICED = [
    name
    for name in TECHNOLOGY_DTYPE.names
    if name.endswith(("_j", "_mm2", "_per_bit", "_w", "cell_write_time_s", "cell_pulses"))
]
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
    columns = np.sort(rng.choice(2 * points, points, replace=False))
    rows = np.where(rng.random(TOTALS) < 0.7, rng.permutation(TOTALS), -1)
    found = np.full((TOTALS, 2 * points), -1.0)
    summed.price(columns, found, rows)
    untouched = np.ones(found.shape, bool)
    untouched[np.ix_(rows[rows >= 0], columns)] = False
    assert (found[untouched] == -1.0).all()
    for p, column in enumerate(columns.tolist()):
        wanted, given = alone(summed, p)
        np.testing.assert_array_equal(found[rows[rows >= 0], column], wanted[rows >= 0])
        np.testing.assert_allclose(wanted, naive_totals(*given), rtol=1e-12)


@pytest.mark.parametrize("name", ["sre", "isaac", "puma", "ou-dense"])
@pytest.mark.parametrize("rounds", [0.0, 2.0])
def test_what_a_price_reaches_is_found(name, rounds):
    """No total that was taken for constant changes with the prices that vary."""
    rng = np.random.default_rng(3)
    machine = load_hardware(name)
    structure, technology = structure_record(machine), technology_record(machine)
    technology["cell_write_time_s"] = technology["cell_pulses"] = 1.0
    sums = rng.random((1, SUMS)) * 1e3 + 1.0
    sums[0, rng.random(SUMS) < 0.3] = 0.0
    sums[0, SUM_ROUNDS] = rounds
    none = np.zeros(40, np.int64)
    for _ in range(30):
        own = rng.choice(PRICED, rng.integers(1, 4), replace=False).tolist()
        words = np.array([TECHNOLOGY_DTYPE.fields[field][1] // 8 for field in own])
        values = rng.random((len(own), 40)) * 10.0 ** rng.integers(-20, 9, (len(own), 40))
        priced = Records(technology, none, words, values)
        kept = Records(structure, none[:1], none[:0], np.zeros((0, 1)))
        summed = Summed(kept, none, priced, sums, none)
        moved, first = summed.alike().moved()
        found = np.empty((TOTALS, 40))
        summed.price(np.arange(40), found)
        np.testing.assert_array_equal(found[~moved], np.repeat(first[~moved, None], 40, axis=1))
        sheet = Sheet(40)
        price(summed, np.arange(40), sheet, whole=True)
        parts = Sheet(40)
        for part in (np.arange(0, 40, 2), np.arange(1, 40, 2)):
            some = Records(technology, none[part], words, values[:, part])
            cut = Summed(kept, none[part], some, sums, none[part])
            price(cut, part, parts, whole=False)
        for one in ("energy_j", "area_mm2", "power_w", "latency_s", "energy_adc_j"):
            np.testing.assert_array_equal(sheet.column(one, None), parts.column(one, None))


def test_a_price_of_one_component_moves_that_and_the_sums():
    machine = load_hardware("sre")
    none, sums = np.zeros(2, np.int64), np.ones((1, SUMS))
    word = TECHNOLOGY_DTYPE.fields["adc_energy_j"][1] // 8
    priced = Records(technology_record(machine), none, np.array([word]), np.ones((1, 2)))
    kept = Records(structure_record(machine), none[:1], none[:0], np.zeros((0, 1)))
    moved, _ = Summed(kept, none, priced, sums, none).alike().moved()
    assert np.flatnonzero(moved).tolist() == [Component.ADC, Total.ENERGY, Total.POWER]


def test_records_have_room_in_their_rows():
    assert STRUCTURE_DTYPE.itemsize // 8 <= pricing._TECHNOLOGY - pricing._STRUCTURE
    assert TECHNOLOGY_DTYPE.itemsize // 8 <= pricing._SCALE - pricing._TECHNOLOGY


def test_a_total_that_is_infinite_at_one_point_is_so_at_that_alone():
    machine = load_hardware("sre")
    none, sums = np.zeros(2, np.int64), np.full((1, SUMS), 1e6)
    sums[0, SUM_ROUNDS] = 0.0
    word = TECHNOLOGY_DTYPE.fields["adc_energy_j"][1] // 8
    kept = Records(structure_record(machine), none[:1], none[:0], np.zeros((0, 1)))
    for values in ([1e305, 1e-12], [1e-12, 1e305]):
        priced = Records(technology_record(machine), none, np.array([word]), np.array([values]))
        sheet = Sheet(2)
        price(Summed(kept, none, priced, sums, none), np.arange(2), sheet, whole=True)
        assert np.isinf(sheet.column("energy_j", None)).tolist() == [v > 1.0 for v in values]


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
    assert empty.alike() is None
    price_points((empty.structures, none), technologies, (empty.sums, none), none, EVERY,
                 np.zeros((TOTALS, 0)))  # fmt: skip
