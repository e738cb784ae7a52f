"""What a block of weights costs and how long it takes, from the keys of a hardware that trains.

A block is crossbar.rows x crossbar.columns weights in all their slices: 128 x 128 weights of 32
bits for the designs of PANTHER's paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.hardware import Hardware
from recost.hardware.records import STRUCTURE_DTYPE, structure_record
from recost.hardware.training_rules import digits_of
from recost.kernels.training import Plan, Times
from recost.vocabulary import Count, HardwareKind, TrainingUpdate, WeightEncoding, WriteScope

Array = np.ndarray[Any, Any]


def is_reram(hardware: Hardware) -> bool:
    """Whether the weights are in crossbars."""
    return hardware.kind == HardwareKind.RERAM.text


@dataclass(frozen=True, slots=True)
class Block:
    """What a block of weights costs: the prices of its accesses, in joules.

    A block is 128 x 128 weights in all their slices for the designs of PANTHER's paper.
    """

    product_array_j: float
    product_adc_j: float
    outer_product_j: float
    serial_read_j: float
    serial_write_j: float
    stored_write_j: float
    accesses: int

    @property
    def product_j(self) -> float:
        """A product of one vector with a block, forward or back."""
        return self.accesses * (self.product_array_j + self.product_adc_j)

    @property
    def whole_outer_product_j(self) -> float:
        """An outer product of two vectors on a block."""
        return self.accesses * self.outer_product_j


def block_prices(hardware: Hardware, slice_bits: Sequence[int] | None = None) -> Block:
    """The prices of a block of a hardware that trains, with its own slice bits or others.

    An access of a product costs mvm_energy + adc_energy mean_k 2^(growth (b_k - b_0)), b_k the
    bits of slice k and b_0 those that adc_energy is for: a slice of more bits needs a converter of
    as many more.
    """
    training = hardware.training
    growth = 1.0
    if slice_bits is None and training.slice_bits is not None:
        slice_bits = digits_of(training.slice_bits)
    if slice_bits is not None and training.adc_growth > 0.0:
        more = np.array(slice_bits) - training.adc_slice_bits
        growth = float((2.0 ** (training.adc_growth * more)).mean())
    array, adc = training.mvm_energy_j or 0.0, training.adc_energy_j * growth
    read = write = 0.0
    if training.serial_energy_j is not None:
        read = training.serial_energy_j * training.serial_read_share
        write = training.serial_energy_j - read
    elif _cell_write_j(hardware) is not None:
        # A read takes the rows one after the other, which drives each once in every slice.
        read = training.accesses * (array + adc)
        write = _block_write_j(hardware)
    return Block(
        array,
        adc,
        training.outer_product_energy_j or 0.0,
        read,
        write,
        _stored_write_j(hardware, write),
        training.accesses * hardware.precision.input_bits,
    )


def example_energy_j(hardware: Hardware, slice_bits: Sequence[int], carry_interval: int) -> float:
    """Energy of one example in a block: products forward and back, outer product, carries.

    Two products, an outer product, and a serial read and write every `carry_interval` examples;
    that of a matrix-vector layer in PANTHER's variant 1, without data movement.
    """
    block = block_prices(hardware, slice_bits)
    carries = (block.serial_read_j + block.serial_write_j) / carry_interval
    return 2.0 * block.product_j + block.whole_outer_product_j + carries


def _cell_write_j(hardware: Hardware) -> float | None:
    return hardware.cell.write_energy_j if is_reram(hardware) else None


def _block_write_j(hardware: Hardware) -> float:
    """Energy of writing all cells of a block, by what `cell.write_energy` is the energy of."""
    energy = hardware.cell.write_energy_j or 0.0
    rows, columns = block_shape(hardware)
    writes = {
        WriteScope.CELL: rows * columns,
        WriteScope.ROW: rows,
        WriteScope.ARRAY: 1,
    }[hardware.writes.energy_scope]
    return energy * hardware.cell.pulses * writes * slices_of(hardware)


def _stored_write_j(hardware: Hardware, weight_write_j: float) -> float:
    """Energy of writing a block's worth of stored values, which have the bits of an input."""
    if not is_reram(hardware):
        return 0.0
    if hardware.training.serial_energy_j is None:
        slices = -(-hardware.precision.input_bits // hardware.crossbar.cell_bits)
        return _block_write_j(hardware) * slices / slices_of(hardware)
    return weight_write_j * hardware.precision.input_bits / hardware.precision.weight_bits


def slices_of(hardware: Hardware) -> int:
    """Crossbars that hold the slices of one block, one copy."""
    if not is_reram(hardware):
        return 1
    if hardware.training.slice_bits is not None:
        return len(digits_of(hardware.training.slice_bits))
    cells = -(-hardware.precision.weight_bits // hardware.crossbar.cell_bits)
    return cells * (2 if hardware.mapping.encoding is WeightEncoding.DIFFERENTIAL else 1)


def block_shape(hardware: Hardware) -> tuple[int, int]:
    """Rows and columns of the weights of a block."""
    if is_reram(hardware):
        return hardware.crossbar.rows, hardware.crossbar.columns
    return hardware.matrix.rows, hardware.matrix.columns


def block_structure(hardware: Hardware) -> Array:
    """A structure record for placing blocks: one cell a weight, one set, blocks in cores."""
    record = (
        structure_record(hardware).copy() if is_reram(hardware) else np.zeros(1, STRUCTURE_DTYPE)
    )
    record["crossbar_rows"], record["crossbar_columns"] = block_shape(hardware)
    record["precision_weight_bits"] = record["crossbar_cell_bits"] = hardware.precision.weight_bits
    record["precision_input_bits"] = hardware.precision.input_bits
    record["mapping_encoding"] = WeightEncoding.OFFSET
    record["network_on_chip_hops"] = hardware.network_on_chip.hops
    record["hierarchy_crossbars_per_core"] = blocks_per_core(hardware)
    record["hierarchy_cores_per_tile"] = hardware.hierarchy.cores_per_tile
    record["hierarchy_tiles_per_chip"] = hardware.hierarchy.tiles_per_chip
    return record


def blocks_per_core(hardware: Hardware) -> int:
    """Whole blocks that a core has crossbars for."""
    return max(1, hardware.hierarchy.crossbars_per_core // slices_of(hardware))


def plan_of(hardware: Hardware, batch: int) -> Plan:
    """What a step of `batch` examples does; InputError where the hardware cannot do it."""
    training = hardware.training
    if hardware.kind == HardwareKind.GPU.text or training.update is None:
        raise InputError(
            f"{hardware.name}: no training.update; it cannot train", path=hardware.path,
            key="training.update",
        )  # fmt: skip
    if batch < 1:
        raise InputError(f"a batch of {batch}; write at least 1", key="recipe.batch")
    outer = training.update is TrainingUpdate.OUTER_PRODUCT
    if outer and training.copies == 1 and batch > 1:
        raise InputError(
            f"{hardware.name}: one copy of the weights trains a batch of 1, not of {batch}; write"
            " training.copies = 2 or 3, or recipe.batch = 1",
            path=hardware.path,
            key="training.copies",
        )
    copies = training.copies
    if copies == 0:
        digital = training.update is TrainingUpdate.DIGITAL
        copies = 1 if batch == 1 or digital else 2
    store = is_reram(hardware) and hardware.writes.store
    return Plan(
        int(training.update),
        copies,
        batch,
        training.carry_interval,
        training.accesses,
        hardware.precision.input_bits,
        store,
        training.outer_product_energy_j is not None,
        training.stage_vectors or 0,
    )


def times_of(hardware: Hardware) -> Times:
    """Seconds of a product, an outer product, serial accesses and a stored vector at a block.

    Storing hides behind the next product where `writes.overlap`, as far as it takes no longer.
    """
    training = hardware.training
    bits = hardware.precision.input_bits
    product = (training.mvm_time_s or 0.0) * (bits + training.fill_cycles)
    stores = is_reram(hardware) and hardware.writes.store
    stored = _write_s(hardware) if stores else 0.0
    if stores and hardware.writes.overlap:
        stored = max(0.0, stored - product)
    serial = training.serial_time_s
    if serial is None and is_reram(hardware) and hardware.cell.write_time_s is not None:
        # A row after the other, read and written.
        rows = block_shape(hardware)[0]
        serial = rows * (training.mvm_time_s or 0.0) + serial_write_s(hardware)
    return Times(product, (training.outer_product_time_s or 0.0) * bits, serial or 0.0, stored)


def _write_s(hardware: Hardware) -> float:
    """Seconds of writing a row of a crossbar."""
    cell = hardware.cell
    return (cell.write_time_s or 0.0) * cell.pulses * hardware.writes.slowdown


def serial_write_s(hardware: Hardware) -> float:
    """Seconds of the writes of serial accesses, where they follow from those of a row."""
    if hardware.training.serial_time_s is not None:
        return hardware.training.serial_time_s * (1.0 - hardware.training.serial_read_share)
    return block_shape(hardware)[0] * _write_s(hardware)


def movement_prices(hardware: Hardware) -> dict[Count, float]:
    """Joules of a bit moved and of a vector operation, from the component tables."""
    return {
        Count.MEMORY_BITS_READ: hardware.memory.read_energy_j_per_bit,
        Count.MEMORY_BITS_WRITTEN: hardware.memory.write_energy_j_per_bit,
        Count.BUS_BITS: hardware.bus.energy_j_per_bit,
        Count.NETWORK_BIT_HOPS: hardware.network_on_chip.energy_j_per_bit,
        Count.OFF_CHIP_BITS: hardware.off_chip.energy_j_per_bit,
        Count.VECTOR_OPERATIONS: hardware.vector.energy_j,
    }


def control_w(hardware: Hardware) -> float:
    """Control power of a block's share of its core and tile, which runs while the block works."""
    control, per_core = hardware.control, blocks_per_core(hardware)
    per_tile = per_core * hardware.hierarchy.cores_per_tile
    return control.core_power_w / per_core + control.tile_power_w / per_tile
