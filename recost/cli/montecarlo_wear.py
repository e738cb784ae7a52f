"""`recost montecarlo wear`."""

from __future__ import annotations

from typing import Annotated

import typer

from recost.cli.options import HardwareNames, Settings, WorkloadNames, load_inputs
from recost.cli.output import Output, with_output


@with_output
def wear(
    *,
    out: Output,
    hardware: HardwareNames,
    workload: WorkloadNames,
    trials: Annotated[int, typer.Option(help="Machines whose cells are drawn.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal numbers.")] = 0,
    steps: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Updates to simulate; default: all, 0: none."),
    ] = None,
    settings: Settings = None,
) -> None:
    """Update counts and lives by Monte Carlo, beside their closed forms.

    \b
    Examples:
      recost montecarlo wear -H essence -W resnet20-cifar10
      recost montecarlo wear -H isaac -W resnet20-cifar10 --trials 1000 -f csv
      recost montecarlo wear -H essence -W resnet20-cifar10 --set writes.corrected=0.01
    """  # noqa: D301 (\b keeps the lines apart)
    inputs = load_inputs(hardware, workload, settings)
    out.announce(inputs)
    from recost.study.montecarlo_wear import montecarlo_wear as run

    out.compiling()
    result = run(inputs.hardware, inputs.networks, trials=trials, seed=seed, steps=steps)
    out.show(result, settings=inputs.settings, seed=seed)
