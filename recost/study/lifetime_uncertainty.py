"""How long machines live if their technology numbers are not known exactly."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from recost.hardware import Hardware
from recost.hardware.spreads import stated_spreads
from recost.kernels.cell_life import draw_uniforms
from recost.kernels.philox import stream_key
from recost.models.life import death_quantiles, life
from recost.models.uncertainty import Draws
from recost.models.writes import network_writes
from recost.network import LayerTable
from recost.study.life_case import Duty, training_of, training_time
from recost.study.lifetime import lifetime
from recost.study.result import Result
from recost.study.rows import as_hardware, as_networks
from recost.study.sampling import Progress, no_progress
from recost.study.uncertainty import ends, uncertainty_notes

Array = np.ndarray[Any, Any]


def uncertain_lifetime(
    hardware: Hardware | Sequence[Hardware],
    networks: LayerTable | Sequence[LayerTable],
    draws: Draws,
    *,
    failed_fraction: float | None = None,
    duty: Duty | None = None,
    progress: Progress = no_progress,
) -> Result:
    """The totals of `recost.study.lifetime.lifetime`, with intervals over draws as well.

    Each draw is a world in which numbers are off by their spreads, and in it one machine, whose
    cells die as chance has it: `lifetime_trainings_low` and `_high`, and the years, are quantiles
    over both.  With `failed_fraction` a machine of many cells has no chance of its own.  Rows of
    hardware without spreads are those of `lifetime`.  Raises InputError.
    """
    spent = duty or Duty()
    certain = lifetime(hardware, networks, failed_fraction=failed_fraction, duty=spent)
    pairs = list(itertools.product(as_hardware(hardware), as_networks(networks)))
    rows = []
    for number, (row, (machine, network)) in enumerate(zip(certain.rows, pairs, strict=True)):
        found: dict[str, Any] = dict(row)
        if stated_spreads(machine):
            lives = []
            chances = np.empty(draws.count)
            draw_uniforms(stream_key(draws.seed, "life", machine.name), 0, chances)
            for draw, world in enumerate(draws.machines(machine)):
                lives.append(_life(world, network, (failed_fraction, spent), float(chances[draw])))
                done = (number + (draw + 1) / draws.count) / len(pairs)
                progress(done, f"{machine.name} {network.name}")
            trainings, years = np.array(lives).T
            found |= ends({"lifetime_trainings": trainings, "lifetime_years": years})
        rows.append(found)
    notes = [*certain.notes, *uncertainty_notes(as_hardware(hardware), draws)]
    return replace(certain, rows=rows, notes=notes)


def _life(
    machine: Hardware, network: LayerTable, ends_at: tuple[float | None, Duty], chance: float
) -> tuple[float, float]:
    """Trainings and years of one machine; infinite where nothing wears, NaN where not known."""
    failed_fraction, duty = ends_at
    writes = network_writes(machine, network)
    if failed_fraction is None:
        (trainings,) = death_quantiles(writes, (chance,))
    else:
        trainings = life(writes, failed_fraction=failed_fraction).median
    trained = None if duty.training_s is not None else training_of(machine, network)[0]
    years = duty.years(trainings, training_time(writes, duty, trained))
    return trainings, np.nan if years is None else years
