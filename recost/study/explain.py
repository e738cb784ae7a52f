"""One layer's arithmetic on one hardware, term by term."""

from __future__ import annotations

from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.binding import check_crossbars
from recost.models.machine import counts_units
from recost.network import LayerTable
from recost.study.result import Result
from recost.vocabulary import ACTIONS, PAYER, Count, WeightSparsity

COLUMNS = ("step", "term", "value", "unit", "how", "source")

# The key that gives the price of each action, in the order of `Count`.
PRICE_KEYS = (
    "adc.energy",
    "dac.energy",
    "cell.read_energy",
    "sample_hold.energy",
    "shift_add.energy",
    "input_register.energy",
    "output_register.energy",
    "index_decoder.energy",
    "index_decoder.memory_energy",
    "memory.read_energy",
    "memory.write_energy",
    "bus.energy",
    "network_on_chip.energy",
    "off_chip.energy",
    "vector.energy",
    "cell.write_energy",
)

# How each count comes about, for hardware that skips nothing; sparsity puts expectations in.
_HOW = {
    Count.ADC_CONVERSIONS: "bitlines of each OU activation",
    Count.WORDLINE_DRIVES: "driven wordlines of each OU activation",
    Count.CELL_READS: "driven wordlines x bitlines",
    Count.SAMPLES: "one a conversion",
    Count.SHIFT_ADDS: "one a conversion",
    Count.INPUT_REGISTER_BITS: "wordline drives x dac_bits",
    Count.OUTPUT_REGISTER_WRITES: "one a conversion",
    Count.INDEX_DECODES: "kept rows of every column group x vectors",
    Count.INDEX_BITS_READ: "index decodes x index bits",
    Count.MEMORY_BITS_READ: "vectors x rows x input_bits x cores that hold the row chunk",
    Count.MEMORY_BITS_WRITTEN: "outputs x input_bits",
    Count.BUS_BITS: "bits fetched + partial sums of every row chunk",
    Count.NETWORK_BIT_HOPS: "(outputs + partial sums between tiles) x input_bits x hops",
    Count.OFF_CHIP_BITS: "first layer's inputs, last layer's outputs, chip crossings",
    Count.VECTOR_OPERATIONS: "activation, pooling and additions behind the layer",
    Count.CELL_WRITES: "cells reloaded",
}


def explain(hardware: Hardware, network: LayerTable, layer: str) -> Result:
    """The terms behind one layer's energy and time, with the source of every price.

    Steps: the matrix, its densities, its placement, the work, the time, then counts x prices.
    The energies add up to the layer's row of ``estimate --per layer`` less its static energy,
    which the last rows give.  Raises InputError for an unknown layer.
    """
    check_crossbars(hardware)
    if not counts_units(hardware):
        raise InputError(
            f"{hardware.name}: its inference is products with whole blocks, not reads of operation"
            " units; recost estimate --per component has its counts and prices",
            path=hardware.path,
            key="training.mvm_energy",
        )
    at = network.index(layer)
    rows = [
        *_matrix(network, at),
        *_placement(hardware, network, at),
        *_costs(hardware, network, at),
    ]
    provenance = {
        "hardware": {hardware.name: {"sha256": hardware.content_hash}},
        "workloads": {network.name: {"sha256": network.content_hash}},
    }
    return Result(
        COLUMNS, rows, notes=network.notes, warnings=hardware.notes, provenance=provenance,
        kind="explain",
    )  # fmt: skip


def _row(step: str, term: str, value: float, unit: str, how: str, source: str = "") -> Any:
    return {"step": step, "term": term, "value": value, "unit": unit, "how": how, "source": source}


def _matrix(network: LayerTable, at: int) -> list[dict[str, Any]]:
    record, source = network.records[at], network.profile_source
    rows = [
        _row("matrix", "groups", int(record["groups"]), "", "matrices side by side"),
        _row(
            "matrix", "rows", int(record["rows"]), "", "inputs of one matrix: C_in kh kw / groups"
        ),
        _row("matrix", "columns", int(record["columns"]), "", "outputs of one matrix"),
        _row("matrix", "vectors", int(record["vectors"]), "", "input vectors of one input"),
        _row("matrix", "macs", int(record["macs"]), "", "groups x rows x columns x vectors"),
    ]
    densities = {
        "row_density": "share of matrix rows that are not zero as a whole",
        "filter_density": "share of filters that are not zero as a whole",
        "kernel_density": "share of live kernels inside those",
        "element_density": "share of non-zero weights inside what is live",
        "nonzero": "share of inputs that are not zero",
    }
    rows += [
        # The source is said once, with the first of the rows that it stands behind.
        _row("density", name, float(record[name]), "", how, "" if i else source)
        for i, (name, how) in enumerate(densities.items())
    ]
    return rows


def _placement(hardware: Hardware, network: LayerTable, at: int) -> list[dict[str, Any]]:
    from recost.hardware.records import structure_record
    from recost.kernels.single import layer_placement
    from recost.models.binding import bind

    bound = bind(network, hardware)[at]
    placed = layer_placement(bound, structure_record(hardware)[0])
    rows = [
        _row("placement", "cells_per_weight", placed.cells_per_weight, "",
             "ceil(weight_bits / cell_bits)"),
        _row("placement", "row_chunks", placed.row_chunks, "", "ceil(rows kept / crossbar.rows)"),
        _row("placement", "last_rows", placed.last_rows, "", "rows of the last chunk"),
        _row("placement", "column_chunks", placed.column_chunks, "",
             "ceil(columns x cells / crossbar.columns)"),
        _row("placement", "sets", placed.sets, "", "2 for differential weights, else 1"),
        _row("placement", "crossbars", placed.crossbars, "",
             "groups x sets x row chunks x column chunks"),
        _row("inputs", "passes", int(bound["passes"]), "", "2 for signed sign-magnitude, else 1"),
        _row("inputs", "slices", int(bound["slices"]), "", "ceil(input_bits / dac_bits)"),
    ]  # fmt: skip
    source = network.profile_source
    if bound["slice_density"].any():
        rows += [
            _row("inputs", f"slice {b}", float(bound["slice_density"][b]), "",
                 "P(slice is not zero), least significant first", "" if b else source)
            for b in range(int(bound["slices"]))
            if bound["slice_density"][b] > 0.0
        ]  # fmt: skip
    return rows


def _costs(hardware: Hardware, network: LayerTable, at: int) -> list[dict[str, Any]]:
    from recost.models.inference import network_figures

    counts, prices, cost = network_figures(hardware, network)
    layer, row = cost.layers[at], counts[at]
    dense = hardware.sparsity.weights == WeightSparsity.NONE
    expected = "" if dense and not hardware.sparsity.activations else "expected "
    vectors, crossbars = float(network.records[at]["vectors"]), float(row[Count.CROSSBARS])
    cycle = hardware.operation_unit.cycle_time_s
    rows = [
        _row("work", "ou_activations", float(row[Count.OU_ACTIVATIONS]), "",
             f"{expected}operation units read, over crossbars, slices and vectors"),
        _row("time", "mean cycles", float(row[Count.OU_ACTIVATIONS]) / (vectors * crossbars), "",
             "of a crossbar and vector: ou_activations / (vectors x crossbars)"),
        _row("time", "slowest cycles", float(row[Count.CYCLES]) / vectors, "",
             f"of {crossbars:.0f} crossbars, waiting per {hardware.mapping.sync.text}"),
        _row("time", "cycles", float(row[Count.CYCLES]), "", "slowest cycles x vectors"),
        _row("time", "cycle_time", cycle, "s", "operation_unit.cycle_time",
             _source(hardware, "operation_unit.cycle_time")),
        _row("time", "latency", layer.latency_s, "s", "cycles x cycle_time"),
    ]  # fmt: skip
    driven = "" if hardware.sparsity.activations else "; all wordlines are, zero bits too"
    how = _HOW | {Count.WORDLINE_DRIVES: _HOW[Count.WORDLINE_DRIVES] + driven}
    for action in range(ACTIONS):
        count, price = float(row[action]), float(prices[action])
        if count == 0.0:
            continue
        key = PRICE_KEYS[action]
        name = Count(action).name.lower()
        component = PAYER[action].name.lower()
        rows += [
            _row("count", name, count, "", how[Count(action)]),
            _row("price", name, price, "J", key, _source(hardware, key)),
            _row("energy", component, count * price, "J", f"{name} x {key}"),
        ]
    rows += [
        _row(
            "energy",
            name,
            layer.energies_j[name],
            "J",
            "tile control x time at work, or leakage x interval",
        )
        for name in ("control", "leakage")
        if layer.energies_j[name]
    ]
    total = float(np.sum([row["value"] for row in rows if row["step"] == "energy"]))
    rows.append(_row("total", "energy", total, "J", "sum of the energies above"))
    return rows


def _source(hardware: Hardware, key: str) -> str:
    found = hardware.provenance.get(key)
    return found.source or "" if found else ""
