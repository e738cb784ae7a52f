"""Columns that estimates and comparisons share, and how a cost fills them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.cost import Cost, LayerCost
from recost.models.inference import COMPONENT_NAMES
from recost.models.training import COMPONENTS as TRAINING_PARTS
from recost.network import LayerTable
from recost.study.result import Result

T = TypeVar("T")

#: Parts among which energy is divided, by phase; digital machines and GPUs use the last.
ENERGY_PARTS: dict[str, tuple[str, ...]] = {
    "inference": (*COMPONENT_NAMES, "digital"),
    "training": TRAINING_PARTS,
}

_COST_COLUMNS = (
    "row",
    "hardware",
    "workload",
    "phase",
    "work",
    "profile",
    "cycles",
    "cycle_time_s",
    "ou_activations",
    "adc_conversions",
    "latency_s",
    "throughput_per_s",
    "energy_j",
    "energy_*_j",
    "power_w",
    "area_mm2",
    "crossbars",
    "chips",
)
#: The columns of a total that hold words.
WORD_COLUMNS = ("row", "hardware", "workload", "phase", "work", "profile")
LAST_COLUMNS = ("unmodelled_macs_percent",)

_LAYER_COLUMNS = (
    "row",
    "hardware",
    "workload",
    "layer",
    "phase",
    "work",
    "cycles",
    "ou_activations",
    "adc_conversions",
    "latency_s",
    "energy_j",
    "energy_*_j",
    "crossbars",
    "copies",
    "utilisation_percent",
)


def cost_columns(phase: str) -> tuple[str, ...]:
    """The columns of a total in a phase, without `LAST_COLUMNS`."""
    return _with_energies(_COST_COLUMNS, phase)


def layer_columns(phase: str) -> tuple[str, ...]:
    """The columns of a layer in a phase."""
    return _with_energies(_LAYER_COLUMNS, phase)


def _with_energies(columns: Sequence[str], phase: str) -> tuple[str, ...]:
    """The columns with those of the phase's energies in place of ``energy_*_j``."""
    parts = tuple(f"energy_{name}_j" for name in ENERGY_PARTS[phase])
    place = columns.index("energy_*_j")
    return (*columns[:place], *parts, *columns[place + 1 :])


def as_networks(networks: LayerTable | Sequence[LayerTable]) -> tuple[LayerTable, ...]:
    """One network or several, as a tuple."""
    return _all_of(LayerTable, networks, "load_network")


def as_hardware(hardware: Hardware | Sequence[Hardware]) -> tuple[Hardware, ...]:
    """One machine or several, as a tuple."""
    return _all_of(Hardware, hardware, "load_hardware")


def _all_of(kind: type[T], given: T | Sequence[T], loader: str) -> tuple[T, ...]:
    """What is given, each of a kind; TypeError for a name or a path, which has to be loaded."""
    found: tuple[Any, ...] = (given,)
    if isinstance(given, Iterable) and not isinstance(given, kind | str):
        found = tuple(given)
    for one in found:
        if not isinstance(one, kind):
            raise TypeError(f"{one!r} is no {kind.__name__}; recost.{loader} reads one from a file")
    return found


def in_work(cost: Cost, work: str | None) -> Cost:
    """The cost of a training's step, epoch or run, or of one input if `work` is None."""
    if work is None:
        return cost
    recipe = cost.network.recipe
    if recipe is None:
        raise InputError(
            f"{cost.network.name}: --work {work} needs a [recipe] with images, epochs and batch",
            path=cost.network.path,
            key="recipe",
        )
    inputs = {
        "step": recipe.batch,
        "epoch": recipe.images,
        "run": recipe.images * recipe.epochs,
    }
    return cost.scaled(float(inputs[work]), work)


def energies(of: Cost | LayerCost, phase: str) -> dict[str, float]:
    """The energy columns of a cost or a layer; components that it lacks are 0."""
    return {f"energy_{name}_j": of.energies_j.get(name, 0.0) for name in ENERGY_PARTS[phase]}


def cost_row(cost: Cost) -> dict[str, Any]:
    """A row of `cost_columns` and `LAST_COLUMNS`."""
    network = cost.network
    return {
        "row": "result",
        "hardware": cost.hardware.name,
        "workload": network.name,
        "phase": cost.phase,
        "work": cost.work,
        "profile": network.profile_source,
        "cycles": cost.cycles,
        "cycle_time_s": cost.cycle_time_s,
        "ou_activations": cost.ou_activations,
        "adc_conversions": cost.adc_conversions,
        "latency_s": cost.latency_s,
        "throughput_per_s": cost.throughput_per_s,
        "energy_j": cost.energy_j,
        **energies(cost, cost.phase),
        "power_w": cost.power_w,
        "area_mm2": cost.area_mm2,
        "crossbars": cost.crossbars,
        "chips": cost.chips,
        "unmodelled_macs_percent": network.unmodelled_percent,
    }


def layer_row(cost: Cost, layer: LayerCost) -> dict[str, Any]:
    """A row of `layer_columns`."""
    return {
        "row": "layer",
        "hardware": cost.hardware.name,
        "workload": cost.network.name,
        "layer": layer.name,
        "phase": cost.phase,
        "work": cost.work,
        "cycles": layer.cycles,
        "ou_activations": layer.ou_activations,
        "adc_conversions": layer.adc_conversions,
        "latency_s": layer.latency_s,
        "energy_j": layer.energy_j,
        **energies(layer, cost.phase),
        "crossbars": layer.crossbars,
        "copies": layer.copies,
        "utilisation_percent": None if layer.utilisation is None else 100.0 * layer.utilisation,
    }


def notes_of(costs: Iterable[Cost]) -> tuple[list[str], list[str]]:
    """(notes, warnings) of the inputs behind some costs, each said once."""
    notes: dict[str, None] = {}
    warnings: dict[str, None] = {}
    for cost in costs:
        if not cost.network.profiled:
            notes[f"{cost.network.name} has no profile: all densities and all bits are 1"] = None
        for note in cost.network.notes:
            notes[note] = None
        for note in cost.notes:
            warnings[note] = None
    return list(notes), list(warnings)


def provenance_of(costs: Iterable[Cost]) -> dict[str, Any]:
    """Which files, in which state, the numbers were made from."""
    hardware: dict[str, Any] = {}
    networks: dict[str, Any] = {}
    for cost in costs:
        for made, kind in ((cost.hardware, hardware), (cost.network, networks)):
            entry = {"sha256": made.content_hash, "path": made.path}
            if kind.setdefault(made.name, entry) != entry:  # two designs of one name
                kind[f"{made.name} {made.content_hash[:8]}"] = entry
    return {"hardware": hardware, "workloads": networks}


def result_of(
    columns: Sequence[str],
    rows: Sequence[dict[str, Any]],
    costs: Sequence[Cost],
    kind: str,
    means: Sequence[dict[str, Any]] = (),
    more_notes: Sequence[str] = (),
) -> Result:
    """A result with the notes and provenance of the costs that it was made from."""
    notes, warnings = notes_of(costs)
    return Result(
        columns=columns,
        rows=rows,
        means=means,
        notes=[*notes, *more_notes],
        warnings=warnings,
        provenance=provenance_of(costs),
        kind=kind,
    )
