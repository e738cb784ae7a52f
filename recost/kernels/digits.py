"""Mixed-radix digits of numbers that follow each other, and what stands for them: a space's keys.

The points of a space are numbers, the places in its lists of values their digits.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from recost.kernels._numba import borrowing, kernel

# Digits that come again after fewer numbers than this have a short period.
_SHORT = 256


class Digits(NamedTuple):
    """Digits of a number: ``number // runs[a] % radices[a]``, and where what they stand for begins.

    `begins` are places in a list of what the digits stand for, one digit after the other.
    """

    runs: Any
    radices: Any
    begins: Any


@borrowing
def _climb(levels, digit, row):
    """What a digit stands for that every number changes: up to the last, then from 0 again."""
    p = 0
    while p < row.size:
        many = min(row.size - p, levels.size - digit)
        part, these = row[p : p + many], levels[digit : digit + many]
        for q in range(many):  # from its own start, or the loop is not one for vectors
            part[q] = these[q]
        p, digit = p + many, 0


@borrowing
def _stay(levels, digit, left, run, row):
    """What a digit stands for that `run` numbers share, the first `left` of them; then the next."""
    p = 0
    while p < row.size:
        part, level = row[p : min(row.size, p + left)], levels[digit]
        for q in range(part.size):
            part[q] = level
        p, left = p + part.size, run
        digit = digit + 1 if digit + 1 < levels.size else 0


@borrowing
def _over_and_over(period, row):
    """The same again and again, as the first `period` places of the row have it."""
    done = period
    while done < row.size:
        many = min(done, row.size - done)
        part, these = row[done : done + many], row[:many]
        for q in range(many):
            part[q] = these[q]
        done += many


@kernel
def go_through(start, digits, levels, rows):
    """What the digits of the numbers from `start` on stand for.

    ``rows[a, p] = levels[begins[a] + (start + p) // runs[a] % radices[a]]``.
    """
    for a in range(rows.shape[0]):
        run, begin = digits.runs[a], digits.begins[a]
        own, row = levels[begin : begin + digits.radices[a]], rows[a]
        digit = start // run % own.size
        # A short period is put together once: a few places at a time take longer.
        first = row
        if run < _SHORT and run * own.size < min(_SHORT, row.size):
            first = row[: run * own.size]
        if run == 1:
            _climb(own, digit, first)
        else:
            _stay(own, digit, run - start % run, run, first)
        _over_and_over(first.size, row)


@kernel
def pick(values, places, found):
    """The value at each place, ``found[p] = values[places[p]]``; places are not negative."""
    for p in range(found.size):
        found[p] = values[places[p]]
