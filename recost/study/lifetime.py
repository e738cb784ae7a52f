"""How long machines live that train networks: update counts, wear, trainings, years."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.life import SECONDS_PER_YEAR, Life, life
from recost.models.machine import cost
from recost.models.targets import for_mean_saving
from recost.models.updates import largest_of
from recost.models.writes import LayerWrites, NetworkWrites, network_writes
from recost.network import LayerTable
from recost.study.result import Result
from recost.study.rows import as_hardware, as_networks

LIFETIME_COLUMNS = (
    "row",
    "hardware",
    "workload",
    "policy",
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
# Relative change of a parameter on either side.
_STEP = 0.02


@dataclass(frozen=True)
class Duty:
    """How a machine's time is spent: the share that it trains, and how long a training takes.

    `training_s` None asks the model of training.
    """

    share: float = 1.0
    training_s: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.share <= 1.0:
            raise InputError("must lie above 0 and not above 1", key="--duty")
        if self.training_s is not None and not 0.0 < self.training_s < math.inf:
            raise InputError("a training takes some time", key="--training-time")


def lifetime(
    hardware: Hardware | Sequence[Hardware],
    networks: LayerTable | Sequence[LayerTable],
    *,
    per: str = "total",
    failed_fraction: float | None = None,
    duty: Duty | None = None,
    target_mean_saving: float | None = None,
) -> Result:
    """Update counts, wear and life of every machine that trains every network, back to back.

    Parameters
    ----------
    hardware, networks : what to train on what
    per : ``"total"``; ``"layer"``, with one named total; ``"parameter"``: how mean and maximum
        updates and life change with each parameter, as elasticities d ln / d ln
    failed_fraction : death is when this share of all cells has failed, else the first array's
    duty : share of the time that is spent on training, and the time of one
    target_mean_saving : choose `writes.threshold` so that SGD would write as many times as often

    Raises
    ------
    InputError
        No recipe, no endurance, a policy without its parameters, a target out of reach.
    """
    duty = duty or Duty()
    rows: list[dict[str, Any]] = []
    notes: dict[str, None] = {}
    warnings: dict[str, None] = {}
    for machine in as_hardware(hardware):
        for network in as_networks(networks):
            solved = machine
            if target_mean_saving is not None:
                solved = for_mean_saving(machine, network, target_mean_saving)
                notes[f"{machine.name}, {network.name}: {_solved(solved, network)}"] = None
            case = _Case(solved, network, failed_fraction, duty, target_mean_saving)
            rows += {"total": _total, "layer": _layers, "parameter": _parameters}[per](case)
            notes.update(dict.fromkeys(case.notes()))
            warnings.update(dict.fromkeys(case.warnings()))
    columns = {
        "total": LIFETIME_COLUMNS,
        "layer": LAYER_COLUMNS,
        "parameter": PARAMETER_COLUMNS,
    }[per]
    return Result(
        columns,
        rows,
        notes=list(notes),
        warnings=list(warnings),
        provenance=provenance_of(as_hardware(hardware), as_networks(networks)),
        kind="lifetime",
    )


def provenance_of(
    hardware: Sequence[Hardware], networks: Sequence[LayerTable]
) -> dict[str, dict[str, dict[str, str]]]:
    """Which inputs, in which state, the numbers were made from."""
    return {
        "hardware": {item.name: {"sha256": item.content_hash} for item in hardware},
        "workloads": {item.name: {"sha256": item.content_hash} for item in networks},
    }


def _solved(hardware: Hardware, network: LayerTable) -> str:
    """What a target's threshold came to, as text."""
    updates = network_writes(hardware, network).layers[0].updates
    percentile = updates.gradients.percentile(hardware.writes.threshold or 0.0)
    return (
        f"writes.threshold = {hardware.writes.threshold:.6g} times the mean gradient, which is"
        f" percentile {percentile:.2f} of single gradients in {network.names[0]}"
    )


class _Case:
    """One machine and one network, with all that the tables ask of them."""

    def __init__(
        self,
        hardware: Hardware,
        network: LayerTable,
        failed_fraction: float | None,
        duty: Duty,
        target: float | None = None,
    ) -> None:
        self.hardware = hardware
        self.network = network
        self.failed_fraction = failed_fraction
        self.duty = duty
        self.target = target
        self.writes: NetworkWrites = network_writes(hardware, network)
        self.life: Life = life(self.writes, failed_fraction=failed_fraction)
        self.training_s, self.missing = _training_time(self.writes, duty)

    def with_value(self, key: str, value: float) -> _Case:
        """The case with another value; under a target the threshold is chosen anew."""
        hardware = self.hardware.replace({key: value})
        if self.target is not None:
            hardware = for_mean_saving(hardware, self.network, self.target)
        return _Case(hardware, self.network, self.failed_fraction, self.duty, self.target)

    @property
    def label(self) -> dict[str, Any]:
        return {
            "hardware": self.hardware.name,
            "workload": self.network.name,
            "policy": self.hardware.writes.policy.text,
        }

    @property
    def mean(self) -> float:
        """Updates of a weight in a training."""
        updates = [layer.updates for layer in self.writes.layers]
        return sum(u.mean * u.weights for u in updates) / sum(u.weights for u in updates)

    @property
    def largest(self) -> float:
        """Expected updates of the most written structure of the network."""
        return largest_of([layer.updates for layer in self.writes.layers])

    def years(self, trainings: float) -> float | None:
        """Years of so many trainings at the duty; None where the time of one is not known."""
        if self.training_s is None or not math.isfinite(trainings):
            return None
        return trainings * self.training_s / self.duty.share / SECONDS_PER_YEAR

    def notes(self) -> list[str]:
        found = [*self.writes.notes]
        if self.missing:
            found.append(self.missing)
        if not self.network.profiled and self.hardware.writes.store:
            found.append(f"{self.network.name} has no profile: every stored value is written whole")
        return found

    def warnings(self) -> list[str]:
        found = []
        if self.life.median < 1.0:
            first = self.life.first
            found.append(
                f"{self.hardware.name} does not live through one training of {self.network.name}:"
                f" {first.layer} {first.kind} fail after {100 * self.life.median:.3g} % of it"
            )
        return found


def _training_time(writes: NetworkWrites, duty: Duty) -> tuple[float | None, str]:
    """Seconds of one training, and what to say where they are not known."""
    if duty.training_s is not None:
        return duty.training_s, ""
    hardware, network = writes.hardware, writes.network
    try:
        step = cost(hardware, network, "training")
    except InputError as error:
        return None, (
            f"{hardware.name}: no lifetime in years, since the time of a training is not known"
            f" ({error.faults[0].message}); give --training-time or --trainings-per-year"
        )
    if step.throughput_per_s is None:  # nothing takes time
        return None, f"{hardware.name}: no lifetime in years; give --training-time"
    return writes.images / step.throughput_per_s, ""


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _total(case: _Case) -> list[dict[str, Any]]:
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
            "energy_write_j": case.writes.energy_j,
            "training_time_s": case.training_s,
        }
    ]


def _layers(case: _Case) -> list[dict[str, Any]]:
    rows = []
    for layer in case.writes.layers:
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
        "energy_write_j": layer.energy_j,
        "update_time_s": layer.update_time_s,
        "store_time_s": layer.store_time_s,
    }


def _parameters(case: _Case) -> list[dict[str, Any]]:
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
                "mean_updates": _elasticity(before.mean, after.mean, distance),
                "max_updates": _elasticity(before.largest, after.largest, distance),
                "lifetime_trainings": _elasticity(before.life.median, after.life.median, distance),
            }
        )
    return rows


def _elasticity(before: float, after: float, distance: float) -> float | None:
    if not (0.0 < before < math.inf and 0.0 < after < math.inf):
        return None
    return math.log(after / before) / distance
