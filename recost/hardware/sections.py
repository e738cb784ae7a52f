"""The sections that each kind of hardware has."""

from __future__ import annotations

from functools import cache

from recost.hardware import (
    digital,
    gpu,
    sensing,
    structure,
    technology,
    training,
    writes,
)
from recost.hardware.keys import Key, keys_of_section

SECTIONS: dict[str, dict[str, type]] = {
    "reram": {
        "crossbar": structure.Crossbar,
        "operation_unit": structure.OperationUnit,
        "precision": structure.Precision,
        "mapping": structure.Mapping,
        "sparsity": structure.Sparsity,
        "cell": technology.Cell,
        "adc": technology.Adc,
        "dac": technology.Dac,
        "sample_hold": technology.SampleHold,
        "shift_add": technology.ShiftAdd,
        "input_register": technology.InputRegister,
        "output_register": technology.OutputRegister,
        "index_decoder": technology.IndexDecoder,
        "hierarchy": structure.Hierarchy,
        "memory": technology.Memory,
        "bus": technology.Bus,
        "network_on_chip": technology.NetworkOnChip,
        "off_chip": technology.OffChip,
        "vector": technology.Vector,
        "control": technology.Control,
        "leakage": technology.Leakage,
        "budget": structure.Budget,
        "writes": writes.Writes,
        "sensing": sensing.Sensing,
        "training": training.Training,
    },
    "digital": {
        "matrix": digital.Matrix,
        "precision": digital.Precision,
        "hierarchy": structure.Hierarchy,
        "memory": technology.Memory,
        "bus": technology.Bus,
        "network_on_chip": technology.NetworkOnChip,
        "off_chip": technology.OffChip,
        "vector": technology.Vector,
        "control": technology.Control,
        "leakage": technology.Leakage,
        "budget": structure.Budget,
        "training": training.Training,
    },
    "gpu": {"gpu": gpu.Gpu},
}


@cache
def keys_of_kind(kind: str) -> tuple[Key, ...]:
    """Every key of a kind of hardware, in the order of the reference."""
    sections = SECTIONS[kind].items()
    return tuple(key for name, cls in sections for key in keys_of_section(name, cls))


@cache
def key_table(kind: str) -> dict[str, Key]:
    """The keys of a kind of hardware by their dotted path."""
    return {key.path: key for key in keys_of_kind(kind)}
