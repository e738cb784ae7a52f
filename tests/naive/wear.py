"""Writes, wear and life from their definitions: samples and sums, no closed form."""

from __future__ import annotations

import numpy as np


def magnitudes(family, scale, spread, size, random):
    """`size` samples of |g|: gaussian (sigma), laplace (b) or lognormal (median, ln-sigma)."""
    if family == "gaussian":
        return np.abs(random.normal(0.0, scale, size))
    if family == "laplace":
        return np.abs(random.laplace(0.0, scale, size))
    return random.lognormal(np.log(scale), spread, size)


def updates(policy, level, sizes, random):
    """What a policy writes in place of gradients of these sizes; 0 where nothing is written."""
    uniform = random.random(sizes.shape)
    if policy == "threshold":
        return np.where(sizes >= level, sizes, 0.0)
    if policy == "stochastic":
        return np.where(sizes >= level, sizes, np.where(uniform < sizes / level, level, 0.0))
    if policy in ("structured", "endurance-aware"):  # `level` is the probability to be kept
        return np.where(uniform < level, sizes / level, 0.0)
    return sizes


def rounded(values, stochastic, random):
    """Whole steps: to the nearest, or up with the probability of the rest."""
    if stochastic:
        return np.floor(values + random.random(values.shape)).astype(np.int64)
    return np.floor(values + 0.5).astype(np.int64)


def changed_slices(steps, cell_bits, slices, clipped, random):
    """Whether each slice of random weights changes when `steps` are added: [samples, slices]."""
    levels = 1 << cell_bits
    full = levels**slices
    weights = random.integers(0, full, len(steps))
    moved = weights + steps
    moved = np.clip(moved, 0, full - 1) if clipped else moved % full
    columns = [
        (weights // levels**i) % levels != (moved // levels**i) % levels for i in range(slices)
    ]
    return np.stack(columns, axis=1)


def endurance(distribution, median, spread, size, random):
    """The writes that `size` cells survive.

    `spread` is the ln-sigma of a lognormal, 1/shape of a Weibull, sigma/mean of a normal.
    """
    if distribution == "lognormal":
        return random.lognormal(np.log(median), spread, size)
    if distribution == "weibull":
        return median / np.log(2.0) ** spread * random.weibull(1.0 / spread, size)
    if distribution == "normal":
        return np.maximum(random.normal(median, spread * median, size), 0.0)
    return np.full(size, float(median))


def array_lives(lives, tolerated, spares):
    """When arrays die, from the lives of their cells, [arrays, lines, cells].

    A line dies with cell number `tolerated` + 1, an array with line number `spares` + 1.
    """
    lines = np.sort(lives, axis=2)[:, :, tolerated]
    return np.sort(lines, axis=1)[:, spares]


def update_counts(policy, threshold, feedback, lasting, fresh, steps, random):
    """Step by step: counts, mean kept norm, mean norm and mean square error of each structure.

    `lasting` are the structures' norms for the whole training, `fresh` is the ln-sigma of the
    noise that a step puts on top, with mean 1.
    """
    counts = np.zeros(lasting.size)
    kept_sum, norm_sum, error_sum = (np.zeros(lasting.size) for _ in range(3))
    for _ in range(steps):
        norm = lasting * random.lognormal(-0.5 * fresh * fresh, fresh, lasting.size)
        factor = ((counts.mean() + 1) / (counts + 1)) ** feedback
        if policy == "sgd":
            kept = norm
        elif policy == "threshold":
            kept = np.where(norm > threshold, norm, 0.0)
        else:
            probability = np.minimum(1.0, norm / threshold * factor)
            kept = np.where(random.random(lasting.size) < probability, norm / probability, 0.0)
        counts += kept > 0.0
        kept_sum += kept
        norm_sum += norm
        error_sum += (kept - norm) ** 2
    return counts, kept_sum / steps, norm_sum / steps, error_sum / steps


def start_gap(writes, lines, interval):
    """Wear of each physical line after `writes` (logical lines in order) under Start-Gap.

    Qureshi et al., MICRO 2009: one spare line, the gap; every `interval` writes the line before
    the gap is copied into it and becomes the gap.
    """
    place = list(range(lines))  # physical line of each logical line
    gap, wear = lines, np.zeros(lines + 1, np.int64)
    for count, line in enumerate(writes, start=1):
        wear[place[line]] += 1
        if count % interval == 0:
            source = (gap - 1) % (lines + 1)
            wear[gap] += 1
            place[place.index(source)] = gap
            gap = source
    return wear
