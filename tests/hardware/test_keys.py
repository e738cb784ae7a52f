"""The key table: what is true of every key, whichever section it is in."""

from __future__ import annotations

import dataclasses
import math

import pytest

from recost.hardware.hardware import Hardware
from recost.hardware.keys import DERIVED, REQUIRED, Default, Key
from recost.hardware.schema import key_adapter
from recost.hardware.sections import SECTIONS, key_table, keys_of_kind
from recost.units import UNITS
from recost.vocabulary import Word

ALL = [pytest.param(key, kind, id=key.path) for kind in SECTIONS for key in keys_of_kind(kind)]


@pytest.mark.parametrize(("key", "kind"), ALL)
def test_a_key_is_complete(key: Key, kind: str) -> None:
    assert 3 < len(key.doc) <= 160
    assert not key.doc.endswith(".")
    assert key.name.replace("_", "").isalnum()
    assert key.name.islower()
    suffix = UNITS[key.unit].suffix if key.unit in UNITS else ""
    assert key.attribute == key.name + suffix
    if key.minimum is not None and key.maximum is not None:
        assert key.minimum < key.maximum
        assert math.isfinite(key.maximum)
    if key.kind in (int, float):
        assert key.minimum is not None
        assert key.minimum >= 0 or key.unit is None


@pytest.mark.parametrize(("key", "kind"), ALL)
def test_a_default_is_a_value_that_a_file_may_give(key: Key, kind: str) -> None:
    if key.default is None:
        assert key.optional
    elif key.default is DERIVED:
        assert "auto" in key.words
    elif key.default is not REQUIRED:
        assert isinstance(key.default, key.kind)
        raw = key.default.text if isinstance(key.default, Word) else key.default
        if key.unit in UNITS:
            raw = f"{key.default!r} {key.unit}"
        assert key_adapter(kind, key.path).validate_python(raw) == key.default


@pytest.mark.parametrize(("key", "kind"), ALL)
def test_every_word_is_understood(key: Key, kind: str) -> None:
    adapter = key_adapter(kind, key.path)
    for word, meaning in key.words.items():
        assert adapter.validate_python(word) is meaning
    if issubclass(key.kind, Word):
        for member in key.kind:
            if not (key.takes_list and member.text == "list"):
                assert adapter.validate_python(member.text) is member


def test_paths_and_record_fields_are_unique() -> None:
    for kind in SECTIONS:
        keys = keys_of_kind(kind)
        assert len({key.path for key in keys}) == len(keys)
        assert len({key.record_field for key in keys}) == len(keys)
        assert list(key_table(kind)) == [key.path for key in keys]


def test_a_hardware_has_every_section() -> None:
    fields = {field.name for field in dataclasses.fields(Hardware)}
    for sections in SECTIONS.values():
        assert fields >= sections.keys()


def test_what_is_expected_names_unit_words_and_lists() -> None:
    table = key_table("reram")
    assert table["adc.energy"].expected == 'a quantity in J, such as "0.5 pJ"'
    assert table["adc.bits"].expected == 'a whole number, or "auto"'
    assert table["mapping.sync"].expected == "one of 'vector', 'layer'"
    assert table["mapping.flip_columns"].expected == "true or false"
    assert table["network_on_chip.hops"].expected == "a number"
    assert table["mapping.replication"].expected.endswith("or a list of whole numbers")


def test_technology_numbers_need_sources_and_structure_does_not() -> None:
    table = key_table("reram")
    needed = ("adc.energy", "adc.area", "cell.pulses", "adc.rate", "operation_unit.cycle_time")
    assert all(table[path].sourced for path in needed)
    free = ("crossbar.rows", "mapping.sync", "cell.endurance.distribution", "adc.per_crossbar")
    assert not any(table[path].sourced for path in free)
    assert isinstance(table["adc.energy"].default, Default)
