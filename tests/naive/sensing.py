"""Bitline sums and how they are read, cell by cell, with NumPy's random numbers."""

import numpy as np


def conductances(on_ohm, off_ohm, states):
    """Median conductance of each state: from off to on in equal steps."""
    return [1 / off_ohm + s * (1 / on_ohm - 1 / off_ohm) / (states - 1) for s in range(states)]


def references(on_ohm, off_ohm, states, active, factor):
    """The current at one volt that stands for each sum of `active` cells."""
    low, *_, high = conductances(on_ohm, off_ohm, states)
    sums = range(active * (states - 1) + 1)
    return [factor * (active * low + k * (high - low) / (states - 1)) for k in sums]


def read(current, levels, band=0.0):
    """Dual-reference sensing: the sum whose reference is nearest, by the guard band.

    Reads n if (I_R[n+1] - I) - (I - I_R[n]) >= band for the first such n.
    """
    for n in range(len(levels) - 1):
        if (levels[n + 1] - current) - (current - levels[n]) >= band:
            return n
    return len(levels) - 1


def read_mid_point(current, levels, band, rng):
    """The number of half-way currents that are passed; within the band of one, by chance."""
    passed = 0
    for n in range(len(levels) - 1):
        middle = (levels[n] + levels[n + 1]) / 2
        if abs(current - middle) < band / 2:
            passed += int(rng.random() < 0.5)
        else:
            passed += int(current > middle)
    return passed


def table(hardware, active, trials, rng):
    """P(sensed | true) by rejection: states drawn alike, trials sorted by the sum that came out."""
    cell, sensing = hardware.cell, hardware.sensing
    states = 2**hardware.crossbar.cell_bits
    levels = conductances(cell.resistance_on_ohm, cell.resistance_off_ohm, states)
    factor = np.exp(cell.spread**2 / 2) if sensing.references == 0 else 1.0
    known = references(cell.resistance_on_ohm, cell.resistance_off_ohm, states, active, factor)
    band = sensing.guard_band_a / sensing.read_voltage_v
    counts = np.zeros((len(known), len(known)), np.int64)
    for _ in range(trials):
        # Extreme sums are rare among independent cells: a random bias towards one end.
        share = rng.random()
        drawn = (
            rng.binomial(states - 1, share, active) if states > 2 else rng.random(active) < share
        )
        if states > 2:
            drawn = rng.integers(0, states, active)
        drawn = np.asarray(drawn, int)
        ohms = np.exp(-np.log([levels[s] for s in drawn]) + cell.spread * rng.normal(size=active))
        volts = 1 + rng.uniform(-1, 1) * sensing.clamping_error_v / sensing.read_voltage_v
        current = volts * np.sum(1 / ohms)
        if sensing.thresholds == 0:
            sensed = read(current, known, band)
        else:
            sensed = read_mid_point(current, known, band, rng)
        counts[drawn.sum(), sensed] += 1
    return counts
