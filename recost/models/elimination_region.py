"""Which elimination rates give published gains all at once: an inverse problem in a few unknowns.

The unknowns are shares that are left out, each from 0 to 1: of the writes of activations, of
errors and of weight updates, and of computing.  Energy and time shrink linearly with them, and the
life ends with the most written cell, so the rates that satisfy all targets form polytopes.  Their
corners are found by solving every set of constraints that may meet in one; all statements (empty or
not, how far each rate may go, what the other targets leave open for one) follow from the corners.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

RATES = ("activations", "errors", "updates", "compute")
_TINY = 1e-9


@dataclass(frozen=True)
class Baseline:
    """A machine's training split into what elimination may leave out.

    `energy` and `time` are the shares of activations' writes, errors' writes, updates' writes and
    computing; what is left to 1 stays.  `wear` is that of the most written cell of the first
    three, `writes` all their cell writes.
    """

    energy: tuple[float, float, float, float]
    time: tuple[float, float, float, float]
    wear: tuple[float, float, float]
    writes: tuple[float, float, float]


@dataclass(frozen=True)
class Targets:
    """Gains over the baseline; None asks for nothing.  `tolerance` is relative."""

    energy_reduction: float | None = None
    speedup: float | None = None
    lifetime_gain: float | None = None
    tolerance: float = 0.005

    def without(self, name: str) -> Targets:
        """The targets but for one."""
        changed: dict[str, Any] = {name: None}
        return replace(self, **changed)


@dataclass(frozen=True)
class Reading:
    """How targets are read.

    `compute`: ``"kept"`` (only writes are left out), ``"tied"`` (a third of computing, forward or
    weight gradients, vanishes with activations, each, and a third, backward, with errors),
    ``"energy"`` (any share of its energy, but its time stays: silent inputs draw nothing in a
    cycle that is as long) or ``"free"`` (any share of both).  `life`: ``"first"`` (the first cell
    dies) or ``"total"`` (all cell writes, as if wear were levelled).
    """

    compute: str
    life: str


READINGS = tuple(
    Reading(compute, life)
    for compute in ("kept", "tied", "energy", "free")
    for life in ("first", "total")
)


def regions(baseline: Baseline, targets: Targets, reading: Reading) -> list[Array]:
    """Corners [n, 4] of the polytopes of rates that satisfy the targets; empty ones left out.

    The first death makes a union of polytopes, one for each kind of cell that may be the first.
    Under ``"tied"`` the rate of computing follows from the others.
    """
    found = []
    for upper, limits in _polytopes(baseline, targets, reading):
        points = _corners(upper, limits)
        if reading.compute == "tied":
            points[:, 3] = (2.0 * points[:, 0] + points[:, 1]) / 3.0
        if len(points):
            found.append(points)
    return found


def corners(baseline: Baseline, targets: Targets, reading: Reading) -> Array:
    """The corners of all regions [n, 4]; no rows if nothing satisfies the targets."""
    return np.concatenate([np.zeros((0, 4)), *regions(baseline, targets, reading)])


def gains(baseline: Baseline, points: Array, reading: Reading) -> dict[str, Array]:
    """Energy reduction, speedup and lifetime gain at rates [n, 4]."""
    with np.errstate(divide="ignore"):
        energy = 1.0 / (1.0 - points @ np.array(baseline.energy))
        time = 1.0 / (1.0 - points @ _times(baseline, reading))
        worn = np.array(baseline.wear) * (1.0 - points[:, :3])
        life = max(baseline.wear) / worn.max(axis=1)
        if reading.life == "total":
            writes = np.array(baseline.writes)
            life = writes.sum() / ((1.0 - points[:, :3]) @ writes)
    return {"energy_reduction": energy, "speedup": time, "lifetime_gain": life}


def attainable(
    baseline: Baseline, targets: Targets, reading: Reading, name: str
) -> tuple[float, float] | None:
    """The range of one gain that the other targets leave open; None if they contradict."""
    points = corners(baseline, targets.without(name), reading)
    if not len(points):
        return None
    values = gains(baseline, points, reading)[name]
    return float(values.min()), float(values.max())


def conflict(baseline: Baseline, targets: Targets, reading: Reading) -> str:
    """The target without which the others hold, nothing if they all do, else all of them."""
    if len(corners(baseline, targets, reading)):
        return ""
    names = ("energy_reduction", "speedup", "lifetime_gain")
    given = [name for name in names if getattr(targets, name) is not None]
    alone = [name for name in given if len(corners(baseline, targets.without(name), reading))]
    return " or ".join(alone) if alone else " and ".join(given)


def _band(target: float, tolerance: float) -> tuple[float, float]:
    """The share that goes (1 - 1/gain) over the tolerated gains."""
    return 1.0 - 1.0 / (target * (1.0 - tolerance)), 1.0 - 1.0 / (target * (1.0 + tolerance))


def _weights(values: Sequence[float] | Array, reading: Reading) -> Array:
    """What a share depends on: computing counts with what it is tied to, or not at all."""
    weights = np.array(values, dtype=float)
    if reading.compute == "tied":
        weights[0] += 2.0 / 3.0 * weights[3]
        weights[1] += weights[3] / 3.0
    if reading.compute in ("kept", "tied"):
        weights[3] = 0.0
    return weights


def _times(baseline: Baseline, reading: Reading) -> Array:
    """Shares of the time that shrink with the rates."""
    times = np.array(baseline.time)
    if reading.compute == "energy":
        times[3] = 0.0
    return times


Limits = list[tuple[Array, float, float]]


def _polytopes(
    baseline: Baseline, targets: Targets, reading: Reading
) -> Iterator[tuple[Array, Limits]]:
    """Upper bounds of the rates, and (weights, low, high) bands on them, for each polytope."""
    upper = np.array([1.0, 1.0, 1.0, 1.0 if reading.compute in ("energy", "free") else 0.0])
    limits: Limits = []
    for target, values in (
        (targets.energy_reduction, baseline.energy),
        (targets.speedup, _times(baseline, reading)),
    ):
        if target is not None:
            limits.append((_weights(values, reading), *_band(target, targets.tolerance)))
    low, high = -np.inf, np.inf
    if targets.lifetime_gain is not None:
        low, high = _band(targets.lifetime_gain, targets.tolerance)
    if reading.life == "total":
        writes = np.array([*baseline.writes, 0.0]) / sum(baseline.writes)
        yield upper, [*limits, (writes, low, high)]
        return
    # The cell of kind j is the first: its wear lies in the band, that of the others not above it.
    most = max(baseline.wear)
    for j in range(3):
        if baseline.wear[j] <= 0.0:
            continue
        bands = []
        own = np.eye(4)[j] * baseline.wear[j] / most
        shift = 1.0 - baseline.wear[j] / most
        bands.append((own, low - shift, high - shift))
        for other in range(3):
            if other != j and baseline.wear[other] > 0.0:
                # wear_o (1 - x_o) <= wear_j (1 - x_j)
                weights = np.eye(4)[other] * baseline.wear[other] / most - own
                gap = (baseline.wear[other] - baseline.wear[j]) / most
                bands.append((weights, gap, np.inf))
        yield upper, [*limits, *bands]


def _corners(upper: Array, limits: Limits) -> Array:
    """Corners of {0 <= x <= upper, low <= w x <= high for all limits}.

    Every set of as many planes as there are free rates meets in at most one point; those points
    that all constraints admit are the corners.
    """
    free = np.flatnonzero(upper > 0.0)
    sides = [(np.eye(4)[i], bound) for i in free for bound in (0.0, upper[i])]
    sides += [(w, b) for w, low, high in limits for b in (low, high) if np.isfinite(b)]
    normals = np.array([w[free] for w, _ in sides])
    bounds = np.array([b for _, b in sides])
    chosen = np.array(list(itertools.combinations(range(len(sides)), len(free))))
    matrices = normals[chosen]
    chosen = chosen[np.abs(np.linalg.det(matrices)) > 1e-12]
    points = np.zeros((len(chosen), 4))
    points[:, free] = np.linalg.solve(normals[chosen], bounds[chosen][:, :, None])[:, :, 0]
    inside = ((points >= -_TINY) & (points <= upper + _TINY)).all(axis=1)
    for weights, low, high in limits:
        values = points @ weights
        inside &= (values >= low - _TINY) & (values <= high + _TINY)
    return np.clip(points[inside], 0.0, upper)
