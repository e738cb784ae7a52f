"""From settings to a complete set of values: merged, defaulted, derived, checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from recost.converters import adc_factor
from recost.errors import Fault, InputError
from recost.hardware import rules, training_rules
from recost.hardware.keys import DERIVED, REQUIRED, Key
from recost.hardware.provenance import DEFAULT, DERIVED_FROM, Provenance, Setting
from recost.hardware.sections import key_table
from recost.units import format_quantity

Settings = Mapping[str, Setting]


def merge(kind: str, base: Settings, above: Settings) -> dict[str, Setting]:
    """`base` with those of a file `above` it; an entry above replaces one whole.

    A price of the ADC is tied to the resolution that its own file has, so that a resolution set
    elsewhere rescales it (`adc.scaling`) and one given beside it does not.
    """
    merged = {**base, **above}
    prices = [path for path in rules.ADC_PRICES if path in above]
    if not prices:
        return merged
    if "adc.energy" in above and "adc.reference_bits" not in above:
        merged.pop("adc.reference_bits", None)
    values = given_or_default(kind, merged)
    bits = values["adc.reference_bits"]
    if bits is DERIVED:
        bits = values["adc.bits"]
    if bits is DERIVED:
        bits = rules.lossless_adc_bits(values)
    return _at_bits(merged, prices, bits)


def put_over(kind: str, base: Settings, above: Settings) -> dict[str, Setting]:
    """`base` with what is set over it, in whatever order and in however many steps.

    A price of the ADC is for `adc.reference_bits`, which are the resolution that the file's is for
    unless they are set too: a resolution set beside it rescales it.
    """
    if "adc.energy" not in base:  # this is where the machine has it from
        return merge(kind, base, above)
    merged = {**base, **above}
    if "adc.energy" in above:
        merged = _at_bits(merged, ["adc.energy"], base["adc.energy"].at_bits)
    return merged


def _at_bits(
    settings: dict[str, Setting], prices: Sequence[str], bits: int | None
) -> dict[str, Setting]:
    """The settings, with `prices` for a resolution."""
    return settings | {path: replace(settings[path], at_bits=bits) for path in prices}


def find_faults(kind: str, settings: Settings, broken: set[str]) -> list[Fault]:
    """Missing keys and impossible combinations; `broken` keys are given but faulty already."""
    values = given_or_default(kind, settings)
    faults = [
        Fault(f"missing; needs {key_table(kind)[path].expected}", key=path)
        for path, value in values.items()
        if value is REQUIRED and path not in broken
    ]
    for combination in combinations(kind):
        if broken.isdisjoint(combination.keys):
            message = combination.fault(values)
            if message:
                faults.append(_fault(settings, combination.keys, message))
    return faults


def _fault(settings: Settings, paths: tuple[str, ...], message: str) -> Fault:
    """A fault of several keys: of the first, at the place of the first that somebody gave."""
    given = [settings[path].provenance for path in paths if path in settings]
    return given[0].fault(paths[0], message) if given else Fault(message, key=paths[0])


@cache
def combinations(kind: str) -> tuple[rules.Combination, ...]:
    """The combinations that cannot be of which a kind has all keys."""
    every, keys = (*rules.COMBINATIONS, *training_rules.COMBINATIONS), key_table(kind).keys()
    return tuple(combination for combination in every if keys >= set(combination.keys))


@cache
def _defaults(kind: str) -> dict[str, Any]:
    return {path: key.default for path, key in key_table(kind).items()}


def given_or_default(kind: str, settings: Settings) -> dict[str, Any]:
    """The value of every key, which may still be a `Default`."""
    values = dict(_defaults(kind))
    values |= {path: setting.value for path, setting in settings.items() if path in values}
    return values


@dataclass(frozen=True, slots=True)
class Resolved:
    """Every value of a hardware by dotted key, where each comes from, and what to warn of."""

    values: dict[str, Any]
    provenance: dict[str, Provenance]
    notes: tuple[str, ...] = ()


def resolve(kind: str, settings: Settings) -> Resolved:
    """All values of faultless settings.

    Raises
    ------
    InputError
        a value that is derived lies outside of the range of its key.
    """
    values, derived = complete(kind, settings)
    provenance = dict.fromkeys(values, Provenance(DEFAULT))
    provenance |= {path: one.provenance for path, one in settings.items() if path in values}
    provenance |= {path: _follows(rule) for path, rule in derived.items()}
    table = key_table(kind)
    wrong = [path for path in derived if not in_range(table[path], values[path])]
    if wrong:
        faults = [
            _out_of_range(table[path], values[path], derived[path])
            for path in table
            if path in wrong
        ]
        raise InputError(faults)
    return Resolved(values, provenance, tuple(rules.notes(values, frozenset(settings))))


def complete(kind: str, settings: Settings) -> tuple[dict[str, Any], dict[str, str]]:
    """All values of faultless settings, and of those that are derived by which rule.

    Settings may hold arrays of numbers: those of many machines, place by place.
    """
    values = given_or_default(kind, settings)
    return values, _derive(kind, values, settings)


def in_range(key: Key, value: Any) -> Any:
    """Whether a number, or each of an array of them, is what a key may have."""
    low = -math.inf if key.minimum is None else key.minimum
    high = math.inf if key.maximum is None else key.maximum
    return (low <= value) & (value <= high)


def _out_of_range(key: Key, value: float, rule: str) -> Fault:
    shown = format_quantity(value, key.unit or "")
    return Fault(f"comes out as {shown}, which cannot be; it follows from {rule}", key=key.path)


@cache
def _ending(kind: str, end: str) -> tuple[str, ...]:
    """The keys of a kind that end so."""
    return tuple(path for path in key_table(kind) if path.endswith(end))


@cache
def _follows(rule: str) -> Provenance:
    return Provenance(DERIVED_FROM, rule)


def _derive(kind: str, values: dict[str, Any], settings: Settings) -> dict[str, str]:
    """Fill in what follows from other values, in the order in which it follows; by which rule."""
    derived: dict[str, str] = {}

    def fill(path: str, rule: str, value: Any) -> None:
        values[path] = value
        derived[path] = rule

    if "adc.bits" in values:
        _derive_converters(values, settings, fill)
    for path in _ending(kind, ".power"):
        if values[path] is DERIVED:
            power = rules.peak_power_w(path.removesuffix(".power"), values)
            fill(path, "energy at the peak rate of actions", power)
    for path in _ending(kind, ".leakage"):
        if values[path] is DERIVED:
            power = values[path.removesuffix("leakage") + "power"]
            fill(path, "leakage.fraction of power", power * values["leakage.fraction"])
    return derived


def _derive_converters(
    values: dict[str, Any], settings: Settings, fill: Callable[[str, str, Any], None]
) -> None:
    """What follows from a crossbar's converters: resolution, cycle, instances."""
    if values["adc.bits"] is DERIVED:
        fill("adc.bits", "holds an operation unit's sum", rules.lossless_adc_bits(values))
    if values["operation_unit.cycle_time"] is DERIVED:
        rule = "operation_unit.columns / (adc.rate * adc.per_crossbar)"
        fill("operation_unit.cycle_time", rule, rules.cycle_time_s(values))
    if values["adc.reference_bits"] is DERIVED:
        bits = settings["adc.energy"].at_bits
        fill("adc.reference_bits", "adc.bits where adc.energy is given", bits)
    for path in rules.ADC_PRICES[1:]:
        if values[path] is DERIVED:
            continue
        at_bits = settings[path].at_bits
        if at_bits is not None:
            reference = values["adc.reference_bits"]
            values[path] = values[path] * adc_factor(values["adc.scaling"], reference, at_bits)
    for section, side in (("dac", "rows"), ("sample_hold", "columns")):
        path = f"{section}.per_crossbar"
        if values[path] is DERIVED:
            fill(path, f"crossbar.{side}", 1.0 * values[f"crossbar.{side}"])
