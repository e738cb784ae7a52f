"""How many trainings the cells of a machine survive, from what each of them is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.kernels import endurance, survival
from recost.kernels.survival import ARRAY, LINE, MOST_TOLERATED, POPULATION_DTYPE, WEIGHT
from recost.models.levelling import levelled
from recost.models.writes import LayerWrites, NetworkWrites, Written
from recost.vocabulary import EnduranceDistribution, Granularity

Array = np.ndarray[Any, Any]

_BOLTZMANN_EV_PER_K = 8.617333262e-5  # CODATA 2018
# Powers of e by which temperature may change endurance: Arrhenius holds for far fewer.
_FARTHEST = 50.0
SECONDS_PER_YEAR = 365.25 * 24 * 3600

#: Populations, wears and factors as `kernels.survival` reads them.
Tables = tuple[Array, Array, Array]


@dataclass(frozen=True, eq=False)
class Population:
    """Cells that are worn alike: a layer's weights, or its stored activations or errors.

    `lines` x `values` numbers an array, of as many cells as `wears` has entries (writes of a cell
    in one training, least significant slice first).  `factors` is [2, points]: the wear of
    structures over `wears`, and their share; `shared` is the level of a structure.  `offset` is
    in writes.
    """

    layer: str
    kind: str
    arrays: float
    lines: int
    values: int
    wears: Array
    factors: Array
    shared: int
    offset: float = 0.0

    @property
    def numbers(self) -> float:
        """Weights or values."""
        return self.arrays * self.lines * self.values

    @property
    def cells(self) -> float:
        """Cells."""
        return self.numbers * len(self.wears)


@dataclass(frozen=True, eq=False)
class Life:
    """Trainings until death: median and 90 % interval, and which cells tend to be first.

    Infinite where nothing is written.  `hazards` is each population's share of the hazard at the
    median (of deaths at about that time), or of the failed cells.
    """

    median: float
    low: float
    high: float
    populations: tuple[Population, ...]
    hazards: Array
    cell: tuple[int, float, float]
    tables: Tables

    @property
    def first(self) -> Population:
        """The population that is likeliest to hold the death."""
        return self.populations[int(np.argmax(self.hazards))]

    def failed_after(self, trainings: float) -> float:
        """The expected share of all cells that has failed after so many trainings."""
        return float(survival.failed_cells(*self.tables, self.cell, trainings))


def cell_endurance(hardware: Hardware) -> tuple[int, float, float]:
    """Distribution, median and spread (of `kernels.endurance`) of a cell's endurance, in writes.

    median * derating * slowdown^n * exp(E_a/k (1/T - 1/T_0)): slower writes wear less (Mellow
    Writes, n = 2 [P]), heat more (Arrhenius [D]).  A Weibull's spread is 1/shape.

    Raises InputError where the hardware gives no endurance or one that leaves nothing.
    """
    given, keys = hardware.cell.endurance, hardware.writes
    if (given.median is None) == (given.mean is None):
        what = "needs the endurance of a cell, such as 1e6"
        if given.mean is not None:
            what = "takes the mean endurance or the median, not both; write median = 'none'"
        raise InputError(
            f"{hardware.name}: a lifetime {what}",
            path=hardware.path,
            key="cell.endurance.median",
        )
    if keys.derating == 0.0:
        raise InputError(
            "0 leaves no endurance; write 1 for all of it",
            path=hardware.path,
            key="writes.derating",
        )
    fixed = given.distribution is EnduranceDistribution.FIXED
    if given.spread is None and not fixed:
        raise InputError(
            f"'{given.distribution.text}' needs a spread; write one, or distribution 'fixed'",
            path=hardware.path,
            key="cell.endurance.spread",
        )
    spread = 0.0 if fixed else float(given.spread or 0.0)
    if given.distribution is EnduranceDistribution.WEIBULL:
        if spread <= 0.0:
            raise InputError(
                "the shape of a Weibull distribution lies above 0",
                path=hardware.path,
                key="cell.endurance.spread",
            )
        spread = 1.0 / spread
    cooler = 1.0 / keys.temperature - 1.0 / keys.reference_temperature
    exponent = keys.activation_energy / _BOLTZMANN_EV_PER_K * cooler
    if abs(exponent) > _FARTHEST:
        raise InputError(
            f"{keys.temperature:g} K are too far from writes.reference_temperature ="
            f" {keys.reference_temperature:g} K for an activation energy of"
            f" {keys.activation_energy:g} eV: endurance would change by exp({exponent:.3g})",
            path=hardware.path,
            key="writes.temperature",
        )
    median = given.median or float(
        endurance.median_of_mean(int(given.distribution), given.mean, spread)
    )
    median *= keys.derating * keys.slowdown**keys.slowdown_exponent
    median *= math.exp(exponent)
    return int(given.distribution), median, spread


def populations_of(writes: NetworkWrites) -> tuple[Population, ...]:
    """The populations of cells that a training writes, after wear levelling.

    Wear counts `cell.pulses` for each write (every SET or RESET pulse wears the cell) and
    `writes.wear_per_write` for each pulse.  Cells that only hold zeros of the other sign count
    as never written and are left out.
    """
    hardware = writes.hardware
    pulses = hardware.cell.pulses * hardware.writes.wear_per_write
    found = []
    for layer in writes.layers:
        carried = sum(part.times for part in layer.written if part.kind == "carries")
        for part in layer.written:
            if part.kind != "carries":
                extra = carried * hardware.cell.pulses if part.kind == "weights" else 0.0
                found.append(_population(layer, part, hardware, pulses, extra))
    return levelled(tuple(found), hardware, _weakest(found, hardware))


def _weakest(populations: Sequence[Population], hardware: Hardware) -> float:
    """Writes that the weakest of all cells survives, in the median."""
    cells = sum(population.cells for population in populations)
    return float(endurance.first_failure(*cell_endurance(hardware), cells, 0.5))


def _population(
    layer: LayerWrites, part: Written, hardware: Hardware, pulses: float, extra: float
) -> Population:
    wears = part.slices * pulses + extra
    per_row = max(1, hardware.crossbar.columns // len(wears))
    lines, values, shared = hardware.crossbar.rows, per_row, LINE
    factors = np.ones((2, 1))
    if part.kind == "weights":
        factors = layer.updates.factors
        lines, values, shared = _structures(layer, hardware, per_row)
    numbers = part.values * part.places
    values = int(min(values, max(1, numbers)))
    lines = int(min(lines, max(1, round(numbers / values))))
    arrays = numbers / (lines * values)
    return Population(layer.name, part.kind, arrays, lines, values, wears, factors, shared)


def _structures(layer: LayerWrites, hardware: Hardware, per_row: int) -> tuple[int, int, int]:
    """(lines of an array, weights of a line, level of a structure)."""
    rows = hardware.crossbar.rows
    granularity = hardware.writes.structure
    if granularity is Granularity.ROW:
        return rows, per_row, LINE
    if granularity is Granularity.COLUMN:
        return per_row, rows, LINE
    if granularity is Granularity.OPERATION_UNIT:
        unit = hardware.operation_unit
        high = min(unit.rows, rows)
        wide = max(1, min(unit.columns // len(layer.updates.slices), per_row))
        return -(-rows // high) * -(-per_row // wide), high * wide, LINE
    if granularity is Granularity.CROSSBAR:
        return rows, per_row, ARRAY
    return rows, per_row, WEIGHT


def life(writes: NetworkWrites, *, failed_fraction: float | None = None) -> Life:
    """Trainings until the first array dies, or until a share of all cells has failed.

    An array dies when its spare rows and columns no longer make up for the rows in which more
    cells have failed than are corrected.  The interval holds 90 % of machines.
    """
    if failed_fraction is not None and not 0.0 < failed_fraction < 1.0:
        raise InputError("must lie between 0 and 1", key="--failed-fraction")
    cell = cell_endurance(writes.hardware)
    populations = populations_of(writes)
    tables = kernel_tables(populations, writes.hardware, cell[1])
    if failed_fraction is None:
        lives = death_quantiles(writes, (0.5, 0.05, 0.95))
    else:
        number = sum(population.cells for population in populations)
        margin = 1.6449 * math.sqrt(failed_fraction * (1.0 - failed_fraction) / number)
        shares = (
            failed_fraction,
            max(failed_fraction - margin, 0.5 / number),
            min(failed_fraction + margin, 1.0 - 1e-12),
        )
        lives = [float(survival.life_until_share(*tables, cell, share)) for share in shares]
    hazards = _hazards(tables, cell, lives[0], failed_fraction is not None)
    median, low, high = lives
    return Life(median, low, high, populations, hazards, cell, tables)


def death_quantiles(writes: NetworkWrites, probabilities: Sequence[float]) -> list[float]:
    """Trainings within which the first array has died with each probability."""
    cell = cell_endurance(writes.hardware)
    merged = _merged(populations_of(writes))
    tables = kernel_tables(merged, writes.hardware, cell[1])
    return [float(survival.life_until_death(*tables, cell, p)) for p in probabilities]


def _merged(populations: tuple[Population, ...]) -> tuple[Population, ...]:
    """Populations whose arrays are all alike, as one: many layers of a network are."""
    found: dict[tuple[Any, ...], Population] = {}
    for p in populations:
        alike = (p.lines, p.values, p.wears.tobytes(), p.factors.tobytes(), p.shared, p.offset)
        arrays = p.arrays + (found[alike].arrays if alike in found else 0.0)
        found[alike] = replace(p, arrays=arrays)
    return tuple(found.values())


def kernel_tables(populations: tuple[Population, ...], hardware: Hardware, median: float) -> Tables:
    """(POPULATION_DTYPE records, wears, factors) as `kernels.survival` reads them."""
    keys = hardware.writes
    records = np.zeros(len(populations), POPULATION_DTYPE)
    wears = np.zeros((len(populations), max(len(p.wears) for p in populations)))
    points = max(p.factors.shape[1] for p in populations)
    factors = np.zeros((len(populations), 2, points))
    factors[:, 0] = 1.0
    for i, population in enumerate(populations):
        slices = len(population.wears)
        tolerated = int(keys.corrected * population.values * slices)
        _check_repair(tolerated, hardware)
        records[i] = (
            population.arrays,
            population.lines,
            population.values,
            slices,
            keys.wear_spread,
            population.offset / median,
            tolerated,
            keys.spare_rows + keys.spare_columns,
            population.shared,
        )
        wears[i, :slices] = population.wears
        factors[i, :, : population.factors.shape[1]] = population.factors
    return records, wears, factors


def _check_repair(tolerated: int, hardware: Hardware) -> None:
    keys = hardware.writes
    if tolerated > MOST_TOLERATED:
        raise InputError(
            f"{tolerated} cells of a row are more than a code corrects here ({MOST_TOLERATED})",
            path=hardware.path,
            key="writes.corrected",
        )
    repaired = tolerated or keys.spare_rows or keys.spare_columns
    along_rows = keys.structure in (Granularity.COLUMN, Granularity.OPERATION_UNIT)
    if repaired and along_rows:
        raise InputError(
            f"no closed form for repair where '{keys.structure.text}' structures share their wear;"
            " write 'element', 'row' or 'crossbar', or no spares and no correction",
            path=hardware.path,
            key="writes.structure",
        )


def _hazards(tables: Tables, cell: tuple[int, float, float], at: float, shares: bool) -> Array:
    """Each population's share of the hazard around `at`, or of the cells that have failed."""
    records, wears, factors = tables
    if not math.isfinite(at):
        return np.full(len(records), 1.0 / len(records))
    hazards = np.zeros(len(records))
    for i in range(len(records)):
        one = slice(i, i + 1)
        if shares:
            cells = records["arrays"] * records["lines"] * records["cells"] * records["slices"]
            own = survival.failed_cells(records[one], wears[one], factors[one], cell, at)
            hazards[i] = own * cells[i]
        else:
            # A step in time that also crosses the death of a cell of fixed endurance.
            late = survival.log_survival(records[one], wears[one], factors[one], cell, at * 1.001)
            hazards[i] = -max(float(late), -1e300)
    total = hazards.sum()
    return hazards / total if total > 0.0 else np.full(len(records), 1.0 / len(records))
