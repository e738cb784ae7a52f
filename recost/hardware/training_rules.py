"""What the keys of training cannot be together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recost.hardware.rules import Combination
from recost.vocabulary import TrainingUpdate

Values = Mapping[str, Any]

_OUTER = TrainingUpdate.OUTER_PRODUCT
# What each way of updating cannot do without.
_PRODUCT = ("mvm_energy", "mvm_time")
_NEEDS: dict[TrainingUpdate, tuple[str, ...]] = {
    TrainingUpdate.DIGITAL: (*_PRODUCT, "outer_product_energy", "outer_product_time"),
    TrainingUpdate.SERIAL: (
        *_PRODUCT, "outer_product_energy", "outer_product_time", "serial_energy", "serial_time",
    ),
    TrainingUpdate.MVM: (*_PRODUCT, "serial_energy", "serial_time"),
    TrainingUpdate.OUTER_PRODUCT: (
        *_PRODUCT, "outer_product_energy", "outer_product_time", "serial_energy", "serial_time",
    ),
}  # fmt: skip


# A cell's writes stand for serial accesses that have no figure of their own.
_INSTEAD = {"serial_energy": "cell.write_energy", "serial_time": "cell.write_time"}


def digits_of(slice_bits: int) -> tuple[int, ...]:
    """The bits of each slice, most significant first: 44466555 is eight slices."""
    return tuple(int(digit) for digit in str(slice_bits))


def _prices(values: Values) -> str | None:
    update = values["training.update"]
    if update is None:
        return None
    missing = [
        name
        for name in _NEEDS[update]
        if values[f"training.{name}"] is None and values.get(_INSTEAD.get(name, "")) is None
    ]
    if not missing:
        return None
    return f"'{update.text}' needs {', '.join('training.' + name for name in missing)}"


def _copies(values: Values) -> str | None:
    update, copies = values["training.update"], values["training.copies"]
    if update is _OUTER and copies == 0:
        return (
            "outer products need a variant: write 1 (a batch of 1), 2 (one copy each way) or 3"
            " (and one for outer products)"
        )
    if update is TrainingUpdate.DIGITAL and copies > 1:
        return f"{copies} copies, but digital units hold one; write 1"
    if update in (TrainingUpdate.SERIAL, TrainingUpdate.MVM) and copies > 2:
        return f"{copies} copies, but '{update.text}' has no outer products to take; write 1 or 2"
    return None


def _slices(values: Values) -> str | None:
    bits, update = values["training.slice_bits"], values["training.update"]
    if bits is None:
        if update is not _OUTER:
            return None
        return "outer products need the bits of each slice, like 44466555"
    slices = digits_of(bits)
    weight = values["precision.weight_bits"]
    least = -(-weight // len(slices))
    if min(slices) < least:
        return (
            f"{bits} cannot hold the weight: {weight} bits in {len(slices)} slices are digits of"
            f" {least} bits; write at least {least} bits for each slice"
        )
    if update is _OUTER and values["training.accesses"] != len(slices):
        return (
            f"{len(slices)} slices, but training.accesses = {values['training.accesses']}; an"
            " outer product has an access for each slice"
        )
    return None


COMBINATIONS = (
    Combination(("training.update", "training.mvm_energy"), _prices),
    Combination(("training.copies", "training.update"), _copies),
    Combination(
        ("training.slice_bits", "training.update", "precision.weight_bits", "training.accesses"),
        _slices,
    ),
)
