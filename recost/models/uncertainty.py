"""Monte Carlo over the stated spreads of technology numbers.

Each draw is a world in which every uncertain number is off by a factor of its own, lognormal
with mean 1 and the stated spread as standard deviation: prices are positive, and the value that a
file states is the mean.  The factor of draw j depends on the seed, on the number as it is stated
(key, value, source) and on j: machines that share a number are off together, which is what
makes the interval of their ratio right.  Numbers with different keys or sources are independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.hardware.keys import Key
from recost.hardware.records import structure_record, technology_record
from recost.hardware.spreads import Spread, bounded, scaled, stated_spreads
from recost.kernels.philox import stream_key
from recost.kernels.spreads import lognormal_factors

Array = np.ndarray[Any, Any]

#: The quantities whose draws are kept.
FIGURES = ("latency_s", "throughput_per_s", "energy_j", "power_w", "area_mm2")
#: The share of draws below and above an interval.
TAIL = 0.05
# With fewer, a twentieth of the draws at either end is less than one; more take gigabytes, and
# those of 10,000 are known to two hundredths of a standard deviation [D].
_FEWEST, _MOST = 20, 100_000
_CYCLE = "operation_unit.cycle_time"


@dataclass(frozen=True, slots=True)
class Draws:
    """How many worlds to draw, and the seed of all random numbers; raises InputError."""

    count: int
    seed: int = 0

    def __post_init__(self) -> None:
        if not _FEWEST <= self.count <= _MOST:
            raise InputError(
                f"{self.count} draws: write a number from {_FEWEST} (for quantiles at 5 % and"
                f" 95 %) to {_MOST:,}, such as 1000",
                key="--uncertainty",
            )
        if self.seed < 0:
            raise InputError("a seed is a whole number from 0 on", key="--seed")

    def factors(self, spreads: Sequence[Spread]) -> Array:
        """The factors of uncertain numbers: [draws, numbers]."""
        columns = [_factors(self.count, self.seed, s.share, s.identity) for s in spreads]
        return np.stack(columns, axis=1) if columns else np.ones((self.count, 0))

    def machines(self, hardware: Hardware) -> list[Hardware]:
        """The hardware of every draw; one, if nothing about it is uncertain."""
        spreads = stated_spreads(hardware)
        if not spreads:
            return [hardware]
        paths = [spread.key.path for spread in spreads]
        return [
            scaled(hardware, dict(zip(paths, row, strict=True)))
            for row in self.factors(spreads).tolist()
        ]

    def records(self, hardware: Hardware) -> tuple[Array, Array]:
        """Structure and technology records of every draw of a machine with crossbars.

        Where a number goes into one field and nothing follows from it, the field is multiplied;
        elsewhere the hardware of each draw is put together, as `machines` does.
        """
        spreads = [s for s in stated_spreads(hardware) if s.key.part != "none"]
        leaks = hardware.value("leakage.fraction") != 0.0
        if not all(_is_direct(spread.key, leaks) for spread in spreads):
            made = self.machines(hardware)
            return (
                np.concatenate([structure_record(one) for one in made]),
                np.concatenate([technology_record(one) for one in made]),
            )
        structures = np.repeat(structure_record(hardware), self.count)
        technologies = np.repeat(technology_record(hardware), self.count)
        factors = self.factors(spreads)
        for spread, column in zip(spreads, factors.T, strict=True):
            key = spread.key
            records = structures if key.part == "structure" else technologies
            stated = hardware.settings[key.path].value
            # What the record holds may be scaled to another resolution: a factor carries over.
            off = [bounded(key, stated * factor) / stated for factor in column.tolist()]
            records[key.record_field] *= np.array(off)
        return structures, technologies


def _is_direct(key: Key, leaks: bool) -> bool:
    """Whether nothing that a cost depends on is derived from this key.

    Power follows from energies and times, and only leakage follows from power: where leakage is
    no share of it, a price reaches one field alone.
    """
    if key.unit in ("mm2", "mm2/bit") or key.section == "control" or key.name == "leakage":
        return True
    return not leaks and (key.part == "technology" or key.path == _CYCLE)


@lru_cache(maxsize=4096)
def _factors(count: int, seed: int, share: float, identity: tuple[str, str, str]) -> Array:
    factors = np.empty(count)
    lognormal_factors(stream_key(seed, "spread", *identity), share, factors)
    factors.flags.writeable = False
    return factors


def interval(samples: Array) -> tuple[Array, Array]:
    """The quantiles of `samples` [..., draws] at `TAIL` from either end; NaN where one is."""
    low, high = np.quantile(samples, (TAIL, 1.0 - TAIL), axis=-1)
    return low, high
