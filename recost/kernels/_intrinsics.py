"""Single machine instructions that Numba does not expose."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic


@intrinsic
def fma(_typing, _a, _b, _c):
    """Fused multiply-add: a * b + c, rounded once (IEEE 754): the same bits on every machine.

    A machine without the instruction calls the C library's `fma`, which is slow and as exact.
    """

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


@intrinsic
def popcount(_typing, _word):
    """The number of ones in a 64-bit word."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate
