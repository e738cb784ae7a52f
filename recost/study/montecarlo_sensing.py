"""Read errors of operation units by simulation, beside their closed form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.binding import bind, check_crossbars
from recost.models.intervals import ALPHA, weighted_share
from recost.models.sensing import (
    TRIALS,
    ErrorTable,
    Simulation,
    adc_codes,
    convert,
    sum_distribution,
    table_moments,
    uniform_states,
)
from recost.models.sensing_gaussian import gaussian_errors, gaussian_table
from recost.models.sensing_layer import DotProducts, SampledLayer
from recost.models.synthetic import sample
from recost.network import LayerTable
from recost.study.result import Result
from recost.study.sampling import METHOD, Interrupted, Progress, Sampling, no_progress

# The first look of a sequential study, and trials of a sum inside a layer: a layer's error is
# an average over many sums.
_FIRST_LOOK = 1_000
_LAYER_TRIALS = 2_000
# Dot products of a layer: every column with every vector.
_COLUMNS, _VECTORS = 32, 4
# An error that is rarer than this, with confidence, needs no closer look.
_FLOOR = 1e-6

UNIT_COLUMNS = (
    "active_wordlines",
    "adc_bits",
    "trials",
    "error_percent",
    "error_percent_low",
    "error_percent_high",
    "noise_error_percent",
    "closed_noise_error_percent",
    "zero_sum_error_percent",
    "mean_error",
    "rms_error",
    "zero_sums_percent",
    "dot_product_bias",
    "dot_product_rms_error",
    "snr_db",
    "closed_snr_db",
)
SUM_COLUMNS = (
    "active_wordlines",
    "true_sum",
    "share_percent",
    "trials",
    "error_percent",
    "error_percent_low",
    "error_percent_high",
    "noise_error_percent",
    "closed_noise_error_percent",
    "mean_error",
    "rms_error",
)
CODE_COLUMNS = (
    "active_wordlines",
    "true_sum",
    "sensed_sum",
    "trials",
    "share_percent",
    "closed_share_percent",
)
_PER = {"unit": UNIT_COLUMNS, "sum": SUM_COLUMNS, "code": CODE_COLUMNS}


@dataclass(frozen=True)
class Question:
    """What is to be known of each hardware.

    Parameters
    ----------
    per : ``"unit"``, a row an operation unit; ``"sum"``, a row a true sum; ``"code"``, a row
        for every true and sensed sum
    active : active wordlines of the tables; by default as many as an operation unit has
    network, layer : whose data the sums are made of; by default every state of a cell and
        every input bit are as likely as another
    """

    per: str = "unit"
    active: tuple[int, ...] = ()
    network: LayerTable | None = None
    layer: str | None = None

    def __post_init__(self) -> None:
        if self.per not in _PER:
            raise InputError(f"'{self.per}' is not one of {', '.join(_PER)}", key="per")
        if (self.network is None) != (self.layer is None):
            raise InputError("a network and its layer belong together")


@dataclass
class _Work:
    """The study in progress: its rows, and how far it is."""

    sampling: Sampling
    progress: Progress
    rows: list[dict[str, Any]] = field(default_factory=list)
    number: int = 0
    of: int = 1
    done: float = 0.0
    what: str = ""

    def advance(self, share: float) -> None:
        """The present hardware is `share` further."""
        self.done = min(1.0, self.done + share)
        self.progress((self.number + self.done) / self.of, self.what)


def montecarlo_sensing(
    hardware: Sequence[Hardware],
    sampling: Sampling | None = None,
    question: Question | None = None,
    *,
    labels: Sequence[dict[str, Any]] = (),
    progress: Progress = no_progress,
) -> Result:
    """How often a bitline's sum is read as another one, with 95 % intervals.

    `error` is of the converter's code, `noise_error` of a converter that has a code for every
    sum, `closed_noise_error` the same with Gaussian currents, `zero_sum_error` that of sum 0;
    `mean_error` and `rms_error` are in units of the sum.  `snr_db` and the dot products' error,
    in units of the last place, are of a layer after shift-and-add (`recost.models.sensing_layer`).
    `labels` are columns that tell the hardware apart, a mapping each.

    Raises
    ------
    InputError
        Cells whose resistances or spread are not known.
    Interrupted
        The user stopped it; the result so far is inside.
    """
    sampling, question = sampling or Sampling(TRIALS), question or Question()
    told = list(labels) or [{} for _ in hardware]
    work = _Work(sampling, progress, of=max(1, len(hardware)))
    interrupted = False
    for number, (machine, label) in enumerate(zip(hardware, told, strict=True)):
        work.number, work.done = number, 0.0
        settings = " ".join(f"{key}={value}" for key, value in label.items())
        work.what = f"{machine.name} {settings}".strip()
        try:
            for row in _rows(machine, question, work):
                work.rows.append({"hardware": machine.name} | label | row)
        except KeyboardInterrupt:
            interrupted = True
            break
    result = _result(hardware, told, work, question)
    if interrupted:
        raise Interrupted(result)
    return result


def _result(
    hardware: Sequence[Hardware],
    labels: Sequence[dict[str, Any]],
    work: _Work,
    question: Question,
) -> Result:
    columns = ["hardware", *dict.fromkeys(key for label in labels for key in label)]
    if question.network is not None:
        columns += ["workload", "layer"]
    columns += [name for name in _PER[question.per] if name not in columns]
    return Result(
        columns,
        work.rows,
        notes=[METHOD] if work.sampling.relative_error is not None else [],
        provenance={
            "trials": work.sampling.trials,
            "until_relative_error": work.sampling.relative_error,
            "seed": work.sampling.seed,
            "hardware": {m.name: {"sha256": m.content_hash} for m in hardware},
        },
        kind="montecarlo sensing",
    )


def _rows(machine: Hardware, question: Question, work: _Work) -> Iterator[dict[str, Any]]:
    """The rows of one hardware."""
    check_crossbars(machine)
    height = min(machine.operation_unit.rows, machine.crossbar.rows)
    active = question.active or (height,)
    labels: dict[str, Any] = {}
    layer = None
    if question.per == "unit" or question.network is not None:
        layer = _layer(machine, question, work.sampling.seed)
    if question.network is not None:
        labels = {"workload": question.network.name, "layer": question.layer}
    states = layer.states() if layer and question.network else None
    share = 0.5 if question.per == "unit" else 1.0
    for n in active:
        if not 1 <= n <= height:
            raise InputError(f"{n} is not between 1 and the {height} wordlines of a unit")
        table, alpha, stopped = _table(machine, n, states, work, share / len(active))
        own = labels | {"active_wordlines": n}
        sums = sum_distribution(n, uniform_states(1 << machine.crossbar.cell_bits, states))
        if question.per == "unit":
            row = own | _unit_row(machine, table, sums, states, alpha)
            if not stopped and layer is not None:
                try:
                    row |= _layer_row(machine, layer, work)
                except KeyboardInterrupt:
                    stopped = True
            yield row
        elif question.per == "sum":
            yield from (own | row for row in _sum_rows(machine, table, sums, states, alpha))
        else:
            yield from (own | row for row in _code_rows(machine, table, states))
        if stopped:
            raise KeyboardInterrupt


def _layer(machine: Hardware, question: Question, seed: int) -> SampledLayer:
    record = None
    if question.network is not None and question.layer is not None:
        record = bind(question.network, machine)[question.network.index(question.layer)]
    weights, inputs = sample(record, machine, seed=seed, vectors=_VECTORS, columns=_COLUMNS)
    return SampledLayer(machine, weights, inputs)


def _table(
    machine: Hardware, active: int, states: Any, work: _Work, share: float
) -> tuple[ErrorTable, float, bool]:
    """The table of errors, the alpha of its intervals, and whether the user stopped it."""
    sampling = work.sampling
    if sampling.relative_error is not None:
        first = min(_FIRST_LOOK, sampling.trials)
        sampling = Sampling(first, sampling.relative_error, sampling.seed)
    simulation = Simulation(machine, active, sampling.seed, states=states)
    sums = sum_distribution(active, uniform_states(1 << machine.crossbar.cell_bits, states))
    spent = ALPHA
    left = share
    try:
        for trials, alpha in sampling.looks():
            cells = simulation.cells_to(trials)
            # Of a sequential study nobody knows the last look: half of what is left each time.
            part = share if work.sampling.relative_error is None else 0.5 * left
            left -= part
            simulation.run(trials, lambda done, p=part, c=cells: work.advance(p * done / c))
            spent = alpha
            if sampling.reached(*simulation.table().error(sums, alpha=alpha), floor=_FLOOR):
                break
    except KeyboardInterrupt:
        return simulation.table(), spent, True
    return simulation.table(), spent, False


def _unit_row(
    machine: Hardware, table: ErrorTable, sums: Any, states: Any, alpha: float
) -> dict[str, Any]:
    error, low, high = table.error(sums, alpha=alpha)
    mean, square = table.moments()
    trials = table.trials
    return {
        "adc_bits": machine.adc.bits,
        "trials": int(trials.min()),
        "error_percent": 100.0 * error,
        "error_percent_low": 100.0 * low,
        "error_percent_high": 100.0 * high,
        "noise_error_percent": 100.0 * table.error(sums, noise_only=True)[0],
        "closed_noise_error_percent": 100.0
        * float(sums @ gaussian_errors(machine, table.active, states)),
        "zero_sum_error_percent": 100.0
        * float(table.errors(noise_only=True)[0] / max(1, trials[0])),
        "mean_error": float(sums @ mean),
        "rms_error": float(sums @ square) ** 0.5,
    }


def _layer_row(machine: Hardware, layer: SampledLayer, work: _Work) -> dict[str, Any]:
    """The error of a layer's dot products, simulated and in closed form."""
    states = layer.states()
    active = sum(1 for _ in layer.active())
    trials = min(work.sampling.trials, _LAYER_TRIALS)

    def simulated(n: int, sums: Any) -> tuple[Any, Any]:
        simulation = Simulation(machine, n, work.sampling.seed, sums=sums, states=states)
        simulation.run(trials)
        work.advance(0.5 / active)
        return simulation.table().moments()

    def gaussian(n: int, _sums: Any) -> tuple[Any, Any]:
        return table_moments(convert(gaussian_table(machine, n, states), adc_codes(machine, n)))

    found: DotProducts = layer.errors(simulated)
    return {
        "zero_sums_percent": 100.0 * found.zero_share,
        "dot_product_bias": found.bias,
        "dot_product_rms_error": found.mean_square**0.5,
        "snr_db": found.snr_db,
        "closed_snr_db": layer.errors(gaussian).snr_db,
    }


def _sum_rows(
    machine: Hardware, table: ErrorTable, sums: Any, states: Any, alpha: float
) -> Iterator[dict[str, Any]]:
    mean, square = table.moments()
    closed = gaussian_errors(machine, table.active, states)
    wrong, noise, trials = table.errors(), table.errors(noise_only=True), table.trials
    for k in range(len(sums)):
        one = np.ones(1)
        error, low, high = weighted_share(wrong[k : k + 1], trials[k : k + 1], one, alpha)
        yield {
            "true_sum": k,
            "share_percent": 100.0 * float(sums[k]),
            "trials": int(trials[k]),
            "error_percent": 100.0 * error,
            "error_percent_low": 100.0 * low,
            "error_percent_high": 100.0 * high,
            "noise_error_percent": 100.0 * float(noise[k] / max(1, trials[k])),
            "closed_noise_error_percent": 100.0 * float(closed[k]),
            "mean_error": float(mean[k]),
            "rms_error": float(square[k]) ** 0.5,
        }


def _code_rows(machine: Hardware, table: ErrorTable, states: Any) -> Iterator[dict[str, Any]]:
    shares, closed = table.shares, gaussian_table(machine, table.active, states)
    for k, s in np.ndindex(shares.shape):
        yield {
            "true_sum": k,
            "sensed_sum": s,
            "trials": int(table.trials[k]),
            "share_percent": 100.0 * float(shares[k, s]),
            "closed_share_percent": 100.0 * float(closed[k, s]),
        }
