"""Slice bits: what holds a weight, and what a bad list is told."""

from __future__ import annotations

import pytest

from recost.errors import InputError
from recost.models.sliced_matrix import SlicedMatrix
from recost.models.slices import Slicing, parse_slice_bits, spell_slice_bits

PAPER = (4, 4, 4, 6, 6, 5, 5, 5)  # 44466555 [P PANTHER 6.3]


def test_the_paper_s_slices():
    slicing = Slicing(parse_slice_bits("44466555"))
    assert slicing.slice_bits == PAPER
    assert slicing.total_bits == 39
    assert slicing.chunk_bits == 4
    # Balanced digits of 4 bits, the top one included: 7 (16^8 - 1) / 15 and -8 (16^8 - 1) / 15.
    assert slicing.bounds == (-8 * (16**8 - 1) // 15, 7 * (16**8 - 1) // 15)


@pytest.mark.parametrize(
    ("slices", "p"), [(16, 2), (11, 3), (8, 4), (7, 5)]
)  # of figure 3f [P]: 32 bits in chunks of p
def test_chunk_bits_follow_from_the_number_of_slices(slices, p):
    assert Slicing((p + 1,) * slices).chunk_bits == p


def test_bits_are_spelt_as_they_are_read():
    for bits in (PAPER, (3,), (12, 10, 10)):
        assert parse_slice_bits(spell_slice_bits(bits)) == bits


def test_largest_steps_are_reached_and_never_passed():
    slicing = Slicing((14,) * 8)
    matrix = SlicedMatrix(slicing, [[0]])
    matrix.add_outer_product([65535], [65535])
    assert tuple(matrix.slices()[:, 0, 0]) == slicing.largest_steps()
    # 16 shifts of at most 15 each.
    assert max(slicing.largest_steps()) <= 16 * 15


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (((3, 4, 4, 6, 6, 5, 5, 5),), "at least 4 bits for each slice"),
        (((4,) * 8, 32, 0, False), "at least 5 bits for each slice"),
        (((4,) * 7, 32, 4), "write 8 slices"),
        (((14, 14), 32), "write at least 4 slices"),
        (((15, 4), 8), "1 to 14 bits"),
        (((),), "1 to 14 bits"),
        (((4,) * 8, 64), "2 to 40"),
    ],
)
def test_slices_that_cannot_hold_the_weight_say_what_to_write(arguments, words):
    with pytest.raises(InputError, match=words):
        Slicing(*arguments)


@pytest.mark.parametrize("text", ["", "4a6", "4,,6", "4;5"])
def test_bits_that_cannot_be_read(text):
    with pytest.raises(InputError, match="like 44466555"):
        parse_slice_bits(text)


def test_vectors_that_do_not_fit():
    matrix = SlicedMatrix(Slicing(PAPER), [[0, 0]])
    with pytest.raises(InputError, match=r"write \[examples, 1\]"):
        matrix.add_outer_product([1, 2], [3, 4])
    with pytest.raises(InputError, match="16 bits"):
        matrix.add_outer_product([65536], [1, 1])
    with pytest.raises(InputError, match="scale it down"):
        SlicedMatrix(Slicing((8, 8), 8), [[0]]).add_outer_product([255], [255])


def test_a_negative_carry_interval():
    with pytest.raises(InputError, match="at least 1"):
        SlicedMatrix(Slicing(PAPER), [[0]], carry_interval=-1)
