"""The inverse problem of write elimination: which rates give published gains all at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.elimination_baseline import Spending, left_out_shares, spending
from recost.models.elimination_region import (
    RATES,
    READINGS,
    Baseline,
    Reading,
    Targets,
    attainable,
    conflict,
    corners,
    regions,
)
from recost.models.life import life
from recost.models.machine import cost
from recost.models.updates import check_policy
from recost.models.writes import network_writes
from recost.network import LayerTable
from recost.study.life_case import provenance_of
from recost.study.result import Result
from recost.study.rows import as_hardware, as_networks

_GAINS = ("energy_reduction", "speedup", "lifetime_gain")

COLUMNS = (
    "row",
    "hardware",
    "workload",
    "computing",
    "life",
    "satisfied",
    "conflict",
    *(f"{rate}_percent_{end}" for rate in RATES for end in ("low", "high")),
    *(f"{gain}_{end}" for gain in _GAINS for end in ("low", "high")),
)

SHARE_COLUMNS = (
    "row",
    "hardware",
    "workload",
    "part",
    "energy_share_percent",
    "time_share_percent",
    "wear_max",
    "cell_writes",
)


def elimination(
    hardware: Hardware | Sequence[Hardware],
    networks: LayerTable | Sequence[LayerTable],
    targets: Targets,
) -> Result:
    """The rates of elimination that give the targets, for every reading of what is public.

    A row a reading: whether computing is kept, vanishes with what is not written (tied), saves
    energy and no time, or is free; whether life ends with the first cell or counts all writes.
    Rates are the shares left out of activations' writes, errors' writes, weight updates and
    computing, from the lowest to the highest that any solution has.  Where there is none,
    `conflict` names the target without which the others hold.  Gains are what the other targets
    leave open for each.

    Raises InputError where a machine stores nothing, or without any target.
    """
    _check(targets)
    rows, notes = [], []
    for machine in as_hardware(hardware):
        for network in as_networks(networks):
            spent = spending(_plain(machine), network)
            label = {"hardware": machine.name, "workload": network.name}
            rows += [{**label, **_reading_row(spent.baseline, targets, r)} for r in READINGS]
            notes.append(_basis(spent, machine, network))
    return Result(
        COLUMNS,
        rows,
        notes=notes,
        provenance=provenance_of(as_hardware(hardware), as_networks(networks)),
        kind="elimination",
    )


def _ratio(one: float, other: float) -> float | None:
    """What one is of another; None where that is nothing, or both are without end."""
    found = one / other if other > 0.0 else math.nan
    return found if math.isfinite(found) else None


def _check(targets: Targets) -> None:
    """Raise InputError for no target, or one that is no gain."""
    given = {gain: getattr(targets, gain) for gain in _GAINS}
    if not any(value is not None for value in given.values()):
        raise InputError("give at least one of --energy-reduction, --speedup, --lifetime-gain")
    for gain, value in given.items():
        if value is not None and not 1.0 < value < math.inf:
            raise InputError("must lie above 1", key=f"--{gain.replace('_', '-')}")


def _reading_row(baseline: Baseline, targets: Targets, reading: Reading) -> dict[str, Any]:
    points = corners(baseline, targets, reading)
    row: dict[str, Any] = {
        "row": "reading",
        "computing": reading.compute,
        "life": reading.life,
        "satisfied": bool(len(points)),
        "conflict": conflict(baseline, targets, reading) or None,
    }
    if len(points):
        for i, rate in enumerate(RATES):
            row[f"{rate}_percent_low"] = 100.0 * float(points[:, i].min())
            row[f"{rate}_percent_high"] = 100.0 * float(points[:, i].max())
    for gain in _GAINS:
        found = attainable(baseline, targets, reading, gain)
        if found is not None:
            row[f"{gain}_low"] = _bounded(found[0])
            row[f"{gain}_high"] = _bounded(found[1])
    return row


def _bounded(gain: float) -> float | None:
    """None where everything can go, and the gain has no end."""
    return gain if gain < 1e9 else None


def _plain(machine: Hardware) -> Hardware:
    """The machine without its own elimination; InputError if it has no cells."""
    check_policy(machine)
    return machine.replace({"writes.eliminate": "none"})


def _basis(spent: Spending, machine: Hardware, network: LayerTable) -> str:
    """What the baseline's energy goes into, as text."""
    names = ("activations", "errors", "updates", "computing")
    parts = zip(names, spent.baseline.energy, strict=True)
    energy = ", ".join(f"{name} {100 * share:.1f} %" for name, share in parts)
    return f"{machine.name}, {network.name}: {spent.how}; energy: {energy}"


def shares(
    hardware: Hardware | Sequence[Hardware], networks: LayerTable | Sequence[LayerTable]
) -> Result:
    """What the inverse problem starts from: each part's energy, time, wear and writes."""
    rows: list[dict[str, Any]] = []
    for machine in as_hardware(hardware):
        for network in as_networks(networks):
            baseline = spending(_plain(machine), network).baseline
            for i, part in enumerate(RATES):
                rows.append(
                    {
                        "row": "part",
                        "hardware": machine.name,
                        "workload": network.name,
                        "part": part,
                        "energy_share_percent": 100.0 * baseline.energy[i],
                        "time_share_percent": 100.0 * baseline.time[i],
                        "wear_max": baseline.wear[i] if i < 3 else None,
                        "cell_writes": baseline.writes[i] if i < 3 else None,
                    }
                )
    return Result(
        SHARE_COLUMNS,
        rows,
        provenance=provenance_of(as_hardware(hardware), as_networks(networks)),
        kind="elimination",
    )


GAIN_COLUMNS = (
    "row",
    "hardware",
    "workload",
    "activations_percent",
    "errors_percent",
    "updates_percent",
    "write_reduction",
    "energy_reduction",
    "speedup",
    "lifetime_gain",
)


def gains(
    hardware: Hardware | Sequence[Hardware], networks: LayerTable | Sequence[LayerTable]
) -> Result:
    """What the elimination in machines' own files gains over the same machines without it.

    Shares of writes left out, then the reduction of cell writes, energy and time of an image in
    training, and the gain in trainings until the first array dies.
    """
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    for machine in as_hardware(hardware):
        for network in as_networks(networks):
            before, after = spending(_plain(machine), network), spending(machine, network)
            out = left_out_shares(machine, network)
            lives = [life(network_writes(m, network)).median for m in (_plain(machine), machine)]
            rows.append(
                {
                    "row": "result",
                    "hardware": machine.name,
                    "workload": network.name,
                    "activations_percent": 100.0 * out[0],
                    "errors_percent": 100.0 * out[1],
                    "updates_percent": 100.0 * out[2],
                    "write_reduction": _ratio(sum(before.writes), sum(after.writes)),
                    "energy_reduction": _ratio(before.energy_j, after.energy_j),
                    "speedup": _ratio(before.time_s, after.time_s),
                    "lifetime_gain": _ratio(lives[1], lives[0]),
                }
            )
            notes.append(_basis(before, machine, network))
    return Result(
        GAIN_COLUMNS,
        rows,
        notes=notes,
        provenance=provenance_of(as_hardware(hardware), as_networks(networks)),
        kind="elimination",
    )


GPU_COLUMNS = (
    "row",
    "hardware",
    "workload",
    "gain",
    "published",
    "published_over_baseline",
    "implied_baseline_over_gpu",
    "modelled_baseline_over_gpu",
    "ratio",
)


def against_gpu(
    hardware: Hardware, network: LayerTable, gpu: Hardware, published: dict[str, float],
    targets: Targets,
) -> Result:  # fmt: skip
    """Gains over a GPU, over those over the baseline: what the baseline must gain over the GPU.

    `published` has ``energy_reduction`` and ``speedup`` over the GPU.  `ratio` is the modelled
    gain of the baseline over the implied one.
    """
    own, other = cost(hardware, network, "training"), cost(gpu, network, "training")
    faster = (own.throughput_per_s or 0.0) / (other.throughput_per_s or math.inf)
    modelled = {"energy_reduction": other.energy_j / own.energy_j, "speedup": faster}
    rows = []
    for gain, value in published.items():
        over = getattr(targets, gain)
        if over is None:
            raise InputError("needs the gain over the baseline too", key=f"--{gain}")
        rows.append(
            {
                "row": "gpu",
                "hardware": hardware.name,
                "workload": network.name,
                "gain": gain,
                "published": value,
                "published_over_baseline": over,
                "implied_baseline_over_gpu": value / over,
                "modelled_baseline_over_gpu": modelled[gain],
                "ratio": modelled[gain] / (value / over),
            }
        )
    return Result(
        GPU_COLUMNS, rows, provenance=provenance_of((hardware, gpu), (network,)), kind="elimination"
    )


_WIDTH, _HEIGHT = 51, 17


def region_plot(hardware: Hardware, network: LayerTable, targets: Targets, reading: Reading) -> str:
    """The region of rates as text: activations to the right, updates (or computing) upwards.

    ``#`` stands where some rates of the other parts satisfy all targets.  Raises InputError as
    `elimination`.
    """
    _check(targets)
    baseline = spending(_plain(hardware), network).baseline
    upward = 3 if reading.compute in ("energy", "free") else 2
    found = [points[:, [0, upward]] for points in regions(baseline, targets, reading)]
    lines = [
        f"{hardware.name}, {network.name}: computing {reading.compute}, life by {reading.life}",
        f"{RATES[upward]} left out, %",
    ]
    for step in range(_HEIGHT):
        y = 1.0 - step / (_HEIGHT - 1)
        marks = "".join(_mark(found, i / (_WIDTH - 1), y) for i in range(_WIDTH))
        label = f"{100 * y:5.0f}" if step % 4 == 0 else "     "
        lines.append(f"{label} |{marks}|")
    lines.append("      +" + "-" * _WIDTH + "+")
    lines.append("       0" + " " * (_WIDTH // 2 - 3) + "50" + " " * (_WIDTH // 2 - 3) + "100")
    lines.append("       activations left out, %")
    if not found:
        lines.append(f"       nothing satisfies all: {conflict(baseline, targets, reading)}")
    return "\n".join(lines) + "\n"


def _mark(regions_: list[np.ndarray[Any, Any]], x: float, y: float) -> str:
    """``#`` where a cell of the plot touches one of the projected polytopes."""
    half = np.array([0.5 / (_WIDTH - 1), 0.5 / (_HEIGHT - 1)])
    centre = np.array([x, y])
    return "#" if any(_touches(points, centre, half) for points in regions_) else " "


def _touches(
    points: np.ndarray[Any, Any], centre: np.ndarray[Any, Any], half: np.ndarray[Any, Any]
) -> bool:
    """Whether the convex hull of points in the plane meets a box: no direction separates them.

    The candidates are the box's sides and the normals of all lines through two points.
    """
    differences = (points[:, None, :] - points[None, :, :]).reshape(-1, 2)
    normals = np.stack([-differences[:, 1], differences[:, 0]], axis=1)
    normals = np.concatenate([np.eye(2), normals[np.abs(normals).sum(axis=1) > 1e-12]])
    along = normals @ points.T
    middle, reach = normals @ centre, np.abs(normals) @ half
    apart = (along.min(axis=1) > middle + reach + 1e-12) | (
        along.max(axis=1) < middle - reach - 1e-12
    )
    return not bool(apart.any())
