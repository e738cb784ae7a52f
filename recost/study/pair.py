"""One hardware and one network of a sweep: the part of a space that concerns them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.hardware import Hardware
from recost.models.one_by_one import OneByOne
from recost.models.sweep import Sweep
from recost.models.uncertainty import FIGURES, interval
from recost.network import LayerTable
from recost.study.extras import Extras
from recost.study.pricing import Pricing
from recost.study.selection import Table
from recost.study.space import WORKLOAD, Axis, Space

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Pair:
    """One hardware and one network, their space, and what their rows say in words.

    Attributes
    ----------
    model : what answers for points
    space : the axes that concern the two
    words : columns with the same word in every row
    columns : of the axes: where each stands in the space
    extras : what is worked out beside the cost
    """

    model: Sweep | OneByOne
    space: Space
    words: Mapping[str, str]
    columns: Mapping[str, int]
    extras: Extras

    @property
    def refused(self) -> str | None:
        """Why the first of the impossible points is impossible, if one was met."""
        return self.model.refused

    def shown(self, name: str) -> list[Any]:
        """Values that the column of an axis may show."""
        i = self.columns[name]
        own, others = self.model.split
        if i in others:
            return self.model.densities.column(others.index(i)) or [0.5]
        return list(self.model.levels[own.index(i)].shown)

    def axis_column(self, name: str, places: Array, values: Array) -> Array:
        """What the column of an axis shows at points."""
        i = self.columns[name]
        own, others = self.model.split
        places, values = places[:, i], values[:, i]
        if i in own:
            return self.model.levels[own.index(i)].column(places, values)
        shown = np.array(self.model.densities.column(others.index(i)))
        return shown[places] if len(shown) else values

    def table(self, places: Array, values: Array) -> tuple[Table, Array]:
        """The columns that this pair has at possible points, and which are possible."""
        evaluated = self.model.evaluate(places, values)
        kept = np.flatnonzero(evaluated.possible)
        numbers, places, values = evaluated.numbers[kept], places[kept], values[kept]
        table: Table = dict(zip(self.model.names, numbers.T, strict=True))
        if evaluated.samples is not None:
            low, high = interval(evaluated.samples[kept])
            for i, name in enumerate(FIGURES):
                table[f"{name}_low"], table[f"{name}_high"] = low[:, i], high[:, i]
        for name, word in self.words.items():
            table[name] = np.full(len(kept), word, object)
        for name in self.columns:
            table[name] = self.axis_column(name, places, values)
        table |= self.extras.columns(places, values)
        return table, evaluated.possible


def make_pair(
    machine: Hardware,
    network: LayerTable,
    space: Space,
    pricing: Pricing,
    extras: tuple[str, ...] = (),
) -> Pair:
    """The pair of a hardware and a network; raises InputError for keys that they do not have."""
    axes = tuple(axis for axis in space.axes if axis.target in ("", WORKLOAD, machine.name))
    model = pricing.model(machine, network, axes, lambda axis: axis.target != WORKLOAD)
    words = {
        "row": "result",
        "hardware": machine.name,
        "workload": network.name,
        "phase": pricing.phase,
        "work": pricing.unit,
        "profile": network.profile_source,
    }
    columns = {_column_name(axis, model, i): i for i, axis in enumerate(axes)}
    own = Space(axes, space.samples, space.seed)
    if isinstance(model, Sweep):
        model.counting.points = own.size
    return Pair(model, own, words, columns, Extras(machine, network, axes, extras))


def _column_name(axis: Axis, model: Sweep | OneByOne, i: int) -> str:
    """The key with its unit: ``adc.energy_j``."""
    if axis.target == WORKLOAD:
        return axis.key
    key = model.levels[model.split[0].index(i)].key
    return (f"{axis.target}:" if axis.target else "") + f"{key.section}.{key.attribute}"
