"""Uncertainty of stated numbers: which have a spread, and hardware with some of them changed.

A spread is one standard deviation as a share of the value.  It belongs to a number as somebody
stated it, so two machines that state the same number from the same source (one inherits it from
the other, say) share one uncertainty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from recost.errors import Fault, InputError, suggestion
from recost.hardware.hardware import Hardware, assemble
from recost.hardware.keys import Key
from recost.hardware.sections import key_table


@dataclass(frozen=True, slots=True)
class Spread:
    """A number that is not known exactly.

    Attributes
    ----------
    key : of the number
    share : its standard deviation over its value
    identity : what is the same for two machines that state the same number: key, value as
        written and source
    """

    key: Key
    share: float
    identity: tuple[str, str, str]


def stated_spreads(hardware: Hardware) -> tuple[Spread, ...]:
    """The technology numbers of a hardware that have a spread above 0, in the order of keys."""
    return tuple(
        Spread(key, share, (key.path, given.text, given.source or ""))
        for key in _uncertain(hardware)
        for given in [hardware.settings[key.path].provenance]
        for share in [given.spread]
        if share
    )


def left_out(hardware: Hardware) -> tuple[str, ...]:
    """Keys that state a spread and are not drawn, since they are no technology numbers."""
    drawn = {key.path for key in _uncertain(hardware)}
    return tuple(
        path
        for path, setting in hardware.settings.items()
        if setting.provenance.spread and path not in drawn
    )


def _uncertain(hardware: Hardware) -> Iterator[Key]:
    """Keys of technology numbers that are given, and are not 0 (a share of nothing is nothing)."""
    for path, key in key_table(hardware.kind).items():
        if key.sourced and key.kind is float and path in hardware.settings:
            value = hardware.settings[path].value
            if isinstance(value, float) and value != 0.0:
                yield key


def with_spreads(hardware: Hardware, shares: Mapping[str, float]) -> Hardware:
    """The hardware with these spreads in place of those its file states.

    `shares` are by dotted key, or by a pattern (``"*.energy"``, ``"*"``) that stands for all
    technology numbers it fits; later ones beat earlier ones.

    Raises
    ------
    InputError
        A key that there is not, or that is no technology number that a file or setting gives.
    """
    able = [key.path for key in _uncertain(hardware)]
    settings = dict(hardware.settings)
    faults: list[Fault] = []
    for pattern, share in shares.items():
        fits = [path for path in able if fnmatchcase(path, pattern)]
        if not fits:
            faults.append(Fault(_why_not(hardware, pattern, able), key=f"--spread {pattern}"))
        for path in fits:
            given = replace(settings[path].provenance, spread=share)
            settings[path] = replace(settings[path], provenance=given)
    if faults:
        raise InputError(faults)
    return assemble(hardware.name, hardware.title, hardware.kind, hardware.path, settings)


def _why_not(hardware: Hardware, pattern: str, able: list[str]) -> str:
    key = key_table(hardware.kind).get(pattern)
    if key is None:
        return f"no technology number of {hardware.name}" + suggestion(pattern, able)
    if not key.sourced or key.kind is not float:
        return "has no spread: only technology numbers are drawn, such as adc.energy"
    return f"{hardware.name} does not give it a value, so there is nothing to spread"


def scaled(hardware: Hardware, factors: Mapping[str, float]) -> Hardware:
    """The hardware with given values times factors by dotted key, all else derived again.

    A value that would leave the range of its key stays at the end.  Prices of the ADC keep the
    resolution that they were given for, unlike under `Hardware.replace`.
    """
    table = key_table(hardware.kind)
    settings = dict(hardware.settings)
    for path, factor in factors.items():
        value = bounded(table[path], settings[path].value * factor)
        settings[path] = replace(settings[path], value=value)
    return assemble(hardware.name, hardware.title, hardware.kind, hardware.path, settings)


def bounded(key: Key, value: float) -> float:
    """The value, or the end of the key's range that it is beyond."""
    low = value if key.minimum is None else key.minimum
    high = value if key.maximum is None else key.maximum
    return min(max(value, low), high)
