"""What follows from a hardware's values, what they cannot be together, and what to warn of.

What follows takes arrays of numbers as well, the values of many machines place by place; only then
is NumPy needed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recost.hardware.keys import DERIVED
from recost.units import format_quantity
from recost.vocabulary import AdcScaling, WeightEncoding, WeightSparsity

Values = Mapping[str, Any]

# What follows the ADC's resolution: models bring it from `reference_bits` to `bits`.
ADC_PRICES = ("adc.energy", "adc.power", "adc.leakage")
# Published cycles are a little short of what their own converters need: ISAAC's 100 ns by 6 %
# (128 columns at 1.2 GS/s), PANTHER's 100 ns by 22 % (at 1 GS/s).
_IN_TIME = 0.75
_NEEDS_ZEROS = (WeightSparsity.CROSSBAR_ROW, WeightSparsity.OU_ROW, WeightSparsity.OU_COLUMN)


def _least(one: Any, other: Any) -> Any:
    """The smaller of two numbers."""
    if isinstance(one, int) and isinstance(other, int):
        return min(one, other)
    import numpy as np

    return np.minimum(one, other)


def unit_rows(values: Values) -> Any:
    """Wordlines read at once: an operation unit is never larger than its crossbar."""
    return _least(values["operation_unit.rows"], values["crossbar.rows"])


def unit_columns(values: Values) -> Any:
    """Bitlines read at once."""
    return _least(values["operation_unit.columns"], values["crossbar.columns"])


def largest_sum(values: Values) -> Any:
    """The largest sum that a bitline of an operation unit can carry.

    rows * (2^cell_bits - 1) * (2^dac_bits - 1).
    """
    cell = 2 ** values["crossbar.cell_bits"] - 1
    digit = 2 ** values["precision.dac_bits"] - 1
    return unit_rows(values) * cell * digit


def lossless_adc_bits(values: Values) -> Any:
    """The resolution that holds every sum: ceil(log2(largest sum + 1)), less 1 if flipped.

    A column whose sum would set the top bit is stored as its complement, whose sum does not
    (ISAAC, ISCA 2016 [P]: 9 bits become 8).
    """
    flipped, largest = int(values["mapping.flip_columns"]), largest_sum(values)
    if isinstance(largest, int):
        return max(1, largest.bit_length() - flipped)
    import numpy as np

    # Sums are whole numbers below 2^53, whose exponents are exact.
    return np.maximum(1, np.frexp(largest.astype(float))[1].astype(np.int64) - flipped)


def cycle_time_s(values: Values) -> Any:
    """The time that the ADCs of a crossbar take for the bitlines of an operation unit."""
    return unit_columns(values) / (values["adc.rate"] * values["adc.per_crossbar"])


def peak_power_w(section: str, values: Values) -> Any:
    """Power of one instance of a component at its peak: energy times actions a second.

    Each cycle drives the rows and converts the columns of an operation unit; an ADC converts at
    its rate, with the energy of `reference_bits`.
    """
    rows, columns = unit_rows(values), unit_columns(values)
    if section == "adc" and values["adc.rate"] is not None:
        return values["adc.energy"] * values["adc.rate"]
    if section == "crossbar":
        return rows * columns * values["cell.read_energy"] / values["operation_unit.cycle_time"]
    if section == "input_register":
        per_cycle = rows * values["precision.dac_bits"] * values["input_register.energy"]
    elif section == "index_decoder":
        # Only groups that keep rows of their own list their inputs [ORC of Yang et al., ISCA 2019].
        indices = rows if values["sparsity.weights"] is WeightSparsity.OU_ROW else 0
        per_index = values["sparsity.index_bits"] * values["index_decoder.memory_energy"]
        per_cycle = indices * (values["index_decoder.energy"] + per_index)
    elif section == "dac":
        per_cycle = rows * values["dac.energy"]
    else:
        per_cycle = columns * values[f"{section}.energy"]
    seconds = values["operation_unit.cycle_time"] * values[f"{section}.per_crossbar"]
    if isinstance(seconds, float):
        return per_cycle / seconds if seconds else per_cycle * 0.0
    import numpy as np

    return np.where(seconds > 0.0, per_cycle / seconds, 0.0)


@dataclass(frozen=True, slots=True)
class Combination:
    """Values that are right by themselves and cannot be together.

    `fault` returns what is wrong with them, or nothing.  It reads their numbers alone, and of
    other keys no more than whether they have a value.
    """

    keys: tuple[str, ...]
    fault: Callable[[Values], str | None]


def _cell_bits(values: Values) -> str | None:
    cell, weight = values["crossbar.cell_bits"], values["precision.weight_bits"]
    if cell <= weight:
        return None
    return f"a cell of {cell} bits is wider than a weight (precision.weight_bits = {weight})"


def _dac_bits(values: Values) -> str | None:
    dac, word = values["precision.dac_bits"], values["precision.input_bits"]
    if dac <= word:
        return None
    return f"{dac} bits a cycle are more than an input has (precision.input_bits = {word})"


def _cycle(values: Values) -> str | None:
    if values["operation_unit.cycle_time"] is not DERIVED:
        return None
    if values["adc.rate"] is None:
        return 'missing; give it, such as "100 ns", or adc.rate to derive it'
    if not values["adc.per_crossbar"]:
        return 'cannot be derived without ADCs (adc.per_crossbar = 0); give it, such as "100 ns"'
    return None


def _zero_cells(values: Values) -> str | None:
    mode, encoding = values["sparsity.weights"], values["mapping.encoding"]
    if mode not in _NEEDS_ZEROS:
        return None
    if encoding is WeightEncoding.OFFSET:
        return (
            f"'{mode.text}' skips zero cells, but mapping.encoding = 'offset' stores a zero weight"
            " as cells that are not zero; write 'differential' or 'magnitude' there"
        )
    if values["mapping.flip_columns"]:
        return (
            f"'{mode.text}' skips zero cells, but mapping.flip_columns stores the complement of"
            " some; write false there"
        )
    return None


def _resistances(values: Values) -> str | None:
    on, off = values["cell.resistance_on"], values["cell.resistance_off"]
    if on is None or off is None or on < off:
        return None
    shown = format_quantity(off, "ohm")
    return f"the on state needs less resistance than the off state ({shown})"


COMBINATIONS = (
    Combination(("crossbar.cell_bits", "precision.weight_bits"), _cell_bits),
    Combination(("precision.dac_bits", "precision.input_bits"), _dac_bits),
    Combination(("operation_unit.cycle_time", "adc.rate", "adc.per_crossbar"), _cycle),
    Combination(("sparsity.weights", "mapping.encoding", "mapping.flip_columns"), _zero_cells),
    Combination(("cell.resistance_on", "cell.resistance_off"), _resistances),
)


@dataclass(frozen=True, slots=True)
class Note:
    """What a user should know before believing the results of some values.

    `say` returns one sentence or nothing.  It reads the values of `keys` alone, and which keys a
    file or a setting gives.
    """

    keys: tuple[str, ...]
    say: Callable[[Values, Collection[str]], str | None]


def _clipped(values: Values, _given: Collection[str]) -> str | None:
    bits, needed = values["adc.bits"], lossless_adc_bits(values)
    if bits >= needed:
        return None
    stored = f" ({2**needed - 1} after flipping)" if values["mapping.flip_columns"] else ""
    return (
        f"adc.bits = {bits}: the sum of an operation unit reaches {largest_sum(values)}{stored}"
        f" and needs {needed} bits; sums above {2**bits - 1} are clipped;"
        " adc.bits = auto follows it"
    )


def _unscaled(values: Values, _given: Collection[str]) -> str | None:
    bits, reference = values["adc.bits"], values["adc.reference_bits"]
    scaled = values["adc.scaling"] is not AdcScaling.NONE
    if scaled or bits == reference or not values["adc.energy"]:
        return None
    return f"adc.bits = {bits}, but adc.energy is that of {reference} bits: adc.scaling = 'none'"


def _larger_rows(values: Values, _given: Collection[str]) -> str | None:
    unit, crossbar = values["operation_unit.rows"], values["crossbar.rows"]
    if unit <= crossbar:
        return None
    return f"operation_unit.rows = {unit}: a crossbar has {crossbar} wordlines, all are read"


def _larger_columns(values: Values, _given: Collection[str]) -> str | None:
    unit, crossbar = values["operation_unit.columns"], values["crossbar.columns"]
    if unit <= crossbar:
        return None
    return f"operation_unit.columns = {unit}: a crossbar has {crossbar} bitlines, all are read"


def _short_cycle(values: Values, _given: Collection[str]) -> str | None:
    if not (values["adc.rate"] and values["adc.per_crossbar"]):
        return None
    needed_s, given_s = cycle_time_s(values), values["operation_unit.cycle_time"]
    if given_s >= _IN_TIME * needed_s:
        return None
    return (
        f"operation_unit.cycle_time = {format_quantity(given_s, 's')}: the ADCs of a"
        f" crossbar take {format_quantity(needed_s, 's')}"
        f" for {unit_columns(values)} columns"
    )


def _free(values: Values, given: Collection[str]) -> str | None:
    unpriced = [path for path in _priced(values) if path not in given]
    return f"counted as free, for want of a value: {', '.join(unpriced)}" if unpriced else None


def _sized(values: Values) -> Iterator[str]:
    """The areas of what a machine has."""
    yield "crossbar.area"
    for section in ("adc", *_COUNTED):
        if values[f"{section}.per_crossbar"]:
            yield f"{section}.area"
    if values["sparsity.weights"] is WeightSparsity.OU_ROW:
        yield from ("index_decoder.area", "index_decoder.memory_area")
    yield from ("memory.area", "bus.area")
    for section in _SHARED:
        if values[f"{section}.per_tile"]:
            yield f"{section}.area"
    yield "off_chip.area"


def _flat(values: Values, given: Collection[str]) -> str | None:
    unsized = [path for path in _sized(values) if path not in given]
    return f"area_mm2 is without {', '.join(unsized)}, for want of a value" if unsized else None


# Components of a crossbar whose actions every estimate counts; parts that tiles share.
_COUNTED = ("dac", "sample_hold", "shift_add", "input_register", "output_register")
_SHARED = ("network_on_chip", "vector")
_SUM = ("operation_unit.rows", "crossbar.rows", "crossbar.cell_bits", "precision.dac_bits")
_WIDTH = ("operation_unit.columns", "crossbar.columns")
NOTES = (
    Note(("adc.bits", *_SUM, "mapping.flip_columns"), _clipped),
    Note(("adc.bits", "adc.reference_bits", "adc.scaling", "adc.energy"), _unscaled),
    Note(("operation_unit.rows", "crossbar.rows"), _larger_rows),
    Note(_WIDTH, _larger_columns),
    Note(("adc.rate", "adc.per_crossbar", "operation_unit.cycle_time", *_WIDTH), _short_cycle),
    Note(("sparsity.weights", *(f"{section}.per_crossbar" for section in _COUNTED)), _free),
    Note(
        (
            "sparsity.weights",
            *(f"{section}.per_crossbar" for section in ("adc", *_COUNTED)),
            *(f"{section}.per_tile" for section in _SHARED),
        ),
        _flat,
    ),
)


def notes(values: Values, given: Collection[str]) -> Iterator[str]:
    """What a user should know before believing the results of these (complete) values.

    `given` are the keys that a file or a setting gives.
    """
    if "adc.bits" not in values:
        return
    for note in NOTES:
        if said := note.say(values, given):
            yield said


def _priced(values: Values) -> Iterator[str]:
    """The energies of actions that every estimate counts."""
    for section in _COUNTED:
        if values[f"{section}.per_crossbar"]:
            yield f"{section}.energy"
    if values["sparsity.weights"] is WeightSparsity.OU_ROW:
        yield from ("index_decoder.energy", "index_decoder.memory_energy")
    yield from ("memory.read_energy", "memory.write_energy", "bus.energy")
    yield from ("network_on_chip.energy", "off_chip.energy", "vector.energy")
