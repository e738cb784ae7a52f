"""Convolutions and pooling by visiting every window, from the definition."""

from __future__ import annotations

from itertools import product


def windows(size: int, begin: int, end: int, kernel: int, stride: int, dilation: int, ceil: bool):
    """The positions that each window of one axis reads, padding included as negative or large."""
    found = []
    for start in range(-begin, size + end, stride):
        taps = [start + dilation * tap for tap in range(kernel)]
        if ceil:
            # One window may stick out at the end, but none may start in the padding there.
            something_left = not found or found[-1][-1] < size + end - 1
            wanted = something_left and (start < size or not found)
        else:
            wanted = taps[-1] < size + end
        if wanted:
            found.append(taps)
    return found


def macs(channels, filters, groups, spatial_windows) -> int:
    """Multiplications of a convolution, one at a time."""
    count = 0
    for _position in product(*spatial_windows):
        for _filter in range(filters):
            for _channel in range(channels // groups):
                for _taps in product(*_position):
                    count += 1
    return count


def transposed_macs(channels, filters, groups, sizes, kernel) -> int:
    """Multiplications of a transposed convolution: each input value with each tap of its group."""
    count = 0
    for _pixel in product(*(range(size) for size in sizes)):
        for _channel in range(channels):
            for _filter in range(filters // groups):
                for _tap in product(*(range(k) for k in kernel)):
                    count += 1
    return count
