"""`recost compare`."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from recost.cli.options import (
    HardwareNames,
    Phase,
    PhaseOption,
    Settings,
    WorkloadNames,
    WorkOption,
    load_inputs,
)
from recost.cli.output import Output, with_output
from recost.cli.uncertainty import Seed, Spreads, Uncertainty, said_of, with_uncertainty


class Equal(Enum):
    """The resource that every design gets as much of as the baseline has."""

    CROSSBARS = "crossbars"
    AREA = "area"


@with_output
def compare(
    *,
    out: Output,
    hardware: HardwareNames,
    workload: WorkloadNames,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="NAME", help="Hardware to divide by [first -H]."),
    ] = None,
    equal: Annotated[
        Equal | None,
        typer.Option("--equal", help="Give each design the baseline's total, as replication."),
    ] = None,
    phase: PhaseOption = Phase.INFERENCE,
    work: WorkOption = None,
    settings: Settings = None,
    uncertainty: Uncertainty = None,
    spread: Spreads = None,
    seed: Seed = 0,
) -> None:
    """Set designs against a baseline: a row per hardware and workload, then means.

    Speedup is the baseline's latency over the own; throughput, work and energy have columns of
    their own.

    \b
    Examples:
      recost compare -H sre -H sre-ideal -W caffenet-ssl --baseline ou-dense
      recost compare -H isaac -H sre -W vgg16 -W resnet50 --equal area -o out.csv --means
      recost compare -H sre -W vgg16-han --baseline ou-dense --set sre:adc.bits=7
      recost compare -H sre -W lenet5 --baseline ou-dense --uncertainty 1000 --spread "*=20 %"
    """  # noqa: D301 (\b keeps the lines apart)
    inputs = load_inputs(hardware, workload, settings, baseline)
    inputs, draws = with_uncertainty(inputs, uncertainty, spread, seed)
    out.announce(inputs)
    from recost.study.compare import compare as run

    out.compiling()
    result = run(
        inputs.hardware,
        inputs.networks,
        baseline=inputs.baseline or inputs.hardware[0],
        phase=phase.value,
        work=work.value if work else None,
        equal=equal.value if equal else None,
        draws=draws,
    )
    out.show(result, settings=inputs.settings, **said_of(draws, spread))
    if not inputs.baseline:
        out.note(f"the baseline is {inputs.hardware[0].name}, the first -H; --baseline chooses")
