"""How often the weights of a layer are written in a training: policy, counts and slices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.kernels import feedback, normal
from recost.kernels.norms import fitted_spread
from recost.models.elimination import left_out
from recost.models.gradients import (
    BY_STRUCTURE,
    Gradients,
    gradients_of,
    kept_share,
    quality,
    slice_changes,
    weight_slices,
)
from recost.network import LayerTable
from recost.vocabulary import Granularity, HardwareKind, Magnitude, UpdatePolicy

Array = np.ndarray[Any, Any]

# Lasting norms over which the changes of slices are averaged.
_POINTS = 17
# Normal quantiles between which the wear of structures is tabulated (what is written least never
# decides a life, what is written most does), at so many points; fewer where only chance sets
# structures apart, and they are nearly alike.
_LEAST, _MOST = -3.0, 7.5
_FINE, _COARSE = 657, 43


@dataclass(frozen=True, eq=False)
class LayerUpdates:
    """How often the weights of a layer are written in one training.

    Attributes
    ----------
    steps : updates under SGD
    structures, weights : what the policy decides on, and the weights of the layer
    mean, largest : updates of a weight, and of the most written structure, in expectation
    slices : writes of each slice of a weight, least significant first
    factors : [2, points]: writes of structures over their mean, and the share of structures
    lost, noise : bias and added mean square of the written gradient, over E|g| and E g^2
    gradients, law : what it follows from; no law where only chance sets structures apart
    """

    steps: int
    structures: int
    weights: int
    mean: float
    largest: float
    slices: Array
    factors: Array
    lost: float
    noise: float
    gradients: Gradients
    law: feedback.Law | None


class _Counted(NamedTuple):
    """A policy's outcome on a layer, before elimination."""

    rate: float  # updates of a weight a step
    counts: feedback.Counts
    slices: Array  # changes of a slice a step
    quality: tuple[float, float]


def layer_updates(network: LayerTable, index: int, hardware: Hardware) -> LayerUpdates:
    """Updates of the weights of layer `index` in one training.

    Raises InputError where the network has no recipe or the policy lacks a parameter.
    """
    steps = recipe_steps(network)
    check_policy(hardware)
    gradients = gradients_of(network, index, hardware)
    members, structures = structure_shape(network.records[index], hardware)
    law = count_law(hardware, gradients, members)
    outcome = (
        _alike(hardware, gradients, steps)
        if law is None
        else _apart(hardware, gradients, steps, law)
    )
    keys = hardware.writes
    left = gradients.nonzero * (
        1.0 - left_out(keys.insignificant_updates or 0.0, hardware, weights=True)
    )
    counts = _thinned(outcome.counts, left, steps)
    mean = outcome.rate * left * steps
    factors = _factors(counts, steps)
    return LayerUpdates(
        steps=steps,
        structures=structures,
        weights=int(network.records[index]["weights"]),
        mean=mean,
        largest=max(mean, _largest(counts, factors, steps, structures)),
        slices=outcome.slices * left * steps,
        factors=factors,
        lost=outcome.quality[0],
        noise=outcome.quality[1],
        gradients=gradients,
        law=law,
    )


def recipe_steps(network: LayerTable) -> int:
    """Weight updates of a training; InputError where the network has no recipe."""
    if network.recipe is None:
        raise InputError(
            f"{network.name}: writes of a training need a [recipe] with images, epochs and batch",
            path=network.path,
            key="recipe",
        )
    return network.recipe.steps


def check_policy(hardware: Hardware) -> None:
    """Refuse machines without cells, and policies without their parameters or their structures."""
    if hardware.kind != HardwareKind.RERAM.text:
        raise InputError(
            f"{hardware.name}: a machine of kind '{hardware.kind}' has no cells that wear",
            path=hardware.path,
            key="kind",
        )
    keys = hardware.writes
    policy = keys.policy
    if policy is not UpdatePolicy.SGD and keys.threshold is None:
        raise InputError(
            f"policy '{policy.text}' needs its threshold, over the layer's mean gradient, such as"
            " 10, or a target (--target-mean-saving)",
            path=hardware.path,
            key="writes.threshold",
        )
    if policy is UpdatePolicy.ENDURANCE_AWARE and keys.feedback is None:
        raise InputError(
            "policy 'endurance-aware' needs its exponent, such as 1 (0: no endurance term)",
            path=hardware.path,
            key="writes.feedback",
        )
    if policy not in BY_STRUCTURE and keys.structure is not Granularity.ELEMENT:
        raise InputError(
            f"policy '{policy.text}' decides on single weights; write 'element', or policy"
            " 'structured' or 'endurance-aware'",
            path=hardware.path,
            key="writes.structure",
        )


def structure_shape(record: Any, hardware: Hardware) -> tuple[int, int]:
    """(weights of a whole structure, structures of the layer) that the policy decides on as one.

    A weight lies in adjacent cells of a row, so a row of a crossbar holds columns // cells
    weights; the positive and negative parts of a weight belong to one structure.
    """
    granularity = hardware.writes.structure
    groups, rows, columns = (int(record[name]) for name in ("groups", "rows", "columns"))
    cells, _ = weight_slices(hardware)
    unit, crossbar = hardware.operation_unit, hardware.crossbar
    high, wide = {
        Granularity.ROW: (1, crossbar.columns // cells),
        Granularity.COLUMN: (crossbar.rows, 1),
        Granularity.OPERATION_UNIT: (unit.rows, unit.columns // cells),
        Granularity.CROSSBAR: (crossbar.rows, crossbar.columns // cells),
    }.get(granularity, (1, 1))
    high, wide = min(high, rows), min(max(wide, 1), columns)
    return high * wide, groups * -(-rows // high) * -(-columns // wide)


def count_law(
    hardware: Hardware, gradients: Gradients, members: int, threshold: float | None = None
) -> feedback.Law | None:
    """The counting law of structures of `members` weights; None where only chance differs.

    `threshold` stands in for that of the file.

    The lasting part of ln(gradient), a share `writes.persistent` of its variance, is common to a
    structure; what is left is drawn for each weight and step.  The norm of n weights is their
    mean size, and its spread that of the lognormal fitted at the threshold (`kernels.norms`).
    """
    keys = hardware.writes
    threshold = keys.threshold if threshold is None else threshold
    if keys.policy is UpdatePolicy.SGD or not threshold:
        return None
    exponent = (keys.feedback or 0.0) if keys.policy is UpdatePolicy.ENDURANCE_AWARE else 0.0
    if members == 1 and exponent == 0.0 and keys.persistent == 0.0:
        return None
    variance = gradients.log_spread**2
    single = math.sqrt((1.0 - keys.persistent) * variance)
    return feedback.Law(
        threshold,
        exponent,
        math.sqrt(keys.persistent * variance),
        float(fitted_spread(single, members, threshold)),
        keys.policy is UpdatePolicy.THRESHOLD,
        1.0 + math.expm1(single * single) / members,
    )


def _alike(hardware: Hardware, gradients: Gradients, steps: int) -> _Counted:
    """The policy on single gradients whose weights only chance sets apart."""
    keys = hardware.writes
    policy = UpdatePolicy.STOCHASTIC if keys.policy in BY_STRUCTURE else keys.policy
    update = gradients.through(policy, (keys.threshold or 0.0) * gradients.mean)
    rate = kept_share(update, gradients)
    deviation = math.sqrt(steps * rate * (1.0 - rate))
    counts = feedback.Counts(np.array([rate]), np.array([deviation]), np.ones(1))
    slices = slice_changes(update, gradients, hardware)
    return _Counted(rate, counts, slices, quality(update, gradients))


def _apart(hardware: Hardware, gradients: Gradients, steps: int, law: feedback.Law) -> _Counted:
    """The policy on structures that differ for the whole training."""
    rate, counts = _counted(law, steps)
    if law.hard:
        update = gradients.through(UpdatePolicy.THRESHOLD, law.threshold * gradients.mean)
        slices, how_good = slice_changes(update, gradients, hardware), quality(update, gradients)
    else:
        slices = _structured_changes(law, rate, gradients, hardware)
        how_good = (0.0, float(feedback.gradient_noise(law, rate)))
    return _Counted(float(feedback.mean_count(law, rate, steps)) / steps, counts, slices, how_good)


@lru_cache(maxsize=1024)
def mean_rate(law: feedback.Law) -> float:
    """Mean updates of a structure a step, once for all layers whose structures are alike."""
    return float(feedback.mean_rate(law))


@lru_cache(maxsize=256)
def _counted(law: feedback.Law, steps: int) -> tuple[float, feedback.Counts]:
    """Mean rate and distribution of counts."""
    rate = mean_rate(law)
    return rate, feedback.count_distribution(law, rate, steps)


def _structured_changes(
    law: feedback.Law, rate: float, gradients: Gradients, hardware: Hardware
) -> Array:
    """Mean P(slice changes at a step) over structures that are kept at their own rates.

    A structure kept with probability p writes g/p; p is taken at the structure's mean rate.
    """
    points = _POINTS if law.lasting > 0.0 and gradients.sized else 1
    norms, weights = np.empty(points), np.empty(points)
    feedback.fill_factors(law.lasting if points > 1 else 0.0, norms, weights)
    # The fresh part of single gradients around their structure's lasting norm.
    fresh = math.sqrt(max(0.0, gradients.log_spread**2 - law.lasting**2))
    total: Array = np.zeros(1)
    for norm, weight in zip(norms, weights, strict=True):
        kept = float(feedback.write_rate(law, norm, rate)) if points > 1 else rate
        scale = gradients.mean * norm * math.exp(-0.5 * fresh * fresh)
        own = Gradients(Magnitude.LOGNORMAL, scale, fresh, gradients.sized)
        update = own.through(UpdatePolicy.STRUCTURED, kept)
        total = total + weight * slice_changes(update, own, hardware)
    return total


def _thinned(counts: feedback.Counts, left: float, steps: int) -> feedback.Counts:
    """Counts of which a share `left` is written, at random."""
    if left >= 1.0:
        return counts
    rates = counts.rates * left
    variance = (counts.deviations * left) ** 2 + steps * counts.rates * left * (1.0 - left)
    return feedback.Counts(rates, np.sqrt(variance), counts.weights)


def _largest(counts: feedback.Counts, factors: Array, steps: int, structures: int) -> float:
    """E[max over structures] of the writes of a structure.

    Quantile p of the maximum is quantile p^(1/R) of a structure, read off the table of factors.
    """
    if counts.rates.size == 1:
        return min(float(steps), float(feedback.mean_largest_count(counts, steps, structures)))
    z = np.linspace(-6.0, 6.0, 97)
    shares = [-math.expm1(math.log(normal.below(value)) / structures) for value in z]
    places = [-normal.quantile(share) for share in shares]
    density = np.exp(-0.5 * z * z)
    mean = float(counts.rates @ counts.weights) * steps
    return (
        float(np.interp(places, _quantiles(factors.shape[1]), factors[0]) @ density / density.sum())
        * mean
    )


def _factors(counts: feedback.Counts, steps: int) -> Array:
    """Writes of structures over their mean at the quantiles of a normal variable, and weights.

    Chance adds to the lasting differences in quadrature: where ln(count) rises by s over a unit
    of z and has a relative deviation d, the quantile at z is that of the lasting part at
    z sqrt(1 + (d/s)^2).
    """
    means = np.maximum(counts.rates * steps, 1e-300)
    middle = float(means @ counts.weights)
    if means.size == 1:
        if counts.deviations[0] <= 0.0:
            return np.ones((2, 1))
        places = _quantiles(_COARSE)
        writes = np.maximum(0.0, middle + counts.deviations[0] * places)
    else:
        places = _quantiles(_FINE)
        z = np.linspace(-8.0, 8.0, means.size)
        logs = np.log(means)
        slope = np.maximum(np.gradient(logs, z), 1e-9)
        noise = counts.deviations / means
        stretched = places * np.interp(places, z, np.sqrt(1.0 + (noise / slope) ** 2))
        # Past the grid's end the count goes on rising as it does there.
        inside = np.clip(stretched, -8.0, 8.0)
        beyond = (stretched - inside) * np.interp(inside, z, slope)
        writes = np.minimum(float(steps), np.exp(np.interp(inside, z, logs) + beyond))
    return np.stack([writes / middle, _shares(places)])


def _quantiles(points: int) -> Array:
    """The normal quantiles of a table of so many factors."""
    return np.linspace(_LEAST, _MOST, points)


def _shares(places: Array) -> Array:
    """P(a normal variable is nearest to each place), from the tail that keeps its digits."""
    edges = 0.5 * (places[1:] + places[:-1])
    below = np.array([0.0, *(normal.below(edge) for edge in edges), 1.0])
    above = np.array([1.0, *(normal.above(edge) for edge in edges), 0.0])
    return np.where(places < 0.0, np.diff(below), -np.diff(above))


def largest_of(layers: Sequence[LayerUpdates]) -> float:
    """E[max over the structures of all layers] of the updates of a structure.

    P(max <= c) = prod over layers of P(count <= c)^structures, integrated over c.
    """
    top = max(float(layer.mean * layer.factors[0].max()) for layer in layers)
    base = max(layer.mean for layer in layers)
    if top <= base:
        return base
    counts = np.linspace(base, top, 4001)
    log_below = np.zeros(len(counts))
    for layer in layers:
        writes = layer.mean * layer.factors[0]
        if len(writes) == 1:  # all alike, and so the base
            continue
        places = np.interp(counts, writes, _quantiles(len(writes)), right=np.inf)
        above = np.array([normal.above(place) for place in places])
        log_below += layer.structures * np.log1p(-np.minimum(above, 1.0 - 1e-16))
    return float(base + np.trapezoid(1.0 - np.exp(log_below), counts))
