"""`recost layers`."""

from __future__ import annotations

from recost.cli.options import (
    HardwareNames,
    Settings,
    WorkloadNames,
    at_most_one,
    load_inputs,
)
from recost.cli.output import Output, with_output


@with_output
def layers(
    *,
    out: Output,
    workload: WorkloadNames,
    hardware: HardwareNames = [],  # noqa: B006 (typer copies it)
    settings: Settings = None,
) -> None:
    """The layer table of networks: a row a layer; with -H, where its matrix is placed.

    \b
    Examples:
      recost layers -W resnet50
      recost layers -W caffenet -H isaac
      recost layers -W mobilenet-v2 -H sre --set crossbar.rows=64 -o layers.csv
    """  # noqa: D301 (\b keeps the lines apart)
    at_most_one("-H", hardware)
    inputs = load_inputs(hardware, workload, settings)
    out.announce(inputs)
    from recost.study.layers import layers as run

    if inputs.hardware:
        out.compiling()
    result = run(inputs.networks, inputs.hardware[0] if inputs.hardware else None)
    out.show(result, settings=inputs.settings)
