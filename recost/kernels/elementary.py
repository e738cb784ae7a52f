"""exp, log, erfc, and sine and cosine of a quarter turn: without branches, so loops vectorise.

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
_ONE_THIRD = 1.0 / 3.0
# From 1 / (1 + 0.3 x) on [0, 26] to [-1, 1].
_ERFC_SCALE, _ERFC_SHIFT = 2.2564102564102564, -1.2564102564102564
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
def third_root(x):
    """Cube root within 11 ulp for x from 1e-8 to 1e8; beyond, ln x counts its ulps."""
    return exp(_ONE_THIRD * log(x))


@inlined
def erfc(x):
    """Complementary error function within 8 ulp for -26 <= x <= 26; beyond, what it is there.

    exp(-x^2) t P(t) for x > 0, t = 1 / (1 + 0.3 x): t P(t) is the scaled function, of which P is
    the interpolation at Chebyshev's nodes on [0, 26], multiplied out.
    """
    y = min(abs(x), 26.0)
    t = 1.0 / fma(0.3, y, 1.0)
    w = fma(t, _ERFC_SCALE, _ERFC_SHIFT)
    p = fma(w, -1.9678910090728815e-11, -1.968748654124608e-10)
    p = fma(p, w, 4.248449942174275e-10)
    p = fma(p, w, 2.31611259881692e-09)
    p = fma(p, w, -5.194017229867676e-09)
    p = fma(p, w, -1.7782409201994582e-08)
    p = fma(p, w, 5.08370703307218e-08)
    p = fma(p, w, 1.3715898616186135e-07)
    p = fma(p, w, -4.5428384685900654e-07)
    p = fma(p, w, -1.3176873504437268e-06)
    p = fma(p, w, 3.706508848241585e-06)
    p = fma(p, w, 1.6148637490019383e-05)
    p = fma(p, w, -1.9294393194755335e-05)
    p = fma(p, w, -2.161451278535595e-04)
    p = fma(p, w, -2.846637671381959e-04)
    p = fma(p, w, 1.9521076681249595e-03)
    p = fma(p, w, 1.2736611277064979e-02)
    p = fma(p, w, 4.2824687726591835e-02)
    p = fma(p, w, 1.0262378278155966e-01)
    p = fma(p, w, 1.916781093905721e-01)
    p = fma(p, w, 2.89532492486011e-01)
    p = fma(p, w, 3.5915406123908716e-01)
    square = y * y
    bell = exp(-square)  # less what rounding took off the square
    tail = t * p * fma(-bell, fma(y, y, -square), bell)
    return 2.0 - tail if x < 0.0 else tail


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
