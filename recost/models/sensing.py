"""Sums that a bitline's current is read as: by simulation of cells, and as Gaussians.

Cell resistances are lognormal in each state, ln R ~ N(ln R_state, s^2); state l of L conducts
``G_off + l (G_on - G_off) / (L - 1)`` in the median.  A bitline adds the currents of its n
active cells and is compared with references for n cells: their mean currents, or those of
cells with the states' own resistances [DL-RSIM, Lin et al., ICCAD 2018, P].
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recost.errors import Fault, InputError
from recost.hardware import Hardware
from recost.kernels import sensing as kernels
from recost.kernels.philox import stream_key
from recost.models.intervals import ALPHA, weighted_share
from recost.vocabulary import NarrowAdc, SensingReferences, SensingThresholds

Array = np.ndarray[Any, Any]

#: Trials of every true sum, as many as DL-RSIM draws [P].
TRIALS = 32_000
# What stands for a state that does not occur, so that every sum can be drawn.
_NEVER = 1e-9
# Cells to simulate before looking whether anybody wants it to stop: a fraction of a second.
_AT_ONCE = 1 << 25


@dataclass(frozen=True)
class Cells:
    """The states of a cell: median current and spread of ln(current) by state."""

    currents: Array
    spread: float

    @property
    def step(self) -> float:
        """The median current of one more unit of the sum."""
        return float(self.currents[-1] - self.currents[0]) / (len(self.currents) - 1)

    @property
    def mean_factor(self) -> float:
        """Mean over median of a lognormal current: e^(s^2 / 2)."""
        return math.exp(0.5 * self.spread**2)

    @classmethod
    def of(cls, hardware: Hardware) -> Cells:
        """The cells of a hardware.

        Raises
        ------
        InputError
            Resistances or spread that are not given, an off state that conducts more than the
            on state, wordline drivers of more than one bit.
        """
        cell, path = hardware.cell, hardware.path
        missing = [
            Fault(f'not given; write it into the file or use --set cell.{key}="{example}"',
                  path, key=f"cell.{key}")
            for key, value, example in (
                ("resistance_on", cell.resistance_on_ohm, "10 kohm"),
                ("resistance_off", cell.resistance_off_ohm, "500 kohm"),
                ("spread", cell.spread, "0.1"),
            )
            if value is None
        ]  # fmt: skip
        if missing:
            raise InputError(missing)
        if hardware.precision.dac_bits != 1:
            raise InputError(
                "sensing is modelled for wordlines that are on or off; write 1",
                path=path,
                key="precision.dac_bits",
            )
        assert cell.resistance_on_ohm is not None
        assert cell.resistance_off_ohm is not None
        assert cell.spread is not None
        if cell.resistance_on_ohm >= cell.resistance_off_ohm:
            raise InputError(
                "not above cell.resistance_on; the off state resists more",
                path=path,
                key="cell.resistance_off",
            )
        ends = np.array([1.0 / cell.resistance_off_ohm, 1.0 / cell.resistance_on_ohm])
        levels = 1 << hardware.crossbar.cell_bits
        currents = hardware.sensing.read_voltage_v * np.linspace(ends[0], ends[1], levels)
        return cls(currents, cell.spread)


@dataclass(frozen=True)
class ErrorTable:
    """How often a true sum of `active` cells was read as which sum.

    `counts` int64 [true sum, sensed sum], by a converter that has a code for every sum; `adc`
    says what another one makes of a sensed sum.
    """

    active: int
    counts: Array
    adc: Array

    @property
    def trials(self) -> Array:
        """Trials of every true sum."""
        trials: Array = self.counts.sum(axis=1)
        return trials

    @property
    def shares(self) -> Array:
        """P(sensed | true); zeros for a sum without trials."""
        shares: Array = self.counts / np.maximum(self.trials, 1)[:, None]
        return shares

    def errors(self, *, noise_only: bool = False) -> Array:
        """How often each true sum was read as another one."""
        codes = np.arange(len(self.counts)) if noise_only else self.adc
        right = codes[None, :] == np.arange(len(self.counts))[:, None]
        wrong: Array = np.where(right, 0, self.counts).sum(axis=1)
        return wrong

    def error(
        self, sums: Array, *, noise_only: bool = False, alpha: float = ALPHA
    ) -> tuple[float, float, float]:
        """P(sensed != true) for sums of the probabilities `sums`: (estimate, low, high)."""
        return weighted_share(self.errors(noise_only=noise_only), self.trials, sums, alpha)

    def moments(self) -> tuple[Array, Array]:
        """Mean and mean square of (code - true sum), for every true sum."""
        return table_moments(convert(self.shares, self.adc))


@dataclass
class Simulation:
    """A table of errors in the making: trials are added and never drawn anew.

    Parameters
    ----------
    hardware : the cells, the amplifier and the converter
    active : active wordlines
    seed : with the number of active wordlines the key of all random numbers
    sums : bool [largest sum + 1], the true sums that are wanted; all by default
    states : probability of each state of a cell, which says what a sum of more than two is made
        of; all alike by default
    """

    hardware: Hardware
    active: int
    seed: int = 0
    sums: Array | None = None
    states: Array | None = None
    counts: Array = field(init=False)
    drawn: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.cells = Cells.of(self.hardware)
        states = len(self.cells.currents)
        self.largest = self.active * (states - 1)
        self.counts = np.zeros((self.largest + 1, self.largest + 1), np.int64)
        wanted = np.ones(self.largest + 1, np.bool_) if self.sums is None else self.sums
        self._strata = np.flatnonzero(wanted)
        self._key = stream_key(self.seed, "sensing", self.active, states)
        spreads = np.array([self.cells.spread])
        shares = _tilted(uniform_states(states, self.states), self.active)
        self._bitline = kernels.Bitline(self.active, self.cells.currents, spreads, shares)
        self._reader = reader_of(self.hardware, self.cells, self.active)

    def cells_to(self, trials: int) -> int:
        """Cells that `run` would simulate for a number of trials."""
        return max(0, trials - self.drawn) * len(self._strata) * self.active

    def run(self, trials: int, progress: Any = None) -> None:
        """Simulate until every wanted sum has had `trials` trials.

        `progress` is called with the cells done after each part of a second.
        """
        lanes = kernels.LANES
        count = -(-(trials - self.drawn) // lanes)
        if count <= 0:
            return
        total = count * len(self._strata)
        step = max(1, _AT_ONCE // (self.active * lanes))
        for start in range(0, total, step):
            number = np.arange(start, min(start + step, total))
            # Sum by sum within a round of trials, so that stopping early leaves none out.
            rounds, stratum = np.divmod(number, len(self._strata))
            first = self.drawn + rounds * lanes
            self._blocks(self._strata[stratum], first, np.minimum(lanes, trials - first))
            if progress is not None:
                progress(len(number) * lanes * self.active)
        self.drawn = trials

    def _blocks(self, strata: Array, first: Array, used: Array) -> None:
        blocks = np.zeros(len(strata), kernels.BLOCK)
        blocks["stratum"], blocks["first"] = strata, first
        true, sensed = np.empty((2, len(strata), kernels.LANES), np.int32)
        kernels.sense(self._key, blocks, self._bitline, self._reader, true, sensed)
        kernels.tabulate(true, sensed, used.astype(np.int64), self.counts)

    def table(self) -> ErrorTable:
        """What has been simulated so far."""
        return ErrorTable(self.active, self.counts.copy(), adc_codes(self.hardware, self.active))


def error_table(
    hardware: Hardware, active: int, *, trials: int = TRIALS, seed: int = 0
) -> ErrorTable:
    """Simulate how sums of `active` wordlines are read: `trials` trials of every true sum.

    Cells of two states are drawn with exactly k ones; cells of more from the conditional
    distribution of uniform states given their sum, so that a sum gets about as many.
    """
    simulation = Simulation(hardware, active, seed)
    simulation.run(trials)
    return simulation.table()


def reader_of(hardware: Hardware, cells: Cells, active: int) -> kernels.Reader:
    """The thresholds between the sums of `active` cells, and what blurs them."""
    sensing = hardware.sensing
    factor = cells.mean_factor if sensing.references == SensingReferences.MEAN else 1.0
    step = cells.step * factor
    first = active * float(cells.currents[0]) * factor + 0.5 * step
    band = 0.0
    if sensing.thresholds == SensingThresholds.DUAL_REFERENCE:
        # Reads n if (I_R[n+1] - I) - (I - I_R[n]) >= guard band, else n + 1.
        first -= 0.5 * sensing.guard_band_a
    else:
        band = 0.5 * sensing.guard_band_a / step
    clamping = sensing.clamping_error_v / sensing.read_voltage_v
    largest = active * (len(cells.currents) - 1)
    return kernels.Reader(first, step, largest, clamping, band)


def adc_codes(hardware: Hardware, active: int) -> Array:
    """The sum that a converter reports for each sensed sum of `active` cells."""
    sums = np.arange(active * ((1 << hardware.crossbar.cell_bits) - 1) + 1)
    # Stored complements keep the sums of flipped columns within half of the range.
    bits = hardware.adc.bits + int(hardware.mapping.flip_columns)
    codes = 1 << bits
    if hardware.sensing.narrow_adc == NarrowAdc.SATURATE:
        saturated: Array = np.minimum(sums, codes - 1)
        return saturated
    width = -(-len(sums) // codes)
    # A code stands for `width` sums and reports the middle one.
    scaled: Array = np.minimum(sums // width * width + (width - 1) // 2, sums[-1])
    return scaled


def uniform_states(states: int, given: Array | None = None) -> Array:
    """The probabilities that are given, or all alike."""
    return np.full(states, 1.0 / states) if given is None else np.asarray(given, np.float64)


def _tilted(states: Array, active: int) -> Array:
    """Cumulative probabilities [sums, states - 1] of states whose mean sum is each sum.

    Given their sum, independent states are distributed alike whether their probabilities are
    p_l or p_l e^(tl): a sum k is drawn often with the t that makes k the mean, and whatever sum
    comes out counts for itself.  In units of 2^-32.
    """
    levels = np.arange(len(states))
    if len(states) == 2:
        return np.zeros((1, 1), np.uint64)
    target = np.arange(active * levels[-1] + 1) / active
    low, high = np.full(len(target), -60.0), np.full(len(target), 60.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        weights = _tilt(np.maximum(states, _NEVER), levels, middle)
        less = (weights * levels).sum(axis=1) < target
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    weights = _tilt(np.maximum(states, _NEVER), levels, 0.5 * (low + high))
    weights[0], weights[-1] = np.eye(len(states))[[0, -1]]
    cumulative = np.minimum(np.cumsum(weights, axis=1)[:, :-1], 1.0)
    shares: Array = np.rint(cumulative * 2.0**32).astype(np.uint64)
    return shares


def _tilt(states: Array, levels: Array, tilt: Array) -> Array:
    exponents = tilt[:, None] * levels
    weights: Array = states * np.exp(exponents - exponents.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def sum_distribution(active: int, states: Array) -> Array:
    """P(sum of `active` independent cells), each in state l with probability states[l]."""
    result = np.ones(1)
    for bit in f"{active:b}":
        result = np.convolve(result, result)
        if bit == "1":
            result = np.convolve(result, states)
    clipped = np.maximum(result, 0.0)
    shares: Array = clipped / clipped.sum()
    return shares


def table_moments(shares: Array) -> tuple[Array, Array]:
    """Mean and mean square of (sensed - true) from P(sensed | true)."""
    sums = np.arange(len(shares))
    apart = sums[None, :] - sums[:, None]
    return (shares * apart).sum(axis=1), (shares * apart * apart).sum(axis=1)


def convert(shares: Array, codes: Array) -> Array:
    """P(code | true) from P(sensed | true), where a sensed sum s is reported as codes[s]."""
    converted = np.zeros_like(shares)
    np.add.at(converted.T, codes, shares.T)
    return converted
