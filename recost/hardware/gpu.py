"""A GPU as a roofline: peak, bandwidth, launches, and power between idle and its limit."""


from __future__ import annotations

from dataclasses import dataclass

from recost.hardware.keys import REQUIRED, key


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU; a layer takes the longest of its arithmetic, its memory traffic and its launches."""

    peak_flop_per_s: float = key(REQUIRED, "peak rate", unit="FLOP/s", part="none")
    bandwidth_bytes_per_s: float = key(REQUIRED, "memory bandwidth", unit="B/s", part="none")
    tdp_w: float = key(REQUIRED, "power limit", unit="W", part="none")
    idle_power_w: float = key(REQUIRED, "power without work", unit="W", part="none")
    launch_time_s: float = key(REQUIRED, "time to launch a kernel", unit="s", part="none")
    active_power: float = key(
        0.0, "share of the way from idle to the limit that any running kernel takes", unit="%",
        part="none",
    )  # fmt: skip
    efficiency: float = key(1.0, "share of the peak that large layers reach", unit="%", part="none")
    saturation: float = key(
        0.0,
        "multiplications of a layer at which half of the efficiency is reached",
        minimum=0.0,
        maximum=1e18,
        part="none",
    )
    kernels_per_layer: float = key(
        1.0, "kernels launched for a layer's forward pass", minimum=0.0, maximum=1e4, part="none"
    )
    kernels_per_step: float = key(
        0.0, "kernels launched for a batch beside those of layers", minimum=0.0, maximum=1e6,
        part="none",
    )  # fmt: skip
    bytes_per_value: float = key(
        4.0, "bytes of a weight or activation", minimum=0.125, maximum=64.0, part="none"
    )
