"""Mixed-radix digits of numbers that follow each other: the places of a space's points."""

from __future__ import annotations

from recost.kernels._numba import borrowing, kernel


@borrowing
def _climb(digit, radix, row):
    """A digit that every number changes: up to the radix, then from 0 again."""
    p = 0
    while p < row.size:
        stop = min(row.size, p + radix - digit)
        part = row[p:stop]  # from its own start, or the loop is not one for vectors
        for q in range(part.size):
            part[q] = digit + q
        p, digit = stop, 0


@borrowing
def _stay(digit, radix, left, run, row):
    """A digit that `run` numbers share, the first `left` of them; then the next digit."""
    p = 0
    while p < row.size:
        stop = min(row.size, p + left)
        part = row[p:stop]
        for q in range(part.size):
            part[q] = digit
        p, left = stop, run
        digit = digit + 1 if digit + 1 < radix else 0


@kernel
def count_through(start, radices, places):
    """Digits of the numbers from `start` on, ``places[a, p] = (start + p) // run_a % radices[a]``.

    The last digit turns fastest: run_a is the product of the radices after a.
    """
    run, last = 1, start + places.shape[1]
    for a in range(radices.size - 1, -1, -1):
        # Runs past the last number need not be known: they may be beyond 2^63.
        digit = start // run % radices[a]
        if run == 1:
            _climb(digit, radices[a], places[a])
        else:
            _stay(digit, radices[a], run - start % run, run, places[a])
        run = run * radices[a] if run <= last else run


@kernel
def pick(values, places, found):
    """The value at each place, ``found[p] = values[places[p]]``; places are not negative."""
    for p in range(found.size):
        found[p] = values[places[p]]
