"""Powers with whole exponents, to the same bits compiled and interpreted."""

from __future__ import annotations

from recost.kernels._numba import borrowing


@borrowing
def power(x, n):
    """x^n for a whole n >= 0 by repeated squaring; 0^0 = 1.  About log2(n) roundings."""
    result = 1.0
    while n > 0:
        if n & 1:
            result *= x
        x *= x
        n >>= 1
    return result
