"""`recost hardware`: list, show, check, schema, new."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from recost.cli.deliver import Force, OutputFile, deliver
from recost.cli.options import Settings
from recost.cli.output import Output, with_output
from recost.errors import InputError

app = typer.Typer(help="Hardware files: list, show, check, schema, new.", rich_markup_mode=None)

_Name = Annotated[str, typer.Argument(metavar="NAME", help="A shipped name, one in ./hw, a file.")]


@app.command("list")
@with_output
def list_(*, out: Output) -> None:
    """Name the hardware that -H takes: shipped, in ./hw, in RECOST_PATH."""
    from recost.locate import list_available
    from recost.study.result import Result
    from recost.toml_source import display_path, load

    rows = []
    for name, path in list_available("hardware").items():
        try:
            title = load(path).data.get("title", "")
        except InputError as error:
            title = f"faulty: {error.faults[0].message}"
        rows.append({"hardware": name, "title": str(title), "path": display_path(path)})
    out.show(Result(("hardware", "title", "path"), rows, kind="hardware list"))


@app.command()
@with_output
def show(
    *,
    out: Output,
    name: _Name,
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY]...", help="Only these keys or sections, as adc.bits or adc."),
    ] = None,
    settings: Settings = None,
) -> None:
    """Every key of a hardware: its value, its source, and the file that gives it.

    \b
    Examples:
      recost hardware show sre
      recost hardware show sre adc operation_unit --set adc.bits=auto
      recost hardware show isaac -o isaac.csv
    """  # noqa: D301 (\b keeps the lines apart)
    from recost.cli.options import Changes
    from recost.hardware import load_hardware
    from recost.hardware.reference import describe_keys
    from recost.study.result import Result

    hardware = load_hardware(name, Changes.parse(settings or (), [name]).of(name))
    columns, rows = describe_keys(hardware, keys or ())
    out.show(Result(columns, rows, warnings=hardware.notes, kind="hardware show"))


@app.command("rollup")
@with_output
def rollup_(*, out: Output, name: _Name, settings: Settings = None) -> None:
    """Area, peak power and peak rate of a chip, part by part.

    \b
    Examples:
      recost hardware rollup isaac
      recost hardware rollup sre --set adc.bits=8
    """  # noqa: D301 (\b keeps the lines apart)
    from recost.cli.options import Changes
    from recost.hardware import load_hardware

    changes = Changes.parse(settings or (), [name])
    hardware = load_hardware(name, changes.of(name))
    from recost.study.rollup import chip_rollup

    out.show(chip_rollup(hardware))


@app.command()
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Hardware; all that `list` names if left out."),
    ] = None,
) -> None:
    """Read hardware files and report every fault with its line; exit code 1 if there is any."""
    from recost.hardware import load_hardware
    from recost.locate import find, list_available

    # A name that is not there is a slip of the command line, not a fault of a file.
    paths = [find("hardware", name) for name in names or list_available("hardware")]
    faulty = False
    for path in paths:
        try:
            hardware = load_hardware(path)
        except InputError as error:
            faulty = True
            for fault in error.faults:
                typer.echo(str(fault), err=True)
            continue
        typer.echo(f"{hardware.path}: no faults")
        for note in hardware.notes:
            typer.echo(f"warning: {note}", err=True)
    if faulty:
        raise typer.Exit(1)


@app.command()
def schema(output: OutputFile = None, force: Force = False) -> None:
    """Print the JSON Schema of hardware files, which editors complete and check with.

    \b
    With taplo (Even Better TOML), put this on the first line of a hardware file:
      #:schema ./recost-hardware.schema.json
    """  # noqa: D301 (\b keeps the lines apart)
    import json

    from recost.hardware.json_schema import json_schema

    deliver(json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n", output, force)


class Kind(Enum):
    """What sort of machine a file describes."""

    RERAM = "reram"
    DIGITAL = "digital"
    GPU = "gpu"


@app.command()
def new(
    kind: Annotated[Kind, typer.Option(help="What sort of machine it is.")] = Kind.RERAM,
    extends: Annotated[
        str | None, typer.Option(metavar="NAME", help="Start from this hardware.")
    ] = None,
    output: OutputFile = None,
    force: Force = False,
) -> None:
    """Print a new hardware file with every key behind a #, to be changed.

    \b
    Examples:
      recost hardware new --extends sre -o hw/mine.toml
      recost hardware check mine
    """  # noqa: D301 (\b keeps the lines apart)
    from recost.hardware import load_hardware
    from recost.hardware.skeleton import skeleton

    base = load_hardware(extends) if extends else None
    deliver(skeleton(base, kind.value), output, force)
