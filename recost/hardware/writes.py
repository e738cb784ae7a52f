"""What is written into cells, what is left unwritten, and how wear is spread and borne."""
# ruff: noqa: RUF009 (`key` makes a field, not a default that instances would share)

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recost.hardware.keys import key
from recost.vocabulary import (
    EliminationTest,
    Granularity,
    Levelling,
    Magnitude,
    Rounding,
    SkippedComputing,
    UpdatePolicy,
    WriteScope,
)

# Beyond these a slip of the pen is likelier than a model.
_LARGEST_SPREAD = 20.0
_LARGEST_FEEDBACK = 64.0


def _share(default: float | None, doc: str) -> Any:
    return key(default, doc, minimum=0.0, maximum=1.0, part="none")


def _number(default: float | None, doc: str, minimum: float, maximum: float) -> Any:
    return key(default, doc, minimum=minimum, maximum=maximum, part="none")


def _spread(default: float | None, doc: str) -> Any:
    return _number(default, doc, 0.0, _LARGEST_SPREAD)


@dataclass(frozen=True, slots=True)
class Writes:
    """Updates of weights, stored activations and errors, wear and its levelling."""

    # Which updates are written.
    policy: UpdatePolicy = key(
        UpdatePolicy.SGD,
        "updates that are written; threshold, stochastic: single gradients; structured,"
        " endurance-aware: whole structures, the latter by their update counts too",
        part="none",
    )
    threshold: float | None = _number(
        None, "threshold of the policy, over the layer's mean gradient or norm", 0.0, 1e12
    )
    structure: Granularity = key(
        Granularity.ELEMENT,
        "what the policy decides on as one: element (a weight), row or column of a crossbar,"
        " operation-unit, crossbar",
        part="none",
    )
    feedback: float | None = _number(
        None,
        "exponent k of endurance-aware: probabilities go as ((mean count + 1)/(count + 1))^k",
        0.0,
        _LARGEST_FEEDBACK,
    )
    persistent: float = _share(
        0.0, "share of the variance of ln(gradient) that sets structures apart for a whole training"
    )

    # How large updates are, where the network's profile has no gradients.
    update_family: Magnitude = key(
        Magnitude.GAUSSIAN,
        "family of updates, where the network's profile has no gradients",
        part="none",
    )
    update_spread: float | None = _spread(
        None, "ln-sigma of lognormal updates, where the profile has no gradients"
    )
    update_size: float | None = _number(
        None,
        "mean size of an update in steps of the weight's last place, where the profile has no"
        " gradients; not known: every update writes every slice",
        0.0,
        1e18,
    )
    learning_rate: float = _number(
        1.0, "what the profile's gradients are multiplied by to give updates", 0.0, 1e12
    )
    rounding: Rounding = key(
        Rounding.NEAREST, "how an update becomes whole steps of the last place", part="none"
    )
    wear_per_write: float = _share(
        1.0, "wear of a write as a share of a full one's (1: every write counts whole)"
    )

    # What is stored besides weights.
    transposed: bool = key(
        False, "the transposed weights are stored and updated as well", part="none"
    )
    store: bool = key(
        False, "activations and errors of training are written into crossbars", part="none"
    )
    buffer_depth: int | None = key(
        None,
        "places that a layer's stored values rotate over; pipeline: 2 (L - l) + 1 for layer l of L",
        minimum=1,
        maximum=1_000_000,
        words={"pipeline": None},
        part="none",
    )
    skip_unchanged: bool = key(
        False, "a cell that already holds its value is not written", part="none"
    )
    overlap: bool = key(
        False, "stored values are written while the next are computed (double buffers)", part="none"
    )
    energy_scope: WriteScope = key(
        WriteScope.CELL, "what cell.write_energy is the energy of", part="none"
    )

    # Which writes are insignificant and left out.
    eliminate: Granularity = key(
        Granularity.NONE, "granularity at which insignificant writes are left out", part="none"
    )
    eliminate_on: EliminationTest = key(
        EliminationTest.VALUE,
        "value: written values below the threshold are insignificant; change: differences are",
        part="none",
    )
    activation_threshold: float | None = _share(
        None, "activations below this share of full scale are insignificant"
    )
    error_threshold: float | None = _share(
        None, "errors below this share of full scale are insignificant"
    )
    insignificant_activations: float | None = _share(
        None, "share of insignificant activations, instead of a threshold"
    )
    insignificant_errors: float | None = _share(
        None, "share of insignificant errors, instead of a threshold"
    )
    insignificant_updates: float | None = _share(
        None, "share of weight updates that are left out on top of the policy"
    )
    skip_computing: SkippedComputing = key(
        SkippedComputing.NONE,
        "what computing saves on values that were left out: none, energy (silent inputs in a cycle"
        " as long), both energy and time",
        part="none",
    )
    eliminate_correlation: float = _share(
        0.0, "mean correlation of two values of a row being insignificant"
    )

    # How wear is spread and borne.
    levelling: Levelling = key(
        Levelling.NONE, "how writes are moved over cells that wear unequally", part="none"
    )
    levelling_interval: int = key(
        100,
        "writes of a cell between two rotations, or of an array between two gap moves",
        minimum=1,
        maximum=1_000_000_000,
        part="none",
    )
    spare_rows: int = key(0, "spare rows of a crossbar", minimum=0, maximum=16_384, part="none")
    spare_columns: int = key(
        0, "spare columns of a crossbar", minimum=0, maximum=16_384, part="none"
    )
    corrected: float = _share(0.0, "share of a row's cells whose failure is corrected")
    wear_spread: float = _spread(0.0, "ln-sigma of the wear of cells that are written alike")
    temperature: float = _number(300.0, "temperature of the cells in kelvin", 100.0, 1000.0)
    reference_temperature: float = _number(
        300.0, "temperature in kelvin that cell.endurance is given for", 100.0, 1000.0
    )
    activation_energy: float = _number(
        0.45, "activation energy of endurance in electronvolt (TOPAR [2], Arrhenius [D])", 0.0, 10.0
    )
    slowdown: float = _number(
        1.0, "factor by which writes are slower than cell.write_time", 1e-3, 1e6
    )
    slowdown_exponent: float = _number(
        2.0, "endurance goes as slowdown to this power: 1 to 3, Mellow Writes 2 [P]", 0.0, 10.0
    )
    derating: float = _share(1.0, "share of the endurance that is counted on")
