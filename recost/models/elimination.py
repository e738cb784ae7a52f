"""Insignificant writes and how many of them are left out at each granularity."""

from __future__ import annotations

from recost.hardware import Hardware
from recost.models.gradients import weight_slices
from recost.vocabulary import Granularity


def all_of(share: float, members: int, correlation: float) -> float:
    """P(all of `members` values are insignificant), each with probability `share`.

    share^n for independent values; with intra-class correlation r the beta-binomial
    prod_{j<n} (share (1 - r) + j r) / (1 - r + j r), which is `share` for r = 1.
    """
    if share <= 0.0 or share >= 1.0 or members <= 1 or correlation >= 1.0:
        return share
    if correlation <= 0.0:
        return float(share**members)
    product = 1.0
    for j in range(members):
        product *= (share * (1.0 - correlation) + j * correlation) / (
            1.0 - correlation + j * correlation
        )
    return product


def values_together(hardware: Hardware, *, weights: bool) -> int:
    """How many values are left out as one: those of a row, an operation unit or a crossbar."""
    cells = -(-hardware.precision.input_bits // hardware.crossbar.cell_bits)
    if weights:
        cells, _ = weight_slices(hardware)
    unit, crossbar = hardware.operation_unit, hardware.crossbar
    shapes = {
        Granularity.ROW: (1, crossbar.columns),
        Granularity.COLUMN: (crossbar.rows, cells),
        Granularity.OPERATION_UNIT: (unit.rows, unit.columns),
        Granularity.CROSSBAR: (crossbar.rows, crossbar.columns),
    }
    high, wide = shapes.get(hardware.writes.eliminate, (1, cells))
    return high * max(1, wide // cells)


def left_out(share: float, hardware: Hardware, *, weights: bool) -> float:
    """Share of writes that are left out if `share` of the values are insignificant."""
    if hardware.writes.eliminate is Granularity.NONE:
        return 0.0
    members = values_together(hardware, weights=weights)
    return all_of(share, members, hardware.writes.eliminate_correlation)
