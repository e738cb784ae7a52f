"""A GPU as a roofline: peak, bandwidth, launches, and power between idle and its limit."""

from __future__ import annotations

from dataclasses import dataclass

from recost.hardware.keys import REQUIRED, key


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU: arithmetic, memory traffic and launches of each layer, and the power they take."""

    peak_flop_per_s: float = key(REQUIRED, "peak rate", unit="FLOP/s", part="none")
    bandwidth_bytes_per_s: float = key(REQUIRED, "memory bandwidth", unit="B/s", part="none")
    tdp_w: float = key(REQUIRED, "power limit", unit="W", part="none")
    idle_power_w: float = key(REQUIRED, "power without work", unit="W", part="none")
    launch_time_s: float = key(REQUIRED, "time to launch a kernel", unit="s", part="none")
    kernels_per_layer: float = key(
        1.0,
        "kernels launched for a pass of a layer: forward, back to its input, back to its weights",
        minimum=0.0,
        maximum=1e4,
        part="none",
    )
    efficiency: float = key(
        1.0, "share of the peak that large layers reach", unit="%", minimum=1e-4, part="none"
    )
    saturation: float = key(
        0.0,
        "multiplications of a convolution's pass at which half of the efficiency is reached",
        minimum=0.0,
        maximum=1e18,
        part="none",
    )
    running_share: float = key(
        0.5,
        "share of the power above idle that a running kernel takes, however little of the peak",
        unit="%",
        part="none",
    )
    bytes_per_value: float = key(
        4.0, "bytes of a weight or activation", minimum=0.125, maximum=64.0, part="none"
    )
    batch: int = key(
        1, "inputs of an inference that run together", minimum=1, maximum=10**9, part="none"
    )
