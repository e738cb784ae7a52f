"""Points of a space of networks: layer tables of listed values, densities of intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from recost.errors import Fault, InputError
from recost.hardware import Hardware
from recost.kernels.records import BOUND_LAYER
from recost.models.binding import bind
from recost.models.levels import Varied, number
from recost.models.numbers import repeated_number
from recost.network import LayerTable

Array = np.ndarray[Any, Any]

# Tables that are kept at once.
_KEPT = 256
# What may be lost in a straight line through two points.
_STRAIGHT = 1e-12


def _floats() -> Array:
    """Which 8-byte words of a bound layer are numbers of floating point."""
    found: list[int] = []
    for kind, offset, *_ in (BOUND_LAYER.fields or {}).values():
        if kind.base == np.float64:
            found += range(offset // 8, (offset + kind.itemsize) // 8)
    return np.array(found)


def _of_axis(fault: Fault, key: str) -> Fault:
    """A fault of a value that is varied: the file itself has none, wherever it would stand."""
    at = (fault.key or "").removeprefix("--set ").removeprefix("workload:")
    where = "" if at == key or not at else f"{at}: "
    return Fault(f"{where}{fault.message}", key=f"--vary workload:{key}")


class Densities:
    """The points of the keys of one network.

    Values of a list are a layer table each.  Values of an interval may be different at every
    point, so what they change in a layer has to be in proportion: densities of weights, and the
    share of activations that are not zero.

    Attributes
    ----------
    notes : what there is to say of the network with its keys varied
    profiled : whether its densities come from somewhere, or are varied

    Raises
    ------
    InputError
        Unknown keys and values that cannot be.
    """

    def __init__(self, network: LayerTable, axes: Sequence[Varied]) -> None:
        self._network, self._axes = network, axes
        self._listed = [i for i, axis in enumerate(axes) if not axis.continuous]
        self.endless = [i for i, axis in enumerate(axes) if axis.continuous]
        self._tables: dict[int, LayerTable] = {}
        self.notes, self.profiled = network.notes, network.profiled
        faults: list[Fault] = []
        for axis in axes:
            texts = axis.texts or (axis.text(axis.low), axis.text(axis.high))
            for text in dict.fromkeys((texts[0], texts[-1])):
                try:
                    made = network.replace({axis.key: text})
                except InputError as error:
                    found = [_of_axis(fault, axis.key) for fault in error.faults]
                    faults += [fault for fault in found if fault not in faults]
                else:
                    self.notes += tuple(note for note in made.notes if note not in self.notes)
                    self.profiled = self.profiled or made.profiled
        if faults:
            raise InputError(faults)

    @property
    def tables(self) -> int:
        """How many layer tables there are."""
        return math.prod(len(self._axes[i].texts) for i in self._listed)

    @property
    def layers(self) -> int:
        """How many layers the network has."""
        return len(self._network)

    def numbers(self, places: Array) -> Array:
        """The number of each point's layer table; `places` are those of this network's axes."""
        radix = np.zeros(len(places), np.int64) if self._listed else repeated_number(0, len(places))
        for i in self._listed:
            radix = radix * len(self._axes[i].texts) + places[:, i]
        return radix

    def _settings(self, table: int) -> dict[str, str]:
        settings = {axis.key: axis.first() for axis in self._axes}
        for i in reversed(self._listed):
            table, place = divmod(table, len(self._axes[i].texts))
            settings[self._axes[i].key] = self._axes[i].texts[place]
        return settings

    def network(self, table: int) -> LayerTable:
        """The layer table of that number, intervals at their lower ends."""
        if not self._axes:
            return self._network
        found = self._tables.get(table)
        if found is None:
            if len(self._tables) > _KEPT:
                self._tables.clear()
            found = self._tables[table] = self._network.replace(self._settings(table))
        return found

    def slopes(self, table: int, hardware: Hardware, base: Array) -> Array:
        """What the intervals add to the layers, from end to end: [intervals, layers, words].

        `base` is the table bound to the hardware at the lower ends.  Raises InputError where
        a layer does not change in proportion to a value.
        """
        settings = self._settings(table)
        found = np.zeros((len(self.endless), *words(base).shape))
        middle = dict(settings)
        for k, i in enumerate(self.endless):
            axis = self._axes[i]
            high = self._network.replace(settings | {axis.key: axis.text(axis.high)})
            found[k] = words(bind(high, hardware)) - words(base)
            middle[axis.key] = axis.text(0.5 * (axis.low + axis.high))
        half = words(bind(self._network.replace(middle), hardware))
        off = half - (words(base) + 0.5 * found.sum(axis=0))
        if not (np.abs(off) <= _STRAIGHT).all():
            names = ", ".join(self._axes[i].key for i in self.endless)
            raise InputError(
                "takes no interval, because the bits of layers do not change in proportion to it;"
                f" list its values (one of {names})",
                key="--vary",
            )
        return found

    def shares(self, values: Array) -> Array:
        """How far the values of the intervals lie between their ends: [points, intervals]."""
        columns = [
            (values[:, i] - self._axes[i].low) / (self._axes[i].high - self._axes[i].low)
            for i in self.endless
        ]
        return np.stack(columns, axis=1)

    def column(self, i: int) -> list[int | float | str]:
        """What the column of axis i shows for each value of its list."""
        return [number(_plain(text), text) for text in self._axes[i].texts]


def words(layers: Array) -> Array:
    """The floating-point words of bound layers, [layers, words], in the order of `FLOATS`."""
    flat: Array = layers.view(np.float64).reshape(len(layers), -1)
    return flat[:, FLOATS]


def _plain(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


#: The floating-point words of a bound layer, by their place in the record.
FLOATS = _floats()
