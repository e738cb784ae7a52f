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
    groups, channels, taps, filters = values.shape
    counts = np.zeros(1 << weight_bits, dtype=np.int64)
    live_filters = np.zeros((groups, filters), dtype=bool)
    live_rows = np.zeros((groups, channels, taps), dtype=bool)
    live_kernels = np.zeros((groups, channels, filters), dtype=bool)
    positive = 0
    step = max(1, _PORTION // (taps * filters))
    for group, low in product(range(groups), range(0, channels, step)):
        part = values[group, low : low + step].astype(np.float64)
        magnitudes = np.rint(np.abs(part) * ((len(counts) - 1) / largest)).astype(np.int64)
        live = magnitudes > 0
        counts += np.bincount(magnitudes.reshape(-1), minlength=len(counts))
        positive += int(np.count_nonzero(live & (part > 0)))
        live_filters[group] |= live.any(axis=(0, 1))
        live_rows[group, low : low + step] = live.any(axis=2)
        live_kernels[group, low : low + step] = live.any(axis=1)
    if taps == 1:  # a kernel of one tap is an element, and counted as that
        live_kernels[:] = True
    # Positions in a live row and filter, then those of them in a live kernel, then the weights.
    rows, nonzero = live_rows.sum(axis=(1, 2)), int(counts[1:].sum())
    crossed = int((rows * live_filters.sum(axis=1)).sum())
    per_kernel = live_rows.sum(axis=2)[:, :, None] * live_filters[:, None, :]
    inside = int((per_kernel * live_kernels).sum())
    filter_share = float(live_filters.mean())
    return {
        "rows": crossed / (filter_share * values.size),
        "filters": filter_share,
        "kernels": inside / crossed,
        "elements": nonzero / inside,
        "positive": positive / nonzero,
        "cells": {str(bits): _cells(counts, weight_bits, bits) for bits in CELL_BITS},
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
