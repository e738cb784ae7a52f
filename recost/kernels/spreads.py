"""Random factors by which an uncertain number is off."""

from __future__ import annotations

import math

from recost.kernels._numba import kernel
from recost.kernels.elementary import exp
from recost.kernels.philox import normals


@kernel
def lognormal_factors(key, share, factors):
    """Fill `factors` with lognormal numbers of mean 1 and standard deviation `share`.

    exp(s z - s^2 / 2) with s^2 = ln(1 + share^2), z standard normal; draw j depends on `key` and
    j alone.
    """
    variance = math.log1p(share * share)
    s = math.sqrt(variance)
    for j in range(factors.size):
        z, _ = normals(key, 0, j)
        factors[j] = exp(s * z - 0.5 * variance)
