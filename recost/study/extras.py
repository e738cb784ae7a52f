"""Columns of a sweep that are worked out only where they are asked for: read error and life.

They depend on no price, so each is worked out once for all points that differ in prices alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.hardware.sections import key_table
from recost.models.binding import check_crossbars
from recost.models.sensing_gaussian import misread_share
from recost.network import LayerTable
from recost.study.life_case import Duty, LifeCase
from recost.study.space import WORKLOAD, Axis
from recost.vocabulary import HardwareKind

Array = np.ndarray[Any, Any]

# Units of prices, on which neither reading nor wear depends.
_PRICES = ("J", "J/bit", "mm2", "mm2/bit", "W")
_KEPT = 100_000


def _read_error(hardware: Hardware, _network: LayerTable, _duty: Duty) -> float:
    check_crossbars(hardware)
    return 100.0 * misread_share(hardware)


def _trainings(hardware: Hardware, network: LayerTable, duty: Duty) -> float:
    trainings = _case(hardware, network, duty).life.median
    if not np.isfinite(trainings):
        raise InputError(f"nothing wears {hardware.name} out", key="lifetime_trainings")
    return trainings


def _years(hardware: Hardware, network: LayerTable, duty: Duty) -> float:
    case = _case(hardware, network, duty)
    years = case.years(_trainings(hardware, network, duty))
    if years is None:
        raise InputError(case.missing, key="lifetime_years")
    return years


@lru_cache(maxsize=1)
def _case(hardware: Hardware, network: LayerTable, duty: Duty) -> LifeCase:
    """The life of a machine, for the columns of one point."""
    return LifeCase(hardware, network, None, duty)


#: Each column that may be asked for, and what works it out.
EXTRAS: dict[str, Callable[[Hardware, LayerTable, Duty], float]] = {
    "read_error_percent": _read_error,
    "lifetime_trainings": _trainings,
    "lifetime_years": _years,
}


class Extras:
    """The columns `names` of `EXTRAS` for one hardware and one network over `axes`.

    Years are those of `duty`; without it a machine trains all the time.
    `missing` says why the first value that there is not is missing, if one is.
    """

    def __init__(
        self,
        hardware: Hardware,
        network: LayerTable,
        axes: Sequence[Axis],
        names: Sequence[str],
        duty: Duty | None = None,
    ) -> None:
        self._inputs = (hardware, network)
        self._duty = duty or Duty()
        self._axes, self._names = axes, tuple(names)
        table = key_table(hardware.kind)
        self._matter = [
            a
            for a, axis in enumerate(axes)
            if axis.target == WORKLOAD or table[axis.key].unit not in _PRICES
        ]
        self._known: dict[bytes, list[float]] = {}
        self._errors: dict[tuple[Any, ...] | None, float] = {}
        self.missing: str | None = None

    def columns(self, places: Array, values: Array) -> dict[str, Array]:
        """The columns at points (see `recost.study.space.Space.points`); NaN where there is none.

        A column does not apply where its model refuses the machine or the network.
        """
        if not self._names:
            return {}
        # With a column of zeros, since NumPy finds no unique rows of nothing.
        parts = [np.zeros((len(places), 1)), places[:, self._matter], values[:, self._matter]]
        raw = np.concatenate(parts, axis=1)
        _, first, inverse = np.unique(raw, axis=0, return_index=True, return_inverse=True)
        if len(self._known) > _KEPT:
            self._known.clear()
        found = np.full((len(first), len(self._names)), np.nan)
        for row, point in enumerate(first.tolist()):
            key = raw[point].tobytes()
            if key not in self._known:
                self._known[key] = self._work_out(places[point], values[point])
            found[row] = self._known[key]
        return dict(zip(self._names, found[inverse.ravel()].T, strict=True))

    def _work_out(self, places: Array, values: Array) -> list[float]:
        settings: dict[bool, dict[str, str]] = {True: {}, False: {}}
        for a, axis in enumerate(self._axes):
            text = axis.text(float(values[a])) if axis.continuous else axis.texts[int(places[a])]
            settings[axis.target == WORKLOAD][axis.key] = text
        hardware, network = self._inputs
        hardware = hardware.replace(settings[False]) if settings[False] else hardware
        network = network.replace(settings[True]) if settings[True] else network
        return [self._of(name, hardware, network) for name in self._names]

    def _of(self, name: str, hardware: Hardware, network: LayerTable) -> float:
        key = _read(hardware) if name == "read_error_percent" else None
        if key in self._errors:
            return self._errors[key]
        try:
            found = EXTRAS[name](hardware, network, self._duty)
        except InputError as error:
            self.missing = self.missing or f"{name}: {error.faults[0].message}"
            found = np.nan
        if key is not None:
            self._errors[key] = found
        return found


def _read(hardware: Hardware) -> tuple[Any, ...] | None:
    """All that reading a sum depends on; None for a machine that reads none."""
    if hardware.kind != HardwareKind.RERAM.text:
        return None
    cell = hardware.cell
    return (
        hardware.sensing,
        (cell.resistance_on_ohm, cell.resistance_off_ohm, cell.spread),
        (hardware.operation_unit.rows, hardware.crossbar.rows, hardware.crossbar.cell_bits),
        (hardware.adc.bits, hardware.mapping.flip_columns, hardware.precision.dac_bits),
    )
