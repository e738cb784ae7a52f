"""What follows from values, what they cannot be together, and what is warned of."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recost.converters import adc_factor
from recost.errors import InputError
from recost.hardware import load_hardware, rules
from recost.vocabulary import AdcScaling
from tests.hardware.conftest import Write

Faults = Callable[..., list[str]]
SMALL = st.integers(1, 300)


def _values(rows: int, crossbar_rows: int, cell: int, dac: int, flip: bool) -> dict[str, object]:
    return {
        "operation_unit.rows": rows,
        "crossbar.rows": crossbar_rows,
        "crossbar.cell_bits": cell,
        "precision.dac_bits": dac,
        "mapping.flip_columns": flip,
    }


@given(SMALL, SMALL, st.integers(1, 4), st.integers(1, 3), st.booleans())
def test_lossless_bits_are_the_fewest_that_hold_every_sum(
    rows: int, crossbar: int, cell: int, dac: int, flip: bool
) -> None:
    values = _values(rows, crossbar, cell, dac, flip)
    largest = min(rows, crossbar) * (2**cell - 1) * (2**dac - 1)
    assert rules.largest_sum(values) == largest
    assert rules.lossless_adc_bits(values) == max(1, ceil(log2(largest + 1)) - flip)


def test_published_resolutions() -> None:
    # 128 x 3 = 384 needs 9 bits, 8 with flipped columns (ISAAC [P]); 16 x 3 = 48 needs 6 (SRE).
    assert rules.lossless_adc_bits(_values(128, 128, 2, 1, False)) == 9
    assert rules.lossless_adc_bits(_values(128, 128, 2, 1, True)) == 8
    assert rules.lossless_adc_bits(_values(16, 128, 2, 1, False)) == 6


def test_adc_scaling_gives_the_reference_values() -> None:
    # accelerators.md, pJ from 2 mW (2^b / (b + 1)) / (2^8 / 9) at 1.2 GS/s [S]
    expected = {3: 0.117, 4: 0.188, 5: 0.313, 6: 0.536, 7: 0.938, 8: 1.667}
    for bits, energy_pj in expected.items():
        factor = adc_factor(AdcScaling.EXPONENTIAL, bits, 8)
        assert 2e-3 / 1.2e9 * factor == pytest.approx(energy_pj * 1e-12, rel=5e-3)
    # PUMA's simulator: 0.225 mW a bit [S]
    assert 1.8 * adc_factor(AdcScaling.LINEAR, 6, 8) == pytest.approx(6 * 0.225)
    assert adc_factor(AdcScaling.NONE, 4, 8) == 1.0


@given(st.integers(1, 63), st.integers(1, 64), st.sampled_from(AdcScaling))
def test_more_bits_never_cost_less(bits: int, reference: int, scaling: AdcScaling) -> None:
    more = adc_factor(scaling, bits + 1, reference)
    assert more >= adc_factor(scaling, bits, reference) > 0
    assert adc_factor(scaling, reference, reference) == 1.0


def test_auto_follows_what_is_replaced() -> None:
    hardware = load_hardware("ou-dense", {"adc.bits": "auto"})
    assert hardware.adc.bits == 6
    assert hardware.replace({"operation_unit.rows": 32}).adc.bits == 7
    assert hardware.replace({"crossbar.cell_bits": 1}).adc.bits == 5
    assert hardware.replace({"mapping.flip_columns": True}).adc.bits == 5
    # an operation unit is never larger than its crossbar
    assert hardware.replace({"operation_unit.rows": 512}).adc.bits == 9


def test_cycle_time_is_what_the_adcs_of_a_crossbar_take() -> None:
    hardware = load_hardware("ou-dense")
    assert hardware.operation_unit.cycle_time_s == pytest.approx(13.33e-9, rel=1e-3)  # [D]
    two = hardware.replace({"adc.per_crossbar": 2})
    assert two.operation_unit.cycle_time_s == pytest.approx(16 / (2 * 1.2e9))
    wide = hardware.replace({"operation_unit.columns": 500})
    assert wide.operation_unit.cycle_time_s == pytest.approx(128 / 1.2e9)


def test_prices_of_the_adc_are_for_the_resolution_of_their_own_file(write: Write) -> None:
    base = load_hardware("ou-dense")
    assert base.adc.reference_bits == base.adc.bits == 6
    # What is set keeps the reference, in any order.
    assert base.replace({"adc.bits": 7}).adc.reference_bits == 6
    assert base.replace({"adc.bits": 7, "adc.energy": "1 pJ"}).adc.reference_bits == 6
    assert base.replace({"adc.bits": 7}).replace({"adc.energy": "1 pJ"}).adc.reference_bits == 6
    assert base.replace({"adc.energy": "1 pJ"}).replace({"adc.bits": 7}).adc.reference_bits == 6
    # The energy itself stays that of the reference; models multiply by the factor.
    assert base.replace({"adc.bits": 7}).adc.energy_j == base.adc.energy_j
    # A reference that is set counts.
    given = base.replace({"adc.reference_bits": 8, "adc.energy": "2 pJ"})
    assert (given.adc.bits, given.adc.reference_bits) == (6, 8)
    assert given.replace({"adc.energy": "1 pJ"}).adc.reference_bits == 8
    auto = given.replace({"adc.reference_bits": "auto", "adc.energy": "1 pJ", "adc.bits": 7})
    assert auto.adc.reference_bits == 6
    # Power is for the reference too, whichever is set first.
    isaac, power, bits = load_hardware("isaac"), {"adc.power": 2e-3}, {"adc.reference_bits": 6}
    for machine in (isaac.replace(power).replace(bits), isaac.replace(bits).replace(power),
                    isaac.replace(power | bits)):  # fmt: skip
        assert machine.adc.power_w == 2e-3
    # A file's price is for its own resolution, and "auto" is what that is in the file.
    for bits, rows, reference in (("8", 16, 8), ('"auto"', 32, 7)):
        child = 'schema = 1\nextends = "ou-dense"\n[adc]\nsource = "x"\nenergy = "1.6 pJ"\n'
        child += f"bits = {bits}\n[operation_unit]\nrows = {rows}\nsource = 'x'\n"
        found = load_hardware(write(child, start=""), {"adc.bits": 4})
        assert (found.adc.reference_bits, found.adc.bits) == (reference, 4)


def test_a_power_given_at_another_level_is_brought_to_the_reference(write: Write) -> None:
    base = load_hardware("ou-dense")
    assert base.replace({"adc.bits": 7, "adc.power": "1 mW"}).adc.power_w == 1e-3
    child = 'schema = 1\nextends = "ou-dense"\n[adc]\nsource = "x"\nbits = 7\npower = "1 mW"\n'
    seven = load_hardware(write(child, start=""))
    assert seven.adc.reference_bits == 6
    factor = adc_factor(AdcScaling.EXPONENTIAL, 7, 6)
    assert seven.adc.power_w * factor == pytest.approx(1e-3)


def test_peak_power_is_energy_at_the_peak_rate_of_actions() -> None:
    hardware = load_hardware("ou-dense", {"dac.per_crossbar": 64, "leakage.fraction": "5 %"})
    cycle = hardware.operation_unit.cycle_time_s
    assert hardware.adc.power_w == pytest.approx(0.5354e-12 * 1.2e9)
    assert hardware.dac.power_w == pytest.approx(16 * 5.9e-15 / cycle / 64)
    assert hardware.sample_hold.power_w == pytest.approx(16 * 8e-18 / cycle / 128)
    assert hardware.crossbar.power_w == pytest.approx(16 * 16 * 1.788e-15 / cycle)
    assert hardware.index_decoder.power_w == 0.0
    for part in (hardware.adc, hardware.dac, hardware.memory, hardware.off_chip):
        assert part.leakage_w == pytest.approx(0.05 * part.power_w)


def test_an_index_decoder_decodes_for_every_row_of_an_operation_unit() -> None:
    hardware = load_hardware("sre")
    per_index = 0.021e-12 + 8 * 20.6e-15
    expected = 16 * per_index / hardware.operation_unit.cycle_time_s
    assert hardware.index_decoder.power_w == pytest.approx(expected)


def test_parts_that_are_not_there_have_no_power() -> None:
    hardware = load_hardware("ou-dense", {"dac.per_crossbar": 0, "shift_add.power": "auto"})
    assert hardware.dac.power_w == 0.0
    assert hardware.shift_add.power_w == pytest.approx(16 * 21e-15 / (16 / 1.2e9) / 0.5)
    without = load_hardware("isaac", {"adc.per_crossbar": 0, "adc.rate": "2.4 GS/s"})
    assert without.adc.power_w == pytest.approx(1.6667e-12 * 2.4e9)


def test_an_adc_without_a_rate_converts_all_columns_in_a_cycle(write: Write) -> None:
    text = (
        'schema = 1\nkind = "reram"\n[adc]\nsource = "x"\nenergy = "1 pJ"\nper_crossbar = 2\n'
        '[cell]\nsource = "x"\nread_energy = "1 fJ"\n'
        '[operation_unit]\ncycle_time = {value = "10 ns", source = "x"}\n'
    )
    hardware = load_hardware(write(text, start=""))
    assert hardware.adc.rate_per_s is None
    assert hardware.adc.power_w == pytest.approx(16 * 1e-12 / 10e-9 / 2)


IMPOSSIBLE = {
    "cell wider than weight": (
        "[crossbar]\ncell_bits = 4\n[precision]\nweight_bits = 2\n",
        (
            "mine.toml:12:1: crossbar.cell_bits: a cell of 4 bits is wider than a weight"
            " (precision.weight_bits = 2)"
        ),
    ),
    "weight narrower than the default cell": (
        "[precision]\nweight_bits = 1\n",
        (
            "mine.toml:12:1: crossbar.cell_bits: a cell of 2 bits is wider than a weight"
            " (precision.weight_bits = 1)"
        ),
    ),
    "digit wider than input": (
        "[precision]\ninput_bits = 2\ndac_bits = 4\n",
        (
            "mine.toml:13:1: precision.dac_bits: 4 bits a cycle are more than an input has"
            " (precision.input_bits = 2)"
        ),
    ),
    "no converters to derive a cycle from": (
        "per_crossbar = 0\n",
        (
            "operation_unit.cycle_time: cannot be derived without ADCs (adc.per_crossbar = 0);"
            ' give it, such as "100 ns"'
        ),
    ),
    "zeros that are not stored as zeros": (
        '[sparsity]\nweights = "ou-row"\n[mapping]\nencoding = "offset"\n',
        (
            "mine.toml:12:1: sparsity.weights: 'ou-row' skips zero cells, but mapping.encoding ="
            " 'offset' stores a zero weight as cells that are not zero; write 'differential' or"
            " 'magnitude' there"
        ),
    ),
    "zeros that are flipped": (
        '[mapping]\nflip_columns = true\n[sparsity]\nweights = "ou-column"\n',
        (
            "mine.toml:14:1: sparsity.weights: 'ou-column' skips zero cells, but"
            " mapping.flip_columns stores the complement of some; write false there"
        ),
    ),
    "resistances": (
        '[cell]\nresistance_on = "20 kohm"\nresistance_off = "20 kohm"\n',
        "cell.resistance_on: the on state needs less resistance than the off state (20 kohm)",
    ),
}


@pytest.mark.parametrize(("text", "message"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_together_is_named(text: str, message: str, faults: Faults) -> None:
    start = (
        'schema = 1\nkind = "reram"\n\n\n\n\n\n\ncell.read_energy.value = "1 fJ"\n'
        'cell.source = "x"\nadc.source = "x"\nadc.energy = "1 pJ"\nadc.rate = "1 GS/s"\n'
    )
    if text.startswith("per_crossbar"):
        found = faults("adc." + text, start=start)
    elif text.startswith("[cell]"):
        body = text.removeprefix("[cell]\n").replace("resistance", "cell.resistance")
        found = faults(body, start=start)
    else:
        found = faults(text)
    assert len(found) == 1
    assert found[0].endswith(message)


def test_what_follows_from_values_has_to_be_possible_too(faults: Faults) -> None:
    assert faults("[dac]\nper_crossbar = 1e-200\n", {"dac.energy": "1 fJ"}) == [
        (
            "mine.toml: dac.power: comes out as 1.2e+179 PW, which cannot be; it follows from"
            " energy at the peak rate of actions"
        )
    ]
    (fault, *_) = faults("", {"adc.per_crossbar": "1e-30"})
    assert fault == (
        "mine.toml: operation_unit.cycle_time: comes out as 1.333e+07 Ps, which cannot be;"
        " it follows from operation_unit.columns / (adc.rate * adc.per_crossbar)"
    )


def test_whole_rows_and_filters_may_be_dropped_in_any_encoding() -> None:
    hardware = load_hardware("isaac", {"sparsity.weights": "matrix"})
    assert hardware.mapping.flip_columns


def test_a_combination_made_by_settings_is_their_fault() -> None:
    with pytest.raises(InputError) as error:
        load_hardware("sre", {"mapping.encoding": "offset"})
    assert [fault.key for fault in error.value.faults] == ["sparsity.weights"]


def test_an_adc_narrower_than_the_sum_is_a_warning_that_says_what_is_lost() -> None:
    hardware = load_hardware("ou-dense", {"adc.bits": 5})
    assert hardware.notes == (
        (
            "ou-dense: adc.bits = 5: the sum of an operation unit reaches 48 and needs 6 bits;"
            " sums above 31 are clipped; adc.bits = auto follows it"
        ),
    )
    assert load_hardware("sre-ideal").notes == ()
    assert load_hardware("sre-ideal", {"adc.bits": 7}).notes == (
        (
            "sre-ideal: adc.bits = 7: the sum of an operation unit reaches 384 (255 after"
            " flipping) and needs 8 bits; sums above 127 are clipped; adc.bits = auto follows it"
        ),
    )


def test_a_price_of_another_resolution_is_a_warning_unless_it_scales() -> None:
    kept = load_hardware("ou-dense", {"adc.bits": 7, "adc.scaling": "none"})
    assert kept.notes == (
        "ou-dense: adc.bits = 7, but adc.energy is that of 6 bits: adc.scaling = 'none'",
    )
    assert load_hardware("ou-dense", {"adc.bits": 7}).notes == ()


def test_an_operation_unit_larger_than_its_crossbar_is_a_warning() -> None:
    hardware = load_hardware("ou-dense", {"operation_unit.columns": 256})
    assert hardware.notes == (
        "ou-dense: operation_unit.columns = 256: a crossbar has 128 bitlines, all are read",
    )


def test_a_cycle_too_short_for_its_converters_is_a_warning() -> None:
    hardware = load_hardware("sre-ideal", {"operation_unit.cycle_time": "50 ns"})
    assert hardware.notes == (
        (
            "sre-ideal: operation_unit.cycle_time = 50 ns: the ADCs of a crossbar take 106.7 ns"
            " for 128 columns"
        ),
    )
    assert hardware.replace({"adc.per_crossbar": 2}).notes == ()
    assert hardware.replace({"adc.per_crossbar": 0}).notes == ()


def test_areas_that_nobody_gave_are_named(write: Write) -> None:
    hardware = load_hardware(write('[sparsity]\nweights = "ou-row"\n'))
    note = hardware.notes[1]
    assert note.startswith("mine: area_mm2 is without crossbar.area, adc.area, dac.area, ")
    for part in ("index_decoder.memory_area", "memory.area", "vector.area", "off_chip.area"):
        assert part in note
    for settings in ({"vector.area": 0.0}, {"vector.per_tile": 0}):  # given, or there is none
        assert "vector.area" not in hardware.replace(settings).notes[1]
    assert load_hardware("sre").notes == ()


def test_prices_that_nobody_gave_are_named(write: Write) -> None:
    hardware = load_hardware(write('[sparsity]\nweights = "ou-row"\n'))
    note = hardware.notes[0]
    assert note.startswith("mine: counted as free, for want of a value: dac.energy, ")
    assert "index_decoder.energy" in note
    assert "sample_hold.energy" in note
    free = load_hardware("mine.toml", {"sample_hold.energy": "0 J"})
    assert "sample_hold.energy" not in free.notes[0]
    absent = load_hardware("mine.toml", {"sample_hold.per_crossbar": "0"})
    assert "sample_hold.energy" not in absent.notes[0]
