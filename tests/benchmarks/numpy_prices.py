"""Counts times prices in vectorised NumPy: a price is a number, or a column where it varies.

What nothing changes stays a number, and numbers are added up before columns are: NumPy does no
more than it has to.  And the straight lines of `recost.kernels.lines`, where prices alone vary.
"""

import numpy as np

from recost.kernels import engine
from recost.vocabulary import ACTIONS, PAYER, Component, Count, Total
from tests.naive.pricing import PER_CROSSBAR, PER_TILE, PRICES


def added(*parts):
    """The sum of numbers and columns."""
    found = sum(part for part in parts if not isinstance(part, np.ndarray))
    for part in parts:
        if isinstance(part, np.ndarray):
            found = found + part
    return found


def costs(s, t, sums):
    """`recost.kernels.engine.total_costs` of a structure and a technology, by name."""
    pays = {component: [] for component in Component}
    for action in range(ACTIONS):
        price = t[PRICES[Count(action)]]
        pays[PAYER[action]].append(0.0 if price is None else sums[action] * price)
    cycle = s["operation_unit_cycle_time_s"]
    latency, interval = sums[engine.SUM_CYCLES] * cycle, sums[engine.SUM_SLOWEST] * cycle
    crossbars, tiles, chips = (
        sums[k] for k in (engine.SUM_CROSSBARS, engine.SUM_TILES, engine.SUM_CHIPS)
    )

    def parts(kind):
        """What crossbars, tiles and chips have of areas or of leakage."""
        return [
            crossbars * t[f"crossbar_{kind}"],
            *(crossbars * s[f"{name}_per_crossbar"] * t[f"{name}_{kind}"] for name in PER_CROSSBAR),
            *(tiles * (s[many] if many else 1) * t[f"{name}_{kind}"]
              for name, many in PER_TILE.items()),
            chips * t[f"off_chip_{kind}"],
        ]  # fmt: skip

    cores = s["hierarchy_cores_per_tile"]
    stored = sums[engine.SUM_STORED] * t["index_decoder_memory_area_mm2_per_bit"]
    control = tiles * t["control_tile_area_mm2"], tiles * cores * t["control_core_area_mm2"]
    area = added(*parts("area_mm2"), *control, stored)
    busy = sums[engine.SUM_CONTROL] / (cores * s["hierarchy_crossbars_per_core"]) * cycle
    pays[Component.CONTROL] += [
        busy * t["control_tile_power_w"],
        busy * cores * t["control_core_power_w"],
    ]
    pays[Component.LEAKAGE] += [interval * added(*parts("leakage_w"))]
    energies = [added(*pays[component]) for component in Component]
    energy = added(*energies)
    said = {
        Total.LATENCY: latency,
        Total.INTERVAL: interval,
        Total.CYCLES: sums[engine.SUM_CYCLES],
        Total.OU_ACTIVATIONS: sums[engine.SUM_ACTIVATIONS],
        Total.ADC_CONVERSIONS: sums[engine.SUM_CONVERSIONS],
        Total.CROSSBARS: crossbars,
        Total.CHIPS: chips,
        Total.AREA: area,
        Total.ENERGY: energy,
        Total.THROUGHPUT: 1.0 / interval,
        Total.POWER: energy * (1.0 / interval),
    }
    return [*energies, *(said[total] for total in Total)]


class Grid:
    """Prices of points that follow each other in a space: for each, how often it changes, levels.

    Levels of one that always changes are laid out over and over, so that a copy will do.
    """

    def __init__(self, runs, levels, block):
        self.runs = runs
        self.levels = [
            np.tile(own, block // len(own) + 2) if run == 1 else own
            for run, own in zip(runs, levels, strict=True)
        ]
        self.radices = [len(own) for own in levels]

    def prices(self, start, out):
        """Prices of as many points as `out` has columns."""
        stop = start + out.shape[1]
        for run, own, radix, row in zip(self.runs, self.levels, self.radices, out, strict=True):
            digits = np.arange(start // run, (stop - 1) // run + 1) if run > 1 else ()
            if run == 1:
                row[:] = own[start % radix :][: len(row)]
            elif len(digits) == 1:
                row[:] = own[digits[0] % radix]
            else:
                ends = np.minimum(stop, (digits + 1) * run)
                row[:] = np.repeat(own[digits % radix], np.diff(ends, prepend=start))


def numpy_prices(structure, technology, sums, columns, out):
    """Totals of points into the rows of `out`, and which rows; `columns` are prices that vary."""
    names, grid, first, prices, block = columns
    moved = []
    for start in range(0, out.shape[1], block):
        part = slice(start, start + block)
        grid.prices(first + start, prices[:, part])
        found = costs(structure, technology | dict(zip(names, prices[:, part], strict=True)), sums)
        moved = [k for k, value in enumerate(found) if isinstance(value, np.ndarray)]
        for k in moved:
            out[k, part] = found[k]
    return moved


def numpy_lines(base, slopes, columns, out):
    """Totals [totals, points] on straight lines in prices."""
    _, grid, first, prices, block = columns
    room, reach = np.empty(block), [np.flatnonzero(own).tolist() for own in slopes]
    for start in range(0, out.shape[1], block):
        part = prices[:, start : start + block]
        grid.prices(first + start, part)
        made = room[: part.shape[1]]
        for total, (own, at) in enumerate(zip(slopes, reach, strict=True)):
            target = out[total, start : start + block]
            np.multiply(part[at[0]], own[at[0]], out=target)
            target += base[total]
            for k in at[1:]:
                np.multiply(part[k], own[k], out=made)
                target += made
