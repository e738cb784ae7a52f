"""Intervals in tables: what draws of uncertain prices make of the columns of a cost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.hardware.spreads import left_out, stated_spreads
from recost.models.cost import Cost
from recost.models.machine import cost, counts_units
from recost.models.one_by_one import Figures, OneByOne
from recost.models.sweep import Sweep
from recost.models.uncertainty import FIGURES, TAIL, Draws, interval
from recost.network import LayerTable
from recost.study.rows import LAST_COLUMNS, cost_columns, cost_row, in_work

Array = np.ndarray[Any, Any]

# Keys by which some machines infer in another way (`recost.models.machine.counts_units`).
_DECIDING = frozenset({"writes.store", "training.mvm_energy"})
_WORDS = ("row", "hardware", "workload", "phase", "work", "profile")


def with_intervals(columns: Iterable[str], uncertain: Sequence[str] = FIGURES) -> tuple[str, ...]:
    """The columns, each of the `uncertain` ones followed by the ends of its interval."""
    found: list[str] = []
    for name in columns:
        found.append(name)
        if name in uncertain:
            found += [f"{name}_low", f"{name}_high"]
    return tuple(found)


def ends(samples: Mapping[str, Array]) -> dict[str, float | None]:
    """The ends of the interval of each column from its draws; None where it does not apply."""
    found: dict[str, float | None] = {}
    for name, draws in samples.items():
        for end, value in zip(("low", "high"), interval(draws), strict=True):
            found[f"{name}_{end}"] = float(value) if np.isfinite(value) else None
    return found


@dataclass(frozen=True)
class Pricing:
    """What is asked of every machine and network: a phase, how much work, how many draws.

    `crossbars` above 0 is a budget for copies of slow layers.
    """

    phase: str = "inference"
    work: str | None = None
    draws: Draws | None = None
    crossbars: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a cost that hold numbers."""
        names = (*cost_columns(self.phase), *LAST_COLUMNS)
        return tuple(name for name in names if name not in _WORDS)

    @property
    def unit(self) -> str:
        """The unit of work."""
        return self.work or ("example" if self.phase == "training" else "input")

    def cost(self, hardware: Hardware, network: LayerTable) -> Cost:
        """The cost of one machine and one network."""
        return in_work(cost(hardware, network, self.phase, crossbars=self.crossbars), self.work)

    def compiled(self, hardware: Hardware, varied: Collection[str] = ()) -> bool:
        """Whether the kernels of a sweep answer for this machine with these keys varied."""
        plain = self.phase == "inference" and self.work is None and not self.crossbars
        return plain and counts_units(hardware) and _DECIDING.isdisjoint(varied)

    def model(
        self,
        hardware: Hardware,
        network: LayerTable,
        axes: Sequence[Any] = (),
        is_own: Callable[[Any], bool] = lambda _: True,
    ) -> Sweep | OneByOne:
        """What answers for the points of `axes`; `is_own` tells keys of the hardware."""
        own = [i for i, axis in enumerate(axes) if is_own(axis)]
        others = [i for i, axis in enumerate(axes) if not is_own(axis)]
        # These decide between two models of inference.
        same = all(axis.key not in ("writes.store", "training.mvm_energy") for axis in axes)
        if same and self.compiled(hardware):
            return Sweep(hardware, network, axes, own, others, self.draws)

        def row(machine: Hardware, table: LayerTable) -> dict[str, Any]:
            return cost_row(self.cost(machine, table))

        return OneByOne(
            hardware,
            network,
            {i: axes[i] for i in own},
            {i: axes[i] for i in others},
            Figures(self.columns, row),
            self.draws,
        )

    def samples(self, hardware: Hardware, network: LayerTable) -> dict[str, Array]:
        """The draws of each of `FIGURES` for one machine and one network."""
        model = self.model(hardware, network)
        none = np.zeros((1, 0))
        found = model.evaluate(none.astype(np.int64), none)
        if model.refused or found.samples is None:
            raise InputError(model.refused or "nothing is drawn", path=hardware.path)
        return dict(zip(FIGURES, found.samples[0], strict=True))


def uncertainty_notes(hardware: Iterable[Hardware], draws: Draws) -> list[str]:
    """How the intervals came about, and what has none."""
    notes: dict[str, None] = {}
    machines = list(hardware)
    numbers = {s.identity: s for machine in machines for s in stated_spreads(machine)}
    if numbers:
        method = (
            f"_low and _high: {100 * TAIL:.0f} % and {100 * (1 - TAIL):.0f} % quantiles of"
            f" {draws.count:,} draws (seed {draws.seed}) of {len(numbers)} uncertain numbers, each"
            " lognormal with the stated value as mean; machines share those that they state alike"
        )
        notes[method] = None
    for machine in machines:
        if not stated_spreads(machine):
            notes[
                f"{machine.name} states no spread: its intervals are its values; write"
                ' adc.energy = {value = "1 pJ", spread = "20 %", source = "..."} into the file, or'
                " --spread 'adc.energy=20 %' (or '*=20 %')"
            ] = None
        for path in left_out(machine):
            notes[f"{machine.name}: {path} is no technology number; its spread is left out"] = None
    return list(notes)
