"""Updates of structures simulated step by step: what every policy writes, with count feedback.

The same structures as in `feedback`: norm r = rho exp(s_w Z - s_w^2/2), a structure's rho for the
whole training, Z anew each step, norms in units of their mean.  All policies are one rule,

    written  if (chance * U + certain) * t < r f,   f = ((mean c + 1)/(c + 1))^k
    value    max(r, chance * t / f)                 where it is written, else 0

with U uniform: sgd has t = 0; threshold has chance 0, certain 1; the others chance 1, certain 0,
and only endurance-aware has k > 0.  Structures of one weight are the rules of single gradients.
"""

from __future__ import annotations

import math

import numpy as np
from numba import prange

from recost.kernels._numba import driver, inlined, kernel
from recost.kernels.elementary import exp
from recost.kernels.feedback import Law
from recost.kernels.philox import normal_pair_and_uniforms, normals
from recost.vocabulary import UpdatePolicy

_THRESHOLD = int(UpdatePolicy.THRESHOLD)
# Structures that are drawn and advanced together: their numbers stay in the first-level cache.
_BLOCK = 512

_STOCHASTIC = int(UpdatePolicy.STOCHASTIC)


@inlined
def is_written(norm, factor, uniform, rule):
    """Whether a structure is written: (chance U + certain) t < r f."""
    chance, certain, threshold = rule
    return (chance * uniform + certain) * threshold < norm * factor


@inlined
def written_value(norm, factor, rule):
    """The norm of what is written: the gradient's own, raised to t / f below that."""
    chance, _, threshold = rule
    return max(norm, chance * threshold / factor)


@kernel
def rule_of(policy, threshold):
    """The (chance, certain, threshold) of a policy."""
    if policy == _THRESHOLD:
        return 0.0, 1.0, threshold
    if policy >= _STOCHASTIC:
        return 1.0, 0.0, threshold
    return 0.0, 0.0, 0.0


@kernel
def _draw(key, step, start, spread, noise, chances):
    """Fresh noise of mean 1 and uniforms of a block of structures, two from a block of words."""
    half = noise.size // 2
    shift = 0.5 * spread * spread
    for i in range(half):
        first, second, chance, other = normal_pair_and_uniforms(key, start + i, step)
        noise[i] = exp(spread * first - shift)
        noise[half + i] = exp(spread * second - shift)
        chances[i] = chance
        chances[half + i] = other


@kernel
def _look_up(table, counts, gain, factors):
    """The feedback factors ((mean c + 1)/(c + 1))^k of a block of structures."""
    for i in range(factors.size):
        factors[i] = gain * table[np.uint64(counts[i])]


@kernel
def _advance(norms, counts, draws, rule, sums):
    """One step of a block of structures; returns how many are written."""
    noise, chances, factors = draws
    written = 0
    for i in range(norms.size):
        norm = norms[i] * noise[i]
        one = np.int64(is_written(norm, factors[i], chances[i], rule))
        value = written_value(norm, factors[i], rule) * one
        error = value - norm
        sums[0, i] += error
        sums[1, i] += error * error
        sums[2, i] += norm
        sums[3, i] += norm * norm
        counts[i] += one
        written += one
    return written


@kernel
def simulate_group(key, steps, law, rule, arrays):
    """Run `steps` updates of one group of structures, whose mean count enters the feedback.

    Parameters
    ----------
    key : uint64
        Random stream of the group.
    steps : int
    law : feedback.Law
        `feedback` k and the `fresh` spread are read.
    rule : (float, float, float)
        From `rule_of`.
    arrays : (float[n], int64[n], float[4, n])
        Lasting norms; counts, which are added to; sums of error, error^2, norm, norm^2 a
        structure.
    """
    norms, counts, sums = arrays
    table = np.empty(steps + 1)
    for c in range(steps + 1):
        table[c] = (c + 1.0) ** -law.feedback
    noise, chances, factors = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    total = 0
    for step in range(steps):
        gain = (total / norms.size + 1.0) ** law.feedback
        written = 0
        for start in range(0, norms.size, _BLOCK):
            stop = min(start + _BLOCK, norms.size)
            n = stop - start
            even = n + n % 2
            _draw(key, step, start, law.fresh, noise[:even], chances[:even])
            _look_up(table, counts[start:stop], gain, factors[:n])
            draws = (noise[:n], chances[:n], factors[:n])
            part = norms[start:stop], counts[start:stop]
            written += _advance(*part, draws, rule, sums[:, start:stop])
        total += written


@kernel
def draw_norms(key, lasting, norms):
    """Lasting norms exp(s_b z - s_b^2/2), structure i from its own counter."""
    for i in range(norms.size):
        z, _ = normals(key, i, 0)
        norms[i] = math.exp(lasting * z - 0.5 * lasting * lasting)


@driver
def simulate(order, keys, steps, laws, bounds, arrays):
    """Run groups of structures side by side, each with lasting norms of its own.

    Parameters
    ----------
    order : int[groups]
        Groups in the order in which threads take them, in equal runs (`balanced`).
    keys : uint64[groups, 2]
        Streams of the lasting norms and of the steps.
    steps : int
    laws : float[groups, 5]
        The policy's code, then threshold, feedback, lasting and fresh spread of a `feedback.Law`.
    bounds : int[groups + 1]
        Where each group's structures start.
    arrays : (float[n], int64[n], float[4, n])
        As in `simulate_group`, all groups behind each other; norms are written.
    """
    norms, counts, sums = arrays
    for place in prange(order.size):
        g = order[place]
        start, stop = bounds[g], bounds[g + 1]
        law = Law(laws[g, 1], laws[g, 2], laws[g, 3], laws[g, 4], False, 0.0)
        rule = rule_of(int(laws[g, 0]), law.threshold)
        draw_norms(keys[g, 0], law.lasting, norms[start:stop])
        part = norms[start:stop], counts[start:stop], sums[:, start:stop]
        simulate_group(keys[g, 1], steps, law, rule, part)


def balanced(sizes, threads):
    """Groups dealt out to threads, the largest first: threads take equal runs of the result."""
    largest = np.argsort(-np.asarray(sizes), kind="stable")
    return np.concatenate([largest[thread::threads] for thread in range(threads)])
