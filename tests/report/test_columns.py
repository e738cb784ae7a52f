"""A column's unit is the end of its name, listed or not."""

from __future__ import annotations

import pytest

from recost.report.columns import COLUMNS, Scaling, _split_unit, describe


@pytest.mark.parametrize(
    ("name", "unit", "heading"),
    [
        ("energy_j", "J", "energy"),
        ("energy_adc_j", "J", "energy ADC"),
        ("latency_s", "s", "latency"),
        ("throughput_per_s", "/s", "throughput"),
        ("bandwidth_bytes_per_s", "B/s", "bandwidth"),
        ("area_mm2", "mm2", "area"),
        ("ou_activations", "", "OU activations"),
        ("utilisation_percent", "%", "utilisation"),
        ("lifetime_years_low", "years", "lifetime low"),
        ("cell_voltage_v", "V", "cell voltage"),
        ("classes", "", "classes"),
    ],
)
def test_unit_and_heading(name, unit, heading):
    column = describe(name)
    assert (column.unit, column.heading) == (unit, heading)


def test_the_listed_units_are_those_of_the_names():
    for column in COLUMNS:
        ending = _split_unit(column.name)[1][0]
        assert ending in ("", column.unit), column.name


def test_no_column_is_listed_twice_and_each_says_what_it_is():
    names = [column.name for column in COLUMNS]
    assert len(set(names)) == len(names)
    assert all(column.description for column in COLUMNS)


def test_the_split_of_the_energy_goes_before_its_total():
    assert describe("energy_off_chip_j").rank > describe("energy_j").rank


def test_an_unlisted_quantity_scales_with_a_prefix():
    assert describe("retention_time_s").scaling is Scaling.SI
