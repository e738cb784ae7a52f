"""What is asked of every machine and network alike, and the model that answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.cost import Cost
from recost.models.machine import cost, counts_units
from recost.models.uncertainty import FIGURES, Draws
from recost.network import LayerTable
from recost.study.rows import LAST_COLUMNS, WORD_COLUMNS, cost_columns, cost_row, in_work

if TYPE_CHECKING:
    from recost.models.designs import Designs
    from recost.models.one_by_one import OneByOne
    from recost.models.sweep import Sweep
    from recost.study.life_case import Duty

Array = np.ndarray[Any, Any]


def _decided(hardware: Hardware, varied: Collection[str]) -> bool:
    """Whether a machine infers in one way whatever these keys are (`models.machine.counts_units`).

    Where a product has a price, it counts unless zeros are skipped.
    """
    priced = hardware.training.mvm_energy_j is not None
    deciding = {"training.mvm_energy"}
    deciding |= {"sparsity.weights", "sparsity.activations"} if priced else set()
    return deciding.isdisjoint(varied)


@dataclass(frozen=True)
class Pricing:
    """What is asked of every machine and network: a phase, how much work, how many draws.

    `crossbars` above 0 is a budget for copies of slow layers; `duty` is how machines that train
    spend their time, None all of it on trainings of the modelled time.
    """

    phase: str = "inference"
    work: str | None = None
    draws: Draws | None = None
    crossbars: int = 0
    duty: Duty | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a cost that hold numbers."""
        names = (*cost_columns(self.phase), *LAST_COLUMNS)
        return tuple(name for name in names if name not in WORD_COLUMNS)

    @property
    def unit(self) -> str:
        """The unit of work."""
        return self.work or ("example" if self.phase == "training" else "input")

    def cost(self, hardware: Hardware, network: LayerTable) -> Cost:
        """The cost of one machine and one network."""
        return in_work(cost(hardware, network, self.phase, crossbars=self.crossbars), self.work)

    def compiled(self, hardware: Hardware, varied: Collection[str] = ()) -> bool:
        """Whether the kernels of a sweep answer for this machine with these keys varied.

        Not with NUMBA_DISABLE_JIT: they are compiled or nothing, where estimates are neither.
        """
        import numba  # only what is swept or drawn needs it here

        config: Any = numba.config
        if config.DISABLE_JIT:
            return False
        plain = self.phase == "inference" and self.work is None and not self.crossbars
        return plain and counts_units(hardware) and _decided(hardware, varied)

    def model(
        self,
        hardware: Hardware,
        network: LayerTable,
        axes: Sequence[Any] = (),
        is_own: Callable[[Any], bool] = lambda _: True,
        designs: Designs | None = None,
    ) -> Sweep | OneByOne:
        """What answers for the points of `axes`; `is_own` tells keys of the hardware.

        `designs` are those of the same hardware and axes, for another network.
        """
        # Only what is swept or drawn needs these, and they take a while to import.
        from recost.models.one_by_one import Figures, OneByOne
        from recost.models.sweep import Sweep

        own = [i for i, axis in enumerate(axes) if is_own(axis)]
        others = [i for i, axis in enumerate(axes) if not is_own(axis)]
        if self.compiled(hardware, {axis.key for axis in axes}):
            return Sweep(hardware, network, axes, own, others, self.draws, designs)

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
        if found.refused or found.samples is None:
            raise InputError(found.refused or "nothing is drawn", path=hardware.path)
        return dict(zip(FIGURES, found.samples[0], strict=True))
