"""What a study file may say: figures and how they are modelled, unknowns and their ranges, fits.

The models below are the one list of keys; a fault of a file names its line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recost import toml_source
from recost.errors import Fault, InputError, suggestion
from recost.network.document import Document
from recost.network.faults import validation_faults
from recost.toml_source import KeyPath

FOLDER = Path(__file__).parent
SUFFIX = ".toml"

Text = Annotated[str, Field(min_length=1)]
Setting = str | int | float | bool
Settings = dict[str, Setting]
Take = Literal[
    "only", "minimum", "maximum", "mean", "geometric-mean", "harmonic-mean", "median", "sum"
]
Run = Literal[
    "compare", "estimate", "rollup", "training", "lifetime", "elimination", "sensing"
]  # fmt: skip


class Table(BaseModel):
    """A table of a file: known keys only, types as written, finite numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class Case(Table):
    """One run of a model: on what, with which settings, and which numbers of it are taken."""

    run: Run = Field(description="the model: one of its words")
    hardware: Text = Field(description="the machine")
    baseline: Text | None = Field(None, description="the machine that it is set against")
    workloads: list[Text] = Field([], description="the networks")
    column: Text | Annotated[list[Text], Field(min_length=1)] = Field(
        description="the column of the answer; several are added"
    )
    where: dict[str, Setting | list[Setting]] = Field(
        {}, description="which rows of the answer count, by column"
    )
    phase: Literal["inference", "training"] = "inference"
    per: Literal["total", "layer", "component"] = "total"
    batch: Annotated[int, Field(ge=1)] | None = None
    trainings_per_year: Annotated[float, Field(gt=0.0)] | None = Field(
        None, description="of a lifetime in years; by default as many as the model has time for"
    )
    set: Settings = Field({}, description="changed keys of the machine")
    baseline_set: Settings = Field({}, description="changed keys of the baseline")
    workload_set: Settings = Field({}, description="changed keys of the networks")


class Figure(Case):
    """How one figure is modelled: a case, or a case over another, and what is taken of its rows.

    Of a published range the lowest and the highest row are taken; else `take` says which.
    """

    id: Text = Field(description="the published figure, or a name of one's own in [[also]]")
    take: Take = "only"
    over: Settings | dict[str, Any] = Field(
        {}, description="keys of a second case, which divides the first"
    )
    scale: Annotated[float, Field(gt=0.0)] = Field(
        1.0, description="unit of the column over that of the figure: 1e9 for joules as nanojoules"
    )
    note: str = Field("", description="what a reader should know, with the reference")


class Choice(Table):
    """A value that an unknown may have, and who says so."""

    value: Setting | list[Text]
    source: Text


class Unknown(Table):
    """What is not public of a design: the key that stands for it, and the values it may have."""

    name: Text
    key: Text = Field(
        description="key of the hardware; workload:KEY of the networks; figure:KEY of a case"
    )
    values: Annotated[list[Choice], Field(min_length=1)]
    hardware: list[Text] = Field([], description="the machines; all of a case by default")
    figures: list[Text] = Field([], description="the figures; all by default")


class Fit(Table):
    """A parameter that was fitted to a figure: where `calibrated` in a hardware file names it."""

    figure: Text
    hardware: Text = Field(description="the machine whose file holds the value")
    key: Text
    low: Setting
    high: Setting
    digits: Annotated[int, Field(ge=1, le=12)] = 4
    end: Literal["low", "high"] = Field("high", description="the end of a published range")


class StudyFile(Table):
    """A system: its published figures beside the models, and what is not public of it."""

    model_config = ConfigDict(populate_by_name=True)

    schema_: Literal[1] = Field(1, alias="schema")
    system: Text
    title: Text
    profiles: dict[str, Text] = Field(
        {}, description="networks and the hash they had when the study was fixed"
    )
    figure: Annotated[list[Figure], Field(min_length=1)]
    also: list[Figure] = Field([], description="cases without a published figure")
    unknown: list[Unknown] = []
    fit: list[Fit] = []


class PublishedFigure(Table):
    """A figure as it was published: a value, or a range of which one end may be missing."""

    system: Text
    id: Text
    metric: Text
    kind: Literal["headline", "range", "component", "derived", "trend"]
    public: Literal["full", "abstract"]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    baseline: str = ""
    workload: str = ""
    echo: bool = False
    calibrates: str = ""
    tolerance_absolute: float | None = None
    source: str = ""


class PublishedFile(Table):
    """All published figures."""

    figure: list[PublishedFigure]


Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], path: Path) -> tuple[Model, Document]:
    """A file as a model, and the document that knows its lines; InputError with all faults."""
    source = toml_source.load(path)
    document = Document(dict(source.data), (source,))
    try:
        return model.model_validate(document.data), document
    except ValidationError as error:
        raise InputError(validation_faults(error, document.data, (), document, model)) from None


def published_figures() -> dict[str, PublishedFigure]:
    """Every published figure by its id; nothing but `reproduce` reads them."""
    found, document = read(PublishedFile, FOLDER / "published.toml")
    by_id: dict[str, PublishedFigure] = {}
    for i, figure in enumerate(found.figure):
        if figure.id in by_id:
            raise document.error(f"'{figure.id}' stands here twice", ("figure", i, "id"))
        by_id[figure.id] = figure
    return by_id


def shipped_studies() -> dict[str, Path]:
    """The studies that come with recost, by system."""
    return {path.stem: path for path in sorted((FOLDER / "studies").glob("*" + SUFFIX))}


def find_study(name: str) -> Path:
    """The file of a study, by system or by path; InputError with the nearest name."""
    if name.endswith(SUFFIX) or "/" in name:
        path = Path(name)
        if not path.exists():
            raise InputError("no such file; a study is a TOML file or a system", path=name)
        return path
    known = shipped_studies()
    if name not in known:
        hint = suggestion(name, known) or f"; there are {', '.join(known)}"
        raise InputError(f"unknown system '{name}'{hint}")
    return known[name]


def load_study(path: Path, published: dict[str, PublishedFigure]) -> tuple[StudyFile, Document]:
    """A study whose figures, unknowns and fits refer to what there is."""
    study, document = read(StudyFile, path)
    faults: list[Fault] = []
    own = {figure.id for figure in study.figure} | {figure.id for figure in study.also}

    def check(ids: list[str], known: set[str], place: KeyPath) -> None:
        for name in ids:
            if name not in known:
                hint = suggestion(name, known)
                faults.append(document.fault(f"unknown figure '{name}'{hint}", place))

    seen: set[str] = set()
    for i, figure in enumerate(study.figure):
        check([figure.id], set(published), ("figure", i, "id"))
        if figure.id in seen:
            faults.append(document.fault(f"'{figure.id}' stands here twice", ("figure", i, "id")))
        seen.add(figure.id)
    for i, unknown in enumerate(study.unknown):
        check(unknown.figures, own, ("unknown", i, "figures"))
    for i, fit in enumerate(study.fit):
        check([fit.figure], {figure.id for figure in study.figure}, ("fit", i, "figure"))
    if faults:
        raise InputError(faults)
    return study, document
