"""Single machine instructions that Numba does not expose."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numba
from numba import types
from numba.extending import intrinsic


def fused(a: float, b: float, c: float) -> float:
    """What `fma` gives, in the interpreter, which has none of its own before Python 3.13."""
    if not (math.isfinite(a) and math.isfinite(b) and math.isfinite(c)):
        return a * b + c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    # A fraction becomes a float by one rounding; only a zero has lost its sign.
    return float(exact) if exact else a * b + c


def ones(word: int) -> int:
    """What `popcount` gives, in the interpreter."""
    return int(word).bit_count()


@intrinsic
def _fma(_typing, _a, _b, _c):
    """Fused multiply-add: a * b + c, rounded once (IEEE 754): the same bits on every machine.

    A machine without the instruction calls the C library's `fma`, which is slow and as exact.
    """

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


@intrinsic
def _popcount(_typing, _word):
    """The number of ones in a 64-bit word."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


_config: Any = numba.config
# Without compiling all kernels are plain Python, which calls no instructions.
fma: Any = fused if _config.DISABLE_JIT else _fma
popcount: Any = ones if _config.DISABLE_JIT else _popcount
