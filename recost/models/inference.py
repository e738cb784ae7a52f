"""Inference on a ReRAM machine: the closed forms of `recost.kernels`, applied to a network."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.hardware.records import structure_record, technology_record
from recost.kernels.engine import SUMS
from recost.kernels.single import layer_counts, network_sums, price_sums
from recost.models.binding import bind
from recost.models.cost import Action, Cost, LayerCost
from recost.network import LayerTable
from recost.vocabulary import (
    ACTIONS,
    COMPONENTS,
    COUNTS,
    PAYER,
    TOTALS,
    Compaction,
    Component,
    Count,
    Overflow,
    Replication,
    Total,
    WeightSparsity,
)

Array = np.ndarray[Any, Any]

COMPONENT_NAMES = tuple(component.name.lower() for component in Component)


def infer(hardware: Hardware, network: LayerTable, *, crossbars: int = 0) -> Cost:
    """What one input costs: counts of every layer times the prices of the hardware.

    `crossbars` above 0 is a budget to be spent on copies of the slowest layers
    (`recost.kernels.engine.balance`).  Raises InputError where the network does not fit the
    hardware's budget or the combination has no model.
    """
    return network_figures(hardware, network, crossbars=crossbars)[2]


def network_figures(
    hardware: Hardware, network: LayerTable, *, crossbars: int = 0
) -> tuple[Array, Array, Cost]:
    """Counts [layers, COUNTS], prices [ACTIONS] in joules, and the cost that they come to."""
    layers = bind(network, hardware)
    structure, technology = structure_record(hardware), technology_record(hardware)
    counts, totals = np.zeros((len(network), COUNTS)), np.zeros(TOTALS)
    copies = _copies(hardware, network)
    check_reload(hardware)
    special = special_mode(hardware)
    for layer, row in zip(layers, counts, strict=True):
        layer_counts(layer, structure[0], special, None, row)
    sums, prices = np.zeros(SUMS), np.zeros(ACTIONS)
    network_sums(layers, structure[0], counts, copies, crossbars, sums)
    price_sums(structure[0], technology[0], sums, prices, totals)
    _check_budget(hardware, network, int(totals[Total.CHIPS]))
    throughput = float(totals[Total.THROUGHPUT])
    energies = dict(zip(COMPONENT_NAMES, totals[:COMPONENTS].tolist(), strict=True))
    cost = Cost(
        hardware,
        network,
        "inference",
        latency_s=float(totals[Total.LATENCY]),
        throughput_per_s=None if math.isnan(throughput) else throughput,
        energies_j=energies,
        layers=_layer_costs(hardware, network, (counts, totals, prices, copies)),
        actions=_actions(counts, prices, energies),
        cycles=float(totals[Total.CYCLES]),
        cycle_time_s=hardware.operation_unit.cycle_time_s,
        ou_activations=float(totals[Total.OU_ACTIVATIONS]),
        adc_conversions=float(totals[Total.ADC_CONVERSIONS]),
        area_mm2=float(totals[Total.AREA]),
        crossbars=int(totals[Total.CROSSBARS]),
        chips=int(totals[Total.CHIPS]),
        notes=hardware.notes,
    )
    return counts, prices, cost


def special_mode(hardware: Hardware) -> bool | None:
    """What tells the kernels to include the modes that keep rows by more than column groups.

    None leaves their code out of what is compiled, which is a third of it.
    """
    mode, whole = hardware.sparsity.weights, hardware.mapping.compaction == Compaction.LAYER
    special = mode not in (WeightSparsity.NONE, WeightSparsity.OU_ROW)
    return True if special or (mode == WeightSparsity.OU_ROW and whole) else None


def _copies(hardware: Hardware, network: LayerTable) -> Array:
    """Copies of each layer to start with: those of the file's list, else one."""
    listed = hardware.mapping.replication
    if isinstance(listed, Replication):
        return np.ones(len(network), np.int64)
    if len(listed) != len(network):
        raise InputError(
            f"{len(listed)} copies listed, but {network.name} has {len(network)} layers",
            path=hardware.path,
            key="mapping.replication",
        )
    return np.array(listed, np.int64)


def check_reload(hardware: Hardware) -> None:
    """Raise InputError for a machine that may reload weights and does not say what that takes."""
    if hardware.budget.on_overflow != Overflow.RELOAD:
        return
    for key in ("cell.write_energy", "cell.write_time", "off_chip.bandwidth"):
        if hardware.value(key) is None:
            raise InputError(
                f'budget.on_overflow = "reload" writes cells from outside the chip: give {key}',
                path=hardware.path,
                key=key,
            )


def _check_budget(hardware: Hardware, network: LayerTable, chips: int) -> None:
    budget = hardware.budget.chips
    if budget is not None and chips > budget:
        raise InputError(
            f"{network.name} needs {chips} chips and the budget is {budget}; raise it, or set"
            ' budget.on_overflow = "reload"',
            path=hardware.path,
            key="budget.chips",
        )


def _layer_costs(
    hardware: Hardware, network: LayerTable, figures: tuple[Array, Array, Array, Array]
) -> tuple[LayerCost, ...]:
    """Each layer's part; leakage by crossbars occupied, control by these and their time at work."""
    counts, totals, prices, copies = figures
    occupied = counts[:, Count.CROSSBARS] * copies
    share = occupied / occupied.sum()
    cell_room = hardware.crossbar.rows * hardware.crossbar.columns
    waiting = totals[Total.LATENCY] - totals[Total.CYCLES] * hardware.operation_unit.cycle_time_s
    # counts x prices, and the time that a layer's tiles are under control
    working = counts[:, Count.CROSSBARS] * counts[:, Count.CYCLES]
    energies = np.zeros((len(network), COMPONENTS))
    for action in range(ACTIONS):
        energies[:, PAYER[action]] += counts[:, action] * prices[action]
    energies[:, Component.CONTROL] = totals[Component.CONTROL] * working / (working.sum() or 1.0)
    energies[:, Component.LEAKAGE] = totals[Component.LEAKAGE] * share
    costs = []
    for i, name in enumerate(network.names):
        row = counts[i]
        costs.append(
            LayerCost(
                name,
                float(row[Count.CYCLES]) * hardware.operation_unit.cycle_time_s
                + float(waiting * share[i]),
                dict(zip(COMPONENT_NAMES, energies[i].tolist(), strict=True)),
                cycles=float(row[Count.CYCLES]),
                ou_activations=float(row[Count.OU_ACTIVATIONS]),
                adc_conversions=float(row[Count.ADC_CONVERSIONS]),
                crossbars=int(occupied[i]),
                copies=int(copies[i]),
                utilisation=float(row[Count.CELLS_USED] / (row[Count.CROSSBARS] * cell_room)),
            )
        )
    return tuple(costs)


def _actions(counts: Array, prices: Array, energies: dict[str, float]) -> tuple[Action, ...]:
    """Every action with its count and price; static energy as one action an input."""
    total = counts.sum(axis=0)
    actions = [
        Action(
            COMPONENT_NAMES[PAYER[action]],
            Count(action).name.lower(),
            float(total[action]),
            float(prices[action]),
        )
        for action in range(ACTIONS)
    ]
    static = (Action(name, "interval", 1.0, energies[name]) for name in ("control", "leakage"))
    return (*actions, *static)
