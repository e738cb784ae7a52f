"""`recost sweep`, `recost search` and `recost merge`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recost.cli.options import HardwareNames, Settings, WorkloadNames, load_inputs
from recost.cli.output import Output
from recost.cli.sweep_options import (
    Columns,
    Force,
    Jobs,
    Quiet,
    Sample,
    Seed,
    Vary,
    Where,
    chosen_columns,
    make_study,
    parse_shard,
    use_threads,
)
from recost.errors import InputError
from recost.report.write import Format

if TYPE_CHECKING:
    from recost.study.selection import Selection, Table
    from recost.study.sweep import Study

#: Rows that a screen or a JSON file takes at most.
_MOST_SHOWN = 100_000
_LARGEST_SWEEP = 10**10
_LARGEST_SEARCH = 10**8
_STREAMED = (".csv", ".parquet", ".npz")

File = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help=".csv, .parquet, .npz; .json, .md, .txt."),
]
FormatOption = Annotated[
    Format | None, typer.Option("-f", "--format", help="Format on standard output.")
]


def sweep(
    *,
    hardware: HardwareNames,
    workload: WorkloadNames,
    vary: Vary,
    settings: Settings = None,
    sample: Sample = None,
    seed: Seed = 0,
    where: Where = None,
    pareto: Annotated[
        str | None,
        typer.Option(
            metavar="A,B[,C]", help="Only rows that none beats in all of these; max:A for more."
        ),
    ] = None,
    sort: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Order of --top; -COLUMN is descending.")
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="Only the first rows of --sort.")] = None,
    columns: Columns = None,
    output: File = None,
    output_format: FormatOption = None,
    force: Force = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the file of an interrupted run.")
    ] = False,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Only part I of N; join with recost merge.")
    ] = None,
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> None:
    """Cost of every design of a space: a row for each, streamed to a file.

    \b
    Examples:
      recost sweep -H sre -W vgg16 --vary operation_unit.rows=4,8,16 --vary adc.bits=4..8
      recost sweep -H sre -W vgg16 -W alexnet --vary crossbar.rows=64:512:x2 -o all.csv
      recost sweep -H sre -W vgg16 --vary "adc.energy=0.1 pJ:2 pJ:log50" --pareto energy_j,area_mm2
      recost sweep -H sre -W caffenet-ssl --vary "workload:profile.*.weights.elements=0.1:0.9" \\
          --sample sobol 1000 -o sample.parquet
    """  # noqa: D301 (\b keeps the lines apart)
    inputs = load_inputs(hardware, workload, settings)
    use_threads(jobs)
    study = make_study(inputs, vary, sample, seed, _LARGEST_SWEEP)
    selection = _selection(study, where, pareto, sort, top)
    names = chosen_columns(columns, study.columns)
    part = parse_shard(shard)
    streams = output is not None and output.suffix.lower() in _STREAMED and selection.streams
    if (part or resume) and not streams:
        raise InputError(
            "goes with -o FILE.csv, .parquet or .npz, and without --pareto or --top",
            key="--shard" if part else "--resume",
        )
    _compiling(quiet)
    if streams:
        assert output is not None
        said = {"settings": list(inputs.settings), "where": where or [], "shard": part}
        _stream(study, selection, names, (output, force, resume, quiet), said)
        return
    table, impossible = _select(study, selection, quiet, None if output else _MOST_SHOWN)
    _note_impossible(study, impossible, quiet)
    _show(study, {name: table[name] for name in names}, (output, output_format, force, quiet))


def search(
    *,
    hardware: HardwareNames,
    workload: WorkloadNames,
    vary: Vary,
    minimize: Annotated[
        list[str] | None,
        typer.Option("--minimize", metavar="COLUMN", help="Make this small. Repeats: a trade-off."),
    ] = None,
    maximize: Annotated[
        list[str] | None, typer.Option("--maximize", metavar="COLUMN", help="Make this large.")
    ] = None,
    settings: Settings = None,
    where: Where = None,
    sample: Sample = None,
    seed: Seed = 0,
    columns: Columns = None,
    output: File = None,
    output_format: FormatOption = None,
    force: Force = False,
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> None:
    """Find the best design of a space under conditions, by going through all of it.

    One goal gives the optimum (all designs that reach it); two or three give the Pareto front.
    Every point is evaluated, so that nothing better exists in the space; a sample finds the
    best of the sample.

    \b
    Examples:
      recost search -H sre -W vgg16 --vary operation_unit.rows=4,8,16,32 --vary adc.bits=4..8 \\
          --minimize energy_j --where "area_mm2<90"
    """  # noqa: D301 (\b keeps the lines apart)
    from recost.study.conditions import parse_goals, parse_where
    from recost.study.selection import Selection

    inputs = load_inputs(hardware, workload, settings)
    use_threads(jobs)
    study = make_study(inputs, vary, sample, seed, _LARGEST_SEARCH)
    wanted = [f"min:{name}" for name in minimize or ()] + [f"max:{name}" for name in maximize or ()]
    if not 1 <= len(wanted) <= 3:
        raise InputError("one to three goals: --minimize COLUMN, --maximize COLUMN")
    numbers = [name for name in study.columns if name not in study.words]
    goals = parse_goals(",".join(wanted), numbers, "--minimize, --maximize")
    selection = Selection(parse_where(where or (), study.columns), goals)
    _compiling(quiet)
    table, impossible = _select(study, selection, quiet, None)
    _note_impossible(study, impossible, quiet)
    names = chosen_columns(columns, study.columns)
    if not len(table["row"]):
        raise InputError("no design of the space meets the conditions", key="--where")
    if not quiet:
        what = "a sample" if sample else "all designs of the space"
        _note(f"{study.size:,} points gone through, {what}: nothing in them is better")
    _show(study, {name: table[name] for name in names}, (output, output_format, force, quiet))


def merge(
    *,
    shards: Annotated[list[Path], typer.Argument(metavar="SHARD...", help="The shards' files.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The whole.")],
    force: Force = False,
) -> None:
    """Join the files of `recost sweep --shard` into the file of one run, byte for byte.

    \b
    Example:
      recost merge part-1.csv part-2.csv part-3.csv -o all.csv
    """  # noqa: D301 (\b keeps the lines apart)
    from recost.report.files import write_files
    from recost.report.merge import companion
    from recost.report.merge import merge as run
    from recost.report.stream import check_new

    check_new([output], force=force)
    whole = run(shards, output)
    write_files({companion(output): _json(whole)})


def _selection(
    study: Study, where: list[str] | None, pareto: str | None, sort: str | None, top: int | None
) -> Selection:
    from recost.study.conditions import Goal, parse_goals, parse_where
    from recost.study.selection import Selection

    numbers = [name for name in study.columns if name not in study.words]
    conditions = parse_where(where or (), study.columns)
    if pareto and (sort or top):
        raise InputError("goes without --sort and --top", key="--pareto")
    if pareto:
        goals = parse_goals(pareto, numbers, "--pareto")
        if len(goals) not in (2, 3):
            raise InputError("a front has two or three columns", key=f"--pareto {pareto}")
        return Selection(conditions, goals)
    if bool(sort) != bool(top):
        raise InputError("--sort and --top N go together: rows are streamed, not kept")
    if not sort or not top:
        return Selection(conditions)
    wanted = sort.split(",")
    named = parse_goals(
        ",".join(name.strip().removeprefix("-") for name in wanted), numbers, "--sort"
    )
    goals = tuple(
        Goal(goal.column, name.strip().startswith("-"))
        for goal, name in zip(named, wanted, strict=True)
    )
    return Selection(conditions, goals, top)


def _select(
    study: Study, selection: Selection, quiet: bool, limit: int | None
) -> tuple[Table, int]:
    from recost.report.progress import Progress
    from recost.study.sweep import select

    progress = Progress(study.size, "points", quiet=quiet)
    try:
        return select(study, selection, progress.update, limit)
    finally:
        progress.end()


def _stream(
    study: Study,
    selection: Selection,
    names: tuple[str, ...],
    target: tuple[Path, bool, bool, bool],
    said: dict[str, Any],
) -> None:
    """Write all rows to a file as they are made."""
    from recost.report.files import write_files
    from recost.report.merge import companion
    from recost.report.progress import Progress
    from recost.report.stream import Layout, Stream, check_new
    from recost.study.sweep import chunks

    path, force, resume, quiet = target
    check_new([path], force=force)
    words = {name: study.words[name] for name in names if name in study.words}
    layout = Layout(names, words, frozenset(study.whole & set(names)))
    number, count = said["shard"] or (1, 1)
    start, stop = study.size * (number - 1) // count, study.size * number // count
    conditions = [str(condition) for condition in selection.where]
    identity = json.dumps([study.fingerprint, names, conditions])
    stream = Stream(path, layout, f"{identity}{start}-{stop}{path.suffix.lower()}")
    if not resume and not force:
        check_new([stream.part], force=False)
    progress = Progress(stop - start, "points", quiet=quiet)
    try:
        stream.begin(start, resume=resume)
        progress = Progress(stop - start, "points", done=stream.next_point - start, quiet=quiet)
        for done, table, lost in chunks(study, selection, stream.next_point, stop):
            stream.append(table, done, lost)
            progress.update(done - start)
        stream.finish()
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"cannot be written: {reason}; what is there is kept in {stream.part.name}, and"
            " --resume goes on with it",
            path=str(path),
        ) from error
    finally:
        progress.end()
        stream.close()
    _note_impossible(study, stream.impossible, quiet)
    about = {"kind": "sweep", **said, "identity": identity, "rows": stream.rows}
    about |= {"impossible": stream.impossible, "columns": list(names)}
    write_files({companion(path): _json(about | {"provenance": study.provenance()})})


def _show(
    study: Study, table: Table, target: tuple[Path | None, Format | None, bool, bool]
) -> None:
    """Put a small answer on the screen or into a file."""
    from recost.report.stream import Layout, Stream, check_new
    from recost.study.sweep import as_result

    path, output_format, force, quiet = target
    if path is not None and str(path) != "-":
        check_new([path], force=force)
    if path is not None and path.suffix.lower() in (".parquet", ".npz"):
        names = tuple(table)
        words = {name: study.words[name] for name in names if name in study.words}
        stream = Stream(path, Layout(names, words, frozenset(study.whole & set(names))), "")
        stream.begin(0, resume=False)
        stream.append(table, 0, 0)
        stream.finish()
        return
    out = Output(output_format=output_format, path=path, quiet=quiet)
    out.show(as_result(study, table, "sweep"))


def _compiling(quiet: bool) -> None:
    from recost.kernels._numba import has_compiled

    if not quiet and not has_compiled("sweep"):
        _note("compiling the kernels, once for this machine; it takes some seconds")


def _note_impossible(study: Study, count: int, quiet: bool) -> None:
    if not count:
        return
    if count == study.size:
        raise InputError(f"no point of the space can be built: {study.refused}", key="--vary")
    reason = f" ({study.refused})" if study.refused else ""
    if not quiet:
        _note(f"{count:,} of {study.size:,} points cannot be built{reason}; they have no row")


def _note(text: str) -> None:
    typer.echo(f"note: {text}", file=sys.stderr)


def _json(said: dict[str, Any]) -> bytes:
    return (json.dumps(said, indent=2, ensure_ascii=False, default=str) + "\n").encode("utf-8")
