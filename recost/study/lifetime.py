"""How long machines live that train networks: update counts, wear, trainings, years."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.targets import for_mean_saving
from recost.models.writes import LayerWrites
from recost.network import LayerTable
from recost.study.elasticity import elasticity
from recost.study.life_case import Duty, LifeCase, provenance_of
from recost.study.result import Result
from recost.study.rows import as_hardware, as_networks
from recost.study.space import WORKLOAD, Axis, check_targets

LIFETIME_COLUMNS = (
    "row",
    "hardware",
    "workload",
    "policy",
    "threshold",
    "threshold_percentile",
    "updates_sgd",
    "mean_updates",
    "max_updates",
    "mean_update_saving",
    "max_update_saving",
    "gradient_bias_percent",
    "gradient_noise",
    "lifetime_trainings",
    "lifetime_trainings_low",
    "lifetime_trainings_high",
    "lifetime_years",
    "lifetime_years_low",
    "lifetime_years_high",
    "first_to_fail",
    "cell_writes",
    "energy_write_j",
    "training_time_s",
)

LAYER_COLUMNS = (
    "row",
    "hardware",
    "workload",
    "layer",
    "policy",
    "structures",
    "mean_updates",
    "max_updates",
    "mean_update_saving",
    "gradient_bias_percent",
    "gradient_noise",
    "cell_writes",
    "energy_write_j",
    "update_time_s",
    "store_time_s",
    "wear_max",
    "hazard_percent",
)

PARAMETER_COLUMNS = (
    "row",
    "hardware",
    "workload",
    "parameter",
    "value",
    "mean_updates",
    "max_updates",
    "lifetime_trainings",
)

# Keys that a lifetime may hang on, in the order of the table.
PARAMETERS = (
    "writes.threshold",
    "writes.feedback",
    "writes.persistent",
    "writes.update_spread",
    "writes.update_size",
    "writes.learning_rate",
    "writes.wear_per_write",
    "writes.wear_spread",
    "cell.endurance.median",
    "cell.endurance.spread",
    "cell.pulses",
)
# Rows that a warning lists.
_MOST_PLACES = 10
# Relative change of a parameter on either side.
_STEP = 0.02


def lifetime(
    hardware: Hardware | Sequence[Hardware],
    networks: LayerTable | Sequence[LayerTable],
    *,
    per: str = "total",
    failed_fraction: float | None = None,
    duty: Duty | None = None,
    target_mean_saving: float | Sequence[float] | None = None,
    vary: Sequence[Axis] = (),
) -> Result:
    """Update counts, wear and life of every machine that trains every network, back to back.

    Parameters
    ----------
    hardware, networks : what to train on what
    per : ``"total"``; ``"layer"``, with one named total; ``"parameter"``: how mean and maximum
        updates and life change with each parameter, as elasticities d ln / d ln
    failed_fraction : death is when this share of all cells has failed, else the first array's
    duty : share of the time that is spent on training, and the time of one
    target_mean_saving : choose `writes.threshold` so that SGD writes as many times as often; a
        row for each
    vary : keys and values; every combination is a row, with a column for each key

    Raises
    ------
    InputError
        No recipe, no endurance, a policy without its parameters, a target out of reach.
    """
    rows: list[dict[str, Any]] = []
    notes: dict[str, None] = {}
    warned: dict[str, list[tuple[str, str]]] = {}
    for machine, network, varied in _designs(as_hardware(hardware), as_networks(networks), vary):
        for target in _listed(target_mean_saving):
            solved = machine if target is None else for_mean_saving(machine, network, target)
            case = LifeCase(solved, network, failed_fraction, duty or Duty(), target)
            found = {"total": _total, "layer": _layers, "parameter": _parameters}[per](case)
            rows += [{**row, **varied} for row in found]
            notes.update(dict.fromkeys(case.notes()))
            where = ", ".join(f"{name} = {text}" for name, text in varied.items())
            for text in case.warnings():
                warned.setdefault(text.partition(":")[0], []).append((text, where))
    columns = _COLUMNS[per]
    return Result(
        (*columns[:_IDENTITY], *(axis.name for axis in vary), *columns[_IDENTITY:]),
        rows,
        notes=list(notes),
        warnings=[_of_all(rows) for rows in warned.values()],
        provenance=provenance_of(as_hardware(hardware), as_networks(networks)),
        kind="lifetime",
    )


def _of_all(warned: Sequence[tuple[str, str]]) -> str:
    """One warning for rows of like warnings, and which of what varies each belongs to."""
    (text, _), places = warned[0], list(dict.fromkeys(place for _, place in warned if place))
    if not places:
        return text
    others = places[1:_MOST_PLACES]
    also = f"; nor at {'; '.join(others)}" if others else ""
    more = f" and {len(places) - _MOST_PLACES:,} more" if len(places) > _MOST_PLACES else ""
    return f"{text} (at {places[0]}){also}{more}"


def _listed(targets: float | Sequence[float] | None) -> list[float | None]:
    if targets is None:
        return [None]
    return [targets] if isinstance(targets, float | int) else list(targets)


_COLUMNS = {"total": LIFETIME_COLUMNS, "layer": LAYER_COLUMNS, "parameter": PARAMETER_COLUMNS}
# Columns that say which machine and network a row is of.
_IDENTITY = 3


def _designs(
    machines: Sequence[Hardware], networks: Sequence[LayerTable], axes: Sequence[Axis]
) -> Iterator[tuple[Hardware, LayerTable, dict[str, str]]]:
    """Every machine with every network at every combination of what varies."""
    check_targets(axes, [machine.name for machine in machines])
    for machine, network in itertools.product(machines, networks):
        mine = [axis for axis in axes if axis.target in ("", WORKLOAD, machine.name)]
        for texts in itertools.product(*(axis.texts for axis in mine)):
            varied = dict(zip(mine, texts, strict=True))
            keys = {axis.key: text for axis, text in varied.items() if axis.target != WORKLOAD}
            of_network = {a.key: text for a, text in varied.items() if a.target == WORKLOAD}
            yield (
                machine.replace(keys) if keys else machine,
                network.replace(of_network) if of_network else network,
                {axis.name: text for axis, text in varied.items()},
            )


def _total_of(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _percentile(case: LifeCase) -> float | None:
    """Per cent of single gradients below the threshold, over weights."""
    threshold = case.hardware.writes.threshold
    if threshold is None:
        return None
    updates = [layer.updates for layer in case.writes.layers]
    weights = sum(u.weights for u in updates)
    return sum(u.gradients.percentile(threshold) * u.weights for u in updates) / weights


def _total(case: LifeCase) -> list[dict[str, Any]]:
    lived = case.life
    updates = [layer.updates for layer in case.writes.layers]
    weights = sum(u.weights for u in updates)
    steps = updates[0].steps
    mean, largest = case.mean, case.largest
    first = lived.first
    return [
        {
            "row": "result",
            **case.label,
            "threshold": case.hardware.writes.threshold,
            "threshold_percentile": _percentile(case),
            "updates_sgd": steps,
            "mean_updates": mean,
            "max_updates": largest,
            "mean_update_saving": steps / mean if mean > 0.0 else None,
            "max_update_saving": steps / largest if largest > 0.0 else None,
            "gradient_bias_percent": 100.0 * sum(u.lost * u.weights for u in updates) / weights,
            "gradient_noise": sum(u.noise * u.weights for u in updates) / weights,
            "lifetime_trainings": _finite(lived.median),
            "lifetime_trainings_low": _finite(lived.low),
            "lifetime_trainings_high": _finite(lived.high),
            "lifetime_years": case.years(lived.median),
            "lifetime_years_low": case.years(lived.low),
            "lifetime_years_high": case.years(lived.high),
            "first_to_fail": f"{first.layer} {first.kind}",
            "cell_writes": sum(layer.cell_writes for layer in case.writes.layers),
            "energy_write_j": _total_of(case.write_energies_j()),
            "training_time_s": case.training_s,
        }
    ]


def _layers(case: LifeCase) -> list[dict[str, Any]]:
    rows = []
    for layer, write_energy_j in zip(case.writes.layers, case.write_energies_j(), strict=True):
        own = [p.layer == layer.name for p in case.life.populations]
        wear = max(
            float(p.wears.max()) for p, mine in zip(case.life.populations, own, strict=True) if mine
        )
        rows.append(
            {
                "row": "layer",
                **case.label,
                "layer": layer.name,
                **_layer_figures(layer),
                "energy_write_j": write_energy_j,
                "wear_max": wear,
                "hazard_percent": 100.0 * float(case.life.hazards[np.array(own)].sum()),
            }
        )
    total = {name: value for name, value in _total(case)[0].items() if name in LAYER_COLUMNS}
    rows.append(
        {
            **total,
            "row": "total",
            "layer": "total",
            "structures": sum(layer.updates.structures for layer in case.writes.layers),
            "update_time_s": case.writes.update_time_s,
            "store_time_s": case.writes.store_time_s,
            "wear_max": max(row["wear_max"] for row in rows),
            "hazard_percent": 100.0,
        }
    )
    return rows


def _layer_figures(layer: LayerWrites) -> dict[str, Any]:
    updates = layer.updates
    return {
        "structures": updates.structures,
        "mean_updates": updates.mean,
        "max_updates": updates.largest,
        "mean_update_saving": updates.steps / updates.mean if updates.mean > 0.0 else None,
        "gradient_bias_percent": 100.0 * updates.lost,
        "gradient_noise": updates.noise,
        "cell_writes": layer.cell_writes,
        "update_time_s": layer.update_time_s,
        "store_time_s": layer.store_time_s,
    }


def _parameters(case: LifeCase) -> list[dict[str, Any]]:
    """Elasticities by central differences, a row for each parameter that has a value.

    Under a target for the mean the threshold follows, and has no row of its own.
    """
    rows = []
    for parameter in PARAMETERS:
        value = case.hardware.value(parameter)
        if not value:  # not given, or 0, around which there is no relative change
            continue
        if case.target is not None and parameter == "writes.threshold":
            continue
        found = []
        for factor in (1.0 - _STEP, 1.0 + _STEP):
            try:
                found.append((factor, case.with_value(parameter, value * factor)))
            except InputError:  # the end of a range: the other side alone
                found.append((1.0, case))
        (low, before), (high, after) = found
        distance = math.log(high / low)
        rows.append(
            {
                "row": "parameter",
                "hardware": case.hardware.name,
                "workload": case.network.name,
                "parameter": parameter,
                "value": float(value),
                "mean_updates": elasticity(before.mean, after.mean, distance),
                "max_updates": elasticity(before.largest, after.largest, distance),
                "lifetime_trainings": elasticity(before.life.median, after.life.median, distance),
            }
        )
    return rows
