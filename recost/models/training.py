"""Training on crossbars and in digital units: counts of `recost.kernels.training` times prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recost.errors import Fault, InputError
from recost.hardware import Hardware
from recost.hardware.records import structure_record, technology_record
from recost.kernels import training as kernel
from recost.kernels.single import crossbar_figures
from recost.models.cost import Action, Cost, LayerCost
from recost.models.kept_writes import kept_writes, leaves_all
from recost.models.training_prices import (
    block_prices,
    block_shape,
    block_structure,
    blocks_per_core,
    control_w,
    is_reram,
    movement_prices,
    plan_of,
    serial_write_s,
    slices_of,
    times_of,
)
from recost.network import LayerTable
from recost.vocabulary import (
    COUNTS,
    TRAINING_ACTIONS,
    Count,
    TrainingAction,
    TrainingUpdate,
)

Array = np.ndarray[Any, Any]

#: Parts among which the energy of training is divided.
COMPONENTS = (
    "adc",
    "cell",
    "outer_product",
    "digital",
    "write",
    "memory",
    "bus",
    "network_on_chip",
    "off_chip",
    "vector",
    "control",
    "leakage",
)
_MOVEMENT = {
    Count.MEMORY_BITS_READ: "memory",
    Count.MEMORY_BITS_WRITTEN: "memory",
    Count.BUS_BITS: "bus",
    Count.NETWORK_BIT_HOPS: "network_on_chip",
    Count.OFF_CHIP_BITS: "off_chip",
    Count.VECTOR_OPERATIONS: "vector",
}
_PRODUCTS = (
    TrainingAction.FORWARD_ACCESSES,
    TrainingAction.BACKWARD_ACCESSES,
    TrainingAction.GRADIENT_ACCESSES,
)


@dataclass(frozen=True)
class Figures:
    """Counts of a network's training for one example, and what they are multiplied with.

    `actions` [layers, TRAINING_ACTIONS], `counts` [layers, COUNTS] (data movement and blocks),
    `busy` [layers, 3] seconds forward, backward and gradient.
    """

    hardware: Hardware
    network: LayerTable
    plan: kernel.Plan
    times: kernel.Times
    actions: Array
    counts: Array
    busy: Array

    @property
    def copies(self) -> Array:
        """Copies of each layer's weights: the plan's, times those that share an example."""
        vectors: Array = self.network.records["vectors"]
        if not self.plan.stage_vectors:
            return np.full(len(vectors), self.plan.copies)
        shared: Array = -(-vectors // self.plan.stage_vectors)
        return self.plan.copies * shared

    @property
    def blocks(self) -> Array:
        """Blocks of weights of each layer, one copy."""
        blocks: Array = self.counts[:, Count.CROSSBARS]
        return blocks

    @property
    def step_s(self) -> float:
        """Seconds of a step."""
        return float(kernel.step_time(self.busy, self.plan, self.times))

    def occupied_s(self) -> Array:
        """Seconds an example takes a layer's units, its share of the end of a step included."""
        taken: Array = np.array([kernel.occupied(row, self.plan) for row in self.busy])
        if self.plan.update == TrainingUpdate.OUTER_PRODUCT and self.plan.copies == 2:
            taken += self.busy[:, 2]
        reads, _ = kernel.serial_accesses(self.plan)
        taken += reads * self.times.serial
        return taken


def training_figures(
    hardware: Hardware, network: LayerTable, batch: int, *, alone: bool = False
) -> Figures:
    """Counts of one example of a batch.

    `alone` counts each layer by itself, as published per layer: with a backward product also
    where the network's first layer needs none, and its vectors from outside the chip only there.
    """
    figures = _empty_figures(hardware, network, plan_of(hardware, batch))
    layers = np.ascontiguousarray(network.records)
    first = np.zeros(len(layers), np.bool_)
    first[0] = not alone
    structure = block_structure(hardware)[0]
    out = (figures.actions, figures.counts, figures.busy)
    kernel.network_training(layers, structure, figures.plan, figures.times, first, out)
    _off_chip(figures, layers, structure, 2.0)
    if is_reram(hardware) and not leaves_all(hardware):
        return _thinned(figures)
    return figures


def _thinned(figures: Figures) -> Figures:
    """The figures with the writes and products that policies and elimination leave."""
    kept, times = kept_writes(figures.hardware, figures.network), figures.times
    actions, busy = figures.actions, figures.busy
    actions[:, TrainingAction.STORED_WRITES] *= kept.stored
    actions[:, TrainingAction.SERIAL_WRITES] *= kept.updates
    for action in (TrainingAction.FORWARD_ACCESSES, TrainingAction.GRADIENT_ACCESSES):
        actions[:, action] *= kept.forward
    actions[:, TrainingAction.BACKWARD_ACCESSES] *= kept.backward
    vectors = figures.network.records["vectors"].astype(float)
    staged = np.array([kernel.stage(figures.plan, count) for count in vectors])
    for column, rows, products in ((0, kept.activations, kept.forward),
                                   (1, kept.errors, kept.backward)):  # fmt: skip
        spared = times.stored * (1.0 - rows)
        if kept.timed:
            spared = spared + times.product * (1.0 - products)
        busy[:, column] = np.maximum(0.0, busy[:, column] - staged * spared)
    if kept.timed:
        busy[:, 2] *= kept.forward
    serial = times.serial - serial_write_s(figures.hardware) * (1.0 - float(kept.rows.max()))
    return replace(figures, times=times._replace(serial=serial))


def forward_figures(hardware: Hardware, network: LayerTable) -> Figures:
    """Counts of one input that only goes forward, by the prices of training."""
    training = hardware.training
    plan = kernel.Plan(
        int(TrainingUpdate.DIGITAL),
        1,
        1,
        1,
        training.accesses,
        hardware.precision.input_bits,
        is_reram(hardware) and hardware.writes.store,
        False,
        training.stage_vectors or 0,
    )
    figures = _empty_figures(hardware, network, plan)
    layers, structure = np.ascontiguousarray(network.records), block_structure(hardware)[0]
    out = (figures.actions, figures.counts, figures.busy)
    kernel.network_forward(layers, structure, plan, figures.times, out)
    _off_chip(figures, layers, structure, 1.0)
    return figures


def _empty_figures(hardware: Hardware, network: LayerTable, plan: kernel.Plan) -> Figures:
    """Figures of a network that are still to be counted."""
    actions = np.zeros((len(network), TRAINING_ACTIONS))
    counts, busy = np.zeros((len(network), COUNTS)), np.zeros((len(network), 3))
    return Figures(hardware, network, plan, times_of(hardware), actions, counts, busy)


def _off_chip(figures: Figures, layers: Array, structure: np.void, ways: float) -> None:
    """Examples come in, answers go out; where a chip is full, outputs cross, and errors back."""
    per_chip = int(
        structure["hierarchy_crossbars_per_core"]
        * structure["hierarchy_cores_per_tile"]
        * structure["hierarchy_tiles_per_chip"]
    )
    bits = figures.plan.stream_bits
    placed = np.cumsum(figures.blocks)
    for i in range(len(layers) - 1):
        before = placed[i - 1] // per_chip if i else 0
        crossings = max(0.0, (placed[i] - 1) // per_chip - before)
        figures.counts[i, Count.OFF_CHIP_BITS] += ways * crossings * layers[i]["outputs"] * bits
    figures.counts[0, Count.OFF_CHIP_BITS] += float(layers[0]["inputs"]) * bits
    figures.counts[-1, Count.OFF_CHIP_BITS] += float(layers[-1]["outputs"]) * bits


def action_list(figures: Figures) -> list[tuple[str, str, Array, float]]:
    """Every action as (component, name, count of each layer, price in joules)."""
    hardware, block = figures.hardware, block_prices(figures.hardware)
    digital = not is_reram(hardware)
    update = TrainingUpdate(figures.plan.update)
    actions = figures.actions
    found: list[tuple[str, str, Array, float]] = []
    for action in _PRODUCTS:
        name, counted = action.name.lower(), actions[:, action]
        found.append(("digital" if digital else "cell", name, counted, block.product_array_j))
        found.append(("adc", name, counted, block.product_adc_j))
    in_place = update is TrainingUpdate.OUTER_PRODUCT
    outer = actions[:, TrainingAction.OUTER_PRODUCT_ACCESSES]
    part = "outer_product" if in_place else "digital"
    found.append((part, "outer_product_accesses", outer, block.outer_product_j))
    for action, price in (
        (TrainingAction.SERIAL_READS, block.serial_read_j),
        (TrainingAction.SERIAL_WRITES, block.serial_write_j),
        (TrainingAction.STORED_WRITES, block.stored_write_j),
    ):
        found.append(("write", action.name.lower(), actions[:, action], price))
    for count, price in movement_prices(hardware).items():
        found.append((_MOVEMENT[count], count.name.lower(), figures.counts[:, count], price))
    found.append(("control", "busy_seconds", figures.occupied_s() * figures.blocks,
                  control_w(hardware)))  # fmt: skip
    return found


def train(hardware: Hardware, network: LayerTable) -> Cost:
    """What one training example costs, averaged over the recipe's batch.

    Raises
    ------
    InputError
        Hardware without `training.update`, a network without a recipe, a batch that the
        hardware's copies do not allow, a network larger than the budget.
    """
    recipe = network.recipe
    if recipe is None:
        raise InputError(
            f"{network.name}: training needs a recipe; write [recipe] with images, epochs and"
            " batch",
            path=network.path,
            key="recipe",
        )
    figures = training_figures(hardware, network, recipe.batch)
    per_example = figures.step_s / recipe.batch
    return _cost(figures, network, "training", (per_example, per_example))


def _cost(figures: Figures, network: LayerTable, phase: str, times: tuple[float, float]) -> Cost:
    """Counts times prices; `times` are the latency of one unit of work and the interval of two."""
    hardware, (latency_s, interval_s) = figures.hardware, times
    machine = _machine(figures)
    _check_budget(hardware, network, machine.chips)
    found = action_list(figures)
    layers = _layers(figures, network, found, (latency_s, machine.static_w * interval_s))
    energies = {name: sum(layer.energies_j[name] for layer in layers) for name in COMPONENTS}
    actions = [Action(c, name, float(n.sum()), price) for c, name, n, price in found]
    actions.append(Action("leakage", "interval", 1.0, energies["leakage"]))
    return Cost(
        hardware,
        network,
        phase,
        latency_s=latency_s,
        throughput_per_s=1.0 / interval_s,
        energies_j=energies,
        layers=layers,
        actions=tuple(actions),
        area_mm2=machine.area_mm2,
        crossbars=machine.crossbars,
        chips=machine.chips,
        work="example" if phase == "training" else "input",
        notes=hardware.notes,
    )


@dataclass(frozen=True, slots=True)
class _Machine:
    """What holds a network's weights: crossbars (None if digital), chips, area, static power."""

    crossbars: int | None
    chips: int
    area_mm2: float
    static_w: float


def _machine(figures: Figures) -> _Machine:
    hardware, hierarchy = figures.hardware, figures.hardware.hierarchy
    # A block's copies are crossbars of the same core (PANTHER's MCU [P] 4.2-4.4); those that
    # share an example have cores of their own.
    shared = figures.copies // figures.plan.copies
    blocks = int((figures.blocks * shared).sum())
    digital = not is_reram(hardware)
    tiles = -(-blocks // (blocks_per_core(hardware) * hierarchy.cores_per_tile))
    chips = -(-tiles // hierarchy.tiles_per_chip)
    control = hardware.control
    parts = (
        (hardware.memory.area_mm2, hardware.memory.leakage_w, 1.0),
        (hardware.bus.area_mm2, hardware.bus.leakage_w, 1.0),
        (hardware.network_on_chip.area_mm2, hardware.network_on_chip.leakage_w,
         hardware.network_on_chip.per_tile),
        (hardware.vector.area_mm2, hardware.vector.leakage_w, hardware.vector.per_tile),
        (control.tile_area_mm2 + control.core_area_mm2 * hierarchy.cores_per_tile, 0.0, 1.0),
    )  # fmt: skip
    area = tiles * sum(mm2 * n for mm2, _, n in parts) + chips * hardware.off_chip.area_mm2
    static = tiles * sum(w * n for _, w, n in parts) + chips * hardware.off_chip.leakage_w
    if digital:
        return _Machine(None, chips, area + blocks * hardware.matrix.area_mm2, static)
    crossbars = int((figures.blocks * figures.copies).sum()) * slices_of(hardware)
    structure, technology = structure_record(hardware)[0], technology_record(hardware)[0]
    crossbar_mm2, crossbar_w = crossbar_figures(structure, technology)
    area += crossbars * float(crossbar_mm2)
    static += crossbars * float(crossbar_w)
    return _Machine(crossbars, chips, area, static)


def _check_budget(hardware: Hardware, network: LayerTable, chips: int) -> None:
    budget = hardware.budget.chips
    if budget is not None and chips > budget:
        message = f"{network.name} needs {chips} chips and the budget is {budget}; raise it"
        raise InputError([Fault(message, hardware.path, key="budget.chips")])


def _layers(
    figures: Figures,
    network: LayerTable,
    found: list[tuple[str, str, Array, float]],
    totals: tuple[float, float],
) -> tuple[LayerCost, ...]:
    """Each layer's part: time by how long it is occupied, static energy by its blocks."""
    energies = {name: np.zeros(len(network)) for name in COMPONENTS}
    for component, _, count, price in found:
        energies[component] += count * price
    share = figures.blocks / figures.blocks.sum()
    energies["leakage"] = totals[1] * share
    taken = figures.occupied_s()
    seconds = totals[0] * taken / taken.sum()
    digital = not is_reram(figures.hardware)
    crossbars = figures.blocks * slices_of(figures.hardware) * figures.copies
    room = np.prod(block_shape(figures.hardware))
    return tuple(
        LayerCost(
            name,
            float(seconds[i]),
            {part: float(values[i]) for part, values in energies.items()},
            crossbars=None if digital else int(crossbars[i]),
            copies=int(figures.copies[i]),
            utilisation=float(network.records["weights"][i] / (figures.blocks[i] * room)),
        )
        for i, name in enumerate(network.names)
    )


def infer_by_products(hardware: Hardware, network: LayerTable) -> Cost:
    """What one input costs where a vector is a product with a block, layers in a pipeline.

    Where activations are stored in crossbars their writes are in it, all of them: what
    `writes.eliminate` leaves out is known of training.

    Raises
    ------
    InputError
        No price of a product, or a network larger than the budget.
    """
    training = hardware.training
    if training.mvm_energy_j is None or training.mvm_time_s is None:
        raise InputError(
            f"{hardware.name}: no price of a product; write training.mvm_energy and .mvm_time",
            path=hardware.path,
            key="training.mvm_energy",
        )
    figures = forward_figures(hardware, network)
    seconds = figures.busy[:, 0]
    times = float(seconds.sum()), float(seconds.max())
    found = _cost(figures, network, "inference", times)
    if not is_reram(hardware) or leaves_all(hardware):
        return found
    note = f"{hardware.name}: inference stores every activation; writes.eliminate is for training"
    return replace(found, notes=(*found.notes, note))
