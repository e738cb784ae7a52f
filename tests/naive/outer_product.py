"""Outer products on sliced weights in Python integers, a phase, a cycle, a chunk at a time.

Written from eq. 6 of PANTHER and the text around it, not from the kernels: slices are a list with
the most significant first, every cycle of every polarity phase is carried out by itself, and
each of its steps stops at the slice's range.
"""

from __future__ import annotations

import math


def to_digits(weight: int, slice_bits: list[int], p: int, balanced: bool) -> list[int]:
    """Digits of a weight, most significant first, after cutting it to what they can hold."""
    least = -(2 ** (p - 1)) if balanced else 0
    most = 2 ** (p - 1) - 1 if balanced else 2**p - 1
    below = len(slice_bits) - 1
    top = slice_bits[0]
    lowest = -(2 ** (top - 1)) * 2 ** (p * below) + sum(least * 2 ** (p * k) for k in range(below))
    highest = (2 ** (top - 1) - 1) * 2 ** (p * below)
    highest += sum(most * 2 ** (p * k) for k in range(below))
    weight = max(lowest, min(weight, highest))
    digits = []
    for _ in range(below):
        digit = weight % 2**p
        if digit > most:
            digit -= 2**p
        digits.append(digit)
        weight = (weight - digit) // 2**p
    return [weight, *reversed(digits)]


def value(digits: list[int], p: int) -> int:
    """The weight that slices stand for."""
    total = 0
    for digit in digits:
        total = total * 2**p + digit
    return total


def clip(level: float, bits: int) -> float:
    """A level within the range of a slice."""
    return max(-(2 ** (bits - 1)), min(level, 2 ** (bits - 1) - 1))


def outer_product(
    matrix: list[list[list[int]]],
    column: list[int],
    row: list[int],
    slice_bits: list[int],
    p: int,
) -> None:
    """Add the outer product to every weight's slices, in four phases of bit-streamed cycles."""
    slices = len(slice_bits)
    cycles = max([abs(b).bit_length() for b in row], default=0)
    for column_sign, row_sign in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        for n in range(cycles):
            for i, a in enumerate(column):
                for j, b in enumerate(row):
                    if a * column_sign <= 0 or b * row_sign <= 0 or not abs(b) >> n & 1:
                        continue
                    shifted = abs(a) << n
                    for k in range(slices):
                        chunk = shifted >> p * k & 2**p - 1
                        place = slices - 1 - k
                        level = matrix[i][j][place] + column_sign * row_sign * chunk
                        matrix[i][j][place] = int(clip(level, slice_bits[place]))


def train(
    weights: list[list[int]],
    examples: list[tuple[list[int], list[int]]],
    slice_bits: list[int],
    p: int,
    balanced: bool,
    interval: int,
) -> list[list[list[int]]]:
    """The slices of every weight after the examples, carries resolved every `interval` of them."""
    matrix = [[to_digits(w, slice_bits, p, balanced) for w in row] for row in weights]
    for number, (column, row) in enumerate(examples, 1):
        outer_product(matrix, column, row, slice_bits, p)
        if interval and number % interval == 0:
            matrix = [
                [to_digits(value(digits, p), slice_bits, p, balanced) for digits in line]
                for line in matrix
            ]
    return matrix


def add_update(digits: list[int], update: int, slice_bits: list[int], p: int) -> list[int]:
    """A whole update, a digit to each slice, all with the update's sign."""
    sign = -1 if update < 0 else 1
    slices = len(slice_bits)
    parts = [abs(update) >> p * (slices - 1 - place) & 2**p - 1 for place in range(slices)]
    return [
        int(clip(digit + sign * part, bits))
        for digit, part, bits in zip(digits, parts, slice_bits, strict=True)
    ]


def nonideal_step(weight: float, gradient: float, low: float, high: float, alpha: float) -> float:
    """The nonlinear update of the authors' class nonideality, for weights from low to high."""
    span = high - low
    w0 = span / (1 - math.exp(-alpha))
    delta = gradient / span
    if delta >= 0:
        return ((w0 + low) - weight) * (1 - math.exp(-alpha * delta))
    return ((high - w0) - weight) * (1 - math.exp(alpha * delta))
