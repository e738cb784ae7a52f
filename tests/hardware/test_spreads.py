import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.hardware.spreads import left_out, scaled, stated_spreads

TEXT = """
schema = 1
kind = "reram"
extends = "ou-dense"
title = "An ADC that nobody is sure of"

[adc]
energy = {value = "1 pJ", spread = "20 %", source = "a guess"}
per_crossbar = {value = 1.0, spread = "5 %", source = "a guess"}
"""


def machine(tmp_path, name="mine", text=TEXT):
    path = tmp_path / f"{name}.toml"
    path.write_text(text)
    return load_hardware(str(path))


def test_a_file_states_spreads(tmp_path):
    mine = machine(tmp_path)
    (spread,) = stated_spreads(mine)
    assert (spread.key.path, spread.share) == ("adc.energy", 0.2)
    assert left_out(mine) == ("adc.per_crossbar",)
    assert stated_spreads(load_hardware("sre")) == ()


def test_what_one_machine_inherits_is_the_same_number(tmp_path):
    mine = machine(tmp_path)
    heir = machine(tmp_path, "heir", 'schema = 1\nkind = "reram"\nextends = "mine"\ntitle = "x"\n'
                   "[adc]\nbits = 7\n".replace('"mine"', f'"{tmp_path}/mine.toml"'))  # fmt: skip
    assert stated_spreads(heir)[0].identity == stated_spreads(mine)[0].identity
    other = mine.replace({"adc.energy": "1.1 pJ"})
    assert stated_spreads(other) == ()  # a spread belongs to the number that it was stated with
    again = other.with_spreads({"adc.energy": 0.2})
    assert stated_spreads(again)[0].identity != stated_spreads(mine)[0].identity


def test_patterns_and_order():
    sre = load_hardware("sre").with_spreads({"*": 0.1, "adc.*": 0.2, "adc.energy": 0.0})
    shares = {spread.key.path: spread.share for spread in stated_spreads(sre)}
    assert "adc.energy" not in shares
    assert shares["adc.rate"] == 0.2
    assert shares["dac.energy"] == 0.1
    assert "adc.bits" not in shares
    assert sre == load_hardware("sre")  # the values are the same


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("adc.energ", "did you mean 'adc.energy'"),
        ("adc.bits", "only technology numbers are drawn"),
        ("bus.leakage", "does not give it a value"),
        ("nothing.*", "no technology number"),
    ],
)
def test_what_has_no_spread(key, said):
    with pytest.raises(InputError, match=said):
        load_hardware("sre").with_spreads({key: 0.1})


def test_scaled_values_keep_the_resolution_that_they_were_given_for():
    narrow = load_hardware("sre").replace({"adc.scaling": "exponential", "adc.energy": "1 pJ"})
    wide = narrow.replace({"adc.bits": narrow.adc.bits + 2})
    twice = scaled(wide, {"adc.energy": 2.0})
    assert twice.adc.energy_j == pytest.approx(2.0 * wide.adc.energy_j)
    assert twice.adc.reference_bits == wide.adc.reference_bits == narrow.adc.bits


def test_a_scaled_value_stays_in_its_range():
    pulsed = load_hardware("panther-2").replace({"cell.pulses": 2.0})
    assert scaled(pulsed, {"cell.pulses": 0.1}).cell.pulses == 1.0
