"""How bitline currents are read: what the models of sensing errors depend on."""
# ruff: noqa: RUF009 (`key` makes a field, not a default that instances would share)

from __future__ import annotations

from dataclasses import dataclass

from recost.hardware.keys import key
from recost.vocabulary import NarrowAdc, SensingReferences, SensingThresholds


@dataclass(frozen=True, slots=True)
class Sensing:
    """Sense amplifiers and their references; resistances and their spread are the cell's."""

    read_voltage_v: float = key(0.6, "voltage across a cell that is read", unit="V", part="none")
    clamping_error_v: float = key(
        0.0,
        "largest error of that voltage, uniform within +- of it and common to a bitline",
        unit="V",
        minimum=0.0,
        part="none",
    )
    guard_band_a: float = key(
        0.0,
        "difference of currents that the amplifier needs: its offset voltage over its gain",
        unit="A",
        minimum=0.0,
        part="none",
    )
    references: SensingReferences = key(
        SensingReferences.MEAN, "currents that a bitline is compared with", part="none"
    )
    thresholds: SensingThresholds = key(
        SensingThresholds.DUAL_REFERENCE,
        "how a current between two references is read",
        part="none",
    )
    narrow_adc: NarrowAdc = key(
        NarrowAdc.SATURATE,
        "what an ADC of fewer codes than sums does with sums above them",
        part="none",
    )
