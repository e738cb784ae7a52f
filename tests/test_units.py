"""Quantities: every prefix and unit, what is refused and how, and the way there and back."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recost.units import PREFIXES, UNITS, UnitError, format_quantity, how_to_write, parse_quantity

finite = st.floats(min_value=1e-22, max_value=1e17)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1.2 GS/s", "S/s", 1.2e9),
        ("1.2GSa/s", "S/s", 1.2e9),
        ("1.2 GSps", "S/s", 1.2e9),
        ("0.535 pJ", "J", 0.535e-12),
        (" 5.9fJ ", "J", 5.9e-15),
        ("8e-6 pJ", "J", 8e-18),
        ("+1.5e3 aJ", "J", 1.5e-15),
        (".5 J", "J", 0.5),
        ("5. J", "J", 5.0),
        ("0.08 pJ/bit", "J/bit", 0.08e-12),
        ("0.08 pJ / b", "J/bit", 0.08e-12),
        ("100 ns", "s", 100e-9),
        ("1 µs", "s", 1e-6),
        ("1 \u03bcs", "s", 1e-6),
        ("1 us", "s", 1e-6),
        ("10.4 W", "W", 10.4),
        ("200 mV", "V", 0.2),
        ("10 uA", "A", 1e-5),
        ("20 kohm", "ohm", 20e3),
        ("20 k\u03a9", "ohm", 20e3),
        ("1 M\u2126", "ohm", 1e6),
        ("6.4 GB/s", "B/s", 6.4e9),
        ("51.2 Gbit/s", "B/s", 6.4e9),
        ("15.7 TFLOP/s", "FLOP/s", 15.7e12),
        ("15.7 TFLOPS", "FLOP/s", 15.7e12),
        ("1200 um^2", "mm2", 0.0012),
        ("1200 um2", "mm2", 0.0012),
        ("1200 µm²", "mm2", 0.0012),
        ("0.0012 mm^2", "mm2", 0.0012),
        ("1e-6 m2", "mm2", 1.0),
        ("500 nm^2", "mm2", 500e-12),
        ("0.234 um^2/bit", "mm2/bit", 0.234e-6),
        ("10 %", "%", 0.1),
        ("10%", "%", 0.1),
        ("-3", "", -3.0),
    ],
)
def test_a_quantity_is_the_nearest_float(text: str, unit: str, value: float) -> None:
    assert parse_quantity(text, unit) == value


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_prefix_of_every_unit(unit: str, prefix: str) -> None:
    declared = UNITS[unit]
    for stem, factor in declared.stems:
        for tail in declared.tails:
            value = parse_quantity(f"1 {prefix}{stem}{tail}", unit)
            power = PREFIXES[prefix] * declared.power + declared.exponent
            assert value == factor * float(f"1e{power}")


@pytest.mark.parametrize(
    ("text", "unit", "message"),
    [
        ("5", "J", "'5' has no unit; write it in J, such as \"0.5 pJ\""),
        ("5 ns", "J", "'ns' is not a unit for J; write it in J, such as \"0.5 pJ\""),
        ("5 pJ/bit", "J", "'pJ/bit' is not a unit for J; write it in J, such as \"0.5 pJ\""),
        ("5 XJ", "J", "'XJ' is not a unit for J; write it in J, such as \"0.5 pJ\""),
        ("5 GJ pJ", "J", "'GJ pJ' is not a unit for J; write it in J, such as \"0.5 pJ\""),
        ("pJ", "J", "'pJ' is not a quantity; write it in J, such as \"0.5 pJ\""),
        ("", "J", "'' is not a quantity; write it in J, such as \"0.5 pJ\""),
        ("nan J", "J", "'nan J' is not a quantity; write it in J, such as \"0.5 pJ\""),
        ("inf pJ", "J", "'inf pJ' is not a quantity; write it in J, such as \"0.5 pJ\""),
        ("1,2 pJ", "J", "',2 pJ' is not a unit for J; write it in J, such as \"0.5 pJ\""),
        ("1e400 J", "J", "'1e400 J' is out of range"),
        ("1e99999999999999999999 J", "J", "'1e99999999999999999999 J' is out of range"),
        ("10", "%", "'10' has no unit; write it in %, such as \"10 %\""),
        ("10 J", "%", "'J' is not %; write it in %, such as \"10 %\""),
        ("1 J", "", "'1 J' is not a plain number"),
    ],
)
def test_what_is_refused_says_what_to_write(text: str, unit: str, message: str) -> None:
    with pytest.raises(UnitError, match=f"^{re.escape(message)}$"):
        parse_quantity(text, unit)


@pytest.mark.parametrize("unit", UNITS)
def test_the_example_of_a_unit_is_one(unit: str) -> None:
    declared = UNITS[unit]
    assert parse_quantity(declared.example, unit) > 0
    assert re.match(declared.pattern, declared.example)
    assert declared.example in how_to_write(unit)


@given(value=finite, unit=st.sampled_from(sorted(UNITS)), sign=st.sampled_from([1.0, -1.0]))
def test_a_full_text_parses_back(value: float, unit: str, sign: float) -> None:
    back = parse_quantity(format_quantity(sign * value, unit, digits=17), unit)
    assert abs(back - sign * value) <= 2 * math.ulp(value)


@given(value=finite, unit=st.sampled_from(sorted(UNITS)))
def test_a_short_text_is_close_and_matches_the_pattern(value: float, unit: str) -> None:
    text = format_quantity(value, unit)
    assert parse_quantity(text, unit) == pytest.approx(value, rel=1e-3)
    if not text.startswith("-"):
        assert re.match(UNITS[unit].pattern, text)


@given(value=st.floats(1e-17, 1e14), unit=st.sampled_from(["J", "s", "W", "S/s"]))
def test_a_readable_text_has_one_to_three_digits_before_the_point(value: float, unit: str) -> None:
    mantissa = float(format_quantity(value, unit).split()[0])
    assert 1 <= mantissa < 1000


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.535e-12, "J", "535 fJ"),
        (1.7975e308, "J", "1.797e+293 PJ"),
        (5e-324, "J", "4.941e-306 aJ"),
        (999.96e-12, "J", "1 nJ"),
        (0.0, "W", "0 W"),
        (math.inf, "W", "inf W"),
        (85.42, "mm2", "85.42 mm2"),
        (0.0012, "mm2", "1200 um2"),
        (0.1, "%", "10 %"),
        (7.0, "", "7"),
    ],
)
def test_readable_texts(value: float, unit: str, text: str) -> None:
    assert format_quantity(value, unit) == text


@given(text=st.text(max_size=30), unit=st.sampled_from([*sorted(UNITS), "%", ""]))
def test_any_text_is_a_finite_number_or_refused(text: str, unit: str) -> None:
    try:
        value = parse_quantity(text, unit)
    except UnitError:
        return
    assert math.isfinite(value)
