"""`recost explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from recost.cli.options import (
    HardwareNames,
    Settings,
    WorkloadNames,
    at_most_one,
    load_inputs,
)
from recost.cli.output import Output, with_output


@with_output
def explain(
    *,
    out: Output,
    hardware: HardwareNames,
    workload: WorkloadNames,
    layer: Annotated[
        str, typer.Option("--layer", metavar="NAME", help="The layer, as `recost layers` names it.")
    ],
    settings: Settings = None,
) -> None:
    """One layer's arithmetic on one hardware, term by term, with the source of every price.

    \b
    Examples:
      recost explain -H sre -W caffenet-ssl --layer conv3
      recost explain -H sre -W caffenet-ssl --layer conv3 --set mapping.sync=layer -o conv3.md
    """  # noqa: D301 (\b keeps the lines apart)
    at_most_one("-H", hardware)
    at_most_one("-W", workload)
    inputs = load_inputs(hardware, workload, settings)
    out.announce(inputs)
    from recost.study.explain import explain as run

    out.compiling()
    result = run(inputs.hardware[0], inputs.networks[0], layer)
    out.show(result, settings=inputs.settings)
