"""One way to ask any machine what a network costs: the driver that picks the model."""

from __future__ import annotations

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.cost import Cost
from recost.models.gpu import run_on_gpu
from recost.models.inference import infer
from recost.models.training import infer_by_products, train
from recost.models.training_prices import is_reram
from recost.network import LayerTable
from recost.vocabulary import ActivationSparsity, HardwareKind, WeightSparsity

PHASES = ("inference", "training")


def infers_by_products(hardware: Hardware) -> bool:
    """Whether inference is products with whole blocks, and no reading of operation units.

    So it is on digital machines, and where crossbars read all of their cells and a product has its
    price (PipeLayer, PANTHER): what it costs does not hang on the phase.
    """
    if hardware.kind == HardwareKind.DIGITAL.text:
        return True
    if not is_reram(hardware):
        return False
    sparsity = hardware.sparsity
    dense = sparsity.weights is WeightSparsity.NONE
    dense = dense and sparsity.activations is ActivationSparsity.NONE
    return dense and hardware.training.mvm_energy_j is not None


def counts_units(hardware: Hardware) -> bool:
    """Whether inference is counted in operation units, by the kernels that sweeps use too."""
    return hardware.kind == HardwareKind.RERAM.text and not infers_by_products(hardware)


def cost(
    hardware: Hardware, network: LayerTable, phase: str = "inference", *, crossbars: int = 0
) -> Cost:
    """What one unit of work of a network costs on a machine.

    `phase` is ``"inference"``, one input, or ``"training"``, one example averaged over a batch;
    `crossbars` above 0 is a budget for copies of the slowest layers.  Raises InputError where the
    machine cannot do what is asked.
    """
    if phase not in PHASES:
        raise InputError(f"'{phase}' is not one of {', '.join(PHASES)}", key="phase")
    if crossbars and not (phase == "inference" and counts_units(hardware)):
        raise InputError(
            f"{hardware.name}: copies of the slowest layers are for inference on crossbars",
            path=hardware.path,
            key="--equal",
        )
    if hardware.kind == HardwareKind.GPU.text:
        return run_on_gpu(hardware, network, phase)
    if phase == "training":
        return train(hardware, network)
    if infers_by_products(hardware):
        return infer_by_products(hardware, network)
    return infer(hardware, network, crossbars=crossbars)
