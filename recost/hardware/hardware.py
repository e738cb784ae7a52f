"""A hardware: the frozen dataclasses that models read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from operator import attrgetter
from typing import Any

from recost.errors import Fault, InputError
from recost.hardware import digital, structure, technology
from recost.hardware import gpu as gpu_
from recost.hardware import sensing as sensing_
from recost.hardware import training as training_
from recost.hardware import writes as writes_
from recost.hardware.keys import keys_of_section, subsections
from recost.hardware.provenance import REPLACED, Provenance, Setting
from recost.hardware.resolve import find_faults, put_over, resolve
from recost.hardware.sections import SECTIONS, key_table


@dataclass(frozen=True, eq=False)
class Hardware:
    """A machine, complete: every key of its file has a value, in SI (areas in mm2).

    Attributes
    ----------
    name : the file's name without ``.toml``
    title : one line that says what it is
    kind : what sort of machine
    path : the file
    crossbar, ... : the sections of the file; `adc.energy` is ``hardware.adc.energy_j``; a section
        that the kind does not have is None
    provenance : where each value comes from, by dotted key
    notes : what a user should know before believing results, one sentence each
    settings : what files and ``--set`` give, which `replace` builds upon
    """

    name: str
    title: str
    kind: str
    path: str
    crossbar: structure.Crossbar
    operation_unit: structure.OperationUnit
    precision: structure.Precision
    mapping: structure.Mapping
    sparsity: structure.Sparsity
    cell: technology.Cell
    adc: technology.Adc
    dac: technology.Dac
    sample_hold: technology.SampleHold
    shift_add: technology.ShiftAdd
    input_register: technology.InputRegister
    output_register: technology.OutputRegister
    index_decoder: technology.IndexDecoder
    hierarchy: structure.Hierarchy
    memory: technology.Memory
    bus: technology.Bus
    network_on_chip: technology.NetworkOnChip
    off_chip: technology.OffChip
    vector: technology.Vector
    control: technology.Control
    leakage: technology.Leakage
    budget: structure.Budget
    writes: writes_.Writes
    sensing: sensing_.Sensing
    training: training_.Training
    matrix: digital.Matrix
    gpu: gpu_.Gpu
    provenance: Mapping[str, Provenance] = field(repr=False)
    notes: tuple[str, ...] = field(repr=False)
    settings: Mapping[str, Setting] = field(repr=False)

    def __eq__(self, other: object) -> bool:
        """Whether both have the same name and the same values."""
        return isinstance(other, Hardware) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of all values; hardware with equal hashes costs the same."""
        content = "\n".join(f"{path}={self.value(path)!r}" for path in sorted(key_table(self.kind)))
        return hashlib.sha256(f"{self.kind}\n{content}".encode()).hexdigest()

    @property
    def _identity(self) -> tuple[str, str]:
        return self.name, self.content_hash

    @property
    def given(self) -> frozenset[str]:
        """The dotted keys that a file or a setting gives; the others are defaults or derived."""
        return frozenset(self.settings)

    def value(self, path: str) -> Any:
        """The value of a dotted key, in SI; ``KeyError`` if there is no such key."""
        return _getters(self.kind)[path](self)

    def replace(self, settings: Mapping[str, Any]) -> Hardware:
        """Return this hardware with other values, validated and derived again.

        Parameters
        ----------
        settings : by dotted key, texts as a file holds them (``"1 pJ"``, ``"64"``), words,
            lists, or numbers (in SI where a unit is due, in mm2 for areas).

        Raises
        ------
        InputError
            unknown keys, wrong values, combinations that cannot be; all of them at once.
        """
        from recost.hardware.settings import read_settings

        above, faults = read_settings(self.kind, settings, REPLACED)
        return self.replace_read(above, faults)

    def replace_read(self, above: Mapping[str, Setting], faults: Sequence[Fault] = ()) -> Hardware:
        """`replace` by settings that are read already, with the `faults` that were found then.

        Raises InputError as that does.
        """
        merged = put_over(self.kind, self.settings, above)
        broken = {fault.key or "" for fault in faults}
        if every := [*faults, *find_faults(self.kind, merged, broken)]:
            raise InputError(every)
        return assemble(self.name, self.title, self.kind, self.path, merged)

    def with_spreads(self, shares: Mapping[str, float]) -> Hardware:
        """Return this hardware with other uncertainties of its technology numbers.

        `shares` are standard deviations over values, by dotted key or pattern, such as
        ``{"adc.energy": 0.2, "*.area": 0.1}``; the last that fits counts.  Raises InputError.
        """
        from recost.hardware.spreads import with_spreads

        return with_spreads(self, shares)


def assemble(
    name: str, title: str, kind: str, path: str, settings: Mapping[str, Setting]
) -> Hardware:
    """A hardware from faultless settings.

    Raises
    ------
    InputError
        what follows from the settings cannot be.
    """
    try:
        resolved = resolve(kind, settings)
    except InputError as error:
        faults = [Fault(fault.message, path, key=fault.key) for fault in error.faults]
        raise InputError(faults) from None
    values = resolved.values
    # A machine of another kind lacks sections; who asks for one must have looked at the kind.
    sections: dict[str, Any] = dict.fromkeys(name for parts in SECTIONS.values() for name in parts)
    sections |= {part: _section(part, cls, values) for part, cls in SECTIONS[kind].items()}
    return Hardware(
        name=name,
        title=title,
        kind=kind,
        path=path,
        **sections,
        provenance=resolved.provenance,
        notes=tuple(f"{name}: {note}" for note in resolved.notes),
        settings=dict(settings),
    )


@cache
def _getters(kind: str) -> dict[str, Callable[[Hardware], Any]]:
    """What gets the value of each key out of a hardware."""
    keys = key_table(kind).items()
    return {path: attrgetter(f"{key.section}.{key.attribute}") for path, key in keys}


def _section(path: str, cls: type, values: Mapping[str, Any]) -> Any:
    inner = {name: _section(f"{path}.{name}", sub, values) for name, sub in subsections(cls)}
    return cls(**{attribute: values[key] for attribute, key in _own_keys(path, cls)}, **inner)


@cache
def _own_keys(path: str, cls: type) -> tuple[tuple[str, str], ...]:
    """Attribute and dotted key of what a section itself has."""
    keys = keys_of_section(path, cls)
    return tuple((key.attribute, key.path) for key in keys if key.section == path)
