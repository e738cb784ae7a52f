"""One way to ask any machine what a network costs: the driver that picks the model."""

from __future__ import annotations

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.cost import Cost
from recost.models.inference import infer
from recost.network import LayerTable
from recost.vocabulary import HardwareKind


def cost(
    hardware: Hardware, network: LayerTable, phase: str = "inference", *, crossbars: int = 0
) -> Cost:
    """What one unit of work of a network costs on a machine.

    `phase` is ``"inference"``, one input; `crossbars` above 0 is a budget for copies of the
    slowest layers.  Raises InputError where the machine cannot do what is asked.
    """
    if hardware.kind != HardwareKind.RERAM.text or phase != "inference":
        raise InputError(
            f"{hardware.name}: no model of {phase} on a machine of kind {hardware.kind}",
            path=hardware.path,
            key="kind",
        )
    return infer(hardware, network, crossbars=crossbars)
