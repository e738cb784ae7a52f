"""`recost estimate`."""

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


class Per(Enum):
    """What a row of an estimate is."""

    TOTAL = "total"
    LAYER = "layer"
    COMPONENT = "component"


@with_output
def estimate(
    *,
    out: Output,
    hardware: HardwareNames,
    workload: WorkloadNames,
    per: Annotated[Per, typer.Option("--per", help="What a row is.")] = Per.TOTAL,
    phase: PhaseOption = Phase.INFERENCE,
    work: WorkOption = None,
    settings: Settings = None,
    uncertainty: Uncertainty = None,
    spread: Spreads = None,
    seed: Seed = 0,
) -> None:
    """Energy, time and area of networks on designs, in total, by layer or by component.

    \b
    Examples:
      recost estimate -H isaac -W vgg16
      recost estimate -H sre -W caffenet-ssl --per layer --sort -energy_j
      recost estimate -H sre -W caffenet-ssl --per component -f csv
      recost estimate -H sre -W resnet50 --set operation_unit.rows=8 --set adc.bits=auto
      recost estimate -H sre -W lenet5 --uncertainty 1000 --spread "adc.energy=30 %"
    """  # noqa: D301 (\b keeps the lines apart)
    inputs = load_inputs(hardware, workload, settings)
    inputs, draws = with_uncertainty(inputs, uncertainty, spread, seed)
    out.announce(inputs)
    from recost.study.estimate import estimate as run

    out.compiling()
    result = run(
        inputs.hardware,
        inputs.networks,
        per=per.value,
        phase=phase.value,
        work=work.value if work else None,
        draws=draws,
    )
    out.show(result, settings=inputs.settings, **said_of(draws, spread))
