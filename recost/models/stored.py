"""Activations and errors of training that are written into crossbars, and how often.

A training accelerator such as PipeLayer (HPCA 2017) keeps what the forward pass produces until the
backward pass needs it, in rotating buffers: layer l of L has 2 (L - l) + 1 places [P], so that a
cell is written once in so many images.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.kernels import magnitudes
from recost.models.elimination import left_out
from recost.network import LayerTable, families
from recost.network.profile import HalfNormal, LayerProfile
from recost.vocabulary import EliminationTest, Granularity, Magnitude

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class StoredValues:
    """A layer's stored values of one kind.

    Attributes
    ----------
    kind : activations or errors
    values : values written for one image before elimination
    depth : places that they rotate over
    left_out : share of the values that are not written, being insignificant
    slices : P(slice of a value that is not left out is written), least significant first
    """

    kind: str
    values: int
    depth: int
    left_out: float
    slices: Array

    @property
    def cell_writes(self) -> float:
        """Cells written for one image."""
        return float(self.values * (1.0 - self.left_out) * self.slices.sum())

    def wear(self, images: int) -> Array:
        """Writes of a cell of each slice while `images` pass."""
        return images / self.depth * (1.0 - self.left_out) * self.slices


def stored_values(network: LayerTable, index: int, hardware: Hardware) -> tuple[StoredValues, ...]:
    """What layer `index` stores: the activations that it reads and the errors that it hands on.

    Nothing where `writes.store` is false.  InputError where a threshold meets a profile without a
    distribution.
    """
    keys = hardware.writes
    if not keys.store:
        return ()
    record, profile = network.records[index], network.profiles[index]
    depth = keys.buffer_depth or 2 * (len(network) - 1 - index) + 1
    activations = _Values(profile, hardware, "activation")
    errors = _Values(profile, hardware, "error")
    return (
        StoredValues(
            "activations",
            int(record["inputs"]),
            depth,
            left_out(activations.insignificant(), hardware, weights=False),
            activations.written(),
        ),
        StoredValues(
            "errors",
            int(record["outputs"]),
            depth,
            left_out(errors.insignificant(), hardware, weights=False),
            errors.written(),
        ),
    )


class _Values:
    """The distribution of a layer's stored values, as far as its profile tells."""

    def __init__(self, profile: LayerProfile, hardware: Hardware, kind: str) -> None:
        self.profile = profile
        self.hardware = hardware
        self.kind = kind
        self.bits = hardware.precision.input_bits
        self.cell_bits = hardware.crossbar.cell_bits
        self.slices = -(-self.bits // self.cell_bits)
        given = profile.errors
        self.nonzero = float(
            given.get("nonzero", 1.0) if kind == "error" else profile.activations.nonzero
        )
        self.tail = self._tail()

    def _tail(self) -> Array | None:
        """P(magnitude >= m) for m = 0 .. 2^bits of a non-zero value; None where it is not known."""
        if self.kind == "activation":
            bits = self.profile.activations.bits
            return families.survival(bits.scale) if isinstance(bits, HalfNormal) else None
        given = self.profile.errors
        family = given.get("family")
        if family is None:
            return None
        full = 2.0 ** min(self.bits, families.WIDTH)
        if family == "lognormal":
            code, scale, spread = Magnitude.LOGNORMAL, np.exp(given["mu"]) * full, given["sigma"]
        elif family == "laplace":
            code, scale, spread = Magnitude.LAPLACE, given["scale"] * full, 0.0
        else:
            scale = (given["sigma"] if family == "gaussian" else given["scale"]) * full
            code, spread = Magnitude.GAUSSIAN, 0.0
        tail = np.empty(int(full) + 1)
        magnitudes.fill_tail(int(code), float(scale), float(spread), tail)
        return tail

    def digits(self) -> Array:
        """P(slice of a value is non-zero), zeros included, least significant first."""
        if self.kind == "activation":
            try:
                return self.profile.slice_densities(self.bits, self.cell_bits)
            except InputError:
                # Single bits are known and digits are not: no digit is zero less often than this.
                single = self.profile.slice_densities(self.bits, 1)
                single = np.append(single, np.zeros(self.slices * self.cell_bits - self.bits))
                sums = single.reshape(self.slices, self.cell_bits).sum(axis=1)
                return np.asarray(np.minimum(sums, self.nonzero))
        if self.tail is None:
            return np.full(self.slices, self.nonzero)
        width = min(self.bits, families.WIDTH)
        table = np.zeros((1 << families.WIDTH) + 1)
        table[: len(self.tail)] = self.tail
        found = families.digit_densities(table, 0, width, self.cell_bits)
        whole: Array = self.nonzero * np.append(found, np.zeros(self.slices - len(found)))
        return whole

    def written(self) -> Array:
        """P(slice is written) when a value takes the place of another.

        Every cell is, unless `writes.skip_unchanged`: then it is where the two digits differ.
        Digits of two values are independent, a non-zero one takes its 2^c - 1 values alike:
        1 - (1 - q)^2 - q^2/(2^c - 1).
        """
        if not self.hardware.writes.skip_unchanged:
            return np.ones(self.slices)
        digits = self.digits()
        return 1.0 - (1.0 - digits) ** 2 - digits**2 / (2.0**self.cell_bits - 1.0)

    def insignificant(self) -> float:
        """Share of the values whose size, or whose change, lies below the threshold."""
        keys = self.hardware.writes
        plural = {"activation": "activations", "error": "errors"}[self.kind]
        share = getattr(keys, f"insignificant_{plural}")
        threshold = getattr(keys, f"{self.kind}_threshold")
        if keys.eliminate is Granularity.NONE:
            return 0.0
        if share is not None:
            return float(share)
        if threshold is None:
            # Zeros alone are insignificant.
            zero = 1.0 - self.nonzero
            return zero if keys.eliminate_on is EliminationTest.VALUE else zero * zero
        if self.tail is None:
            raise InputError(
                f"{self.profile.layer or 'the layer'}: a threshold on {plural} needs their"
                f" distribution; write profile {plural} with a family, or"
                f" writes.insignificant_{plural}",
                path=self.hardware.path,
                key=f"writes.{self.kind}_threshold",
            )
        limit = threshold * (len(self.tail) - 1)
        if keys.eliminate_on is EliminationTest.VALUE:
            return 1.0 - self.nonzero * float(self.tail[min(len(self.tail) - 1, round(limit))])
        return self._unchanged(round(limit))

    def _unchanged(self, limit: int) -> float:
        """P(|x - y| < limit) of two independent values, each zero or from the tail."""
        assert self.tail is not None
        shares = -np.diff(self.tail) * self.nonzero
        shares[0] += 1.0 - self.nonzero
        below = np.concatenate([[0.0], np.cumsum(shares)])
        places = np.arange(len(shares))
        high = below[np.minimum(places + limit, len(shares))]
        low = below[np.maximum(places - limit + 1, 0)]
        return float(shares @ np.maximum(high - low, 0.0))
