"""`recost elimination`."""

from __future__ import annotations

import itertools
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from recost.cli.options import (
    HardwareNames,
    Inputs,
    Settings,
    WorkloadNames,
    at_most_one,
    load_inputs,
)
from recost.cli.output import Output, with_output
from recost.errors import InputError

if TYPE_CHECKING:
    from recost.models.elimination_region import Targets
    from recost.study.result import Result


class Per(Enum):
    """What a row is."""

    GAIN = "gain"
    READING = "reading"
    PART = "part"
    GPU = "gpu"


@with_output
def elimination(
    *,
    out: Output,
    hardware: HardwareNames,
    workload: WorkloadNames,
    energy_reduction: Annotated[
        float | None, typer.Option(metavar="X", help="Energy of the hardware over that asked for.")
    ] = None,
    speedup: Annotated[
        float | None, typer.Option(metavar="X", help="Time of the hardware over that asked for.")
    ] = None,
    lifetime_gain: Annotated[
        float | None, typer.Option(metavar="X", help="Life asked for over that of the hardware.")
    ] = None,
    tolerance: Annotated[
        float, typer.Option(metavar="SHARE", help="Relative error that a gain may have.")
    ] = 0.005,
    per: Annotated[
        Per,
        typer.Option(
            help="gain: of the elimination in the hardware's own file; reading: the region of "
            "rates for each reading of what is asked for; part: what the hardware spends; gpu: "
            "gains over a GPU beside those over the hardware."
        ),
    ] = Per.READING,
    gpu: Annotated[str | None, typer.Option(metavar="NAME", help="GPU for --per gpu.")] = None,
    energy_reduction_gpu: Annotated[
        float | None, typer.Option(metavar="X", help="Energy of the GPU over that asked for.")
    ] = None,
    speedup_gpu: Annotated[
        float | None, typer.Option(metavar="X", help="Time of the GPU over that asked for.")
    ] = None,
    plot: Annotated[
        bool, typer.Option("--plot", help="Draw the regions as text instead of a table.")
    ] = False,
    settings: Settings = None,
) -> None:
    """What leaving out writes gains, and which shares to leave out for given gains, if any.

    \b
    Examples:
      recost elimination -H write-elimination -W vgg16-cifar10 --per gain
      recost elimination -H pipelayer -W vgg16-cifar10 --per part
      recost elimination -H pipelayer -W vgg16-cifar10 --energy-reduction 3 --lifetime-gain 2
      recost elimination -H pipelayer -W vgg16-cifar10 --energy-reduction 3 --speedup 1.2 --plot
    """  # noqa: D301 (\b keeps the lines apart)
    if not 0.0 <= tolerance < 1.0:
        raise InputError("must lie from 0 to below 1", key="--tolerance")
    inputs = load_inputs(hardware, workload, settings, gpu)
    out.announce(inputs)
    from recost.models.elimination_region import Targets

    out.compiling()
    targets = Targets(energy_reduction, speedup, lifetime_gain, tolerance)
    if plot:
        if out.path is not None and str(out.path) != "-":
            raise InputError("goes to the screen: leave out -o", key="--plot")
        _draw(inputs, targets)
        return
    over_gpu = {"energy_reduction": energy_reduction_gpu, "speedup": speedup_gpu}
    published = {name: value for name, value in over_gpu.items() if value is not None}
    out.show(_answer(per, inputs, targets, published), settings=inputs.settings)


def _answer(per: Per, inputs: Inputs, targets: Targets, published: dict[str, float]) -> Result:
    """The table that was asked for."""
    from recost.study import elimination as study

    if per is Per.GAIN:
        return study.gains(inputs.hardware, inputs.networks)
    if per is Per.PART:
        return study.shares(inputs.hardware, inputs.networks)
    if per is Per.READING:
        return study.elimination(inputs.hardware, inputs.networks, targets)
    at_most_one("-H", [item.name for item in inputs.hardware])
    at_most_one("-W", [item.name for item in inputs.networks])
    if inputs.baseline is None:
        raise InputError("name a GPU, such as gpu-gtx1080", key="--gpu")
    machine, network = inputs.hardware[0], inputs.networks[0]
    return study.against_gpu(machine, network, inputs.baseline, published, targets)


def _draw(inputs: Inputs, targets: Targets) -> None:
    """The regions as text, one for each reading."""
    from recost.models.elimination_region import READINGS
    from recost.study.elimination import region_plot

    pairs = itertools.product(inputs.hardware, inputs.networks, READINGS)
    drawn = [region_plot(machine, network, targets, reading) for machine, network, reading in pairs]
    for text in drawn:  # once all of them are known
        typer.echo(text)
