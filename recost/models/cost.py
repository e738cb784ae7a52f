"""What every model of a machine gives: energy by component, time, area, and the actions behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from recost.hardware import Hardware
from recost.network import LayerTable


@dataclass(frozen=True, slots=True)
class Action:
    """One line of counts times prices: `count` actions at `price_j` joules each."""

    component: str
    action: str
    count: float
    price_j: float

    @property
    def energy_j(self) -> float:
        """The product of count and price."""
        return self.count * self.price_j


@dataclass(frozen=True, slots=True)
class LayerCost:
    """A layer's share of a cost; None where a quantity does not apply to the machine.

    `latency_s` adds up over layers to that of the network; `energies_j` likewise, leakage being
    divided by the crossbars that a layer occupies, control by those times how long it works.
    """

    name: str
    latency_s: float
    energies_j: Mapping[str, float]
    cycles: float | None = None
    ou_activations: float | None = None
    adc_conversions: float | None = None
    crossbars: int | None = None
    copies: int | None = None
    utilisation: float | None = None

    @property
    def energy_j(self) -> float:
        """Energy of all components."""
        return sum(self.energies_j.values())


@dataclass(frozen=True, slots=True)
class Cost:
    """What a network costs on a machine, for one unit of work.

    Attributes
    ----------
    latency_s : one input through all layers, one copy of the weights
    throughput_per_s : units of work a second in steady state; None where nothing takes time
    energies_j : energy of each component; they add up to `energy_j`
    cycles, cycle_time_s, ou_activations, adc_conversions, crossbars, chips : None where the
        machine has no such thing
    """

    hardware: Hardware
    network: LayerTable
    phase: str
    latency_s: float
    throughput_per_s: float | None
    energies_j: Mapping[str, float]
    layers: tuple[LayerCost, ...]
    actions: tuple[Action, ...] = ()
    cycles: float | None = None
    cycle_time_s: float | None = None
    ou_activations: float | None = None
    adc_conversions: float | None = None
    area_mm2: float | None = None
    crossbars: int | None = None
    chips: int | None = None
    work: str = "input"
    notes: tuple[str, ...] = field(default=())

    @property
    def energy_j(self) -> float:
        """Energy of all components, leakage included."""
        return sum(self.energies_j.values())

    @property
    def power_w(self) -> float | None:
        """Average power in steady state: energy times throughput."""
        rate = self.throughput_per_s
        return None if rate is None else self.energy_j * rate

    def scaled(self, times: float, work: str) -> Cost:
        """The cost of `times` units of work, one after the other, called `work`."""

        def many(value: float | None) -> float | None:
            return None if value is None else value * times

        def energies(of: Mapping[str, float]) -> dict[str, float]:
            return {name: energy * times for name, energy in of.items()}

        return replace(
            self,
            work=work,
            latency_s=self.latency_s * times,
            throughput_per_s=self.throughput_per_s and self.throughput_per_s / times,
            energies_j=energies(self.energies_j),
            cycles=many(self.cycles),
            ou_activations=many(self.ou_activations),
            adc_conversions=many(self.adc_conversions),
            actions=tuple(replace(a, count=a.count * times) for a in self.actions),
            layers=tuple(
                replace(
                    layer,
                    latency_s=layer.latency_s * times,
                    energies_j=energies(layer.energies_j),
                    cycles=many(layer.cycles),
                    ou_activations=many(layer.ou_activations),
                    adc_conversions=many(layer.adc_conversions),
                )
                for layer in self.layers
            ),
        )
