"""How strongly costs follow each number of a hardware, one at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from recost.errors import Fault, InputError, suggestion
from recost.hardware import Hardware
from recost.hardware.keys import Key
from recost.hardware.provenance import DERIVED_FROM
from recost.hardware.sections import key_table
from recost.hardware.spreads import scaled
from recost.network import LayerTable
from recost.study.elasticity import elasticity
from recost.study.extras import EXTRAS
from recost.study.life_case import Duty
from recost.study.pricing import Pricing
from recost.study.result import Result
from recost.study.rows import cost_row, provenance_of

#: Results whose elasticities are given by default.
RESULTS = ("energy_j", "latency_s", "area_mm2")
_METHOD = (
    "elasticities d ln(result) / d ln(key), one key at a time, from value_low to value_high;"
    " sorted by the size of the first"
)
# Relative step of a number on either side; a central difference is off by its square.
_STEP = 1e-3
# From here on sizes of hardware come in powers of two.
_DOUBLING = 16
# A number a digit: bits of one slice after the other.
_DIGITS = "training.slice_bits"
# How far to look for a whole number that the hardware can have.
_REACH = 8


class _Step(NamedTuple):
    """A hardware with one number changed, and that number."""

    value: float
    hardware: Hardware


def sensitivity(
    hardware: Sequence[Hardware],
    networks: Sequence[LayerTable],
    *,
    results: Sequence[str] = RESULTS,
    keys: Sequence[str] = (),
    pricing: Pricing | None = None,
    top: int | None = None,
) -> Result:
    """Elasticities d ln(result) / d ln(key) of every machine with every network, largest first.

    Parameters
    ----------
    results : columns of a cost, or of `recost.study.extras.EXTRAS`
    keys : dotted keys or patterns; by default every number that a file gives or that has a
        default, technology and structure, but not what is derived from others
    top : only so many rows of each machine and network

    Numbers step by 0.1 % to either side.  Whole numbers step by one; powers of two from 16 on to
    their half and their double; the columns `value_low` and `value_high` say from where to where.
    A step that the hardware cannot take is left out, and the other side stands for both.

    Raises
    ------
    InputError
        Unknown results or keys, keys that are no numbers.
    """
    pricing = pricing or Pricing()
    _check_results(results, pricing)
    for machine in hardware:
        _check_keys(machine, keys)
    rows: list[dict[str, Any]] = []
    without: dict[str, int] = {}
    for machine in hardware:
        for network in networks:
            found = _rows(machine, network, results, keys, pricing)
            felt = [row for row in found if any(row[_column(name)] for name in results)]
            without[machine.name] = len(found) - len(felt)
            felt.sort(key=lambda row: -max(abs(row[_column(name)] or 0.0) for name in results[:1]))
            rows += felt[:top]
    notes = [_METHOD]
    notes += [f"{name}: {count} numbers change nothing" for name, count in without.items() if count]
    columns = ("row", "hardware", "workload", "key", "unit", "value", "value_low", "value_high")
    costs = [pricing.cost(machine, network) for machine in hardware for network in networks]
    return Result(
        (*columns, *(_column(name) for name in results)),
        rows,
        notes=notes,
        provenance=provenance_of(costs),
        kind="sensitivity",
    )


def _column(result: str) -> str:
    return f"{result}_elasticity"


def _check_results(results: Sequence[str], pricing: Pricing) -> None:
    known = (*pricing.columns, *EXTRAS)
    faults = [
        Fault(f"unknown column '{name}'{suggestion(name, known)}", key="--columns")
        for name in results
        if name not in known
    ]
    if faults or not results:
        raise InputError(faults or [Fault("no column is named", key="--columns")])


def _check_keys(machine: Hardware, patterns: Sequence[str]) -> None:
    table = key_table(machine.kind)
    faults = []
    for pattern in patterns:
        fits = [path for path in table if fnmatchcase(path, pattern)]
        if not fits:
            hint = suggestion(pattern, table)
            faults.append(Fault(f"unknown key '{pattern}'{hint}", key="--keys"))
        elif not any(_is_number(machine, table[path]) for path in fits):
            faults.append(
                Fault(f"{machine.name}: '{pattern}' is no number other than 0", key="--keys")
            )
    if faults:
        raise InputError(faults)


def _is_number(machine: Hardware, key: Key) -> bool:
    value = machine.value(key.path)
    return type(value) in (int, float) and value > 0 and key.path != _DIGITS


def _keys(machine: Hardware, patterns: Sequence[str], everything: bool) -> Iterator[Key]:
    for path, key in key_table(machine.kind).items():
        if not _is_number(machine, key):
            continue
        derived = machine.provenance[path].origin == DERIVED_FROM
        if any(fnmatchcase(path, p) and (p == path or not derived) for p in patterns) or (
            not patterns and not derived and (everything or key.part != "none")
        ):
            yield key


def _rows(
    machine: Hardware,
    network: LayerTable,
    results: Sequence[str],
    patterns: Sequence[str],
    pricing: Pricing,
) -> list[dict[str, Any]]:
    """A row a key."""
    rows = []
    here = _figures(machine, network, results, pricing)
    # Kernels of a sweep read structure and technology; everything else reads other keys too.
    beside = not pricing.compiled(machine) or any(name in EXTRAS for name in results)
    for key in _keys(machine, patterns, everything=beside):
        value = machine.value(key.path)
        row: dict[str, Any] = {"row": "key", "hardware": machine.name, "workload": network.name}
        row |= {"key": key.path, "unit": key.unit or "", "value": value}
        ends = []
        for way in (-1, 1):
            step, found = _Step(value, machine), here
            for tried in _steps(machine, key, way):
                try:
                    found = _figures(tried.hardware, network, results, pricing)
                except InputError:
                    continue
                step = tried
                break
            ends.append((step.value, found))
        (low, before), (high, after) = ends
        distance = math.log(high / low)
        row |= {"value_low": low, "value_high": high}
        for name in results:
            row[_column(name)] = elasticity(before.get(name), after.get(name), distance)
        rows.append(row)
    return rows


def _figures(
    machine: Hardware, network: LayerTable, results: Sequence[str], pricing: Pricing
) -> Mapping[str, Any]:
    row = cost_row(pricing.cost(machine, network))
    duty = pricing.duty or Duty()
    return row | {name: EXTRAS[name](machine, network, duty) for name in results if name in EXTRAS}


def _steps(machine: Hardware, key: Key, way: int) -> Iterator[_Step]:
    """The hardware one step down (-1) or up (1), then further off, as far as it can be built."""
    value = machine.value(key.path)
    if key.kind is float:
        wanted = [value * (1.0 + way * _STEP)]
    elif value >= _DOUBLING and value & (value - 1) == 0:
        wanted = [value * 2 if way > 0 else value // 2]
    else:
        wanted = [value + way * n for n in range(1, _REACH + 1) if value + way * n > 0]
    for there in wanted:
        try:
            given = machine.settings.get(key.path)
            if given is not None and type(given.value) is float:
                made = scaled(machine, {key.path: there / value})
            else:
                made = machine.replace({key.path: there})
        except InputError:
            continue
        if made.value(key.path) != value:  # the end of its range
            yield _Step(made.value(key.path), made)
