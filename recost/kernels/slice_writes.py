"""How often an update changes each slice (cell) of a stored weight.

Slice i of a weight in cells of c bits (0 is the least significant) counts in steps of m = 2^(c i)
and wraps at M = 2^(c (i+1)).  An update of d whole steps, on a weight whose residue modulo M is
uniform, changes it with probability min(1, a/m, (M - a)/m), a = |d| mod M.  The most significant
slice is clipped instead of wrapped: min(1, |d|/m) unless the weight already sits in the last of
its 2^c levels on that side, so (1 - 2^-c) min(1, |d|/m) [D].

Over a distribution of d both are sums of limited means I(x) = E[min(|d|, x)]:

    P_i m = sum_k I(kM + m) - I(kM) - I((k+1)M) + I((k+1)M - m);   P_top m = (1 - 2^-c) I(m)

Uniform residues hold for the lower slices of any weight distribution that is wide against M; for
the top slice of a magnitude that is mostly small they overstate the writes.
"""

from __future__ import annotations

import math

import numpy as np

from recost.kernels import policies
from recost.kernels._numba import kernel
from recost.vocabulary import Rounding

_STOCHASTIC = int(Rounding.STOCHASTIC)

#: Updates are summed step by step up to this size; above it the sum is its midpoint integral.
_EXACT = 1024
# Periods after which the rest of the tail counts with a slice's mean, 1 - 2^-c.  The tail is then
# all but straight over a period, and the trapezium of changes is symmetric about its middle.
_PERIODS = 256
# A tail below this share adds less than one part in 1e15.
_NEGLIGIBLE = 1e-17

_survival = policies.kept_survival
_limited_mean = policies.kept_limited_mean
_atom = policies.atom


@kernel
def change_probability(distance, step, modulus):
    """min(1, a/m, (M - a)/m): an update of `distance` steps changes the digit [D]."""
    a = abs(distance) % modulus
    return min(1.0, a / step, (modulus - a) / step)


@kernel
def clipped_change_probability(distance, step, modulus):
    """(1 - m/M) min(1, |d|/m): the same for a digit that saturates instead of wrapping [D]."""
    return (1.0 - step / modulus) * min(1.0, abs(distance) / step)


@kernel
def _rounded_means(update, prefix):
    """prefix[n] = E[min(round |u|, n)] = sum of P(|u| > j - 1/2) for j = 1..n."""
    prefix[0] = 0.0
    for n in range(1, prefix.size):
        prefix[n] = prefix[n - 1] + _survival(update, n - 0.5)


@kernel
def _limited(update, rounding, prefix, x):
    """E[min(D, x)] for the whole number D of steps and a whole x.

    Stochastic rounding keeps it as it is for |u|, since min(., x) is straight between whole
    numbers.  To the nearest, the tail is summed at half steps.
    """
    if rounding == _STOCHASTIC:
        return _limited_mean(update, x)
    last = prefix.size - 1
    if x <= last:
        return prefix[int(x)]
    sum_ = prefix[last] + _limited_mean(update, x) - _limited_mean(update, float(last))
    if last < update.level < x:  # the tail steps down at the threshold, inside a step
        sum_ += _atom(update) * (math.floor(update.level + 0.5) - update.level)
    return sum_


@kernel
def slice_probabilities(update, cell_bits, rounding, clipped, out):
    """P(slice i changes at an update) into `out`, least significant first.

    Parameters
    ----------
    update : policies.Update
        The updates, with `scale` in units of the last place of the stored weight.
    cell_bits : int
        Bits of a slice; `out.size` slices.
    rounding : int
        `vocabulary.Rounding`: to the nearest step, or up with the probability of the rest.
    clipped : bool
        Whether the last slice saturates; otherwise it wraps like the others.
    out : array of float
        Probabilities, one a slice.
    """
    prefix = np.empty(1 if rounding == _STOCHASTIC else _EXACT + 1)
    _rounded_means(update, prefix)
    levels = 2.0**cell_bits
    for i in range(out.size):
        step = levels**i
        modulus = step * levels
        if clipped and i == out.size - 1:
            out[i] = (1.0 - 1.0 / levels) * _limited(update, rounding, prefix, step) / step
            break
        total = 0.0
        before = 0.0
        for k in range(_PERIODS):
            start = k * modulus
            if start > 0.0 and _survival(update, start - 0.5) < _NEGLIGIBLE:
                break
            rise = _limited(update, rounding, prefix, start + step) - before
            after = _limited(update, rounding, prefix, start + modulus)
            total += rise - after + _limited(update, rounding, prefix, start + modulus - step)
            before = after
        else:
            total += step * (1.0 - 1.0 / levels) * _survival(update, _PERIODS * modulus)
        out[i] = min(1.0, max(0.0, total / step))
