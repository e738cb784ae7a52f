"""What the models give for a figure: at the shipped values, and over what is not public."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from recost.errors import InputError, suggestion
from recost.network.document import Document
from recost.network.faults import validation_faults
from recost.study.reproduction.files import Case, Figure, Setting, StudyFile, Unknown
from recost.study.reproduction.runs import Runner

#: More corners than this are a study of their own.
LARGEST_GRID = 4096

_TAKE: dict[str, Callable[[Sequence[float]], float]] = {
    "minimum": min,
    "maximum": max,
    "mean": statistics.fmean,
    "geometric-mean": statistics.geometric_mean,
    "harmonic-mean": statistics.harmonic_mean,
    "median": statistics.median,
    "sum": math.fsum,
}
WORKLOAD, FIGURE = "workload:", "figure:"


@dataclass(frozen=True)
class Override:
    """A key with another value, of some machines (all if none is named), networks or the case."""

    key: str
    value: Setting | list[str]
    hardware: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ends:
    """The lowest and the highest of the rows that count; the same number where one is taken."""

    low: float
    high: float


def evaluate(figure: Figure, runner: Runner, overrides: Sequence[Override] = ()) -> Ends:
    """The modelled figure under `overrides`.

    InputError where a case is wrong, or its rows have no such quotient or mean.
    """
    values = runner.values(changed(_case(figure, {}), overrides))
    if figure.over:
        below = runner.values(changed(_case(figure, figure.over), overrides))
        if len(below) != len(values):
            raise InputError(f"{len(values)} rows over {len(below)} rows", key="over")
        if 0.0 in below:
            raise InputError("the second case gives 0, which divides nothing", key="over")
        values = [a / b for a, b in zip(values, below, strict=True)]
    values = [figure.scale * value for value in values]
    if figure.take != "only":
        try:
            value = _TAKE[figure.take](values)
        except statistics.StatisticsError:
            raise InputError(
                f"rows from {min(values):.6g} to {max(values):.6g} have no {figure.take}",
                key="take",
            ) from None
        return Ends(value, value)
    return Ends(min(values), max(values))


def _case(figure: Figure, over: Mapping[str, Any]) -> Case:
    """The case of a figure, with some keys of its own."""
    keys = figure.model_dump(include=set(Case.model_fields))
    for key, value in over.items():
        merged = isinstance(value, dict) and isinstance(keys.get(key), dict)
        keys[key] = keys[key] | value if merged else value
    return Case.model_validate(keys)


def check_unknowns(study: StudyFile, document: Document) -> None:
    """InputError with the line of an unknown that no figure of the study has."""
    machines = {name for f in (*study.figure, *study.also) for name in _machines(f)}
    for i, unknown in enumerate(study.unknown):
        for name in unknown.hardware:
            if name not in machines:
                hint = suggestion(name, machines)
                raise document.error(f"no figure has '{name}'{hint}", ("unknown", i, "hardware"))
        if not any(touches(unknown, figure) for figure in study.figure):
            raise document.error(f"no figure has the unknown '{unknown.name}'", ("unknown", i))


def _machines(figure: Figure) -> set[Any]:
    """The machines that a figure names."""
    below = (figure.over.get(key) for key in ("hardware", "baseline"))
    return {figure.hardware, figure.baseline, *below} - {None}


def check_over(figure: Figure, document: Document, place: tuple[str, int]) -> None:
    """InputError with the line where the second case of a figure is wrong."""
    try:
        _case(figure, figure.over)
    except ValidationError as error:
        own = _case(figure, {}).model_dump() | figure.over
        raise InputError(validation_faults(error, own, (*place, "over"), document, Case)) from None


def changed(case: Case, overrides: Sequence[Override]) -> Case:
    """The case with other values, of the machines and networks that it has.

    InputError where a case has no such key, or not with such a value.
    """
    own, other, networks = dict(case.set), dict(case.baseline_set), dict(case.workload_set)
    fields: dict[str, Any] = {}
    for override in overrides:
        if override.key.startswith(FIGURE):
            fields[override.key.removeprefix(FIGURE)] = override.value
        elif override.key.startswith(WORKLOAD):
            networks[override.key.removeprefix(WORKLOAD)] = _scalar(override)
        else:
            names = override.hardware or (case.hardware, case.baseline)
            if case.hardware in names:
                own[override.key] = _scalar(override)
            if case.baseline and case.baseline in names:
                other[override.key] = _scalar(override)
    settings = {"set": own, "baseline_set": other, "workload_set": networks}
    try:
        return Case.model_validate({**case.model_dump(), **settings, **fields})
    except ValidationError as error:
        fault = error.errors()[0]
        key = FIGURE + ".".join(map(str, fault["loc"]))
        raise InputError(fault["msg"], key=key) from None


def _scalar(override: Override) -> Setting:
    """The value of a key; InputError for a list, which only a case takes."""
    if isinstance(override.value, list):
        raise InputError("a list is for figure:KEY; write one value", key=override.key)
    return override.value


def touches(unknown: Unknown, figure: Figure) -> bool:
    """Whether a figure is modelled with what is unknown."""
    if unknown.figures and figure.id not in unknown.figures:
        return False
    if unknown.key.startswith((FIGURE, WORKLOAD)):
        return bool(figure.workloads) or bool(unknown.figures)
    return not unknown.hardware or not _machines(figure).isdisjoint(unknown.hardware)


def chosen(unknown: Unknown, figure: Figure) -> bool:
    """Whether a figure itself sets what is unknown, in place of the value of a file."""
    if unknown.key.startswith(FIGURE):
        return False
    if unknown.key.startswith(WORKLOAD):
        return unknown.key.removeprefix(WORKLOAD) in figure.workload_set
    sides = ((figure.hardware, figure.set), (figure.baseline, figure.baseline_set))
    return any(
        unknown.key in settings and (not unknown.hardware or name in unknown.hardware)
        for name, settings in sides
    )


@dataclass(frozen=True)
class Grid:
    """A figure at every combination of the values of what is unknown.

    `ends` maps the places of the values, one for each unknown, to what the models give.
    """

    unknowns: tuple[Unknown, ...]
    ends: dict[tuple[int, ...], Ends]

    @property
    def low(self) -> tuple[float, float]:
        """From where to where the lower end of the figure goes."""
        values = [ends.low for ends in self.ends.values()]
        return min(values), max(values)

    @property
    def high(self) -> tuple[float, float]:
        """From where to where the upper end of the figure goes."""
        values = [ends.high for ends in self.ends.values()]
        return min(values), max(values)


def grid(figure: Figure, unknowns: Sequence[Unknown], runner: Runner) -> Grid:
    """The figure over all that is unknown of it."""
    mine = tuple(unknown for unknown in unknowns if touches(unknown, figure))
    size = math.prod(len(unknown.values) for unknown in mine)
    if size > LARGEST_GRID:
        raise InputError(
            f"{figure.id}: {size} combinations of its unknowns; at most {LARGEST_GRID}, name the"
            " figures that an unknown is for"
        )
    ends = {}
    for places in itertools.product(*(range(len(unknown.values)) for unknown in mine)):
        overrides = [
            Override(unknown.key, unknown.values[i].value, tuple(unknown.hardware))
            for unknown, i in zip(mine, places, strict=True)
        ]
        ends[places] = evaluate(figure, runner, overrides)
    return Grid(mine, ends)
