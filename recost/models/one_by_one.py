"""Points of a space one at a time: for machines and phases that the kernels of a sweep lack."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from recost.errors import Fault, InputError
from recost.hardware import Hardware
from recost.models.densities import Densities
from recost.models.levels import Levels, Varied
from recost.models.sweep import Evaluated
from recost.models.uncertainty import FIGURES, Draws
from recost.network import LayerTable

Array = np.ndarray[Any, Any]

# Machines and networks of points that are kept: neighbours share one of the two.
_KEPT = 64


@dataclass(frozen=True)
class Figures:
    """The numbers of a machine with a network: their names, and how to get them by name."""

    names: tuple[str, ...]
    of: Callable[[Hardware, LayerTable], Mapping[str, Any]]


class OneByOne:
    """One hardware and one network over the points of a space, by a function of the two.

    The same questions and answers as `recost.models.sweep.Sweep`, thousands of times slower.
    Raises InputError for unknown keys and values that cannot be.
    """

    def __init__(
        self,
        hardware: Hardware,
        network: LayerTable,
        own: Mapping[int, Varied],
        others: Mapping[int, Varied],
        figures: Figures,
        draws: Draws | None = None,
    ) -> None:
        self._figures, self._draws = figures, draws
        self._own, self._others = own, others
        faults: list[Fault] = []
        self.levels: list[Levels] = []
        for axis in own.values():
            try:
                self.levels.append(Levels(hardware.kind, axis))
            except InputError as error:
                faults += error.faults
        if faults:
            raise InputError(faults)
        self.densities = Densities(network, list(others.values()))
        self.names = figures.names

        # A replacement of nothing is the file itself, whose provenance says so.
        @lru_cache(_KEPT)
        def made(settings: tuple[tuple[str, str], ...]) -> Hardware:
            return hardware.replace(dict(settings)) if settings else hardware

        @lru_cache(_KEPT)
        def loaded(settings: tuple[tuple[str, str], ...]) -> LayerTable:
            return network.replace(dict(settings)) if settings else network

        self._made, self._loaded = made, loaded

    @property
    def split(self) -> tuple[list[int], list[int]]:
        """Which columns of the space are keys of the hardware, and which of the network."""
        return list(self._own), list(self._others)

    def evaluate(self, places: Array, values: Array) -> Evaluated:
        """The numbers of points (see `recost.study.space.Space.points`)."""
        count = len(places)
        possible = np.zeros(count, bool)
        numbers = np.full((len(self.names), count), np.nan)
        refused: str | None = None
        drawn = self._draws.count if self._draws else 0
        samples = np.full((count, len(FIGURES), drawn), np.nan)
        notes = np.empty(count, object)
        for p in range(count):
            try:
                machine = self._made(_settings(self._own, places[p], values[p]))
                network = self._loaded(_settings(self._others, places[p], values[p]))
                found = self._figures.of(machine, network)
                if self._draws:
                    samples[p] = self._sample(self._draws.machines(machine), network)
            except InputError as error:
                refused = refused or error.faults[0].message
                continue
            numbers[:, p] = _numbers(found, self.names)
            notes[p] = "\n".join(machine.notes)
            possible[p] = True
        found_by_name = dict(zip(self.names, numbers, strict=True))
        return Evaluated(possible, found_by_name, notes, samples if drawn else None, refused)

    def _sample(self, worlds: Sequence[Hardware], network: LayerTable) -> Array:
        """The figures of every draw: [figures, draws]; of one draw, where all are alike."""
        rows = [_numbers(self._figures.of(world, network), FIGURES) for world in worlds]
        return np.array(rows).T


def _settings(
    axes: Mapping[int, Varied], places: Array, values: Array
) -> tuple[tuple[str, str], ...]:
    """The keys of a point and their values, as ``--set`` takes them."""
    return tuple(
        (axis.key, axis.text(float(values[a])) if axis.continuous else axis.texts[int(places[a])])
        for a, axis in axes.items()
    )


def _numbers(found: Mapping[str, Any], names: Sequence[str]) -> list[float]:
    return [np.nan if found[name] is None else float(found[name]) for name in names]
