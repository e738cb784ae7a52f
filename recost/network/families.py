"""Magnitude distributions of quantised data, and the density of their bits and digits.

The half-normal family describes a 16-bit magnitude ``m = min(floor(|N(0, 1)| * scale), 65535)``:
what a ReLU lets through of a normal pre-activation, and the size of a trained weight.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Bits of the magnitudes that the families describe.
WIDTH = 16
#: A bit that is one less often than this is taken as never used by the quantiser.
OCCUPIED = 1e-6
#: The scales over which the mean bit density rises from nothing to its largest value.
_SMALLEST, _LARGEST = 2.0**-4, 2.0 ** (WIDTH - 1)


@lru_cache(maxsize=256)
def survival(scale: float) -> Array:
    """P(magnitude >= m) for m = 0 .. 2^16 of the half-normal family: ``erfc(m / (scale sqrt2))``.

    The last entry is 0, since the magnitude is clipped below 2^16.  ``scale > 0`` in units of
    the last place; an array of 65,537 probabilities, read-only.
    """
    table = np.zeros((1 << WIDTH) + 1)
    # Beyond 9 standard deviations the probability is below 3e-19; small scales need more of
    # the tail, since there it is all that is not zero.
    reach = min(max(math.ceil(scale * 9.0), 40), 1 << WIDTH)
    step = 1.0 / (scale * math.sqrt(2.0))
    table[:reach] = [math.erfc(magnitude * step) for magnitude in range(reach)]
    table.setflags(write=False)
    return table


def digit_densities(table: Array, low: int, width: int, digit_bits: int) -> Array:
    """P(digit != 0) of each digit of ``(m >> low)`` cut to `width` bits, least significant first.

    ``P = sum_k P(m >= k 2^(p+d) + 2^p) - P(m >= (k+1) 2^(p+d))`` for a digit of d bits from bit
    p; the most significant digit holds the bits that are left.  Exact for the distribution
    whose survival function is `table`; an array of ``ceil(width / digit_bits)``.
    """
    count = -(-width // digit_bits)
    top = len(table) - 1
    densities = np.zeros(count)
    for index in range(count):
        start = low + index * digit_bits
        if start >= WIDTH:
            break
        period = 1 << min(start + digit_bits, low + width, WIDTH)
        # Differences first: the sums themselves are thousands of times larger.
        densities[index] = np.sum(table[1 << start : top : period] - table[period::period])
    return np.clip(densities, 0.0, 1.0)


@lru_cache(maxsize=4096)
def half_normal_digits(scale: float, low: int, width: int, digit_bits: int) -> tuple[float, ...]:
    """`digit_densities` of the half-normal magnitude, kept: a sweep asks for them often."""
    return tuple(digit_densities(survival(scale), low, width, digit_bits).tolist())


def bit_densities(scale: float) -> tuple[float, ...]:
    """P(bit b = 1) of the half-normal magnitude, least significant first: 16 probabilities."""
    return half_normal_digits(scale, 0, WIDTH, 1)


def mean_bit_density(scale: float) -> float:
    """The mean over 16 bits of P(bit = 1) of the half-normal magnitude."""
    return sum(bit_densities(scale)) / WIDTH


def largest_mean_density() -> float:
    """The largest mean bit density that the half-normal family reaches before it clips."""
    return mean_bit_density(_LARGEST)


@lru_cache(maxsize=256)
def scale_for_density(density: float) -> float:
    """The scale whose mean bit density is `density`; ``ValueError`` beyond the family's reach.

    Bisection on log2(scale); the mean density rises with the scale over the range searched.
    """
    low, high = math.log2(_SMALLEST), math.log2(_LARGEST)
    if not mean_bit_density(_SMALLEST) <= density <= largest_mean_density():
        raise ValueError(f"no half-normal magnitude has a mean bit density of {density:g}")
    # Doubles of this size are 2e-15 apart: 53 halvings of the range would reach that; 44 leave
    # a relative error of 1e-12 in the scale.
    for _ in range(44):
        middle = 0.5 * (low + high)
        if _quick_mean(2.0**middle) < density:
            low = middle
        else:
            high = middle
    return float(2.0 ** (0.5 * (low + high)))


def _quick_mean(scale: float) -> float:
    """`mean_bit_density` without filling the caches with the trial scales of a search."""
    return float(np.mean(digit_densities(survival.__wrapped__(scale), 0, WIDTH, 1)))
