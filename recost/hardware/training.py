"""How a machine trains: products, outer products, serial accesses and their prices."""
# ruff: noqa: RUF009 (`key` makes a field, not a default that instances would share)

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recost.hardware.keys import key
from recost.vocabulary import TrainingUpdate

_MOST_SLICE_DIGITS = 10**18 - 1


def _price(default: float | None, doc: str) -> Any:
    return key(default, doc, unit="J", part="none")


def _time(default: float | None, doc: str) -> Any:
    return key(default, doc, unit="s", part="none")


def _number(default: Any, doc: str, minimum: float, maximum: float, **options: Any) -> Any:
    return key(default, doc, minimum=minimum, maximum=maximum, part="none", **options)


@dataclass(frozen=True, slots=True)
class Training:
    """Training: a matrix is a block of crossbar.rows x crossbar.columns weights in all its slices.

    An access is a slice (or pair of slices) for one bit of the streamed inputs.
    """

    update: TrainingUpdate | None = key(
        None,
        "where the weight gradient is made: digital; serial (digital, then serial accesses); mvm"
        " (products with written errors); outer-product; none: no training",
        words={"none": None},
        part="none",
    )
    copies: int = _number(
        0,
        "copies of the weights: outer-product: the variant, 1, 2 or 3; auto: 1 for a batch of 1,"
        " else 2",
        0,
        3,
        words={"auto": 0},
    )

    stage_vectors: int | None = _number(
        None,
        "input vectors of an example that one copy of a layer takes; more copies take the rest;"
        " none: one copy takes all",
        1,
        10**9,
        words={"none": None},
    )

    # Slices.
    slice_bits: int | None = _number(
        None,
        "bits of each slice, a digit each, most significant first, like 44466555",
        1,
        _MOST_SLICE_DIGITS,
    )
    accesses: int = _number(
        8, "accesses of a matrix for one streamed bit: its slices, or pairs of slices", 1, 4096
    )
    carry_interval: int = _number(1024, "examples between carry resolutions", 1, 10**12)

    # Products, forward and back.
    mvm_energy_j: float | None = _price(
        None, "energy of an access of a product without converters that grow with slice bits"
    )
    adc_energy_j: float = _price(
        0.0, "energy of an access in converters, for a slice of adc_slice_bits"
    )
    adc_slice_bits: float = _number(2.0, "bits of the slices that adc_energy is for", 1.0, 14.0)
    adc_growth: float = _number(
        0.0, "factor 2^growth by which adc_energy grows with each bit of a slice", 0.0, 2.0
    )
    mvm_time_s: float | None = _time(None, "time of an access of a product; slices in parallel")
    fill_cycles: int = _number(0, "accesses by which the pipeline delays each product", 0, 10_000)

    # Outer products: the machine's own way, in crossbars or in digital units.
    outer_product_energy_j: float | None = _price(None, "energy of an access of an outer product")
    outer_product_time_s: float | None = _time(
        None, "time of an access of an outer product; slices in parallel"
    )

    # Serial accesses.
    serial_energy_j: float | None = _price(
        None, "energy of reading and writing all weights of a matrix, one after another"
    )
    serial_time_s: float | None = _time(
        None, "time of reading and writing all weights of a matrix, one after another"
    )
    serial_read_share: float = key(
        0.5, "share of the read in serial_energy and serial_time", unit="%", part="none"
    )
