"""Parameters that were fitted to published figures: found again, and fitted to others.

The residuals are ln(modelled / published) of the figures that parameters are fitted to; the
parameters stay in the ranges of the study, even in the logarithm, and are found by least squares
(scipy's trust-region reflective method), all of a study at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recost.errors import InputError
from recost.study.reproduction.files import Fit, PublishedFigure, Setting, StudyFile
from recost.study.reproduction.model import Ends, Override, evaluate
from recost.study.reproduction.runs import Runner

Array = np.ndarray[Any, Any]
_QUANTITY = re.compile(r"\s*([-+]?[0-9.]+(?:[eE][-+]?\d+)?)\s*(.*?)\s*")
# Where of all ranges to begin, whichever is nearest: far off, some figures are flat.
_STARTS = (0.5, 0.3, 0.7, 0.1, 0.9)
# A parameter that moves a figure by less, from end to end of its range, cannot be fitted to it.
_MOVES = 1e-6


@dataclass(frozen=True)
class Parameter:
    """A fitted key: its range as numbers of one unit, and every machine that has its value."""

    fit: Fit
    low: float
    high: float
    unit: str
    hardware: tuple[str, ...]

    def at(self, place: float) -> float:
        """The value at a place from 0 to 1 of the range, even in the logarithm."""
        return self.low * math.exp(place * math.log(self.high / self.low))

    def text(self, value: float) -> Setting:
        """The value as a file writes it, to the digits of the study."""
        rounded = float(f"{value:.{self.fit.digits}g}")
        return f"{rounded:.12g} {self.unit}" if self.unit else rounded

    def override(self, value: float) -> Override:
        """The key with that value, unrounded, wherever the fitted one stands."""
        setting = f"{value!r} {self.unit}" if self.unit else value
        return Override(self.fit.key, setting, self.hardware)


@dataclass(frozen=True)
class Fitted:
    """A parameter and what was found for it."""

    parameter: Parameter
    value: float


class Calibration:
    """The fits of a study."""

    def __init__(
        self, study: StudyFile, published: dict[str, PublishedFigure], runner: Runner
    ) -> None:
        self.study = study
        self.published = published
        self.runner = runner
        self.figures = {figure.id: figure for figure in study.figure}
        self.parameters = tuple(self._parameter(fit) for fit in study.fit)

    def _parameter(self, fit: Fit) -> Parameter:
        ends = []
        for end in (fit.low, fit.high):
            match = _QUANTITY.fullmatch(str(end))
            if match is None or float(match[1]) <= 0.0:
                raise InputError(f"'{end}' is not a positive number with a unit", key=fit.key)
            ends.append((float(match[1]), match[2]))
        (low, unit), (high, other) = ends
        if unit != other or not low < high:
            raise InputError(
                f"from {fit.low} to {fit.high}: write both in one unit, the lower first",
                key=fit.key,
            )
        self.runner.loader.hardware(fit.hardware, {fit.key: fit.low})  # the key is one of it
        return Parameter(fit, low, high, unit, tuple(self._holders(fit)))

    def _holders(self, fit: Fit) -> Iterator[str]:
        """The machine of a fit, and those of the study whose value of the key is the same."""
        figures = (*self.study.figure, *self.study.also)
        names = {name for f in figures for name in (f.hardware, f.baseline) if name}
        for name in sorted(names | {fit.hardware}):
            provenance = self.runner.loader.hardware(name, {}).provenance.get(fit.key)
            calibrated = provenance is not None and provenance.calibrated == fit.figure
            if calibrated or name == fit.hardware:
                yield name

    def fit(self) -> list[Fitted]:
        """All parameters of the study, found from the middle of their ranges.

        InputError for one that does not move its figure.
        """
        for parameter in self.parameters:
            fit = parameter.fit
            low, high = self._over_range(parameter, fit.figure, fit.end)
            if low == high:
                raise InputError(
                    f"of {fit.hardware} does not move {fit.figure} from {fit.low} to {fit.high}",
                    key=fit.key,
                )
        return self._solve(self.parameters, [(p.fit.figure, p.fit.end) for p in self.parameters])

    def refits(self) -> Iterator[tuple[Fitted, str, str]]:
        """Every parameter fitted to each other figure that it moves: (found, figure, its end)."""
        for parameter in self.parameters:
            for figure in self.study.figure:
                if figure.id == parameter.fit.figure or self.published[figure.id].echo:
                    continue
                for end in ("low", "high"):
                    if self._target(figure.id, end) is not None and self._moves(
                        parameter, figure.id, end
                    ):
                        yield self._solve([parameter], [(figure.id, end)])[0], figure.id, end

    def _moves(self, parameter: Parameter, figure: str, end: str) -> bool:
        low, high = sorted(self._over_range(parameter, figure, end))
        return low > 0.0 and high / low > 1.0 + _MOVES

    def _over_range(self, parameter: Parameter, figure: str, end: str) -> tuple[float, float]:
        """A figure at both ends of the range of a parameter."""
        low, high = (
            self._value(figure, end, [parameter.override(value)])
            for value in (parameter.low, parameter.high)
        )
        return low, high

    def _target(self, figure: str, end: str) -> float | None:
        """The published number of an end; a single value is both."""
        published = self.published[figure]
        if published.value is not None:
            return published.value if end == "high" else None
        return published.low if end == "low" else published.high

    def _value(self, figure: str, end: str, overrides: Iterable[Override]) -> float:
        ends: Ends = evaluate(self.figures[figure], self.runner, list(overrides))
        return ends.low if end == "low" else ends.high

    def _solve(
        self, parameters: Sequence[Parameter], targets: Sequence[tuple[str, str]]
    ) -> list[Fitted]:
        """Bounded least squares of ln(modelled / published) over the parameters' logarithms."""
        if not parameters:
            return []
        least_squares = _scipy()
        wanted = []
        for figure, end in targets:
            target = self._target(figure, end)
            if target is None or target <= 0.0:
                raise InputError(f"nothing positive was published to fit to: {figure}", key="fit")
            wanted.append(target)

        def residuals(places: Array) -> list[float]:
            overrides = [
                p.override(p.at(float(x))) for p, x in zip(parameters, places, strict=True)
            ]
            return [
                math.log(max(self._value(figure, end, overrides), 1e-300) / target)
                for (figure, end), target in zip(targets, wanted, strict=True)
            ]

        starts = [np.full(len(parameters), share) for share in _STARTS]
        start = min(starts, key=lambda places: float(np.square(residuals(places)).sum()))
        # A figure by Monte Carlo is a staircase, so that slopes need a step as wide as a stair.
        found = least_squares(
            residuals, start, bounds=(0.0, 1.0), diff_step=0.01, xtol=1e-10, ftol=1e-14,
            gtol=1e-12, max_nfev=60,
        )  # fmt: skip
        return [Fitted(p, p.at(float(x))) for p, x in zip(parameters, found.x, strict=True)]


def _scipy() -> Any:
    try:
        from scipy.optimize import least_squares
    except ImportError:
        raise InputError("fitting needs scipy: pip install 'recost[search]'") from None
    return least_squares


def as_toml(fitted: Sequence[Fitted], published: dict[str, PublishedFigure]) -> str:
    """What to write into the hardware files, a table of keys for each."""
    blocks: dict[str, list[str]] = {}
    for found in fitted:
        fit = found.parameter.fit
        value = found.parameter.text(found.value)
        shown = f'"{value}"' if isinstance(value, str) else f"{value:.12g}"
        figure = published[fit.figure]
        number = figure.value
        if number is None:
            number = figure.low if fit.end == "low" else figure.high
        tag = "[D]" if figure.kind == "derived" else "[P]"
        source = f"fitted to {figure.metric} {number:g} {tag}"
        blocks.setdefault(f"# {fit.hardware}", []).append(
            f'{fit.key} = {{value = {shown}, source = "{source}", calibrated = "{fit.figure}"}}'
        )
    return "\n\n".join("\n".join([name, *lines]) for name, lines in blocks.items()) + "\n"
