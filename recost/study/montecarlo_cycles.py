"""Cycles by simulation beside the closed form, and by exact counts of real arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.hardware.records import structure_record
from recost.kernels.single import layer_counts
from recost.models.binding import bind
from recost.models.exact import CycleCount, count_cycles
from recost.models.inference import special_mode
from recost.models.intervals import ALPHA, mean_interval
from recost.models.synthetic import SyntheticLayer, Trial
from recost.network import LayerTable
from recost.study.result import Result
from recost.study.rows import as_networks
from recost.study.sampling import METHOD, Interrupted, Progress, Sampling, no_progress
from recost.vocabulary import COUNTS, Count, Sync

#: Draws of a layer's weights, each with many input vectors.
TRIALS = 100
# The first look of a sequential study: enough for Student's interval to be near the truth.
_FIRST_LOOK = 16

COLUMNS = (
    "row",
    "hardware",
    "workload",
    "layer",
    "trials",
    "ou_activations",
    "ou_activations_simulated",
    "ou_activations_simulated_low",
    "ou_activations_simulated_high",
    "ou_activations_bias_percent",
    "cycles",
    "cycles_simulated",
    "cycles_simulated_low",
    "cycles_simulated_high",
    "cycles_bias_percent",
    "agrees",
    "vector_cycles_median",
    "vector_cycles_p99",
    "vector_cycles_maximum",
)
_SIMULATED = ("ou_activations", "cycles")


@dataclass
class _Samples:
    """The trials of one layer, scaled to an image."""

    closed: dict[str, float]
    vectors: int
    fill: float
    work: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    slowest: list[Any] = field(default_factory=list)
    alpha: float = ALPHA

    def add(self, trial: Trial) -> None:
        self.work.append(trial.ou_activations * self.vectors)
        self.waits.append(trial.cycles * self.vectors + self.fill)
        self.slowest.append(trial.slowest)

    def interval(self, name: str) -> tuple[float, float, float]:
        values = np.array(self.work if name == "ou_activations" else self.waits)
        return (float(values.mean()), *mean_interval(values, self.alpha))

    def error(self, name: str) -> float:
        """Standard error of the mean; infinite of a single trial."""
        values = self.work if name == "ou_activations" else self.waits
        if len(values) < 2:
            return math.inf
        return float(np.std(values, ddof=1)) / math.sqrt(len(values))


def montecarlo_cycles(
    hardware: Sequence[Hardware],
    networks: LayerTable | Sequence[LayerTable],
    sampling: Sampling | None = None,
    *,
    layers: Sequence[str] = (),
    independent_bits: bool = False,
    progress: Progress = no_progress,
) -> Result:
    """Cycles of layers whose cells are drawn, with 95 % intervals, beside the closed form.

    A trial draws a layer's weights by its densities and input vectors by its bit profile and
    counts exactly.  `bias` is the closed form over the simulation, less one; `agrees` says
    whether it is within 1 % or three standard errors.  The closed form takes the bits of a
    value as independent: `independent_bits` draws them so; by default they are drawn given
    that the value is not 0, as real ones are.

    Raises
    ------
    InputError
        No such layer, or sparsity without a model.
    Interrupted
        The user stopped it; the result so far is inside.
    """
    sampling, tables = sampling or Sampling(TRIALS), as_networks(networks)
    work = [
        (machine, network, name)
        for machine in hardware
        for network in tables
        for name in (_chosen(network, layers) or network.names)
    ]
    done: list[tuple[Hardware, LayerTable, str, _Samples]] = []
    interrupted = False
    for number, (machine, network, name) in enumerate(work):
        samples = _start(machine, network, name)
        done.append((machine, network, name, samples))
        drawn = SyntheticLayer(
            bind(network, machine)[network.index(name)],
            machine,
            seed=sampling.seed,
            name=("cycles", network.name, name),
            together=not independent_bits,
        )
        place = (number, len(work), f"{machine.name} {network.name} {name}")
        try:
            _simulate(drawn, samples, sampling, progress, place)
        except KeyboardInterrupt:
            interrupted = True
            break
    return _finish(_result(done, sampling, independent_bits), interrupted)


def _finish(result: Result, interrupted: bool) -> Result:
    if interrupted:
        raise Interrupted(result)
    return result


def _chosen(network: LayerTable, layers: Sequence[str]) -> list[str]:
    return [network.names[network.index(name)] for name in layers]


def _start(machine: Hardware, network: LayerTable, name: str) -> _Samples:
    layer = bind(network, machine)[network.index(name)]
    counts = np.zeros(COUNTS)
    layer_counts(layer, structure_record(machine)[0], special_mode(machine), None, counts)
    closed = {
        "ou_activations": float(counts[Count.OU_ACTIVATIONS]),
        "cycles": float(counts[Count.CYCLES]),
    }
    vectors = int(layer["vectors"])
    fill = float(machine.operation_unit.fill_cycles * layer["passes"] * vectors)
    return _Samples(closed, vectors, fill)


def _simulate(
    drawn: SyntheticLayer,
    samples: _Samples,
    sampling: Sampling,
    progress: Progress,
    place: tuple[int, int, str],
) -> None:
    """Draw trials until they are enough."""
    number, of, what = place
    relative = sampling.relative_error
    if relative is not None:
        sampling = Sampling(max(_FIRST_LOOK, min(sampling.trials, TRIALS)), relative, sampling.seed)
    for trials, alpha in sampling.looks():
        for trial in range(len(samples.work), trials):
            samples.add(drawn.trial(trial))
            progress((number + (trial + 1) / trials) / of, f"{what}, trial {trial + 1}")
        samples.alpha = alpha
        if all(sampling.reached(*samples.interval(name)) for name in _SIMULATED):
            return


def _result(
    done: list[tuple[Hardware, LayerTable, str, _Samples]], sampling: Sampling, independent: bool
) -> Result:
    """A row a layer, and one that adds up the layers of a network where there are several."""
    rows: list[dict[str, Any]] = []
    known = [entry for entry in done if entry[3].work]
    for pair in dict.fromkeys((machine, network) for machine, network, _, _ in known):
        own = [(name, s) for machine, network, name, s in known if (machine, network) == pair]
        labels = {"hardware": pair[0].name, "workload": pair[1].name}
        rows += [labels | {"layer": name} | _row(samples) for name, samples in own]
        if len(own) > 1:
            rows.append(labels | _total([samples for _, samples in own]))
    notes = [METHOD] if sampling.relative_error is not None else []
    provenance = {
        "trials": sampling.trials,
        "until_relative_error": sampling.relative_error,
        "seed": sampling.seed,
        "independent_bits": independent,
        "hardware": {m.name: {"sha256": m.content_hash} for m, _, _, _ in done},
        "workloads": {n.name: {"sha256": n.content_hash} for _, n, _, _ in done},
    }
    return Result(COLUMNS, rows, notes=notes, provenance=provenance, kind="montecarlo cycles")


def _row(samples: _Samples) -> dict[str, Any]:
    row: dict[str, Any] = {"row": "layer", "trials": len(samples.work)}
    agrees = True
    for name in _SIMULATED:
        mean, low, high = samples.interval(name)
        closed, error = samples.closed[name], samples.error(name)
        row |= _figures(name, closed, (mean, low, high))
        agrees &= abs(closed - mean) <= max(0.01 * mean, 3.0 * error)
    slowest = np.concatenate(samples.slowest)
    row["vector_cycles_median"] = float(np.median(slowest))
    row["vector_cycles_p99"] = float(np.quantile(slowest, 0.99))
    row["vector_cycles_maximum"] = int(slowest.max())
    return row | {"agrees": agrees}


def _figures(name: str, closed: float, simulated: tuple[float, float, float]) -> dict[str, Any]:
    mean, low, high = simulated
    known = math.isfinite(low)
    return {
        name: closed,
        f"{name}_simulated": mean,
        f"{name}_simulated_low": low if known else None,
        f"{name}_simulated_high": high if known else None,
        f"{name}_bias_percent": 100.0 * (closed / mean - 1.0) if mean > 0.0 else None,
    }


def _total(samples: list[_Samples]) -> dict[str, Any]:
    """The layers of a network one after the other: means add, variances of the means add."""
    row: dict[str, Any] = {"row": "total", "trials": sum(len(s.work) for s in samples)}
    agrees = True
    for name in _SIMULATED:
        closed = sum(s.closed[name] for s in samples)
        intervals = [s.interval(name) for s in samples]
        mean = sum(interval[0] for interval in intervals)
        half = math.sqrt(sum((high - middle) ** 2 for middle, _, high in intervals))
        row |= _figures(name, closed, (mean, mean - half, mean + half))
        error = math.sqrt(sum(s.error(name) ** 2 for s in samples))
        agrees &= abs(closed - mean) <= max(0.01 * mean, 3.0 * error)
    return row | {"agrees": agrees}


COUNTED = (
    "row",
    "hardware",
    "set",
    "crossbar_row",
    "crossbar_column",
    "vector",
    "crossbars",
    "vectors",
    "cycles",
    "ou_activations",
    "cycles_sync_vector",
    "cycles_sync_layer",
    "vector_cycles_median",
    "vector_cycles_p99",
    "vector_cycles_maximum",
)


def montecarlo_arrays(
    hardware: Sequence[Hardware], weights: Any, inputs: Any, *, per: str = "total"
) -> Result:
    """Exact cycles of a real matrix and its inputs (`recost.count_cycles`), as a table.

    `per` is ``"total"``, ``"crossbar"`` (cycles over all vectors) or ``"vector"`` (cycles of
    the slowest crossbar); the last two have a row named total at the end.
    """
    if per not in ("total", "crossbar", "vector"):
        raise InputError(f"'{per}' is not one of total, crossbar, vector", key="per")
    rows: list[dict[str, Any]] = []
    for machine in hardware:
        counted = count_cycles(weights, inputs, machine)
        label = {"hardware": machine.name}
        if per == "crossbar":
            rows += [label | row for row in _crossbar_rows(counted)]
        elif per == "vector":
            rows += [label | row for row in _vector_rows(counted)]
        rows.append(label | _count_row(counted, "result" if per == "total" else "total"))
    used = {name for row in rows for name in row}
    columns = tuple(name for name in COUNTED if name in used)
    provenance = {"hardware": {m.name: {"sha256": m.content_hash} for m in hardware}}
    return Result(columns, rows, provenance=provenance, kind="montecarlo cycles")


def _crossbar_rows(counted: CycleCount) -> list[dict[str, Any]]:
    return [
        {
            "row": "crossbar",
            "set": int(position["set"]),
            "crossbar_row": int(position["row"]),
            "crossbar_column": int(position["column"]),
            "cycles": int(cycles),
            "ou_activations": int(cycles),
        }
        for position, cycles in zip(counted.positions, counted.per_crossbar, strict=True)
    ]


def _vector_rows(counted: CycleCount) -> list[dict[str, Any]]:
    return [
        {"row": "vector", "vector": v, "cycles": int(slowest), "ou_activations": int(total)}
        for v, (slowest, total) in enumerate(zip(counted.slowest, counted.per_vector, strict=True))
    ]


def _count_row(counted: CycleCount, label: str) -> dict[str, Any]:
    return {
        "row": label,
        "crossbars": counted.crossbars,
        "vectors": counted.vectors,
        "cycles": counted.cycles,
        "ou_activations": counted.ou_activations,
        "cycles_sync_vector": counted.stragglers[Sync.VECTOR],
        "cycles_sync_layer": counted.stragglers[Sync.LAYER],
        "vector_cycles_median": float(np.median(counted.slowest)),
        "vector_cycles_p99": float(np.quantile(counted.slowest, 0.99)),
        "vector_cycles_maximum": int(counted.slowest.max()),
    }
