"""Half-normal magnitudes by going through every one of the 65,536, from the definition."""

from __future__ import annotations

from itertools import pairwise
from math import erf, sqrt

LARGEST = 65535


def magnitudes(scale: float) -> list[float]:
    """P(min(floor(|N(0, 1)| * scale), 65535) = m) for every m."""
    below = [erf(m / (scale * sqrt(2.0))) for m in range(LARGEST + 1)]
    return [high - low for low, high in pairwise(below)] + [1.0 - below[-1]]


def digits(scale: float, low: int, width: int, digit_bits: int) -> list[float]:
    """P(digit != 0) of ``(m >> low) mod 2^width``, least significant digit first."""
    count = -(-width // digit_bits)
    result = [0.0] * count
    for magnitude, probability in enumerate(magnitudes(scale)):
        kept = (magnitude >> low) % (1 << width)
        for index in range(count):
            if (kept >> (index * digit_bits)) % (1 << digit_bits):
                result[index] += probability
    return result
