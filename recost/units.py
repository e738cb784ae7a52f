"""Quantities as files write them ("1.2 GS/s") and as models use them (SI floats).

Areas are the one exception to SI: they are square millimetres inside and outside.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

PREFIXES = {
    "a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3,
    "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15,
}  # fmt: skip
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+))?")
# Both micro signs, both omegas, and the ways in which a power is typed.
_SPELLINGS = str.maketrans(
    {"\u00b5": "u", "\u03bc": "u", "²": "2", "^": None, "\u03a9": "ohm", "\u2126": "ohm"}
)
# No physical number needs more; a longer exponent would only make `float` overflow.
_MAX_EXPONENT = 400
_LONGEST = 60


class UnitError(ValueError):
    """A text that is not a quantity of the unit that is due; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that keys are declared in.

    `suffix` ends the names of attributes in this unit; `stems` are the spellings that may carry
    a prefix, each with its factor, `tails` what may follow them; a prefix 10^n counts as
    10^(n * power + exponent).  `example` is a quantity to show to a user.
    """

    name: str
    suffix: str
    example: str
    stems: tuple[tuple[str, float], ...]
    tails: tuple[str, ...] = ("",)
    power: int = 1
    exponent: int = 0

    @property
    def pattern(self) -> str:
        """A regular expression of the commonest ways to write a quantity of this unit."""
        stems = "|".join(stem.replace("m2", r"m(\^?2|²)") for stem, _ in self.stems)
        tails = "|".join(self.tails)
        prefix = "[" + "".join(PREFIXES) + "µ]?"
        return rf"^\s*[0-9.]+([eE][+-]?[0-9]+)?\s*{prefix}({stems})({tails})\s*$"


_PER_BIT = ("/bit", "/b")
_SQUARE = (("m2", 1.0),)

UNITS: dict[str, Unit] = {
    unit.name: unit
    for unit in (
        Unit("J", "_j", "0.5 pJ", (("J", 1.0),)),
        Unit("J/bit", "_j_per_bit", "0.08 pJ/bit", (("J", 1.0),), _PER_BIT),
        Unit("s", "_s", "100 ns", (("s", 1.0),)),
        Unit("W", "_w", "2 mW", (("W", 1.0),)),
        Unit("V", "_v", "0.2 V", (("V", 1.0),)),
        Unit("A", "_a", "10 uA", (("A", 1.0),)),
        Unit("ohm", "_ohm", "20 kohm", (("ohm", 1.0), ("Ohm", 1.0))),
        Unit("S/s", "_per_s", "1.2 GS/s", (("S", 1.0), ("Sa", 1.0)), ("/s", "ps")),
        Unit("FLOP/s", "_flop_per_s", "15.7 TFLOP/s", (("FLOP", 1.0),), ("/s", "S")),
        Unit("B/s", "_bytes_per_s", "6.4 GB/s", (("B", 1.0), ("bit", 0.125)), ("/s",)),
        # Square metres to square millimetres: 10^6.
        Unit("mm2", "_mm2", "1200 um^2", _SQUARE, power=2, exponent=6),
        Unit("mm2/bit", "_mm2_per_bit", "0.1 um^2/bit", _SQUARE, _PER_BIT, 2, 6),
    )
}


def parse_quantity(text: str, unit: str) -> float:
    """The value of a quantity such as ``"1.2 GS/s"`` in SI (in mm2 for areas).

    `unit` is a key of `UNITS`, ``"%"`` (a share: "10 %" gives 0.1) or ``""`` (a plain number).
    Understood are the prefixes a f p n u µ m k M G T P and ^2 or ² for a square.  The result is
    the float nearest to the decimal number, as if it had been typed in SI.

    Raises
    ------
    UnitError
        no number, no unit, or another unit; the message says what to write.
    """
    stripped = text.strip()
    match = _NUMBER.match(stripped)
    if match is None:
        raise UnitError(f"{_quoted(text)} is not a quantity; {how_to_write(unit)}")
    rest = stripped[match.end() :].strip()
    symbol = "".join(rest.translate(_SPELLINGS).split())
    if unit == "":
        if symbol:
            raise UnitError(f"{_quoted(text)} is not a plain number")
        return _decimal(match, 0, text)
    if not symbol:
        raise UnitError(f"{_quoted(text)} has no unit; {how_to_write(unit)}")
    if unit == "%":
        if symbol != "%":
            raise UnitError(f"{_quoted(rest)} is not %; {how_to_write(unit)}")
        return _decimal(match, -2, text)
    scale = _scale(UNITS[unit], symbol)
    if scale is None:
        raise UnitError(f"{_quoted(rest)} is not a unit for {unit}; {how_to_write(unit)}")
    factor, exponent = scale
    return factor * _decimal(match, exponent, text)


def how_to_write(unit: str) -> str:
    """What to tell a user who has to write a quantity of that unit."""
    if unit == "%":
        return 'write it in %, such as "10 %"'
    if unit == "":
        return "write a number"
    return f'write it in {unit}, such as "{UNITS[unit].example}"'


def _quoted(text: str) -> str:
    """What the user wrote, or its beginning."""
    return f"'{text}'" if len(text) <= _LONGEST else f"'{text[:_LONGEST]}...'"


def _decimal(match: re.Match[str], exponent: int, text: str) -> float:
    """The number matched, times 10^exponent, rounded once."""
    exponent += int(match[2] or 0)
    value = float(f"{match[1]}e{exponent}") if abs(exponent) < _MAX_EXPONENT else math.inf
    if not math.isfinite(value):
        raise UnitError(f"{_quoted(text)} is out of range")
    return value


def _scale(unit: Unit, symbol: str) -> tuple[float, int] | None:
    """The factor and the power of ten of a spelling of `unit`; None if it is another unit."""
    for stem, factor in unit.stems:
        for tail in unit.tails:
            prefix = symbol.removesuffix(stem + tail)
            if prefix != symbol and prefix in PREFIXES:
                return factor, PREFIXES[prefix] * unit.power + unit.exponent
    return None


def format_quantity(value: float, unit: str, digits: int = 4) -> str:
    """`value` with the prefix that leaves one to three digits before the point.

    Areas are in mm2 from 0.01 mm2 up and in um2 below.  With ``digits=17`` the text parses back
    to `value` within two units in the last place.
    """
    if unit in ("", "%"):
        shown = value * 100 if unit else value
        return f"{shown:.{digits}g} {unit}".strip()
    if not math.isfinite(value) or value == 0:
        return f"{value:g} {unit}"
    declared = UNITS[unit]
    symbol = declared.stems[0][0] + declared.tails[0]
    exponent = _readable_exponent(value, declared, digits)
    prefix = next(p for p, e in PREFIXES.items() if e == exponent)
    shown = float(f"{value:.17g}") / 10.0 ** (exponent * declared.power + declared.exponent)
    return f"{shown:.{digits}g} {prefix}{symbol}"


def _readable_exponent(value: float, unit: Unit, digits: int) -> int:
    """The power of ten of the prefix to show `value` with."""
    if unit.power == 2:
        return -3 if abs(value) >= 0.01 else -6
    # Rounded first: 999.99 p of four digits is 1000 p, which reads 1 n.
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])
    return max(min(PREFIXES.values()), min(3 * (exponent // 3), max(PREFIXES.values())))
