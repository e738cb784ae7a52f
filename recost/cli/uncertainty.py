"""Options of commands whose answers may carry intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recost.errors import Fault, InputError, suggestion

if TYPE_CHECKING:
    from recost.cli.options import Inputs
    from recost.hardware import Hardware
    from recost.models.uncertainty import Draws

Uncertainty = Annotated[
    int | None,
    typer.Option(
        "--uncertainty",
        metavar="N",
        help="Intervals (5 % to 95 %) from N draws of the technology numbers by their spreads.",
    ),
]
Spreads = Annotated[
    list[str] | None,
    typer.Option(
        "--spread",
        metavar="[NAME:]KEY=SHARE",
        help="Standard deviation of a number, for what the file says: 'adc.energy=20 %', "
        "'*.area=10 %'. Repeats.",
    ),
]
# What the files allow too.
_LARGEST = 10.0
Seed = Annotated[int, typer.Option("--seed", help="Seed of the draws.")]


def with_uncertainty(
    inputs: Inputs, count: int | None, spreads: Sequence[str] | None, seed: int
) -> tuple[Inputs, Draws | None]:
    """The inputs with the spreads that are asked for, and the draws; raises InputError."""
    from recost.models.uncertainty import Draws

    draws = None if count is None else Draws(count, seed)
    if not spreads:
        return inputs, draws
    if draws is None:
        raise InputError("goes with --uncertainty N, such as --uncertainty 1000", key="--spread")
    machines = [*inputs.hardware, *([inputs.baseline] if inputs.baseline else [])]
    chosen = _parse(spreads, [machine.name for machine in machines])
    spread = [_spread(machine, chosen) for machine in machines]
    count_ = len(inputs.hardware)
    baseline = spread[count_] if inputs.baseline else None
    return replace(inputs, hardware=tuple(spread[:count_]), baseline=baseline), draws


def _parse(texts: Sequence[str], names: Sequence[str]) -> list[tuple[str, str, float]]:
    """(hardware or nothing, key or pattern, share) of ``[NAME:]KEY=SHARE`` texts."""
    from recost.units import UnitError, parse_quantity

    found: list[tuple[str, str, float]] = []
    faults = []
    for text in texts:
        target, equals, share = text.partition("=")
        name, _, key = target.rpartition(":")
        name, key, share = name.strip(), key.strip(), share.strip()
        if not equals or not key:
            fault = "is not [NAME:]KEY=SHARE, such as 'adc.energy=20 %' or '*=20 %'"
            faults.append(Fault(fault, key=f"--spread {text}"))
            continue
        if name and name not in names:
            hint = suggestion(name, names) or f"; there are {', '.join(names)}"
            faults.append(Fault(f"unknown hardware '{name}'{hint}", key=f"--spread {text}"))
        try:
            value = parse_quantity(share, "%")
        except UnitError as error:
            faults.append(Fault(str(error), key=f"--spread {text}"))
            continue
        if not 0.0 <= value <= _LARGEST:
            faults.append(Fault("write a share from 0 % to 1000 %", key=f"--spread {text}"))
        found.append((name, key, value))
    if faults:
        raise InputError(faults)
    return found


def _spread(machine: Hardware, chosen: Sequence[tuple[str, str, float]]) -> Hardware:
    own = {key: share for name, key, share in chosen if name in ("", machine.name)}
    return machine.with_spreads(own) if own else machine


def said_of(draws: Draws | None, spreads: Sequence[str] | None) -> dict[str, Any]:
    """What a file says of how its intervals came about."""
    if draws is None:
        return {}
    return {"draws": draws.count, "seed": draws.seed, "spreads": list(spreads or ())}
