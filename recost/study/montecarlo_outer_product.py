"""Saturation of sliced weights under random or recorded updates, and advice on slice bits."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from recost.errors import InputError
from recost.hardware import Hardware
from recost.kernels.outer_product_draws import start_weights
from recost.kernels.philox import stream_key
from recost.models.random_updates import Distribution, Plan
from recost.models.sliced_matrix import SlicedMatrix, Writing
from recost.models.slices import MOST_SLICE_BITS, MOST_VECTOR_BITS, Slicing, check_interval
from recost.models.training_prices import example_energy_j
from recost.study.result import Result

_Array = npt.NDArray[Any]

COLUMNS = (
    "row",
    "updates",
    "slicing",
    "carry_interval",
    "slice",
    "bits",
    "saturated_percent",
    "saturated_percent_deviation",
    "clipped_percent",
    "lost_update_percent",
)


@dataclass(frozen=True)
class Experiment:
    """What is done to the slices.

    Either `updates` of whole weights are added, one every `batch` examples, as the authors'
    functional simulation does [S]; or the outer product of a vector of `errors` and one of
    `activations` is added for every example, as the hardware does [P].

    Parameters
    ----------
    updates : Distribution, optional
    errors, activations : Distribution, optional
        Of the column vector a and the row vector b, in whole numbers below 2^16.
    batch : int
        Examples whose updates are added at once.
    shape : (int, int)
        Rows and columns of the weights of a trial; (1, cells) for `updates`.
    examples : int
        Of a trial; 0 is one carry interval.
    trials : int
        Independent sets of weights; their mean is the result.
    writing : Writing
        How cells take a write.
    seed : int
    """

    updates: Distribution | None = None
    errors: Distribution | None = None
    activations: Distribution | None = None
    batch: int = 1
    shape: tuple[int, int] = (1, 4096)
    examples: int = 0
    trials: int = 8
    writing: Writing = field(default_factory=Writing)
    seed: int = 0

    def __post_init__(self) -> None:
        vectors = self.errors is not None and self.activations is not None
        if (self.updates is None) != vectors or (self.errors is None) != (self.activations is None):
            raise InputError("give either updates, or errors and activations")
        for name, value in (("batch", self.batch), ("trials", self.trials)):
            if value < 1:
                raise InputError(f"{value}; write at least 1", key=name)
        if min(self.shape) < 1:
            raise InputError(f"{self.shape}; write at least 1", key="shape")
        if self.examples < 0:
            raise InputError(f"{self.examples}; write at least 1", key="examples")
        if self.updates is not None and self.shape[0] != 1:
            object.__setattr__(self, "shape", (1, self.shape[0] * self.shape[1]))
        if vectors and self.batch != 1:
            raise InputError(
                "an outer product is added for every example; write 1, or give updates of whole"
                " batches",
                key="batch",
            )

    @property
    def label(self) -> str:
        """What is added, in words."""
        if self.updates is not None:
            return self.updates.source or self.updates.family.text
        assert self.errors is not None
        assert self.activations is not None
        sources = (one.source or one.family.text for one in (self.errors, self.activations))
        return " x ".join(sources)


@dataclass(frozen=True)
class Saturation:
    """What one slicing lost over one carry interval; arrays have the most significant slice first.

    Attributes
    ----------
    saturated : float[trials, S]
        Share of cells at either bound after an example, averaged over the examples.
    clipped : float[S]
        Share of the steps asked of a slice that did not fit.
    lost : float
        Lost update mass: what did not fit, over all slices and carry resolutions with their
        weight 2^(p k), as a share of what was asked for.
    """

    slicing: Slicing
    carry_interval: int
    saturated: _Array
    clipped: _Array
    lost: float

    @property
    def total(self) -> float:
        """Share of saturated cells over all slices."""
        return float(self.saturated.mean())


def measure(slicing: Slicing, carry_interval: int, experiment: Experiment) -> Saturation:
    """Train sliced weights on random updates and count what saturates.

    Weights start uniform over the digits.  Trials run side by side; the result does not depend
    on how many do.

    Raises
    ------
    InputError
        A carry interval of 0 or one that is no multiple of the batch; vectors or updates that the
        slices have no bits for.
    """
    check_interval(carry_interval)
    if carry_interval % experiment.batch:
        raise InputError(
            f"{carry_interval} examples are not a multiple of the batch of {experiment.batch};"
            f" write {max(1, carry_interval // experiment.batch) * experiment.batch}",
            key="carry_interval",
        )

    def trial(number: int) -> SlicedMatrix:
        return _train(slicing, carry_interval // experiment.batch, experiment, number)

    first = trial(0)  # compiles before threads would wait for it
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        matrices = [first, *pool.map(trial, range(1, experiment.trials))]
    cells = experiment.shape[0] * experiment.shape[1]
    saturated = np.array([m.saturated / (m.examples * cells) for m in matrices])
    clipped = sum(m.clipped.astype(float) for m in matrices)
    requested = sum(m.requested.astype(float) for m in matrices)
    place = 2.0 ** (slicing.chunk_bits * np.arange(len(slicing.slice_bits))[::-1])
    lost = float((clipped * place).sum() + sum(m.cut_off for m in matrices))
    asked = float((requested * place).sum())
    return Saturation(
        slicing,
        carry_interval,
        saturated,
        np.divide(clipped, requested, out=np.zeros_like(place), where=requested > 0),
        lost / asked if asked else 0.0,
    )


def _train(slicing: Slicing, interval: int, experiment: Experiment, trial: int) -> SlicedMatrix:
    """One trial: uniform weights, then all its updates or outer products."""
    height, width = experiment.shape
    count = -(-experiment.examples // experiment.batch) or interval
    weights = np.empty((height, width), np.int64)
    key = stream_key(experiment.seed, "outer-product", "weights")
    start_weights(slicing.layout, key, trial * height * width, weights)
    writing = replace(experiment.writing, seed=experiment.seed * experiment.trials + trial)
    matrix = SlicedMatrix(slicing, weights, interval, writing)
    held = slicing.chunk_bits * len(slicing.slice_bits)

    def plan(purpose: str, limit: int) -> Plan:
        return Plan(experiment.seed, purpose, trial, limit)

    if experiment.updates is not None:
        limit = 2**held - 1
        for updates in experiment.updates.chunks(width, count, plan("updates", limit)):
            matrix.add_updates(updates)
        return matrix
    assert experiment.errors is not None
    assert experiment.activations is not None
    limit = 2 ** min(MOST_VECTOR_BITS, held // 2) - 1
    columns = experiment.errors.chunks(height, count, plan("errors", limit))
    rows = experiment.activations.chunks(width, count, plan("activations", limit))
    for column, row in zip(columns, rows, strict=True):
        matrix.add_outer_product(column, row)
    return matrix


def saturation(
    slicings: Slicing | Iterable[Slicing],
    carry_intervals: int | Iterable[int],
    experiment: Experiment,
    *,
    per: str = "total",
) -> Result:
    """Saturated cells and lost update mass, for each slicing and each carry interval.

    `per` is ``"total"``, a row a pair, or ``"slice"``: a row a slice and one named total.
    `saturated_percent_deviation` is the standard error over trials.
    """
    slicings = [slicings] if isinstance(slicings, Slicing) else list(slicings)
    several = [carry_intervals] if isinstance(carry_intervals, int) else list(carry_intervals)
    if per not in ("total", "slice"):
        raise InputError(f"'{per}' is not one of total, slice", key="per")
    rows: list[dict[str, Any]] = []
    for slicing, interval in product(slicings, several):
        rows += _rows(measure(slicing, interval, experiment), experiment, per)
    provenance = {
        "updates": experiment.label,
        "batch": experiment.batch,
        "weights": experiment.shape[0] * experiment.shape[1],
        "trials": experiment.trials,
        "seed": experiment.seed,
        "write_noise": experiment.writing.noise,
        "nonlinearity": experiment.writing.nonlinearity,
    }
    columns = COLUMNS if per == "slice" else tuple(c for c in COLUMNS if c != "slice")
    return Result(columns, rows, provenance=provenance, kind="montecarlo outer-product")


def _rows(found: Saturation, experiment: Experiment, per: str) -> Iterator[dict[str, Any]]:
    """The rows of one slicing and interval, the most significant slice first."""
    slicing = found.slicing
    same = {
        "updates": experiment.label,
        "slicing": slicing.text,
        "carry_interval": found.carry_interval,
    }
    trials = len(found.saturated)
    if per == "slice":
        slices = len(slicing.slice_bits)
        for place, bits in enumerate(slicing.slice_bits):
            yield {
                "row": "slice",
                **same,
                "slice": slices - 1 - place,
                "bits": bits,
                "saturated_percent": 100.0 * float(found.saturated[:, place].mean()),
                "saturated_percent_deviation": _standard_error(found.saturated[:, place]),
                "clipped_percent": 100.0 * float(found.clipped[place]),
            }
    yield {
        "row": "total" if per == "slice" else "result",
        **same,
        "bits": slicing.total_bits,
        "saturated_percent": 100.0 * found.total,
        "saturated_percent_deviation": _standard_error(found.saturated.mean(axis=1))
        if trials > 1
        else None,
        "clipped_percent": None,
        "lost_update_percent": 100.0 * found.lost,
    }


def _standard_error(shares: _Array) -> float | None:
    """Standard error of the mean of shares, in per cent; None of a single one."""
    if len(shares) < 2:
        return None
    return 100.0 * float(shares.std(ddof=1) / np.sqrt(len(shares)))


ADVICE_COLUMNS = (
    "row",
    "updates",
    "slicing",
    "carry_interval",
    "slice",
    "bits",
    "saturated_percent",
    "clipped_percent",
    "lost_update_percent",
    "energy_j",
)


def advise(
    slicing: Slicing,
    carry_intervals: int | Iterable[int],
    bound: float,
    experiment: Experiment,
    hardware: Hardware | None = None,
) -> Result:
    """The fewest bits of each slice that keep its saturated cells under `bound`.

    Slices do not act on each other between carry resolutions, and after one every digit is as
    likely as another whatever the bits; so one run with b bits in every slice tells for all
    slices at once whether b is enough, and the smallest b of each is the answer, which is then
    run as it is.  `slicing` gives the number of slices and the weight; its bits do not matter.
    `energy_j` is that of one example in a block of `hardware` with these slices
    (`training_prices.example_energy_j`): wider slices need wider converters, longer intervals
    fewer serial accesses.

    Raises
    ------
    InputError
        A bound that is not a share, or one that not even 14 bits keep.
    """
    if not 0.0 < bound < 1.0:
        raise InputError(f"{100 * bound:g} % is not between 0 and 100", key="--advise")
    several = [carry_intervals] if isinstance(carry_intervals, int) else list(carry_intervals)
    rows: list[dict[str, Any]] = []
    for interval in several:
        chosen = _fewest_bits(slicing, interval, bound, experiment)
        found = list(_rows(measure(chosen, interval, experiment), experiment, "slice"))
        if hardware is not None:
            found[-1]["energy_j"] = example_energy_j(hardware, chosen.slice_bits, interval)
        rows += found
    kept = [{name: row.get(name) for name in ADVICE_COLUMNS} for row in rows]
    provenance = {"bound_percent": 100.0 * bound, "seed": experiment.seed}
    return Result(ADVICE_COLUMNS, kept, provenance=provenance, kind="montecarlo outer-product")


def _fewest_bits(slicing: Slicing, interval: int, bound: float, experiment: Experiment) -> Slicing:
    """The smallest bits of each slice whose share of saturated cells is below the bound."""
    slices = len(slicing.slice_bits)
    chosen = [0] * slices
    for bits in range(slicing.least_bits, MOST_SLICE_BITS + 1):
        found = measure(replace(slicing, slice_bits=(bits,) * slices), interval, experiment)
        saturated = found.saturated.mean(axis=0)
        for place in range(slices):
            if not chosen[place] and saturated[place] < bound:
                chosen[place] = bits
        if all(chosen):
            return replace(slicing, slice_bits=tuple(chosen))
    raise InputError(
        f"not even {MOST_SLICE_BITS} bits a slice keep the saturated cells under"
        f" {100 * bound:g} % for {interval} examples; resolve carries more often",
        key="--advise",
    )
