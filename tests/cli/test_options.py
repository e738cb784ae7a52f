"""`--set` texts, sorted by what they change."""

from __future__ import annotations

import pytest

from recost.cli.options import Changes, at_most_one, short_name
from recost.errors import InputError

NAMES = ("sre", "ou-dense", "./hw/mine.toml")


def test_a_key_of_all_hardware_of_one_and_of_the_networks():
    changes = Changes.parse(["adc.bits=7", "sre:adc.bits=6", "workload:input=[3,32,32]"], NAMES)
    assert changes.of("ou-dense") == {"adc.bits": "7"}
    assert changes.of("sre") == {"adc.bits": "6"}
    assert changes.workload == {"input": "[3,32,32]"}


def test_one_hardware_beats_all_whatever_the_order():
    changes = Changes.parse(["sre:adc.bits=6", "adc.bits=7"], NAMES)
    assert changes.of("sre") == {"adc.bits": "6"}


def test_of_two_settings_the_later_counts():
    assert Changes.parse(["adc.bits=6", "adc.bits=7"], NAMES).of("sre") == {"adc.bits": "7"}


@pytest.mark.parametrize("prefix", ["mine", "./hw/mine.toml"])
def test_a_file_is_named_by_its_path_or_its_stem(prefix):
    changes = Changes.parse([f"{prefix}:adc.bits=7"], NAMES)
    assert changes.of("./hw/mine.toml") == {"adc.bits": "7"}
    assert changes.of("sre") == {}


def test_a_value_may_hold_signs_and_blanks_may_stand_around():
    changes = Changes.parse([" adc.energy = 1.5 pJ ", 'title="a=b:c"'], NAMES)
    assert changes.of("sre") == {"adc.energy": "1.5 pJ", "title": '"a=b:c"'}


def test_every_bad_setting_is_named():
    with pytest.raises(InputError) as caught:
        Changes.parse(["adc.bits", "=7", "sr:adc.bits=7", "gpu:x=1", "adc.bits=7"], NAMES)
    assert str(caught.value).splitlines() == [
        "--set adc.bits: is not [NAME:]KEY=VALUE",
        "--set =7: is not [NAME:]KEY=VALUE",
        "--set sr:adc.bits=7: unknown hardware 'sr'; did you mean 'sre'?",
        "--set gpu:x=1: unknown hardware 'gpu'; there are sre, ou-dense, mine, workload",
    ]


def test_without_hardware_there_is_nothing_to_set_but_networks():
    assert Changes.parse(["workload:profile=none"], ()).workload == {"profile": "none"}
    with pytest.raises(InputError, match=r"--set adc\.bits=7: there is no -H to change"):
        Changes.parse(["adc.bits=7"], ())


@pytest.mark.parametrize(
    ("name", "short"), [("sre", "sre"), ("a/sre.toml", "sre"), ("a/b.c", "b.c")]
)
def test_short_names(name, short):
    assert short_name(name) == short


def test_one_where_one_is_due():
    at_most_one("-H", ["a"])
    with pytest.raises(InputError, match="-H: takes one here, not 2: a, b"):
        at_most_one("-H", ["a", "b"])
