"""`recost lifetime`."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recost.cli.options import HardwareNames, Settings, WorkloadNames, load_inputs
from recost.cli.output import Output, with_output
from recost.cli.uncertainty import Seed, Spreads, Uncertainty, said_of, with_uncertainty
from recost.errors import InputError

if TYPE_CHECKING:
    from recost.cli.options import Inputs
    from recost.models.uncertainty import Draws
    from recost.study.life_case import Duty
    from recost.study.result import Result


class Per(Enum):
    """What a row of a lifetime is."""

    TOTAL = "total"
    LAYER = "layer"
    PARAMETER = "parameter"


FailedFraction = Annotated[
    str | None,
    typer.Option(
        metavar="SHARE",
        help="Death is when this share of all cells has failed (0.1 %), not the first array.",
    ),
]
DutyShare = Annotated[
    float, typer.Option("--duty", metavar="SHARE", help="Share of the time that is training.")
]
TrainingTime = Annotated[
    str | None,
    typer.Option(metavar="TIME", help='Time of a training, such as "3 h"; else it is modelled.'),
]
TrainingsPerYear = Annotated[
    float | None, typer.Option(metavar="N", help="Trainings a year, instead of the time of one.")
]
TargetSaving = Annotated[
    list[float] | None,
    typer.Option(
        "--target-mean-saving",
        metavar="X",
        help="Choose writes.threshold so that SGD updates X times as often on average. Repeats.",
    ),
]
Vary = Annotated[
    list[str] | None,
    typer.Option(
        "--vary",
        metavar="KEY=VALUES",
        help="A row for each value (2,2.5,3 or 1..4) of a key. Repeats: every combination.",
    ),
]


@with_output
def lifetime(
    *,
    out: Output,
    hardware: HardwareNames,
    workload: WorkloadNames,
    per: Annotated[
        Per, typer.Option("--per", help="What a row is; parameter: elasticities of the result.")
    ] = Per.TOTAL,
    failed_fraction: FailedFraction = None,
    duty: DutyShare = 1.0,
    training_time: TrainingTime = None,
    trainings_per_year: TrainingsPerYear = None,
    target_mean_saving: TargetSaving = None,
    vary: Vary = None,
    settings: Settings = None,
    uncertainty: Uncertainty = None,
    spread: Spreads = None,
    seed: Seed = 0,
) -> None:
    """How often cells are written, and how many trainings and years they live.

    \b
    Examples:
      recost lifetime -H essence -W resnet20-cifar10 --training-time "3 h"
      recost lifetime -H essence -W resnet20-cifar10 --per layer
      recost lifetime -H essence -W resnet20-cifar10 --target-mean-saving 8 --per parameter
      recost lifetime -H essence -W resnet20-cifar10 --vary writes.feedback=0,1,3
      recost lifetime -H pipelayer -W lenet5 --uncertainty 500 --spread "cell.endurance.median=50 %"
    """  # noqa: D301 (\b keeps the lines apart)
    inputs = load_inputs(hardware, workload, settings)
    inputs, draws = with_uncertainty(inputs, uncertainty, spread, seed)
    out.announce(inputs)
    seconds = training_seconds(training_time, trainings_per_year)
    share = failed_share(failed_fraction)
    from recost.study.life_case import Duty
    from recost.study.lifetime import lifetime as run
    from recost.study.space import parse_space

    out.compiling()
    time = Duty(duty, seconds)
    if draws:
        if per is not Per.TOTAL or target_mean_saving or vary:
            raise InputError(
                "goes without --per, --target-mean-saving and --vary", key="--uncertainty"
            )
        _uncertain(out, inputs, draws, (share, time), said_of(draws, spread))
        return
    result = run(
        inputs.hardware,
        inputs.networks,
        per=per.value,
        failed_fraction=share,
        duty=time,
        target_mean_saving=target_mean_saving or None,
        vary=parse_space(vary).axes if vary else (),
    )
    out.show(result, settings=inputs.settings)


def _uncertain(
    out: Output,
    inputs: Inputs,
    draws: Draws,
    ends_at: tuple[float | None, Duty],
    said: dict[str, Any],
) -> None:
    """The lifetimes of machines whose numbers are not known exactly."""
    from recost.cli.progress import Bar, simulate
    from recost.study.lifetime_uncertainty import uncertain_lifetime

    def study(bar: Bar) -> Result:
        return uncertain_lifetime(
            inputs.hardware,
            inputs.networks,
            draws,
            failed_fraction=ends_at[0],
            duty=ends_at[1],
            progress=bar,
        )

    simulate(out, study, settings=inputs.settings, **said)


def failed_share(text: str | None) -> float | None:
    """The share of failed cells that counts as death, from ``0.001`` or ``0.1 %``."""
    if text is None:
        return None
    try:
        value = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        raise InputError("is a share such as 0.001 or 0.1 %", key="--failed-fraction") from None
    if not 0.0 < value < 1.0:
        raise InputError("must lie between 0 and 1", key="--failed-fraction")
    return value


_LONG = {"min": 60.0, "h": 3600.0, "d": 86_400.0}


def training_seconds(time: str | None, per_year: float | None) -> float | None:
    """Seconds of a training, from a time or from how many there are in a year."""
    if time is not None and per_year is not None:
        raise InputError("give one of --training-time and --trainings-per-year")
    if per_year is not None:
        from recost.models.life import SECONDS_PER_YEAR

        if not 0.0 < per_year < float("inf"):
            raise InputError("must be above 0", key="--trainings-per-year")
        return SECONDS_PER_YEAR / per_year
    if time is None:
        return None
    named = re.fullmatch(r"\s*([0-9.eE+-]+)\s*(min|h|d)\s*", time)
    from recost.units import UnitError, parse_quantity

    try:
        return float(named[1]) * _LONG[named[2]] if named else parse_quantity(time, "s")
    except (UnitError, ValueError):
        raise InputError("is a time such as '3 h' or '40 s'", key="--training-time") from None
