"""Outer products on slices against Python integers, and when clipping once a phase is enough."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recost.kernels import outer_product
from recost.models.sliced_matrix import SlicedMatrix
from recost.models.slices import Slicing
from tests.naive import outer_product as naive

CASES = 10_000


def random_slicing(rng: random.Random) -> Slicing:
    """Any list of slice bits that holds its weight."""
    weight_bits = rng.choice((8, 16, 24, 32))
    slices = rng.randint(-(-weight_bits // 8), min(16, weight_bits))
    p = -(-weight_bits // slices)
    balanced = rng.random() < 0.7
    least = p if balanced else p + 1
    bits = tuple(
        rng.randint(least, min(14, least + rng.choice((0, 1, 3, 9)))) for _ in range(slices)
    )
    return Slicing(bits, weight_bits, p, balanced)


def random_case(rng: random.Random) -> tuple[Slicing, list[list[int]], list, int]:
    slicing = random_slicing(rng)
    held = slicing.chunk_bits * len(slicing.slice_bits)
    height, width = rng.choice(((1, 1), (1, 2), (2, 1), (2, 3)))
    lowest, highest = slicing.bounds
    weights = [[rng.randint(lowest, highest) for _ in range(width)] for _ in range(height)]
    column_bits = rng.randint(1, min(16, held - 1))
    row_bits = rng.randint(1, min(16, held - column_bits))
    examples = [
        (
            [rng.randint(-(2**column_bits) + 1, 2**column_bits - 1) for _ in range(height)],
            [rng.randint(-(2**row_bits) + 1, 2**row_bits - 1) for _ in range(width)],
        )
        for _ in range(rng.choice((1, 1, 2, 5)))
    ]
    return slicing, weights, examples, rng.choice((0, 1, 2, 3))


def run(slicing: Slicing, weights, examples, interval: int) -> SlicedMatrix:
    matrix = SlicedMatrix(slicing, weights, interval)
    columns, rows = zip(*examples, strict=True)
    matrix.add_outer_product(np.array(columns), np.array(rows))
    return matrix


def test_slices_equal_python_integers_step_by_step():
    rng = random.Random(20)
    saturating = 0
    for _ in range(CASES):
        slicing, weights, examples, interval = random_case(rng)
        matrix = run(slicing, weights, examples, interval)
        bits, p = list(slicing.slice_bits), slicing.chunk_bits
        expected = naive.train(weights, examples, bits, p, slicing.balanced, interval)
        assert (matrix.slices() == np.array(expected).transpose(2, 0, 1)).all()
        saturating += bool(matrix.clipped.any())
    assert saturating > CASES / 10  # the cases that matter are among them


def test_weights_equal_integer_arithmetic_where_nothing_is_clipped():
    rng = random.Random(21)
    exact = 0
    for _ in range(2_000):
        slicing, weights, examples, interval = random_case(rng)
        matrix = run(slicing, weights, examples, interval)
        if matrix.clipped.any() or matrix.cut_off:
            continue
        exact += 1
        expected = np.array(weights) + sum(np.outer(a, b) for a, b in examples)
        assert (matrix.weights() == expected).all()
    assert exact > 400


def test_whole_updates_equal_python_integers():
    rng = random.Random(22)
    for _ in range(500):
        slicing = random_slicing(rng)
        layout = slicing.layout
        held = slicing.chunk_bits * len(slicing.slice_bits)
        updates = [rng.randint(-(2**held) + 1, 2**held - 1) for _ in range(3)]
        start = rng.randint(*slicing.bounds)
        state = np.empty((1, len(slicing.slice_bits), 1), np.int16)
        outer_product.write_weights(np.array([[start]]), layout, state)
        tally = outer_product.Tally(
            *(np.zeros(len(slicing.slice_bits), np.int64) for _ in range(3))
        )
        outer_product.accumulate_updates(
            state, np.array(updates).reshape(3, 1), layout, slicing.lane, (0, 0), tally
        )
        bits, p = list(slicing.slice_bits), slicing.chunk_bits
        digits = naive.to_digits(start, bits, p, slicing.balanced)
        for update in updates:
            digits = naive.add_update(digits, update, bits, p)
        assert state[0, ::-1, 0].tolist() == digits


steps = st.lists(st.integers(0, 40), min_size=1, max_size=8)


@given(st.integers(2, 8), st.integers(-128, 127), steps, st.sampled_from((1, -1)))
def test_clipping_once_a_phase_equals_clipping_each_step_of_one_sign(bits, start, sizes, sign):
    level = naive.clip(start, bits)
    stepwise = level
    for size in sizes:
        stepwise = naive.clip(stepwise + sign * size, bits)
    assert stepwise == naive.clip(level + sign * sum(sizes), bits)


def test_clipping_once_differs_across_phases_of_different_sign():
    # 7 + 5 stops at 7, then -5 gives 2; the sum 7 + 0 would stay at 7.
    assert naive.clip(naive.clip(7 + 5, 4) - 5, 4) == 2
    assert naive.clip(7 + 5 - 5, 4) == 7
    # Two examples of opposite sign are two phases: the kernel must keep them apart.
    slicing = Slicing((4,) * 8)
    matrix = SlicedMatrix(slicing, [[7]])
    matrix.add_outer_product([[5], [-5]], [[1], [1]])
    assert matrix.weights().item() == 2


def test_a_cell_is_active_in_one_phase_of_an_example():
    for a, b in ((3, 5), (3, -5), (-3, 5), (-3, -5)):
        active = [(x, y) for x in (1, -1) for y in (1, -1) if a * x > 0 and b * y > 0]
        assert len(active) == 1


def test_the_tally_balances():
    rng = random.Random(23)
    for _ in range(300):
        slicing, weights, examples, _ = random_case(rng)
        before = SlicedMatrix(slicing, weights).slices().astype(np.int64)
        matrix = run(slicing, weights, examples[:1], 0)
        moved = abs(matrix.slices() - before).sum(axis=(1, 2))
        assert (moved + matrix.clipped == matrix.requested).all()
        layout = slicing.layout
        low, high = layout.low[::-1, None, None], layout.high[::-1, None, None]
        at_bound = (matrix.slices() == low) | (matrix.slices() == high)
        assert (at_bound.sum(axis=(1, 2)) == matrix.saturated).all()


def test_bits_do_not_depend_on_how_examples_are_handed_over():
    rng = np.random.default_rng(5)
    slicing = Slicing((4, 4, 4, 6, 6, 5, 5, 5))
    weights = rng.integers(*slicing.bounds, (19, 37))
    columns, rows = rng.integers(-65535, 65536, (41, 19)), rng.integers(-65535, 65536, (41, 37))
    whole = SlicedMatrix(slicing, weights, 7)
    whole.add_outer_product(columns, rows)
    pieces = SlicedMatrix(slicing, weights, 7)
    for start in range(0, 41, 5):
        pieces.add_outer_product(columns[start : start + 5], rows[start : start + 5])
    assert (whole.slices() == pieces.slices()).all()
    assert (whole.saturated == pieces.saturated).all()
    assert whole.cut_off == pieces.cut_off


@pytest.mark.parametrize("balanced", [True, False])
def test_carry_resolution_keeps_the_weight_and_frees_the_slices(balanced):
    slicing = Slicing((6,) * 8, 32, balanced=balanced)
    layout = slicing.layout
    rng = np.random.default_rng(6)
    state = rng.integers(-16, 16, (5, 8, 9)).astype(np.int16)
    state[:, 7] = rng.integers(0, 8, (5, 9))
    before, after = np.empty((5, 9), np.int64), np.empty((5, 9), np.int64)
    outer_product.read_weights(state, layout, before)
    assert outer_product.resolve_carries(state, layout, np.empty((5, 9), np.int64)) == 0
    outer_product.read_weights(state, layout, after)
    assert (before == after).all()
    below = state[:, :7]
    assert below.min() >= (-8 if balanced else 0)
    assert below.max() <= (7 if balanced else 15)
