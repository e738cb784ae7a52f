"""Numbers as a reader of tables wants them: few digits, one SI prefix a column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from recost.report.columns import Column, Scaling
from recost.units import PREFIXES

_PREFIXES = {exponent: prefix for prefix, exponent in PREFIXES.items()}
# A count below this is written whole, every digit.
_WHOLE_BELOW = 1_000_000
_DIGITS = 4


def scaled(column: Column, values: Sequence[object]) -> tuple[str, list[str]]:
    """The unit with its prefix, and the values as text in that unit.

    The prefix is that of the column's median, one for the whole column so that its numbers
    compare; four digits each, and all digits of whole numbers below a million.
    """
    numbers = [abs(float(v)) for v in values if isinstance(v, int | float) and v]
    exponent = _exponent(column, numbers)
    texts = [_text(value, exponent) for value in values]
    if column.scaling is Scaling.COUNT and exponent:
        return _PREFIXES[exponent], texts
    if column.unit.startswith("/") and exponent < 0:  # m/s are metres
        return f"1e{exponent}{column.unit}", texts
    return _PREFIXES[exponent] + column.unit, texts


def _exponent(column: Column, numbers: list[float]) -> int:
    """The power of ten, a multiple of three, that the column's numbers are divided by."""
    if column.scaling is Scaling.PLAIN or not numbers:
        return 0
    if column.scaling is Scaling.COUNT and max(numbers) < _WHOLE_BELOW:
        return 0
    thousands = math.floor(math.log10(median(numbers)) / 3)
    lowest = 0 if column.scaling is Scaling.COUNT else min(_PREFIXES)
    return max(lowest, min(3 * thousands, max(_PREFIXES)))


def _text(value: object, exponent: int) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value, exponent)
    return "".join(c if c.isprintable() else "?" for c in str(value))


def number(value: float, exponent: int = 0) -> str:
    """`value` / 10^`exponent` with four digits; a whole number of up to nine digits in full."""
    if not value or (exponent == 0 and isinstance(value, int) and abs(value) < 10**9):
        return str(int(value))
    shown = value / 10.0**exponent
    size = math.floor(math.log10(abs(shown)))
    if not -4 <= size < 7:
        return f"{shown:.{_DIGITS - 1}e}"
    return f"{shown:.{max(0, _DIGITS - 1 - size)}f}"
