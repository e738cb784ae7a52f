"""Points of a sweep in worlds whose prices are off by their spreads: sums are priced anew."""

from __future__ import annotations

from typing import Any

import numpy as np

from recost.kernels.sweep import Priced, price_points
from recost.models.designs import Designs
from recost.models.numbers import NUMBERS, numbers_of
from recost.models.uncertainty import FIGURES, Draws
from recost.network import LayerTable
from recost.vocabulary import TOTALS

Array = np.ndarray[Any, Any]

# Points times draws that are worked on together; results do not depend on it.
_BLOCK = 1 << 16
# Machines whose records are kept.
_KEPT = 64
_FIGURES_AT = [NUMBERS.index(name) for name in FIGURES]


class Worlds:
    """The draws of a sweep's designs.

    What is drawn reaches prices and the length of a cycle alone, so that counts, and their sums
    over a network, are those of the point.
    """

    def __init__(self, designs: Designs, draws: Draws) -> None:
        self._designs, self._draws = designs, draws
        self.count = draws.count
        self._records: dict[str, tuple[Array, Array]] = {}

    def sample(
        self, table: LayerTable, rows: Array, axes: tuple[Array, Array], sums: Array
    ) -> Array:
        """The `FIGURES` of points in every draw: [points, figures, draws].

        `rows` are those of the hardware, `axes` places and values of its keys, `sums` [points,
        SUMS].  A key that the space varies has the value of the point in every draw.
        """
        samples = np.empty((len(rows), len(FIGURES), self.count))
        step = max(1, _BLOCK // self.count)
        for start in range(0, len(rows), step):
            part = np.arange(start, min(len(rows), start + step))
            made = [self._of(row) for row in rows[part].tolist()]
            many = np.repeat(part, self.count)
            structures, technologies = self._designs.fill(
                np.concatenate([one[0] for one in made]),
                np.concatenate([one[1] for one in made]),
                axes[0][many],
                axes[1][many],
            )
            totals = np.zeros((len(many), TOTALS))
            every = np.arange(len(many))
            nothing = np.zeros(0, np.int64), np.zeros((len(many), 0))
            technology = Priced(technologies, every, *nothing)
            price_points((structures, every), technology, (sums, many), totals)
            cycle_time_s = structures["operation_unit_cycle_time_s"]
            figures = numbers_of(table, cycle_time_s, totals)[:, _FIGURES_AT]
            samples[part] = figures.reshape(len(part), self.count, -1).transpose(0, 2, 1)
        return samples

    def _of(self, row: int) -> tuple[Array, Array]:
        """Structure and technology records of a hardware in every draw."""
        made = self._designs.kept[row]
        if made.content_hash not in self._records:
            if len(self._records) >= _KEPT:
                self._records.clear()
            self._records[made.content_hash] = self._draws.records(made)
        return self._records[made.content_hash]
