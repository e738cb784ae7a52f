"""exp, log and the sine and cosine of a quarter turn without branches, so that loops vectorise.

The C library's functions are scalar calls that a loop cannot vectorise.  These are the classical
reductions and polynomials (Cody and Waite; the minimax coefficients of FreeBSD's msun,
k_sin.c, k_cos.c and e_log.c) on fused multiply-adds, whose bits do not depend on the
instruction set.
"""

from __future__ import annotations

import numpy as np

from recost.kernels._intrinsics import fma
from recost.kernels._numba import inlined

_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_LOG2_E = 1.4426950408889634
# Adding this leaves the nearest integer in the low bits of the sum's significand.
_TO_INTEGER = 6755399441055744.0  # 1.5 * 2**52
_SIGNIFICAND = np.int64(52)
_BIAS = np.int64(1023)
# Bits of sqrt(1/2): what separates the significands that are halved from those that are not.
_ROOT_HALF = np.int64(0x3FE6A09E667F3BCD)


@inlined
def log(x):
    """Natural logarithm within 1 ulp for positive normal x; anything else is not defined."""
    bits = np.float64(x).view(np.int64)
    k = (bits - _ROOT_HALF) >> _SIGNIFICAND
    f = np.int64(bits - (k << _SIGNIFICAND)).view(np.float64) - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = fma(
        w, fma(w, 1.531383769920937332e-01, 2.222219843214978396e-01), 3.999999999940941908e-01
    )
    odd = fma(w, 1.479819860511658591e-01, 1.818357216161805012e-01)
    odd = fma(w, fma(w, odd, 2.857142874366239149e-01), 6.666666666666735130e-01)
    half = 0.5 * f * f
    power = np.float64(k)
    tail = fma(s, half + fma(w, even, z * odd), power * _LN2_LOW)
    return fma(power, _LN2_HIGH, f - (half - tail))


@inlined
def exp(x):
    """Exponential e^x within 1 ulp for -708 <= x <= 709; anything else is not defined."""
    shifted = fma(x, _LOG2_E, _TO_INTEGER)
    k = shifted - _TO_INTEGER
    r = fma(k, -_LN2_LOW, fma(k, -_LN2_HIGH, x))
    # Taylor's series: |r| <= ln(2)/2, so that the first term left out is below 2e-16 / 1000.
    p = fma(r, 1.0 / 479001600, 1.0 / 39916800)
    p = fma(p, r, 1.0 / 3628800)
    p = fma(p, r, 1.0 / 362880)
    p = fma(p, r, 1.0 / 40320)
    p = fma(p, r, 1.0 / 5040)
    p = fma(p, r, 1.0 / 720)
    p = fma(p, r, 1.0 / 120)
    p = fma(p, r, 1.0 / 24)
    p = fma(p, r, 1.0 / 6)
    p = fma(p, r, 0.5)
    p = fma(p, r, 1.0)
    p = fma(p, r, 1.0)
    exponent = np.float64(shifted).view(np.int64) + _BIAS
    return p * np.int64(exponent << _SIGNIFICAND).view(np.float64)


@inlined
def sine(x):
    """Sine within 1 ulp for |x| <= pi/4."""
    z = x * x
    p = fma(z, 1.58969099521155010221e-10, -2.50507602534068634195e-08)
    p = fma(z, p, 2.75573137070700676789e-06)
    p = fma(z, p, -1.98412698298579493134e-04)
    p = fma(z, p, 8.33333333332248946124e-03)
    p = fma(z, p, -1.66666666666666324348e-01)
    return fma(x * z, p, x)


@inlined
def cosine(x):
    """Cosine within 1 ulp for |x| <= pi/4."""
    z = x * x
    p = fma(z, -1.13596475577881948265e-11, 2.08757232129817482790e-09)
    p = fma(z, p, -2.75573143513906633035e-07)
    p = fma(z, p, 2.48015872894767294178e-05)
    p = fma(z, p, -1.38888888888741095749e-03)
    p = fma(z, p, 4.16666666666666019037e-02)
    return fma(z * z, p, fma(z, -0.5, 1.0))
