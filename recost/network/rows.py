"""One layer as a matrix: what a convolution or a linear layer asks of a crossbar."""

from __future__ import annotations

import math
from dataclasses import dataclass

from recost.network import keys, shapes
from recost.toml_source import KeyPath


@dataclass(frozen=True, slots=True)
class Tensor:
    """Data between layers: ``(channels, *spatial)``, ``(tokens, features)`` or ``(values,)``."""

    shape: tuple[int, ...]
    signed: bool = False

    @property
    def size(self) -> int:
        """How many values it has."""
        return math.prod(self.shape)


@dataclass(slots=True)
class Row:
    """One layer in the making; the fields are those of `layers.LAYER_DTYPE`."""

    name: str
    kind: str
    path: KeyPath
    groups: int
    rows: int
    columns: int
    vectors: int
    kernel_rows: int
    inputs: int
    outputs: int
    signed: bool
    vector_operations: int = 0

    @property
    def weights(self) -> int:
        """Weights of all groups: ``groups * rows * columns``."""
        return self.groups * self.rows * self.columns

    @property
    def macs(self) -> int:
        """Multiply-accumulates per image: ``weights * vectors``; padding counts as data."""
        return self.weights * self.vectors


def linear(item: keys.Linear, path: KeyPath, data: Tensor, name: str) -> tuple[Row, Tensor]:
    """A fully connected layer over ``(values,)`` or over each of ``(tokens, features)``.

    An image of one pixel is taken as its channels.
    """
    shape = data.shape
    if len(shape) > 2 and all(size == 1 for size in shape[1:]):
        shape = shape[:1]
    if len(shape) > 2:
        raise ValueError(
            "a linear layer takes [values] or [tokens, features]; put {flatten = true} before it"
        )
    *tokens, features = shape
    groups = item.groups
    _check_groups(features, item.linear, groups, "features")
    vectors = math.prod(tokens) * item.times
    out = Tensor((*tokens, item.linear), signed=True)
    row = Row(
        name, "linear", path, groups, features // groups, item.linear // groups, vectors, 1,
        data.size * item.times, out.size * item.times, data.signed,
    )  # fmt: skip
    return row, out


def convolution(item: keys.Conv, path: KeyPath, data: Tensor, name: str) -> tuple[Row, Tensor]:
    """A convolution over ``(channels, *spatial)``, plain, grouped, depthwise or transposed.

    One group's matrix has ``C_in / groups * kh * kw`` rows (im2col) and a column a filter, and
    takes one vector an output pixel.  A transposed convolution multiplies each input pixel with
    all taps: ``C_in / groups`` rows, ``filters / groups * kh * kw`` columns, a vector an input
    pixel, so that its multiply-accumulates are those of the definition.
    """
    channels, *spatial = data.shape
    axes = len(spatial)
    if not 1 <= axes <= 3:
        raise ValueError("a convolution takes [channels, height, width]")
    filters, groups = _filters(item, channels)
    _check_groups(channels, filters, groups, "channels")
    kernel = shapes.per_axis(item.kernel, axes, "kernel")
    taps = math.prod(kernel)
    out = Tensor((filters, *_spatial(item, spatial, kernel)), signed=True)
    kind = "depthwise" if groups > 1 and groups == channels else "conv"
    if item.transposed:
        shape = (channels // groups, filters // groups * taps, math.prod(spatial), 1)
        kind = "transposed"
    else:
        shape = (channels // groups * taps, filters // groups, math.prod(out.shape[1:]), taps)
    rows, columns, vectors, kernel_rows = shape
    row = Row(
        name, kind, path, groups, rows, columns, vectors * item.times, kernel_rows,
        data.size * item.times, out.size * item.times, data.signed,
    )  # fmt: skip
    return row, out


def pooling(item: keys.Pool, data: Tensor) -> tuple[Tensor, int]:
    """The data behind a pooling, and its vector operations: one for each value a window reads."""
    channels, *spatial = data.shape
    if not spatial:
        raise ValueError("pooling takes [channels, height, width]")
    if item.pool == "global":
        return Tensor((channels, *(1 for _ in spatial)), data.signed), data.size
    axes = len(spatial)
    kernel = shapes.per_axis(item.pool, axes, "pool")
    stride = shapes.per_axis(kernel if item.stride is None else item.stride, axes, "stride")
    dilation = shapes.per_axis(item.dilation, axes, "dilation")
    reach = [shapes.window_reach(k, d) for k, d in zip(kernel, dilation, strict=True)]
    pads = shapes.sided_padding(item.padding, spatial, reach, stride)
    sizes = [
        shapes.window_output(size, (pads[i], pads[i + axes]), reach[i], stride[i], item.ceil)
        for i, size in enumerate(spatial)
    ]
    out = Tensor((channels, *sizes), data.signed)
    return out, out.size * math.prod(kernel)


def _filters(item: keys.Conv, channels: int) -> tuple[int, int]:
    """Filters and groups."""
    if item.conv == "depthwise":
        if item.groups not in (1, channels):
            raise ValueError(f"a depthwise convolution has {channels} groups, not {item.groups}")
        return channels * item.multiplier, channels
    if item.multiplier != 1:
        raise ValueError('only conv = "depthwise" has a multiplier')
    return item.conv, item.groups


def _spatial(item: keys.Conv, spatial: list[int], kernel: tuple[int, ...]) -> list[int]:
    """The output's spatial sizes."""
    axes = len(spatial)
    stride = shapes.per_axis(item.stride, axes, "stride")
    dilation = shapes.per_axis(item.dilation, axes, "dilation")
    reach = [shapes.window_reach(k, d) for k, d in zip(kernel, dilation, strict=True)]
    extra = shapes.per_axis(item.output_padding, axes, "output_padding")
    if not item.transposed:
        if any(extra):
            raise ValueError("only a transposed convolution has output_padding")
        pads = shapes.sided_padding(item.padding, spatial, reach, stride)
        return [
            shapes.window_output(size, (pads[i], pads[i + axes]), reach[i], stride[i], ceil=False)
            for i, size in enumerate(spatial)
        ]
    if item.padding == "same":
        pads = shapes.same_transposed_padding(reach, stride, extra)
    else:
        pads = shapes.sided_padding(item.padding, spatial, reach, stride)
    return [
        shapes.transposed_output(size, (pads[i], pads[i + axes]), reach[i], stride[i], extra[i])
        for i, size in enumerate(spatial)
    ]


def _check_groups(inputs: int, outputs: int, groups: int, what: str) -> None:
    if inputs % groups or outputs % groups:
        raise ValueError(f"{groups} groups do not divide {inputs} {what} and {outputs} outputs")
