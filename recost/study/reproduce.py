"""`recost reproduce`: every published figure beside what the models give for it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recost.errors import InputError
from recost.hardware.provenance import REPLACED
from recost.network.document import Document
from recost.study.reproduction import verdict as rule
from recost.study.reproduction.calibration import Calibration, Fitted, as_toml
from recost.study.reproduction.files import (
    Figure,
    PublishedFigure,
    find_study,
    load_study,
    published_figures,
    shipped_studies,
)
from recost.study.reproduction.model import (
    Ends,
    Grid,
    Override,
    check_over,
    check_unknowns,
    chosen,
    evaluate,
    grid,
)
from recost.study.reproduction.runs import Loader, Runner
from recost.study.result import Result

COLUMNS = (
    "row",
    "system",
    "figure",
    "metric",
    "published",
    "published_to",
    "modelled",
    "modelled_to",
    "ratio",
    "reach_low",
    "reach_high",
    "verdict",
    "kind",
    "echo",
    "public",
    "unknowns",
    "calibrated_keys",
    "explanation",
)
REFIT_COLUMNS = (
    "row",
    "system",
    "key",
    "fitted_to",
    "end",
    "value",
    "value_change_percent",
    "fitted_ratio",
    "figure",
    "ratio_before",
    "ratio_after",
)


@dataclass(frozen=True)
class Reproduced:
    """One figure: as published, as modelled, and what the rule says."""

    published: PublishedFigure
    figure: Figure
    ends: Ends
    grid: Grid
    verdict: str
    rival: str
    fitted: tuple[str, ...]


class Reproduction:
    """A study file and all that is found with it."""

    def __init__(self, path: Path, published: dict[str, PublishedFigure]) -> None:
        self.published = published
        self.study, self.document = load_study(path, published)
        self.runner = Runner(Loader(path.parent))
        for part in ("figure", "also"):
            for i, figure in enumerate(getattr(self.study, part)):
                check_over(figure, self.document, (part, i))
        check_unknowns(self.study, self.document)
        with _at(self.document, ("fit",)):
            self.calibration = Calibration(self.study, published, self.runner)

    def figures(self, overrides: Sequence[Override] = ()) -> list[Ends]:
        """What the models give for every figure of the study, with other values of some keys."""
        found = []
        for i, figure in enumerate(self.study.figure):
            with _at(self.document, ("figure", i)):
                found.append(_one(figure, self.published, evaluate(figure, self.runner, overrides)))
        return found

    def reproduce(self) -> list[Reproduced]:
        """Every figure with its verdict."""
        study, ends = self.study, self.figures()
        grids = []
        for i, figure in enumerate(study.figure):
            with _at(self.document, ("figure", i)):
                grids.append(grid(figure, study.unknown, self.runner))
        fitted = [self._fitted_keys(figure.id) for figure in study.figure]
        verdicts = [
            rule.alone(
                self.published[figure.id],
                ends[i],
                grids[i],
                fitted=bool(fitted[i]),
                chosen=any(chosen(unknown, figure) for unknown in grids[i].unknowns),
            )
            for i, figure in enumerate(study.figure)
        ]
        rivals = self._rivals(grids, verdicts)
        found = []
        for i, figure in enumerate(study.figure):
            rival = rivals.get(i, "")
            said = rule.CONFLICT if rival else verdicts[i]
            published = self.published[figure.id]
            found.append(Reproduced(published, figure, ends[i], grids[i], said, rival, fitted[i]))
        return found

    def _rivals(self, grids: Sequence[Grid], verdicts: Sequence[str]) -> dict[int, str]:
        """Pairs of figures that cannot both hold, in the study's order; each in one at most."""
        figures = self.study.figure
        open_ = [i for i, v in enumerate(verdicts) if v in (rule.REACHABLE, rule.UNCONSTRAINED)]
        rivals: dict[int, str] = {}
        for i, j in itertools.combinations(open_, 2):
            if i in rivals or j in rivals:
                continue
            one, other = ((self.published[figures[k].id], grids[k]) for k in (i, j))
            if rule.conflicting(one, other):
                rivals[i], rivals[j] = figures[j].id, figures[i].id
        return rivals

    def _fitted_keys(self, figure: str) -> tuple[str, ...]:
        """Keys of the study's machines whose values were fitted to a figure."""
        found: dict[str, None] = {}
        for case in self.study.figure:
            for name in (case.hardware, case.baseline, case.over.get("hardware")):
                if isinstance(name, str):
                    machine = self.runner.loader.hardware(name, {})
                    for key, provenance in machine.provenance.items():
                        if provenance.calibrated == figure:
                            found[key] = None
            found.update({fit.key: None for fit in self.study.fit if fit.figure == figure})
        return tuple(found)

    def changed_profiles(self) -> list[str]:
        """Networks that are not what they were when the study was fixed."""
        notes = []
        for name, fixed in self.study.profiles.items():
            with _at(self.document, ("profiles", name)):
                found = self.runner.loader.network(name, {}).content_hash
            if not found.startswith(fixed):
                notes.append(
                    f"{self.study.system}: {name} has changed since the study was fixed"
                    f" ({found[:16]}, not {fixed})"
                )
        return notes

    def rows(self) -> list[dict[str, Any]]:
        """A row a figure, then one for each case that nothing was published for."""
        rows = [self._row(found) for found in self.reproduce()]
        for i, figure in enumerate(self.study.also):
            with _at(self.document, ("also", i)):
                rows.append(self._also(figure, evaluate(figure, self.runner)))
        return rows

    def _row(self, found: Reproduced) -> dict[str, Any]:
        published, ends = found.published, found.ends
        worst = rule.worst(published, ends)
        lower_end = published.value is None and worst.published == published.low
        reach = found.grid.low if lower_end else found.grid.high
        known = bool(found.grid.unknowns)
        ranged = published.value is None
        rival = f"not together with {found.rival}" if found.rival else ""
        parts = (rival, rule.remainder(published, ends), found.figure.note)
        explanation = "; ".join(part for part in parts if part)
        return {
            "row": "figure",
            "system": published.system,
            "figure": published.id,
            "metric": published.metric,
            "published": published.low if ranged else published.value,
            "published_to": published.high if ranged else None,
            "modelled": ends.low if ranged and published.low is not None else ends.high,
            "modelled_to": ends.high if ranged else None,
            "ratio": worst.ratio,
            "reach_low": reach[0] if known else None,
            "reach_high": reach[1] if known else None,
            "verdict": found.verdict,
            "kind": published.kind,
            "echo": published.echo,
            "public": published.public,
            "unknowns": ", ".join(unknown.name for unknown in found.grid.unknowns) or None,
            "calibrated_keys": ", ".join(found.fitted) or None,
            "explanation": explanation or None,
        }

    def _also(self, figure: Figure, ends: Ends) -> dict[str, Any]:
        return {
            "row": "also",
            "system": self.study.system,
            "figure": figure.id,
            "metric": figure.column if isinstance(figure.column, str) else "sum",
            "modelled": ends.low,
            "modelled_to": ends.high if ends.high != ends.low else None,
            "explanation": figure.note or None,
        }


def _one(figure: Figure, published: dict[str, PublishedFigure], ends: Ends) -> Ends:
    """The ends, which must be one number where one was published."""
    if published[figure.id].value is not None and ends.low != ends.high:
        raise InputError(
            f"its rows run from {ends.low:.6g} to {ends.high:.6g}, and one value was published;"
            " say which with take",
            key="take",
        )
    return ends


@contextmanager
def _at(document: Document, place: tuple[str | int, ...]) -> Iterator[None]:
    """Faults of a run get the place of the study that asked for it."""
    try:
        yield
    except InputError as error:
        said = (replace(f, path=None) if f.path == REPLACED else f for f in error.faults)
        raise document.error("; ".join(map(str, said)), place) from None


def open_studies(names: Sequence[str] = ()) -> list[Reproduction]:
    """The studies of that name or path; all shipped ones if none is named."""
    published = published_figures()
    wanted = dict.fromkeys(names or shipped_studies())
    return [Reproduction(find_study(name), published) for name in wanted]


def reproduce(names: Sequence[str] = (), *, details: bool = False) -> Result:
    """Published figures beside modelled ones, a row each, for systems or study files.

    `ratio` = modelled / published, of a range at the end that is further off; `reach` is how far
    the models go over what is not public (at that end).  Verdicts are decided by rule
    (`recost.study.reproduction.verdict`).  `details` adds the study's cases without a
    published figure.  Raises InputError.
    """
    return as_result(open_studies(names), details=details)


def as_result(studies: Sequence[Reproduction], *, details: bool = False) -> Result:
    """The table of `reproduce` for opened studies."""
    rows = [row for study in studies for row in study.rows() if details or row["row"] == "figure"]
    warnings = [note for study in studies for note in study.changed_profiles()]
    return Result(
        COLUMNS,
        rows,
        notes=[_tally(rows)],
        warnings=warnings,
        provenance={"studies": {s.study.system: s.document.content_hash for s in studies}},
        kind="reproduce",
    )


def unmet(result: Result) -> list[str]:
    """Figures, echoes apart, that the models do not reproduce."""
    return [
        str(row["figure"])
        for row in result.rows
        if row["row"] == "figure" and not row["echo"] and row["verdict"] not in rule.MET
    ]


def _tally(rows: Iterable[dict[str, Any]]) -> str:
    """How many figures have which verdict."""
    judged = [row for row in rows if row["row"] == "figure"]
    own = [row["verdict"] for row in judged if not row["echo"]]
    counts = {word: own.count(word) for word in rule.VERDICTS if word in own}
    said = ", ".join(f"{count} {word}" for word, count in counts.items())
    echoes = len(judged) - len(own)
    return f"{len(own)} figures: {said}" + (f"; {echoes} echo inputs" if echoes else "")


def fits(names: Sequence[str] = ()) -> tuple[list[Fitted], str]:
    """Every fitted parameter found again, and the TOML that the hardware files hold of it."""
    found: list[Fitted] = []
    studies = open_studies(names)
    for study in studies:
        with _at(study.document, ("fit",)):
            found += study.calibration.fit()
    return found, as_toml(found, studies[0].published)


def leave_one_out(names: Sequence[str] = ()) -> Result:
    """Every fitted parameter fitted to each other figure that it moves instead.

    A row is such a refit: the value found, and the figure whose ratio (modelled / published) it
    changes most, before and after.  Raises InputError.
    """
    rows: list[dict[str, Any]] = []
    for study in open_studies(names):
        before = study.figures()
        with _at(study.document, ("fit",)):
            refits = list(study.calibration.refits())
        for found, target, end in refits:
            after = study.figures([found.parameter.override(found.value)])
            rows.append(_refit_row(study, found, (target, end), before, after))
    return Result(REFIT_COLUMNS, rows, kind="reproduce --leave-one-out")


def _refit_row(
    study: Reproduction,
    found: Fitted,
    target: tuple[str, str],
    before: Sequence[Ends],
    after: Sequence[Ends],
) -> dict[str, Any]:
    fit = found.parameter.fit
    machine = study.runner.loader.hardware(fit.hardware, {})
    shipped = machine.provenance[fit.key].text
    moved, fitted_ratio = [], None
    for figure, old, new in zip(study.study.figure, before, after, strict=True):
        published = study.published[figure.id]
        if figure.id == target[0]:
            pairs = rule.pairs(published, new)
            fitted_ratio = pairs[0 if target[1] == "low" else -1].ratio
        if published.echo or figure.id == target[0]:
            continue
        pair, other = rule.worst(published, new), rule.worst(published, old)
        if pair.ratio and other.ratio:
            moved.append((abs(math.log(pair.ratio / other.ratio)), figure.id, other, pair))
    row: dict[str, Any] = {
        "row": "refit",
        "system": study.study.system,
        "key": fit.key,
        "fitted_to": target[0],
        "end": target[1],
        "value": str(found.parameter.text(found.value)),
        "fitted_ratio": fitted_ratio,
        "value_change_percent": 100.0 * (found.value / _number(shipped) - 1.0),
    }
    if moved:
        _, name, old_pair, new_pair = max(moved, key=lambda one: one[0])
        row |= {
            "figure": name,
            "ratio_before": old_pair.ratio,
            "ratio_after": new_pair.ratio,
        }
    return row


def _number(text: str) -> float:
    """The number of a quantity, without its unit."""
    return float(text.split(maxsplit=1)[0])


def study_text(name: str) -> str:
    """The text of a study file, to copy and to change."""
    return find_study(name).read_text(encoding="utf-8")
