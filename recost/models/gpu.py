"""A network on a GPU: a roofline for each layer, and power between idle and the limit.

A pass of a layer (forward; in training also back to its input, save in the first layer, and back
to its weights) over a batch of B takes

    max(2 (W + W_half) / (peak efficiency), bytes / bandwidth) + launches

W = MACs B; W_half (`gpu.saturation`) is what a convolution too small for the GPU loses; bytes are
the pass's weights, inputs and outputs.  Activations, pooling and additions are passes of memory:
each operation reads and writes a value, twice in training.  An update reads and writes every
weight and reads its gradient.  Launches do not overlap with the kernels before them: that fits the
measured rows better than the longer of the two.

Power is idle + (limit - idle) (r busy + (1 - r) useful): busy is the share of time in which a
kernel runs, useful the arithmetic done over what the peak would do, r `gpu.running_share`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.cost import Cost, LayerCost
from recost.network import LayerTable

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class GpuRun:
    """Seconds and watts of one batch on a GPU.

    Attributes
    ----------
    kernels_s, launches_s : float[layers]
        Time in kernels and in launches.
    useful : float
        Arithmetic done over what the peak would do in the time.
    power_w : float
    """

    kernels_s: Array
    launches_s: Array
    useful: float
    power_w: float

    @property
    def batch_s(self) -> float:
        """Seconds of the batch."""
        return float(self.kernels_s.sum() + self.launches_s.sum())


def gpu_run(hardware: Hardware, network: LayerTable, batch: int, *, training: bool) -> GpuRun:
    """Time and power of one batch; within about a quarter where it was checked.

    Fitted on batches of 1 to 1024 of an MLP and a CIFAR-size VGG-16; checked on ImageNet networks
    at batches of 16 and 128.
    """
    gpu, layers = hardware.gpu, network.records
    passes = np.full(len(layers), 3.0 if training else 1.0)
    if training:
        passes[0] = 2.0
    work = layers["macs"] * float(batch)
    lost = np.where(layers["vectors"] > 1, gpu.saturation, 0.0)
    arithmetic = 2.0 * passes * (work + lost) / (gpu.peak_flop_per_s * gpu.efficiency)
    weights = layers["weights"] * gpu.bytes_per_value
    values = (layers["inputs"] + layers["outputs"]) * batch * gpu.bytes_per_value
    traffic = passes * (values + weights) + (3.0 * weights if training else 0.0)
    elementwise = layers["vector_operations"] * batch * gpu.bytes_per_value * 2.0
    elementwise *= 2.0 if training else 1.0
    kernels = np.maximum(arithmetic, traffic / gpu.bandwidth_bytes_per_s)
    kernels = kernels + elementwise / gpu.bandwidth_bytes_per_s
    sides = 3.0 if training else 1.0
    launches = np.full(len(layers), sides * gpu.kernels_per_layer * gpu.launch_time_s)
    seconds = float(kernels.sum() + launches.sum())
    useful = float((2.0 * passes * work).sum()) / (gpu.peak_flop_per_s * seconds)
    busy = float(kernels.sum()) / seconds
    share = gpu.running_share * busy + (1.0 - gpu.running_share) * useful
    power = gpu.idle_power_w + max(0.0, gpu.tdp_w - gpu.idle_power_w) * min(1.0, share)
    return GpuRun(kernels, launches, useful, power)


def run_on_gpu(hardware: Hardware, network: LayerTable, phase: str) -> Cost:
    """What one input, or one training example, costs on a GPU as a part of its batch.

    Raises
    ------
    InputError
        Training without a recipe.
    """
    training = phase == "training"
    if training and network.recipe is None:
        raise InputError(
            f"{network.name}: training needs a recipe; write [recipe] with images, epochs and"
            " batch",
            path=network.path,
            key="recipe",
        )
    batch = network.recipe.batch if training and network.recipe else hardware.gpu.batch
    run = gpu_run(hardware, network, batch, training=training)
    each = run.batch_s / batch
    idle_j = hardware.gpu.idle_power_w * each
    shares = (run.kernels_s + run.launches_s) / run.batch_s
    # Power above idle is divided by the time in kernels.
    working_j = (run.power_w - hardware.gpu.idle_power_w) * each
    working = working_j * run.kernels_s / run.kernels_s.sum()
    layers = tuple(
        LayerCost(
            name,
            float(each * shares[i]),
            {"digital": float(working[i]), "leakage": float(idle_j * shares[i])},
        )
        for i, name in enumerate(network.names)
    )
    return Cost(
        hardware,
        network,
        phase,
        latency_s=each if training else run.batch_s,
        throughput_per_s=1.0 / each,
        energies_j={"digital": float(working_j), "leakage": idle_j},
        layers=layers,
        work="example" if training else "input",
    )
