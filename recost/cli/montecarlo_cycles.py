"""`recost montecarlo cycles`."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from recost.cli.options import HardwareNames, Settings, WorkloadNames, load_inputs
from recost.cli.output import Output, with_output
from recost.errors import InputError

if TYPE_CHECKING:
    from recost.cli.options import Inputs
    from recost.study.result import Result


class Per(Enum):
    """What a row of an exact count is."""

    TOTAL = "total"
    CROSSBAR = "crossbar"
    VECTOR = "vector"


_Array = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="An array: x.npy, x.npz:NAME, model.onnx:NAME."),
]


@with_output
def cycles(
    *,
    out: Output,
    hardware: HardwareNames,
    workload: WorkloadNames = [],  # noqa: B006 (typer copies it)
    weights: _Array = None,
    inputs: _Array = None,
    per: Annotated[Per, typer.Option(help="Real arrays: what a row is.")] = Per.TOTAL,
    stride: Annotated[int, typer.Option(min=1, help="Real images: step of a window.")] = 1,
    padding: Annotated[int, typer.Option(min=0, help="Real images: zeros on each side.")] = 0,
    layer: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only these layers. Repeats.")
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Draws of each layer's weights. [100]")
    ] = None,
    until_relative_error: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Draw until half of the 95 % interval is below this share of the mean.",
        ),
    ] = None,
    independent_bits: Annotated[
        bool,
        typer.Option(
            "--independent-bits",
            help="Draw the bits of a value independently, as the closed form takes them.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal numbers.")] = 0,
    settings: Settings = None,
) -> None:
    """Cycles counted cell by cell: of real arrays, or of drawn ones beside the closed form.

    Real: --weights [rows, columns] or a convolution's [filters, channels, ...], --inputs
    [vectors, rows] or images [channels, height, width]. Floats are quantised to the hardware's
    bits (one scale an array, ties to even, saturating). Drawn: -W gives the layers' densities.

    \b
    Examples:
      recost montecarlo cycles -H sre -W caffenet-ssl
      recost montecarlo cycles -H sre -W caffenet-ssl --layer conv3 --until-relative-error 0.001
      recost montecarlo cycles -H sre -H ou-dense --weights w.npy --inputs x.npy
      recost montecarlo cycles -H sre --weights net.onnx:conv1.weight --inputs image.npy --padding 1
    """  # noqa: D301 (\b keeps the lines apart)
    real = weights is not None or inputs is not None
    if real == bool(workload):
        raise InputError("give either -W, or --weights and --inputs")
    loaded = load_inputs(hardware, workload, settings)
    out.announce(loaded)
    if real:
        if weights is None or inputs is None:
            raise InputError("--weights and --inputs belong together")
        _count(out, loaded, (weights, inputs), (stride, padding), per)
        return
    from recost.cli.progress import Bar, simulate
    from recost.study.montecarlo_cycles import TRIALS, montecarlo_cycles
    from recost.study.sampling import Sampling

    out.compiling()
    sampling = Sampling(trials or TRIALS, until_relative_error, seed)

    def study(bar: Bar) -> Result:
        return montecarlo_cycles(
            loaded.hardware,
            loaded.networks,
            sampling,
            layers=layer or (),
            independent_bits=independent_bits,
            progress=bar,
        )

    simulate(out, study, settings=loaded.settings)


def _count(
    out: Output, loaded: Inputs, files: tuple[str, str], window: tuple[int, int], per: Per
) -> None:
    """Count real arrays exactly."""
    from recost.arrays import as_matrix, im2col, load_array
    from recost.study.montecarlo_cycles import montecarlo_arrays

    out.compiling()
    weights, inputs = (load_array(name) for name in files)
    if weights.ndim == 4 and inputs.ndim > 2:
        inputs = im2col(inputs, (weights.shape[2], weights.shape[3]), *window)
    result = montecarlo_arrays(loaded.hardware, as_matrix(weights), inputs, per=per.value)
    out.show(result, settings=loaded.settings, weights=files[0], inputs=files[1])
