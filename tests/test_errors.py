"""What a fault reads like."""

from __future__ import annotations

import pytest

from recost.errors import Fault, InputError, suggestion


def test_a_fault_has_its_place_its_key_and_its_message_as_far_as_known() -> None:
    assert str(Fault("is wrong", "f.toml", 3, 5, "adc.bits")) == "f.toml:3:5: adc.bits: is wrong"
    assert str(Fault("is wrong", "f.toml")) == "f.toml: is wrong"
    assert str(Fault("is wrong", key="adc.bits")) == "adc.bits: is wrong"
    assert str(Fault("is wrong")) == "is wrong"


def test_a_fault_is_one_line_whatever_the_input_holds() -> None:
    assert str(Fault("'a\nb' is wrong", "f\x1b[31m.toml")) == "f?[31m.toml: 'a?b' is wrong"


def test_an_error_has_all_its_faults_and_the_place_of_the_first() -> None:
    error = InputError([Fault("first", "f.toml", 3, 5, "a"), Fault("second")])
    assert str(error) == "f.toml:3:5: a: first\nsecond"
    assert (error.path, error.line, error.column, error.key) == ("f.toml", 3, 5, "a")
    assert isinstance(error, ValueError)
    single = InputError("wrong", path="f.toml", key="a")
    assert single.faults == (Fault("wrong", "f.toml", key="a"),)
    with pytest.raises(ValueError, match="at least one fault"):
        InputError([])


def test_a_suggestion_is_the_nearest_word_or_nothing() -> None:
    assert suggestion("bit", ["bits", "rate"]) == "; did you mean 'bits'?"
    assert suggestion("zzz", ["bits", "rate"]) == ""
