"""`recost sweep` and `recost merge`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recost.cli.lifetime import TrainingsPerYear, TrainingTime
from recost.cli.options import (
    HardwareNames,
    Inputs,
    Phase,
    PhaseOption,
    Settings,
    WorkloadNames,
    WorkOption,
    load_inputs,
)
from recost.cli.output import Output
from recost.cli.sweep_options import (
    LARGEST_SWEEP,
    Baseline,
    ClusterAddress,
    Columns,
    DutyShare,
    File,
    Force,
    FormatOption,
    Jobs,
    Quiet,
    Sample,
    Seed,
    Vary,
    Where,
    asked_duty,
    asked_extras,
    chosen_columns,
    make_study,
    numbers_of,
    parse_shard,
    pieces_of,
    use_threads,
)
from recost.cli.sweep_run import MOST_SHOWN, Run, Target, as_json
from recost.cli.uncertainty import Spreads, Uncertainty, with_uncertainty
from recost.errors import InputError

if TYPE_CHECKING:
    from recost.study.pricing import Pricing
    from recost.study.selection import Selection
    from recost.study.sweep import Study


def sweep(
    *,
    hardware: HardwareNames,
    workload: WorkloadNames,
    vary: Vary = None,
    baseline: Baseline = None,
    settings: Settings = None,
    phase: PhaseOption = Phase.INFERENCE,
    work: WorkOption = None,
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
    duty: DutyShare = None,
    training_time: TrainingTime = None,
    trainings_per_year: TrainingsPerYear = None,
    uncertainty: Uncertainty = None,
    spread: Spreads = None,
    sensitivity: Annotated[
        bool,
        typer.Option(
            "--sensitivity",
            help="Instead of a space: how strongly results follow each number, one at a time.",
        ),
    ] = False,
    keys: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="With --sensitivity: these keys; adc.* for several."),
    ] = None,
    output: File = None,
    output_format: FormatOption = None,
    force: Force = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the file of an interrupted run.")
    ] = False,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Only part I of N; join with recost merge.")
    ] = None,
    cluster: ClusterAddress = None,
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> None:
    """Cost of every design of a space: a row for each, streamed to a file.

    Columns beside the cost that --where, --pareto, --sort and --columns may name:
    read_error_percent, lifetime_trainings, lifetime_years.

    \b
    Examples:
      recost sweep -H sre -W vgg16 --vary operation_unit.rows=4,8,16 --vary adc.bits=4..8
      recost sweep -H sre -W vgg16 -W alexnet --vary crossbar.rows=64:512:x2 -o all.csv
      recost sweep -H sre -W vgg16 --vary "adc.energy=0.1 pJ:2 pJ:log50" --pareto energy_j,area_mm2
      recost sweep -H sre -W caffenet-ssl --vary "workload:profile.*.weights.elements=0.1:0.9" \\
          --sample sobol 1000 -o sample.parquet
      recost sweep -H sre -W lenet5 --vary operation_unit.rows=4..64 --where "read_error_percent<1"
      recost sweep -H sre -W lenet5 --sensitivity --columns energy_j,latency_s
    """  # noqa: D301 (\b keeps the lines apart)
    from recost.study.pricing import Pricing

    inputs = load_inputs(hardware, workload, settings, baseline)
    inputs, draws = with_uncertainty(inputs, uncertainty, spread, seed)
    use_threads(jobs)
    extras = asked_extras([*(where or ()), pareto, sort, columns])
    time = asked_duty(duty, (training_time, trainings_per_year), extras)
    pricing = Pricing(phase.value, work.value if work else None, draws, duty=time)
    target = Target(output, output_format, force, quiet)
    if sensitivity:
        why = "goes without --sensitivity, which steps every number by itself"
        refuse({"--vary": vary, "--sample": sample, "--where": where, "--pareto": pareto}, why)
        refuse({"--sort": sort, "--resume": resume, "--shard": shard, "--cluster": cluster}, why)
        refuse({"--uncertainty": uncertainty, "--baseline": baseline}, why)
        _show_sensitivity(inputs, pricing, (columns, keys, top), target)
        return
    refuse({"--keys": keys}, "goes with --sensitivity")
    study = make_study(inputs, vary, (sample, seed), LARGEST_SWEEP, pricing, extras)
    selection = _selection(study, where, pareto, sort, top)
    names = chosen_columns(columns, study.columns)
    part = parse_shard(shard)
    if (part or resume) and not target.streams:
        key = "--shard" if part else "--resume"
        raise InputError("goes with -o FILE.csv, .parquet or .npz", key=key)
    if part:
        _check_goals(study, selection, names)
    said = {"settings": list(inputs.settings), "where": where or []}
    with pieces_of(cluster) as pieces:
        run = Run(study, selection, names, target, pieces, resume, part, said)
        run.announce()
        if target.streams:
            run.to_file()
        else:
            run.show(run.to_table(None if output else MOST_SHOWN))


def merge(
    *,
    shards: Annotated[list[Path], typer.Argument(metavar="SHARD...", help="The shards' files.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The whole.")],
    force: Force = False,
) -> None:
    """Join the files of `recost sweep --shard` into the file of one run, byte for byte.

    Of shards of --pareto or --top the front, or the top, of all of them is kept.

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
    write_files({companion(output): as_json(whole)})


def refuse(given: Mapping[str, object], why: str) -> None:
    """Raise InputError for the options that are given."""
    from recost.errors import Fault

    faults = [Fault(why, key=option) for option, value in given.items() if value]
    if faults:
        raise InputError(faults)


def _selection(
    study: Study, where: list[str] | None, pareto: str | None, sort: str | None, top: int | None
) -> Selection:
    from recost.study.conditions import Goal, parse_goals, parse_where
    from recost.study.extras import EXTRAS
    from recost.study.selection import Selection

    numbers = numbers_of(study)
    conditions = parse_where(where or (), (*study.columns, *EXTRAS), study.words)
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


def _check_goals(study: Study, selection: Selection, names: tuple[str, ...]) -> None:
    """Shards are joined by their goals, network by network, which have to be in their files."""
    from recost.study.selection import NETWORK

    needed = [goal.column for goal in selection.goals]
    if needed and not selection.top and len(study.words[NETWORK]) > 1:
        needed.append(NETWORK)
    if absent := [name for name in needed if name not in names]:
        raise InputError(
            f"has to name {', '.join(absent)}, by which recost merge joins the shards",
            key="--columns",
        )


def _show_sensitivity(
    inputs: Inputs,
    pricing: Pricing,
    asked: tuple[str | None, str | None, int | None],
    target: Target,
) -> None:
    from recost.study.sensitivity import RESULTS
    from recost.study.sensitivity import sensitivity as run

    columns, keys, top = asked
    out = Output(output_format=target.output_format, path=target.path, quiet=target.quiet)
    out.compiling()
    result = run(
        inputs.hardware,
        inputs.networks,
        results=_listed(columns) or RESULTS,
        keys=_listed(keys),
        pricing=pricing,
        top=top,
    )
    out.show(result, settings=inputs.settings)


def _listed(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]
