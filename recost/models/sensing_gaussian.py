"""Sensing errors in closed form: bitline currents as Gaussians.

With c_l of n cells in state l: mu = sum c_l m_l, variance = sum c_l v_l, m_l = I_l e^(s^2/2),
v_l = I_l^2 (e^(s^2) - 1) e^(s^2).  Cells of more than two states take the expected c_l given
the sum, states uniform.  The clamping error adds its variance; the guard band moves
dual-reference thresholds and blurs mid-point ones by its half, both ways.

Against simulation (two states, R-ratio 50, mean references, n = 4 to 128, s = 0.05 to 0.7;
tests/models/test_sensing.py) the mean error over all sums is within 2 % where it is above 1 %,
within 7 % above 0.1 %, and 10 % too small near 4e-5.  The error of a single sum is good only
where its tail is within about two deviations: nominal references, s = 0.73, n = 9, sum 0 give
0.297 against 0.251 at R-ratio 10, and 2e-11 against 2e-4 at 50, for a lognormal's tail is longer.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from recost.hardware import Hardware
from recost.kernels.normal import above, below
from recost.kernels.sensing import Reader
from recost.models.sensing import (
    Cells,
    adc_codes,
    reader_of,
    sum_distribution,
    uniform_states,
)

Array = np.ndarray[Any, Any]


class _Currents(NamedTuple):
    """Mean and deviation of the current of every true sum, and what reads it."""

    mean: Array
    deviation: Array
    reader: Reader

    @property
    def blurs(self) -> tuple[float, ...]:
        """Shifts of all thresholds, in steps, that are as likely as each other."""
        return (-self.reader.band, self.reader.band) if self.reader.band else (0.0,)


def _currents(hardware: Hardware, active: int, states: Array | None) -> _Currents:
    cells = Cells.of(hardware)
    reader = reader_of(hardware, cells, active)
    means = cells.currents * cells.mean_factor
    count = _expected_states(active, uniform_states(len(cells.currents), states))
    mean = count @ means
    variance = count @ (means**2 * math.expm1(cells.spread**2))
    return _Currents(mean, np.sqrt(variance + (mean * reader.clamping) ** 2 / 3.0), reader)


def gaussian_table(hardware: Hardware, active: int, states: Array | None = None) -> Array:
    """P(sensed | true) [true, sensed] of sums of `active` cells, by an ADC that holds them all.

    `states` as in `recost.models.sensing.Simulation`.
    """
    mean, deviation, reader = currents = _currents(hardware, active, states)
    passed = np.zeros((reader.largest + 1, reader.largest + 2))
    passed[:, 0] = 1.0
    thresholds = reader.first + reader.step * np.arange(reader.largest)
    for shift in currents.blurs:
        apart = thresholds + shift * reader.step - mean[:, None]
        passed[:, 1:-1] += _tail(above, apart, deviation[:, None]) / len(currents.blurs)
    shares: Array = passed[:, :-1] - passed[:, 1:]
    return shares


def gaussian_errors(hardware: Hardware, active: int, states: Array | None = None) -> Array:
    """P(sensed != true) of every true sum: Q at both its thresholds, at the ends at one.

    The same as one less the diagonal of `gaussian_table`, without the cancellation.
    """
    mean, deviation, reader = currents = _currents(hardware, active, states)
    errors = np.zeros(reader.largest + 1)
    for shift in currents.blurs:
        upper = reader.first + (np.arange(reader.largest + 1) + shift) * reader.step
        share = 1.0 / len(currents.blurs)
        errors[:-1] += share * _tail(above, (upper - mean)[:-1], deviation[:-1])
        errors[1:] += share * _tail(below, (upper - reader.step - mean)[1:], deviation[1:])
    return errors


def misread_share(hardware: Hardware) -> float:
    """P(code != true sum) of a full operation unit, sums as likely as random cells make them.

    Every state of a cell is as likely as another; noise and too few codes of the ADC count alike.
    The closed form of the error of `recost montecarlo sensing`.  Raises InputError where
    `Cells.of` does.
    """
    active = min(hardware.operation_unit.rows, hardware.crossbar.rows)
    states = uniform_states(1 << hardware.crossbar.cell_bits)
    codes = adc_codes(hardware, active)
    wrong = codes[None, :] != np.arange(len(codes))[:, None]
    errors = np.where(wrong, gaussian_table(hardware, active), 0.0).sum(axis=1)
    return float(sum_distribution(active, states) @ errors)


def _tail(tail: Any, apart: Array, deviation: Array) -> Array:
    """Normal tail probabilities; a current without spread is on one side or the other."""
    scaled = apart / np.maximum(deviation, np.finfo(np.float64).tiny)
    tails: Array = np.vectorize(tail, otypes=[float])(scaled)
    return tails


def _expected_states(active: int, states: Array) -> Array:
    """Expected number of cells in each state, given their sum: [sums, states]."""
    states = np.maximum(states, 1e-9)
    whole, others = sum_distribution(active, states), sum_distribution(active - 1, states)
    count = np.zeros((len(whole), len(states)))
    for state, share in enumerate(states / states.sum()):
        count[state : state + len(others), state] = active * others * share
    expected: Array = count / np.maximum(whole, np.finfo(np.float64).tiny)[:, None]
    return expected
