"""`recost montecarlo outer-product`."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recost.cli.output import Output, with_output
from recost.errors import InputError

if TYPE_CHECKING:
    from recost.models.slices import Slicing
    from recost.study.montecarlo_outer_product import Experiment


class Per(Enum):
    """What a row is."""

    TOTAL = "total"
    SLICE = "slice"


class Digits(Enum):
    """What a slice holds after carry resolution."""

    BALANCED = "balanced"
    UNSIGNED = "unsigned"


_Vector = Annotated[
    str | None,
    typer.Option(
        metavar="FAMILY|FILE.npy",
        help="gaussian, laplace or lognormal with :scale=,spread=,variation= (see below), or a "
        "recording [examples, elements].",
    ),
]


@with_output
def outer_product(
    *,
    out: Output,
    slice_bits: Annotated[
        list[str],
        typer.Option(
            "--slice-bits",
            metavar="BITS",
            help="Bits of each slice, most significant first, like 44466555. Repeats.",
        ),
    ] = ["44466555"],  # noqa: B006 (typer copies it)
    carry_interval: Annotated[
        str, typer.Option(metavar="N,N", help="Examples between carry resolutions.")
    ] = "1024",
    updates: _Vector = None,
    errors: _Vector = None,
    activations: _Vector = None,
    weight_bits: Annotated[int, typer.Option(help="Bits of a weight.")] = 32,
    digits: Annotated[
        Digits, typer.Option(help="Digits of a slice after carry resolution.")
    ] = Digits.BALANCED,
    batch: Annotated[int, typer.Option(help="Examples whose --updates are added at once.")] = 1,
    rows: Annotated[int, typer.Option(help="Rows of the weights of a trial.")] = 64,
    columns_: Annotated[
        int, typer.Option("--width", help="Columns of the weights of a trial.")
    ] = 64,
    examples: Annotated[
        int, typer.Option(help="Examples of a trial; 0 is one carry interval.")
    ] = 0,
    trials: Annotated[int, typer.Option(help="Independent sets of weights.")] = 8,
    write_noise: Annotated[float, typer.Option(help="sigma of a write's noise.")] = 0.0,
    nonlinearity: Annotated[float, typer.Option(help="alpha of a write's nonlinearity.")] = 0.0,
    advise: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT",
            help="Find the fewest bits for each slice that keep its saturated cells under this.",
        ),
    ] = None,
    hardware: Annotated[
        str, typer.Option("-H", "--hardware", metavar="NAME", help="Prices of --advise.")
    ] = "panther-2",
    per: Annotated[Per, typer.Option("--per", help="What a row is.")] = Per.TOTAL,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random numbers.")] = 0,
) -> None:
    """Saturation and lost updates of weights in slices that take outer products.

    Either whole --updates of the weights are added, or the outer products of --errors and
    --activations, one an example. Sizes are in steps of the weight's last place: scale is sigma
    of a gaussian, the mean size of a laplace, the median size of a lognormal (spread: its
    ln-sigma); variation is the ln-sigma of the scale between weights. Of a recording, scale is
    the steps that 1.0 stands for.

    \b
    Examples:
      recost montecarlo outer-product --errors gaussian:scale=100 --activations gaussian:scale=300
      recost montecarlo outer-product --slice-bits 55555555 --weight-bits 16 --digits unsigned \\
        --updates laplace:scale=4,variation=5 --batch 64 --carry-interval 256,1024 --per slice
      recost montecarlo outer-product --updates gradients.npy:scale=65536 --advise 1
    """  # noqa: D301 (\b keeps the lines apart)
    from recost.models.slices import Slicing, parse_slice_bits
    from recost.study import montecarlo_outer_product as study

    balanced = digits is Digits.BALANCED
    slicings = [
        Slicing(parse_slice_bits(text, "--slice-bits"), weight_bits, balanced=balanced)
        for text in slice_bits
    ]
    experiment = _experiment(
        (updates, errors, activations),
        (write_noise, nonlinearity),
        shape=(rows, columns_),
        batch=batch,
        examples=examples,
        trials=trials,
        seed=seed,
    )
    intervals = _intervals(carry_interval)
    out.compiling()
    if advise is None:
        result = study.saturation(slicings, intervals, experiment, per=per.value)
    else:
        from recost.hardware import load_hardware

        prices = load_hardware(hardware)
        bound = advise / 100.0
        result = study.advise(_template(slicings), intervals, bound, experiment, prices)
    out.show(result)


def _template(slicings: list[Slicing]) -> Slicing:
    """The one slicing whose number of slices advice is for."""
    if len(slicings) > 1:
        raise InputError("--advise takes the number of slices from one", key="--slice-bits")
    return slicings[0]


def _experiment(
    sources: tuple[str | None, str | None, str | None], law: tuple[float, float], **numbers: Any
) -> Experiment:
    """The experiment of the options: distributions, the law of a write, and plain numbers."""
    from recost.models.random_updates import Distribution
    from recost.models.sliced_matrix import Writing
    from recost.study.montecarlo_outer_product import Experiment

    updates, errors, activations = (Distribution.parse(s) if s else None for s in sources)
    return Experiment(
        updates=updates,
        errors=errors,
        activations=activations,
        writing=Writing(*law),
        **numbers,
    )


def _intervals(text: str) -> list[int]:
    """The numbers of a comma-separated list."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(
            f"'{text}' is not a list of whole numbers; write 256,1024", key="--carry-interval"
        ) from None
