"""Densities of real weights: which rows, filters, kernels, elements and cells are zero."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: Weights looked at in one go, which bounds the memory that a large layer takes.
_PORTION = 1 << 20
#: Bits a cell for which cell densities are measured.
CELL_BITS = (1, 2, 4)


def weight_densities(weights: Array, weight_bits: int = 16) -> dict[str, Any] | None:
    """The profile keys of a weight array; None if it holds nothing but zeros or no numbers.

    Magnitudes are rounded to `weight_bits` with the largest one at full scale, and what rounds
    to 0 is zero.  With live positions those in live rows, filters and kernels,

    * ``filters``, ``rows``: shares that hold any non-zero weight (rows weighted with the live
      filters of their group),
    * ``kernels``: live positions over those in live rows and filters (1 for kernels of one tap),
    * ``elements``: non-zero weights over live positions,
    * ``positive``: share of the non-zero weights above zero,
    * ``cells``: by bits a cell, P(cell non-zero | weight non-zero), most significant first,

    so that the product of the first four is the share of non-zero weights.

    Parameters
    ----------
    weights : array [groups, channels, kernel taps, filters]
        The weights as `onnx_layers.Part.layout` arranges them.
    weight_bits : int
        Bits of a magnitude, 2 to 20; the sign is apart.
    """
    values = np.asarray(weights)
    if values.ndim != 4:
        raise ValueError("weights have four axes: groups, channels, kernel taps, filters")
    largest = float(max(np.max(values, initial=0.0), -np.min(values, initial=0.0)))
    if not np.isfinite(largest) or largest == 0.0:
        return None
    found = _Tally(values.shape, (1 << weight_bits) - 1, largest)
    step = max(1, _PORTION // (values.shape[2] * values.shape[3]))
    for group, low in product(range(values.shape[0]), range(0, values.shape[1], step)):
        found.add(group, low, values[group, low : low + step].astype(np.float64))
    cells = {str(bits): _cells(found.counts, weight_bits, bits) for bits in CELL_BITS}
    return {**found.shares(values.size), "cells": cells}


class _Tally:
    """What is live, and how often each magnitude occurs, over portions of the weights."""

    def __init__(self, shape: tuple[int, ...], full: int, largest: float) -> None:
        groups, channels, taps, filters = shape
        self.counts = np.zeros(full + 1, dtype=np.int64)
        self._scale = full / largest
        self._positive = 0
        self._filters = np.zeros((groups, filters), dtype=bool)
        self._rows = np.zeros((groups, channels, taps), dtype=bool)
        # A kernel of one tap is an element, and counted as that.
        self._kernels = np.full((groups, channels, filters), taps == 1)

    def add(self, group: int, low: int, part: Array) -> None:
        """Count the channels of one group from `low` on."""
        magnitudes = np.rint(np.abs(part) * self._scale).astype(np.int64)
        live = magnitudes > 0
        self.counts += np.bincount(magnitudes.reshape(-1), minlength=len(self.counts))
        self._positive += int(np.count_nonzero(live & (part > 0)))
        self._filters[group] |= live.any(axis=(0, 1))
        self._rows[group, low : low + len(part)] = live.any(axis=2)
        self._kernels[group, low : low + len(part)] |= live.any(axis=1)

    def shares(self, size: int) -> dict[str, Any]:
        """The shares of all weights counted, which are `size`."""
        nonzero = int(self.counts[1:].sum())
        # Positions in a live row and filter, then those of them in a live kernel.
        crossed = int((self._rows.sum(axis=(1, 2)) * self._filters.sum(axis=1)).sum())
        per_kernel = self._rows.sum(axis=2)[:, :, None] * self._filters[:, None, :]
        inside = int((per_kernel * self._kernels).sum())
        filters = float(self._filters.mean())
        return {
            "rows": crossed / (filters * size),
            "filters": filters,
            "kernels": inside / crossed,
            "elements": nonzero / inside,
            "positive": self._positive / nonzero,
        }


def _cells(counts: Array, weight_bits: int, cell_bits: int) -> list[float]:
    """P(cell != 0) of each cell of non-zero magnitudes, most significant first.

    `counts` says how often each magnitude occurs.
    """
    levels = np.arange(len(counts))
    mask = (1 << cell_bits) - 1
    return [
        float(counts[(levels >> (index * cell_bits)) & mask != 0].sum() / counts[1:].sum())
        for index in reversed(range(-(-weight_bits // cell_bits)))
    ]
