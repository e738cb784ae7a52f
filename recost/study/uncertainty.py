"""Intervals in tables: what draws of uncertain prices make of the columns of a cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from recost.hardware import Hardware
from recost.hardware.spreads import left_out, stated_spreads
from recost.models.uncertainty import FIGURES, TAIL, Draws, interval

Array = np.ndarray[Any, Any]


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


def uncertainty_notes(hardware: Iterable[Hardware], draws: Draws) -> list[str]:
    """How the intervals came about, and what has none."""
    notes: dict[str, None] = {}
    machines = list(hardware)
    numbers = {s.identity: s for machine in machines for s in stated_spreads(machine)}
    if numbers:
        method = (
            f"_low and _high: {100 * TAIL:.0f} % and {100 * (1 - TAIL):.0f} % quantiles of"
            f" {draws.count:,} draws (seed {draws.seed}) of {len(numbers)} uncertain"
            f" number{'s' if len(numbers) > 1 else ''}, each lognormal with the stated value as"
            " mean; machines share those that they state alike"
        )
        notes[method] = None
    certain = dict.fromkeys(m.name for m in machines if not stated_spreads(m))
    if certain:
        states, its = ("states", "its") if len(certain) == 1 else ("state", "their")
        notes[
            f"{', '.join(certain)} {states} no spread: {its} intervals are {its} values; write"
            ' adc.energy = {value = "1 pJ", spread = "20 %", source = "..."} into the file, or'
            " --spread 'adc.energy=20 %' (or '*=20 %')"
        ] = None
    for machine in machines:
        for path in left_out(machine):
            notes[f"{machine.name}: {path} is no technology number; its spread is left out"] = None
    return list(notes)
