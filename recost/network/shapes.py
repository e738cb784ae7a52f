"""Shape arithmetic of convolutions and pooling, for any number of spatial axes.

A padding is ``(begin_0, .., begin_n, end_0, .., end_n)``, the order of ONNX: for an image
``(top, left, bottom, right)``.  Every function raises ``ValueError`` with a sentence for the user
where a shape does not fit.
"""

from __future__ import annotations

from collections.abc import Sequence

Sizes = int | Sequence[int]


def per_axis(value: Sizes, axes: int, what: str) -> tuple[int, ...]:
    """One number for each spatial axis: a single one stands for all."""
    if isinstance(value, int):
        return (value,) * axes
    if len(value) == axes:
        return tuple(value)
    raise ValueError(f"{what} has {len(value)} numbers for {axes} spatial axes")


def window_reach(kernel: int, dilation: int) -> int:
    """How far a dilated window reaches: ``dilation * (kernel - 1) + 1``."""
    return dilation * (kernel - 1) + 1


def sided_padding(
    padding: Sizes | str, sizes: Sequence[int], reaches: Sequence[int], strides: Sequence[int]
) -> tuple[int, ...]:
    """Begin and end padding of each axis, from one number, one an axis, two an axis or ``same``.

    ``same`` pads so that the output has ``ceil(size / stride)`` values, the odd one at the end.
    """
    axes = len(sizes)
    if padding == "same":
        both = [
            max(0, (-(-size // stride) - 1) * stride + reach - size)
            for size, reach, stride in zip(sizes, reaches, strides, strict=True)
        ]
        return (*(total // 2 for total in both), *(total - total // 2 for total in both))
    if isinstance(padding, int):
        return (padding,) * (2 * axes)
    if len(padding) == 2 * axes:
        return tuple(int(side) for side in padding)
    if len(padding) == axes:
        return tuple(int(side) for side in padding) * 2
    raise ValueError(
        f"padding has {len(padding)} numbers for {axes} spatial axes; write {axes} or {2 * axes}"
    )


def window_output(size: int, pads: tuple[int, int], reach: int, stride: int, ceil: bool) -> int:
    """Positions of a window along one axis: ``(size + pads - reach) / stride + 1``.

    Rounded up where `ceil`, but no window may start beyond the data and the padding before it
    (the rule of Caffe, PyTorch and ONNX).
    """
    begin, end = pads
    room = size + begin + end - reach
    if room < 0:
        raise ValueError(f"a window of {reach} does not fit into {size + begin + end}")
    if not ceil:
        return room // stride + 1
    return min(-(-room // stride), (size + begin - 1) // stride) + 1


def transposed_output(size: int, pads: tuple[int, int], reach: int, stride: int, extra: int) -> int:
    """Values of a transposed convolution along one axis: ``(size-1) stride + reach - pads``."""
    values = (size - 1) * stride + reach - sum(pads) + extra
    if values < 1:
        raise ValueError(f"the padding {pads} leaves nothing of the transposed convolution")
    return values


def same_transposed_padding(
    reaches: Sequence[int], strides: Sequence[int], extras: Sequence[int]
) -> tuple[int, ...]:
    """The padding for which a transposed convolution gives ``size * stride`` values."""
    both = [
        max(0, reach - stride + extra)
        for reach, stride, extra in zip(reaches, strides, extras, strict=True)
    ]
    return (*(total // 2 for total in both), *(total - total // 2 for total in both))
