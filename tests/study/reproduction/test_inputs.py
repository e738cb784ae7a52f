"""Every input of every study moves what is modelled: none is there for show."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from recost import vocabulary
from recost.errors import InputError
from recost.study.reproduce import Reproduction, open_studies
from recost.study.reproduction.files import Figure, Setting
from recost.study.reproduction.model import evaluate, grid, touches

_QUANTITY = re.compile(r"([-+0-9.eE]+)(\s.*)")


def others(value: Setting) -> Iterator[Setting]:
    """Other values that may stand in the place of one."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (2 * value, value + 1, max(1, value // 2))
    elif isinstance(value, float):
        yield from (0.9 * value, 0.5 * value)
    elif quantity := _QUANTITY.fullmatch(value):
        yield f"{1.5 * float(quantity[1])!r}{quantity[2]}"
    else:
        for words in vars(vocabulary).values():
            if isinstance(words, type) and issubclass(words, vocabulary.Word):
                listed = words.words()
                if value in listed:
                    yield from (word for word in listed if word != value)


def changes(figure: Figure) -> Iterator[tuple[str, Figure]]:
    """The figure with each of its inputs changed, one after the other, in every way."""
    for part in ("set", "baseline_set", "workload_set"):
        settings = getattr(figure, part)
        for key, value in settings.items():
            for other in others(value):
                yield f"{part} {key}", figure.model_copy(update={part: settings | {key: other}})
    for key, settings in figure.over.items():
        if isinstance(settings, dict):
            for name, value in settings.items():
                for other in others(value):
                    over = figure.over | {key: settings | {name: other}}
                    yield f"over {name}", figure.model_copy(update={"over": over})
    if figure.batch:
        yield "batch", figure.model_copy(update={"batch": 2 * figure.batch})
    if figure.trainings_per_year:
        rate = 2 * figure.trainings_per_year
        yield "trainings_per_year", figure.model_copy(update={"trainings_per_year": rate})


def moved(study: Reproduction, name: str, figure: Figure, before: object) -> bool:
    try:
        return evaluate(figure, study.runner) != before
    except InputError:  # not every other value is allowed; one copy trains no other batch
        return name == "batch"


STUDIES = {study.study.system: study for study in open_studies()}
# SRE's studies have two hundred comparisons of six networks.
SETTINGS = [pytest.param(s, marks=pytest.mark.slow) if s == "sre" else s for s in STUDIES]


@pytest.mark.parametrize("system", SETTINGS)
def test_every_setting_moves_its_figure(system):
    study = STUDIES[system]
    still: set[str] = set()
    for figure in (*study.study.figure, *study.study.also):
        before = evaluate(figure, study.runner)
        results: dict[str, bool] = {}
        for name, changed in changes(figure):
            results[name] = results.get(name, False) or moved(study, name, changed, before)
        still |= {f"{figure.id}: {name}" for name, did in results.items() if not did}
    assert not still


@pytest.mark.parametrize("system", STUDIES)
def test_every_unknown_moves_some_figure(system):
    study = STUDIES[system]
    for unknown in study.study.unknown:
        others_fixed = [
            u.model_copy(update={"values": u.values[:1]})
            for u in study.study.unknown
            if u is not unknown
        ]
        spans = []
        for figure in study.study.figure:
            if touches(unknown, figure):
                found = grid(figure, [*others_fixed, unknown], study.runner)
                spans.append(found.low[0] != found.low[1] or found.high[0] != found.high[1])
        assert any(spans), unknown.name


@pytest.mark.parametrize("system", STUDIES)
def test_every_machine_and_network_counts(system):
    study = STUDIES[system]
    for figure in study.study.figure:
        if len(figure.workloads) > 1 and figure.take not in ("minimum", "maximum"):
            before = evaluate(figure, study.runner)
            for left_out in figure.workloads:
                kept = [name for name in figure.workloads if name != left_out]
                fewer = figure.model_copy(update={"workloads": kept})
                if figure.take != "only":  # a range need not end at this network
                    assert evaluate(fewer, study.runner) != before, (figure.id, left_out)
