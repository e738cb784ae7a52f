"""Points of a sweep in worlds whose prices are off by their spreads: sums are priced anew."""

from __future__ import annotations

from typing import Any

import numpy as np

from recost.hardware import Hardware
from recost.models.designs import Designs, alike
from recost.models.machines import Tied
from recost.models.numbers import NUMBERS, room
from recost.models.pricing import Summed
from recost.models.uncertainty import FIGURES, Draws
from recost.vocabulary import TOTALS

Array = np.ndarray[Any, Any]

# Points times draws that are worked on together; results do not depend on it.
_BLOCK = 1 << 16
# Machines whose records are kept.
_KEPT = 64
_FIGURES_AT = [NUMBERS[name] for name in FIGURES]
_ROWS = np.full(TOTALS, -1)
_ROWS[_FIGURES_AT] = np.arange(len(FIGURES))


class Worlds:
    """The draws of a sweep's designs.

    What is drawn reaches prices and the length of a cycle alone, so that counts, and their sums
    over a network, are those of the point.
    """

    def __init__(self, designs: Designs, draws: Draws) -> None:
        self._designs, self._draws = designs, draws
        self.count = draws.count
        self._records: dict[str, tuple[Array, Array]] = {}

    def sample(self, tied: Tied, axes: tuple[Array, Array], sums: Array) -> Array:
        """The `FIGURES` of points in every draw: [points, figures, draws].

        `tied` is the hardware of the points, `axes` places and values of its keys, `sums` [points,
        SUMS].  A key that the space varies has the value of the point in every draw.
        """
        count = len(tied.rows)
        samples = np.empty((count, len(FIGURES), self.count))
        step = max(1, _BLOCK // self.count)
        for start in range(0, count, step):
            part = np.arange(start, min(count, start + step))
            first, machine = alike(tied.rows[part])
            made = [self._of(tied.kept[row]) for row in tied.rows[part[first]].tolist()]
            kept = np.concatenate([one[0] for one in made]), np.concatenate([m[1] for m in made])
            at = (machine[:, None] * self.count + np.arange(self.count)).ravel()
            places, values = axes[0][part], axes[1][part]
            structures, technologies = self._designs.records_of(kept, at, places, values)
            many = np.repeat(part, self.count)
            figures, every = room(len(FIGURES), len(many)), np.arange(len(many))
            Summed(structures, every, technologies, sums, many).price(figures, _ROWS)
            figures = figures[:, : len(many)].reshape(len(FIGURES), len(part), self.count)
            samples[part] = figures.swapaxes(0, 1)
        return samples

    def _of(self, made: Hardware) -> tuple[Array, Array]:
        """Structure and technology records of a hardware in every draw."""
        found = self._records.get(made.content_hash)
        if found is None:
            if len(self._records) >= _KEPT:
                self._records.clear()
            found = self._records[made.content_hash] = self._draws.records(made)
        return found
