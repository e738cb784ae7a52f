"""`recost montecarlo sensing`."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recost.cli.options import HardwareNames, Settings, WorkloadNames, at_most_one, load_inputs
from recost.cli.output import Output, with_output
from recost.errors import InputError
from recost.report.write import Format

if TYPE_CHECKING:
    from recost.cli.options import Inputs
    from recost.hardware import Hardware
    from recost.study.result import Result


class Per(Enum):
    """What a row is."""

    UNIT = "unit"
    SUM = "sum"
    CODE = "code"


@with_output
def sensing(
    *,
    out: Output,
    hardware: HardwareNames,
    workload: WorkloadNames = [],  # noqa: B006 (typer copies it)
    layer: Annotated[
        str | None, typer.Option(metavar="NAME", help="With -W: the layer whose data is read.")
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=A,B,C", help="Values of a key, a row each. Repeats."),
    ] = None,
    per: Annotated[
        Per, typer.Option(help="A row an operation unit, a true sum, or a true and a sensed sum.")
    ] = Per.UNIT,
    active: Annotated[
        str | None,
        typer.Option(metavar="N,M..K", help="Active wordlines. [all of an operation unit]"),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Trials of every true sum. [32000]")
    ] = None,
    until_relative_error: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Draw until half of the 95 % interval is below this share of the error.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal numbers.")] = 0,
    settings: Settings = None,
) -> None:
    """How often a bitline's sum is read as another, and what that does to a dot product.

    Cells are lognormal (cell.resistance_on, .resistance_off, .spread), references and
    amplifier as the section sensing says. Sums are of the layer's data with -W and --layer,
    else every state of a cell is as likely as another.

    \b
    Examples:
      recost montecarlo sensing -H sre --vary operation_unit.rows=4,8,9,16,32,64,128
      recost montecarlo sensing -H sre --vary cell.spread=0.05,0.1,0.2 --set adc.bits=auto
      recost montecarlo sensing -H sre -W caffenet-ssl --layer conv3 --per sum -f csv
    """  # noqa: D301 (\b keeps the lines apart)
    at_most_one("-W", workload)
    if bool(workload) != (layer is not None):
        raise InputError("-W and --layer belong together")
    loaded = load_inputs(hardware, workload, settings)
    out.announce(loaded)
    from recost.cli.progress import Bar, simulate
    from recost.models.sensing import TRIALS
    from recost.study.montecarlo_sensing import Question, montecarlo_sensing
    from recost.study.sampling import Sampling

    machines, labels = _points(loaded, vary or [])
    network = loaded.networks[0] if loaded.networks else None
    question = Question(per.value, _numbers(active), network, layer)
    sampling = Sampling(trials or TRIALS, until_relative_error, seed)
    out.compiling()

    def study(bar: Bar) -> Result:
        return montecarlo_sensing(machines, sampling, question, labels=labels, progress=bar)

    result = simulate(out, study, settings=loaded.settings)
    if per is Per.UNIT and len(result) > 1 and _is_table(out):
        _plot(result, [" ".join(map(str, label.values())) for label in labels])


def _points(loaded: Inputs, vary: list[str]) -> tuple[list[Hardware], list[dict[str, Any]]]:
    """Every hardware at every point of --vary, and what tells the points apart."""
    from recost.study.space import check_targets, parse_space

    if not vary:
        return list(loaded.hardware), [{} for _ in loaded.hardware]
    space = parse_space(vary)
    check_targets(space.axes, [machine.name for machine in loaded.hardware], networks=False)
    machines, labels = [], []
    for machine in loaded.hardware:
        for number in range(space.size):
            places, _ = space.points(number, number + 1)
            point = {
                axis.key: axis.texts[place]
                for axis, place in zip(space.axes, places[0], strict=True)
                if axis.target in ("", machine.name)
            }
            machines.append(machine.replace(point))
            labels.append(point)
    return machines, labels


def _numbers(text: str | None) -> tuple[int, ...]:
    """The numbers of --active."""
    if text is None:
        return ()
    from recost.study.space import parse_axis

    try:
        return tuple(
            int(number) for part in text.split(",") for number in parse_axis(f"n={part}").texts
        )
    except ValueError:
        raise InputError(
            f"'{text}' is not a list of whole numbers, as 4,8..16", key="--active"
        ) from None


def _is_table(out: Output) -> bool:
    return out.output_format in (None, Format.TABLE) and out.path is None


def _plot(result: Result, labels: list[str]) -> None:
    """The errors as bars, on standard output below the table that they belong to."""
    from recost.report.bars import bars

    names = result.column("hardware")
    if len(set(names)) > 1:
        labels = [f"{name} {label}".strip() for name, label in zip(names, labels, strict=True)]
    keys = [name for name in result.columns[1:] if name not in ("workload", "layer")]
    against = ", ".join(keys[: keys.index("active_wordlines")]) or "hardware"
    for column in ("error_percent", "closed_noise_error_percent"):
        typer.echo()
        typer.echo(bars(f"{column} against {against}", labels, result.column(column)))
