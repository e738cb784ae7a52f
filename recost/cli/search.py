"""`recost search`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from recost.cli.lifetime import TrainingsPerYear, TrainingTime
from recost.cli.options import (
    HardwareNames,
    Phase,
    PhaseOption,
    Settings,
    WorkloadNames,
    WorkOption,
    load_inputs,
)
from recost.cli.progress import Counter
from recost.cli.sweep_options import (
    LARGEST_ENUMERATION,
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
    pieces_of,
    use_threads,
)
from recost.cli.sweep_run import Run, Target
from recost.cli.uncertainty import Spreads, Uncertainty, with_uncertainty
from recost.errors import InputError

if TYPE_CHECKING:
    from recost.study.selection import Table

_MOST_ALIKE = 20


def search(
    *,
    hardware: HardwareNames,
    workload: WorkloadNames,
    vary: Vary = None,
    baseline: Baseline = None,
    minimize: Annotated[
        list[str] | None,
        typer.Option("--minimize", metavar="COLUMN", help="Make this small. Repeats: a trade-off."),
    ] = None,
    maximize: Annotated[
        list[str] | None, typer.Option("--maximize", metavar="COLUMN", help="Make this large.")
    ] = None,
    settings: Settings = None,
    phase: PhaseOption = Phase.INFERENCE,
    work: WorkOption = None,
    where: Where = None,
    sample: Sample = None,
    trials: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Points that optuna tries of a space too large to go through."
        ),
    ] = None,
    seed: Seed = 0,
    columns: Columns = None,
    duty: DutyShare = None,
    training_time: TrainingTime = None,
    trainings_per_year: TrainingsPerYear = None,
    uncertainty: Uncertainty = None,
    spread: Spreads = None,
    output: File = None,
    output_format: FormatOption = None,
    force: Force = False,
    cluster: ClusterAddress = None,
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> None:
    """Find the best design of a space under conditions, by going through all of it.

    One goal gives the optimum (all designs that reach it); two or three give the Pareto front;
    of several networks each has its own.
    Up to 1e8 points every one is evaluated, so that nothing better exists in the space. Of a
    larger space, or one with intervals (adc.energy=1 pJ:3 pJ), optuna tries --trials points, and
    the best of them is proved by nothing; --sample sobol N takes the best of a sample.

    Goals and conditions may name read_error_percent, lifetime_trainings and lifetime_years, and
    with --uncertainty the ends of intervals (energy_j_high).

    \b
    Examples:
      recost search -H sre -W vgg16 --vary operation_unit.rows=4,8,16,32 --vary adc.bits=4..8 \\
          --minimize energy_j --where "area_mm2<90"
      recost search -H sre -W lenet5 --vary operation_unit.rows=4..64 --vary adc.bits=auto \\
          --minimize energy_j --where "read_error_percent<1"
      recost search -H sre -W lenet5 --vary operation_unit.rows=4..64 --baseline ou-dense \\
          --maximize energy_reduction_low --uncertainty 200 --spread "*.energy=20 %"
    """  # noqa: D301 (\b keeps the lines apart)
    from recost.study.conditions import parse_goals, parse_where
    from recost.study.extras import EXTRAS
    from recost.study.pricing import Pricing
    from recost.study.selection import Selection

    inputs = load_inputs(hardware, workload, settings, baseline)
    inputs, draws = with_uncertainty(inputs, uncertainty, spread, seed)
    use_threads(jobs)
    target = Target(output, output_format, force, quiet)
    wanted = [f"min:{name}" for name in minimize or ()] + [f"max:{name}" for name in maximize or ()]
    if not 1 <= len(wanted) <= 3:
        raise InputError("one to three goals: --minimize COLUMN, --maximize COLUMN")
    extras = asked_extras([*(where or ()), *wanted, columns])
    time = asked_duty(duty, (training_time, trainings_per_year), extras)
    pricing = Pricing(phase.value, work.value if work else None, draws, duty=time)
    study = make_study(inputs, vary, (sample, seed), None, pricing, extras)
    goals = tuple(
        goal
        for way, names in (("min", minimize), ("max", maximize))
        if names
        for goal in parse_goals(
            ",".join(f"{way}:{name}" for name in names), numbers_of(study), f"--{way}imize"
        )
    )
    if len({goal.column for goal in goals}) < len(goals):
        raise InputError("a column stands twice", key="--minimize, --maximize")
    conditions = parse_where(where or (), (*study.columns, *EXTRAS), study.words)
    selection = Selection(conditions, goals)
    names = chosen_columns(columns, study.columns)
    said = {"settings": list(inputs.settings), "where": where or [], "goals": wanted}
    run = Run(study, selection, names, target, said=said)
    endless = any(axis.continuous for axis in study.inputs[2].axes) and not sample
    if endless or study.size > LARGEST_ENUMERATION:
        if cluster:
            raise InputError("goes with a space of up to 1e8 points", key="--cluster")
        size = "endless" if endless else f"{study.size:.1e} points"
        run, table, proof = _try_some(run, trials, seed, size)
    else:
        if trials:
            raise InputError(
                f"the space has {study.size:,} points, all of which are gone through: leave it out",
                key="--trials",
            )
        with pieces_of(cluster) as pieces:
            run = replace(run, pieces=pieces)
            run.announce()
            table = run.to_table()
        proof = "a sample" if sample else "all designs of the space"
        proof = f"{study.size:,} points gone through, {proof}: nothing in them is better"
        if len(study.by_network) > 1:
            proof += " for its network"
    if not len(table["row"]):
        raise InputError(run.nothing(endless or study.size > LARGEST_ENUMERATION), key="--where")
    target.note(proof)
    # Many designs may reach one optimum; a front is shown whole.
    run.show(table, _MOST_ALIKE if len(goals) == 1 else None)


def _try_some(run: Run, trials: int | None, seed: int, size: str) -> tuple[Run, Table, str]:
    """The best of some points of a space, and what that is worth."""
    from recost.study.optimise import TRIALS, Optimiser

    count = trials or TRIALS
    optimiser = Optimiser(run.study, run.selection, seed)
    run = replace(run, said={**run.said, "trials": count, "seed": seed})
    run.announce()
    counter = Counter(count, "points", quiet=run.target.quiet)
    try:
        table = optimiser.run(count, counter.update)
    finally:
        counter.end()
    run.finish(optimiser.impossible, count)
    proof = (
        f"{count:,} points tried by optuna ({optimiser.method}, seed {seed}) of a space that"
        f" is {size}: the best of these, not proved the best there is"
    )
    return run, table, proof
