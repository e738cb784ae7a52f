"""A new file: valid as it stands, and still valid with any key brought to life."""

from __future__ import annotations

import re

import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.hardware.sections import SECTIONS, keys_of_kind
from recost.hardware.skeleton import skeleton
from tests.hardware.conftest import Write


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_new_file_of_every_kind_is_valid(kind: str, write: Write) -> None:
    assert load_hardware(write(start=skeleton(kind=kind))).kind == kind


def test_a_new_file_is_valid_and_says_which_prices_are_missing(write: Write) -> None:
    hardware = load_hardware(write(start=skeleton()))
    assert hardware.given == {"adc.rate", "adc.energy", "cell.read_energy"}
    assert "counted as free" in hardware.notes[0]


def test_a_new_file_that_extends_another_equals_it(write: Write) -> None:
    base = load_hardware("sre")
    mine = load_hardware(write(start=skeleton(base)))
    assert mine.content_hash == base.content_hash
    assert mine.title == "one line that says what it is"


def test_every_key_is_there_once_with_its_meaning_and_no_line_is_too_long() -> None:
    text = skeleton()
    assert max(map(len, text.splitlines())) <= 100
    flat = re.sub(r"\s*#?\s+", " ", text)
    for key in keys_of_kind("reram"):
        assert re.sub(r"\s*#?\s+", " ", key.doc) in flat
    headers = re.findall(r"^\[(.+)\]$", text, re.MULTILINE)
    assert headers == list(dict.fromkeys(key.section for key in keys_of_kind("reram")))


@pytest.mark.parametrize("base", [None, "sre", "puma"])
def test_a_key_without_its_comment_sign_changes_nothing(base: str | None, write: Write) -> None:
    """Every line with a value is a valid setting, and the value is the one that holds."""
    start = skeleton(load_hardware(base) if base else None)
    before = load_hardware(write(start=start)).content_hash
    lines = [f"{line[2:]}" if re.match(r"# \w+ = ", line) else line for line in start.split("\n")]
    # A section's own source covers the quantities, which have none.
    text = re.sub(r"^\[(.+)\]$", r'[\1]\nsource = "x"', "\n".join(lines), flags=re.MULTILINE)
    try:
        hardware = load_hardware(write(start=text))
    except InputError as error:
        pytest.fail(str(error))
    assert hardware.content_hash == before
