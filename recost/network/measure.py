"""Densities of real weights: which rows, filters, kernels, elements and cells are zero."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

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
        Bits of a magnitude, 2 to 32; the sign is apart.
    """
    values = np.asarray(weights, dtype=np.float64)
    if values.ndim != 4:
        raise ValueError("weights have four axes: groups, channels, kernel taps, filters")
    largest = float(np.max(np.abs(values), initial=0.0))
    if not np.isfinite(largest) or largest == 0.0:
        return None
    full = (1 << weight_bits) - 1
    magnitudes = np.rint(np.abs(values) * (full / largest)).astype(np.uint64)
    live = magnitudes > 0
    rows = live.any(axis=3)
    filters = live.any(axis=(1, 2))
    # A kernel of one tap is an element; it is counted as that.
    kernels = live.any(axis=2) if values.shape[2] > 1 else np.ones_like(live[:, :, 0])
    # Positions in a live row and filter, then those of them in a live kernel, then the weights.
    crossed = int((rows.sum(axis=(1, 2)) * filters.sum(axis=1)).sum())
    inside = int((rows.sum(axis=2)[:, :, None] * (kernels & filters[:, None, :])).sum())
    filter_share = float(filters.mean())
    return {
        "rows": crossed / (filter_share * values.size),
        "filters": filter_share,
        "kernels": inside / crossed,
        "elements": int(live.sum()) / inside,
        "positive": float((values[live] > 0).mean()),
        "cells": {str(bits): _cells(magnitudes[live], weight_bits, bits) for bits in CELL_BITS},
    }


def _cells(magnitudes: Array, weight_bits: int, cell_bits: int) -> list[float]:
    """P(cell != 0) of each cell of non-zero magnitudes, most significant first."""
    count = -(-weight_bits // cell_bits)
    mask = np.uint64((1 << cell_bits) - 1)
    return [
        float(np.mean((magnitudes >> np.uint64(index * cell_bits)) & mask != 0))
        for index in reversed(range(count))
    ]
