"""Options that sweeps and searches share, and what they come to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recost.errors import InputError
from recost.report.write import Format

if TYPE_CHECKING:
    from recost.cli.options import Inputs
    from recost.study.life_case import Duty
    from recost.study.pieces import Pieces
    from recost.study.pricing import Pricing
    from recost.study.selection import Selection
    from recost.study.sweep import Study

#: More rows than this are months of work.
LARGEST_SWEEP = 10**10
#: More points than this are searched by trying some.
LARGEST_ENUMERATION = 10**8

Vary = Annotated[
    list[str] | None,
    typer.Option(
        "--vary",
        metavar="[NAME:]KEY=VALUES",
        help="Values of a key of all hardware, of hardware NAME, or of the networks "
        "(workload:KEY=...): 4,8,16 | 4..8 | 4:64:x2 | 0:1:+0.1 | 0.1:0.9:20 | 1 pJ:9 pJ:log20; "
        "with --sample also 0.1:0.9. Repeats.",
    ),
]
Sample = Annotated[
    tuple[str, int] | None,
    typer.Option("--sample", metavar="sobol N", help="N quasi-random points instead of all."),
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of what is drawn.")]
Baseline = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="NAME",
        help="Hardware to compare every design with, as its file says: speedup and the like.",
    ),
]
File = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help=".csv, .parquet, .npz; .json, .md, .txt."),
]
FormatOption = Annotated[
    Format | None, typer.Option("-f", "--format", help="Format on standard output.")
]
ClusterAddress = Annotated[
    str | None,
    typer.Option(
        "--cluster", metavar="ADDRESS", help="Work on a Dask cluster: its scheduler's address."
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="CONDITION", help="Rows with 'area_mm2<90 and chips==1'."),
]
Columns = Annotated[
    str | None, typer.Option("--columns", metavar="A,B", help="These columns, in this order.")
]
DutyShare = Annotated[
    float | None,
    typer.Option("--duty", metavar="SHARE", help="For lifetime_years: share of time in training."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace a file that exists.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No notes and no bar.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", min=1, help="Threads; by default one a processor.")
]


def make_study(
    inputs: Inputs,
    vary: Sequence[str] | None,
    sampled: tuple[tuple[str, int] | None, int],
    limit: int | None,
    pricing: Pricing,
    extras: Sequence[str],
) -> Study:
    """The study that the options ask for; refused if its space has more points than `limit`.

    `sampled` are the sample and the seed.  Without a limit, a space may be endless.
    """
    from recost.study.space import parse_space
    from recost.study.sweep import Study

    sample, seed = sampled
    if not vary:
        raise InputError(
            "name a key and its values, such as --vary operation_unit.rows=4,8,16", key="--vary"
        )
    if sample and (sample[0] != "sobol" or sample[1] < 1):
        raise InputError("is not 'sobol N' with N from 1 on", key=f"--sample {sample[0]}")
    if seed < 0:
        raise InputError("a seed is a whole number from 0 on", key="--seed")
    samples = sample[1] if sample else 0
    space = parse_space(vary, samples=samples, seed=seed, endless=limit is None)
    study = Study(inputs.hardware, inputs.networks, space, pricing, extras, inputs.baseline)
    if limit is not None and study.size > limit:
        raise InputError(
            f"{study.size:,} points, more than {limit:.0e}: vary fewer keys or values, or take a"
            " sample (--sample sobol N)",
            key="--vary",
        )
    return study


def asked_extras(texts: Iterable[str | None]) -> list[str]:
    """The columns beside the cost that some option names."""
    from fnmatch import fnmatchcase

    from recost.study.extras import EXTRAS

    words = {word for text in texts if text for word in re.findall(r"[\w*?]+", text)}
    return [name for name in EXTRAS if any(fnmatchcase(name, w) and w != "*" for w in words)]


def asked_duty(
    share: float | None, training: tuple[str | None, float | None], extras: Sequence[str]
) -> Duty | None:
    """How machines that train spend their time: `training` is its time, or how many a year."""
    if share is None and training == (None, None):
        return None
    from recost.cli.lifetime import training_seconds
    from recost.study.life_case import Duty

    if "lifetime_years" not in extras:
        given = (share, *training)
        options = ("--duty", "--training-time", "--trainings-per-year")
        key = next(o for o, value in zip(options, given, strict=True) if value is not None)
        raise InputError("goes with lifetime_years, which no other option names", key=key)
    return Duty(1.0 if share is None else share, training_seconds(*training))


def numbers_of(study: Study) -> list[str]:
    """The columns that can be goals."""
    return [name for name in study.columns if name not in study.words]


@contextmanager
def pieces_of(
    cluster: str | None,
) -> Iterator[Callable[[Study, Selection, int, int], Pieces] | None]:
    """What works out pieces of a study on a cluster; None for this machine."""
    if cluster is None:
        yield None
        return
    from recost.study.cluster import connected

    with connected(cluster) as connection:
        yield connection.pieces


def use_threads(jobs: int | None) -> None:
    """Run kernels on so many threads; never more than there are."""
    if jobs is None:
        return
    import numba

    config: Any = numba.config
    if jobs > config.NUMBA_NUM_THREADS:
        raise InputError(f"there are {config.NUMBA_NUM_THREADS} threads", key="--jobs")
    numba.set_num_threads(jobs)


def chosen_columns(text: str | None, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that --columns names, patterns too; all if it is not given."""
    from fnmatch import fnmatchcase

    from recost.errors import Fault, suggestion

    if not text:
        return tuple(columns)
    found: dict[str, None] = {}
    faults = []
    for name in (part.strip() for part in text.split(",")):
        fits = [column for column in columns if fnmatchcase(column, name)]
        if not fits:
            hint = suggestion(name, columns)
            faults.append(Fault(f"unknown column '{name}'{hint}", key="--columns"))
        found |= dict.fromkeys(fits)
    if faults:
        raise InputError(faults)
    return tuple(found)


def parse_shard(text: str | None) -> tuple[int, int] | None:
    """The (number, count) of ``i/n``."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip())
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise InputError("write i/n with i from 1 to n", key=f"--shard {text[:20]}")
    return int(match[1]), int(match[2])
