"""How large the updates of a layer's weights are, and what a policy makes of single ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.kernels import magnitudes, policies
from recost.kernels.slice_writes import (
    change_probability,
    clipped_change_probability,
    slice_probabilities,
)
from recost.network import LayerTable
from recost.network.profile import LayerProfile
from recost.vocabulary import Magnitude, Rounding, UpdatePolicy

Array = np.ndarray[Any, Any]

#: Policies that decide on structures, whose gradients are divided by their probability.
BY_STRUCTURE = (UpdatePolicy.STRUCTURED, UpdatePolicy.ENDURANCE_AWARE)


@dataclass(frozen=True, eq=False)
class Gradients:
    """The sizes of a layer's updates under SGD, of those that are not zero.

    `scale` and `spread` are those of `kernels.magnitudes`, in steps of the weight's last place
    where `sized`, else in an unknown unit.  A recorded distribution has `values` and `shares`
    instead.  `nonzero` is the share of updates that are not zero.
    """

    family: Magnitude
    scale: float
    spread: float
    sized: bool
    nonzero: float = 1.0
    values: Array | None = None
    shares: Array | None = None

    @property
    def mean(self) -> float:
        """E|g|."""
        if self.values is not None and self.shares is not None:
            return float(self.values @ self.shares)
        return float(magnitudes.mean(int(self.family), self.scale, self.spread))

    @property
    def log_spread(self) -> float:
        """The ln-sigma of the lognormal with the same E g^2 / (E|g|)^2."""
        if self.family is Magnitude.LOGNORMAL:
            return self.spread
        if self.values is not None and self.shares is not None:
            square = float(self.values**2 @ self.shares)
        else:
            square = float(magnitudes.mean_square(int(self.family), self.scale, self.spread))
        return math.sqrt(max(0.0, math.log(square / self.mean**2)))

    def percentile(self, threshold: float) -> float:
        """Per cent of |g| that lie below `threshold` times their mean."""
        level = threshold * self.mean
        if self.values is not None and self.shares is not None:
            return 100.0 * float(self.shares[self.values < level].sum())
        return 100.0 * (
            1.0 - float(magnitudes.survival(int(self.family), self.scale, self.spread, level))
        )

    def through(self, policy: UpdatePolicy, level: float) -> policies.Update:
        """The policy on these updates; `level` as in `policies.Update`."""
        return policies.Update(int(policy), level, int(self.family), self.scale, self.spread)


def weight_slices(hardware: Hardware) -> tuple[int, int]:
    """(slices of a weight, bits that a slice adds): its cells, or a training's own slices."""
    digits = hardware.training.slice_bits
    if digits:
        slices = len(str(digits))
        return slices, max(1, hardware.precision.weight_bits // slices)
    bits = hardware.crossbar.cell_bits
    return -(-hardware.precision.weight_bits // bits), bits


def gradients_of(network: LayerTable, index: int, hardware: Hardware) -> Gradients:
    """The updates of layer `index`: those of its profile, else of the hardware's file.

    A profile's gradients are in units of the weight's full scale, 2^weight_bits steps, and times
    `writes.learning_rate`.  Raises InputError for a family without its parameters.
    """
    keys = hardware.writes
    if network.profiles[index].gradients:
        steps = keys.learning_rate * 2.0**hardware.precision.weight_bits
        return _profiled(network.profiles[index], steps)
    if keys.update_family is Magnitude.RECORDED:
        raise InputError(
            "recorded updates stand in a network's profile (gradients = {histogram = ...}); write"
            " 'gaussian', 'laplace' or 'lognormal'",
            path=hardware.path,
            key="writes.update_family",
        )
    if keys.update_family is Magnitude.LOGNORMAL and keys.update_spread is None:
        raise InputError(
            "lognormal updates need their spread, such as 2.0, or a profile with gradients",
            path=hardware.path,
            key="writes.update_spread",
        )
    spread = keys.update_spread or 0.0
    size = 1.0 if keys.update_size is None else keys.update_size
    scale = size / float(magnitudes.mean(int(keys.update_family), 1.0, spread))
    sized = keys.update_size is not None
    return Gradients(keys.update_family, scale, spread, sized, nonzero=1.0 if size else 0.0)


def _profiled(profile: LayerProfile, steps: float) -> Gradients:
    """A profile's gradients, with `steps` of the last place to one of its units."""
    given = profile.gradients
    nonzero = given.get("nonzero", 1.0)
    family = given.get("family")
    if family == "lognormal":
        median = math.exp(given["mu"]) * steps
        return Gradients(Magnitude.LOGNORMAL, median, given["sigma"], True, nonzero)
    if family == "laplace":
        return Gradients(Magnitude.LAPLACE, given["scale"] * steps, 0.0, True, nonzero)
    if family is not None:
        scale = given["sigma"] if family == "gaussian" else given["scale"]
        return Gradients(Magnitude.GAUSSIAN, scale * steps, 0.0, True, nonzero)
    values, shares = _recorded(profile)
    kept = values > 0.0
    share = float(shares[kept].sum())
    return Gradients(
        Magnitude.RECORDED,
        1.0,
        0.0,
        True,
        nonzero * share,
        values[kept] * steps,
        shares[kept] / share,
    )


def _recorded(profile: LayerProfile) -> tuple[Array, Array]:
    """Mean size and share of each bin of a histogram; a bin's values lie evenly in it."""
    histogram = profile.gradients["histogram"]
    edges = np.array(histogram["edges"], dtype=float)
    counts = np.array(histogram["counts"], dtype=float)

    def fault(message: str, part: str) -> InputError:
        return InputError(
            message,
            path=profile.path,
            line=profile.line,
            column=profile.column,
            key=f"profile.{profile.layer}.gradients.histogram.{part}",
        )

    for part, array in (("edges", edges), ("counts", counts)):
        if not np.isfinite(array).all():
            at = int(np.flatnonzero(~np.isfinite(array))[0])
            raise fault(f"entry {at} is {array[at]}, not a finite number", part)
    low, high = edges[:-1], edges[1:]
    values = np.abs(0.5 * (low + high))
    across = (low < 0.0) & (high > 0.0)
    values[across] = ((low**2 + high**2) / (2.0 * (high - low)))[across]
    if not values @ counts > 0.0:
        raise fault("all gradients are zero: no update would ever be written", "counts")
    return values, counts / counts.sum()


def _kept(update: policies.Update, values: Array) -> tuple[Array, Array]:
    """The probability that recorded updates are written, and what is written in their place."""
    if update.policy in BY_STRUCTURE:
        return np.full(len(values), update.level), values / update.level
    if update.policy == UpdatePolicy.THRESHOLD:
        return (values >= update.level).astype(float), values
    if update.policy == UpdatePolicy.STOCHASTIC and update.level > 0.0:
        return np.minimum(1.0, values / update.level), np.maximum(values, update.level)
    return np.ones(len(values)), values


def kept_share(update: policies.Update, gradients: Gradients) -> float:
    """Share of the updates (of those that are not zero) that a policy writes."""
    if gradients.values is None:
        return float(policies.kept_share(update))
    return float(_kept(update, gradients.values)[0] @ gradients.shares)


def quality(update: policies.Update, gradients: Gradients) -> tuple[float, float]:
    """What a policy does to the gradient: bias over E|g|, added mean square over E g^2."""
    if gradients.values is None:
        return float(policies.lost_gradient(update)), float(policies.gradient_noise(update))
    values, shares = gradients.values, gradients.shares
    chance, written = _kept(update, values)
    lost = float((values - chance * written) @ shares / (values @ shares))
    square = chance * (written - values) ** 2 + (1.0 - chance) * values**2
    return max(0.0, lost), float(square @ shares / (values**2 @ shares))


def slice_changes(update: policies.Update, gradients: Gradients, hardware: Hardware) -> Array:
    """P(slice changes at an update), least significant first, the top one saturating.

    Where the sizes are not known every written update changes every slice: the worst case.
    Stochastic rounding of a recorded update takes the two whole steps around it.
    """
    slices, bits = weight_slices(hardware)
    rounding = hardware.writes.rounding
    out = np.empty(slices)
    if not gradients.sized:
        out[:] = kept_share(update, gradients)
        return out
    if gradients.values is None:
        slice_probabilities(update, bits, int(rounding), True, out)
        return out
    chance, written = _kept(update, gradients.values)
    stochastic = rounding is Rounding.STOCHASTIC
    low = np.floor(written if stochastic else written + 0.5)
    up = written - low if stochastic else np.zeros(len(low))
    for i in range(len(out)):
        function = clipped_change_probability if i == len(out) - 1 else change_probability
        step = 2.0 ** (bits * i)
        below = np.array([function(d, step, step * 2.0**bits) for d in low])
        above = np.array([function(d + 1.0, step, step * 2.0**bits) for d in low])
        out[i] = (chance * ((1.0 - up) * below + up * above)) @ gradients.shares
    return out
