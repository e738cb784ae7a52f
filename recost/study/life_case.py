"""One machine that trains one network: its writes, its life, its years."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.cost import Cost
from recost.models.life import SECONDS_PER_YEAR, Life, life
from recost.models.machine import cost
from recost.models.targets import for_mean_saving
from recost.models.updates import largest_of
from recost.models.writes import NetworkWrites, network_writes
from recost.network import LayerTable


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

    def years(self, trainings: float, seconds: float | None) -> float | None:
        """Years of so many trainings of so many seconds; None where one is not known or endless."""
        if seconds is None or not math.isfinite(trainings):
            return None
        return trainings * seconds / self.share / SECONDS_PER_YEAR


class LifeCase:
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
        self.trained, why = training_of(hardware, network)
        self.training_s = training_time(self.writes, duty, self.trained)
        self.missing = ""
        if self.training_s is None:
            self.missing = (
                f"{hardware.name}: no lifetime in years, since the time of a training is not known"
                f" ({why}); give --training-time or --trainings-per-year"
            )
        elif self.trained is None and hardware.training.update is not None:
            self.missing = f"{hardware.name}: no energy of writes: {why}"

    def with_value(self, key: str, value: float) -> LifeCase:
        """The case with another value; under a target the threshold is chosen anew."""
        hardware = self.hardware.replace({key: value})
        if self.target is not None:
            hardware = for_mean_saving(hardware, self.network, self.target)
        return LifeCase(hardware, self.network, self.failed_fraction, self.duty, self.target)

    @property
    def label(self) -> dict[str, Any]:
        """The columns that say what a row is of."""
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

    def write_energies_j(self) -> list[float | None]:
        """Energy of each layer's writes in a training, as `recost estimate` has it.

        Where there is no model of the machine's training, of the cells that are written.
        """
        if self.hardware.training.update is None:
            return [layer.energy_j for layer in self.writes.layers]
        if self.trained is None:
            return [None] * len(self.writes.layers)
        images = self.writes.images
        return [layer.energies_j["write"] * images for layer in self.trained.layers]

    def years(self, trainings: float) -> float | None:
        """Years of so many trainings at the duty; None where the time of one is not known."""
        return self.duty.years(trainings, self.training_s)

    def notes(self) -> list[str]:
        """What a reader should know of how the numbers came about."""
        found = [*self.writes.notes]
        if self.missing:
            found.append(self.missing)
        if not self.network.profiled and self.hardware.writes.store:
            found.append(f"{self.network.name} has no profile: every stored value is written whole")
        return found

    def warnings(self) -> list[str]:
        """What is probably not what the user wants."""
        found = []
        if self.life.median < 1.0:
            first = self.life.first
            found.append(
                f"{self.hardware.name} does not live through one training of {self.network.name}:"
                f" {first.layer} {first.kind} fail after {100 * self.life.median:.3g} % of it"
            )
        return found


def training_time(writes: NetworkWrites, duty: Duty, trained: Cost | None) -> float | None:
    """Seconds of one training: as `duty` says, or as it is `trained`; None where neither does."""
    if duty.training_s is not None:
        return duty.training_s
    if trained is None or not trained.throughput_per_s:
        return None
    return writes.images / trained.throughput_per_s


def training_of(hardware: Hardware, network: LayerTable) -> tuple[Cost | None, str]:
    """What training an example costs, or why that or its time is not known."""
    try:
        trained = cost(hardware, network, "training")
    except InputError as error:
        if error.key == "training.update":  # it counts writes, and no time
            return None, "the file has no training.update"
        return None, error.faults[0].message
    return trained, "" if trained.throughput_per_s else "nothing takes time"


def provenance_of(
    hardware: Sequence[Hardware], networks: Sequence[LayerTable]
) -> dict[str, dict[str, dict[str, str]]]:
    """Which inputs, in which state, the numbers were made from."""
    return {
        "hardware": {item.name: {"sha256": item.content_hash} for item in hardware},
        "workloads": {item.name: {"sha256": item.content_hash} for item in networks},
    }
