"""Networks whose layers move with the point of a sweep, and the tables that they read."""

from __future__ import annotations

from typing import Any

import numpy as np

from recost.hardware import Hardware
from recost.kernels.engine import SUMS
from recost.kernels.ordinary import alike_layers
from recost.kernels.records import BOUND_LAYER
from recost.kernels.sweep import Moving, sum_moving
from recost.kernels.tables import Tables
from recost.models.densities import FLOATS
from recost.models.tabulated import Tabulation
from recost.vocabulary import ActivationSparsity

Array = np.ndarray[Any, Any]

# Slices this close to proportion are in proportion; digits by which profiles are told apart.
_SAME, _DIGITS = 1e-12, 12
# Classes of crossbars of a network at both ends of the intervals.
_ASKED = 20_000
_FIELDS: Any = BOUND_LAYER.fields
_SLICES = np.flatnonzero(np.isin(FLOATS, _FIELDS["slice_density"][1] // 8 + np.arange(32)))


class Moves:
    """Bound layers and what intervals add to them.

    Parameters
    ----------
    layers : `BOUND_LAYER` [layers] at the lower ends of all intervals
    slopes : what each interval adds from end to end, [intervals, layers, words]
    hardware : what they are bound to
    """

    def __init__(self, layers: Array, slopes: Array, hardware: Hardware) -> None:
        self._profiles: dict[bytes, Array] = {}
        self._mode = hardware.sparsity.activations
        words = layers.view(np.float64).reshape(len(layers), -1)
        raw = np.concatenate([words, *slopes], axis=1).view(np.uint64)
        _, first, inverse = np.unique(raw, axis=0, return_index=True, return_inverse=True)
        layer, word = np.nonzero(slopes.any(axis=0))
        places = layer * words.shape[1] + FLOATS[word]
        both = np.column_stack([words.ravel()[places], slopes[:, layer, word].T])
        _, one, number = np.unique(
            both.view(np.uint64), axis=0, return_index=True, return_inverse=True
        )
        directions = [self._direction(one, slopes[:, i, _SLICES]) for i, one in enumerate(layers)]
        moving = Moving(
            layers,
            first[inverse.ravel()],
            slopes.any(axis=(0, 2)),
            np.searchsorted(layer, np.arange(len(layers) + 1)),
            places,
            number.ravel(),
            both[one, 0],
            both[one, 1:],
            np.array(directions, np.int64),
        )
        self.moving = moving._replace(**alike_layers(moving))
        self._ends = np.stack([np.zeros(len(slopes)), np.ones(len(slopes))])

    def _direction(self, layer: Any, slopes: Array) -> int:
        """The number of the profile of a layer's slices; -1 if they keep no proportion."""
        profile = np.ones(1)
        if self._mode == ActivationSparsity.VALUE:
            profile = np.ones(int(layer["passes"]))
        elif self._mode == ActivationSparsity.BIT:
            slices = layer["slice_density"]
            top = int(slices.argmax())
            if slices[top] <= 0.0:
                return -1
            straight = slopes[:, top : top + 1] * (slices / slices[top])
            if not (np.abs(slopes - straight) <= _SAME * np.abs(straight)).all():
                return -1
            profile = np.tile(slices[slices > 0.0] / slices[top], int(layer["passes"]))
        self._profiles.setdefault(profile.round(_DIGITS).tobytes(), profile)
        return list(self._profiles).index(profile.round(_DIGITS).tobytes())

    def tables(
        self,
        machine: tuple[Array, int],
        fixed: tuple[Array, Array, Array],
        special: bool | None,
    ) -> Tables:
        """Tables for all densities that the layers can have on a structure.

        `machine` are structures and the number of the one.

        What is wanted is found by asking: the layers are gone through at both ends of all
        intervals.  `fixed` and `special` as in `recost.kernels.sweep.sum_moving`.
        """
        asking = Tabulation().tables()._replace(asked=np.zeros((_ASKED, 6)))
        both, sums = (machine[0], np.full(2, machine[1])), np.zeros((2, SUMS))
        sum_moving(self.moving, both, self._ends, fixed, special, asking, sums)
        asked = asking.asked[1 : int(asking.asked[0, 0]) + 1]
        tabulation = Tabulation()
        profiles = list(self._profiles.values())
        for key in np.unique(asked[:, :3], axis=0):
            densities = asked[(asked[:, :3] == key).all(axis=1), 3:]
            densities = densities[(densities > 0.0).all(axis=1)]
            if len(densities):
                number, height, direction = (int(k) for k in key)
                tabulation.add((number, height, direction), profiles[direction], densities)
        return tabulation.tables()
