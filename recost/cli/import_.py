"""`recost import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recost.errors import InputError

#: The largest axis that --input takes.
_LARGEST_AXIS = 2**31


_Model = Annotated[Path, typer.Argument(metavar="MODEL.onnx", help="The ONNX file.")]
_Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE.toml",
        help="Write a network file; an existing one keeps its comments, order and other keys. "
        "Without it, and for -, standard output.",
    ),
]
_Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="[NAME=]1,3,224,224",
        help="Shape of a graph input, the batch first, where the model leaves axes open. Repeats.",
    ),
]
_Name = Annotated[
    str | None, typer.Option("--name", help="Name of the network; by default the file's.")
]
_Profile = Annotated[
    bool, typer.Option("--profile", help="Measure the zeros of the weights and write a profile.")
]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No notes on standard error.")]


def import_(
    model: _Model,
    *,
    output: _Output = None,
    inputs: _Inputs = None,
    name: _Name = None,
    profile: _Profile = False,
    quiet: _Quiet = False,
) -> None:
    """Turn an ONNX model into a network file, and say what that leaves out.

    \b
    Examples:
      recost import model.onnx -o mynet.toml
      recost import detector.onnx --input image=1,3,640,640 --profile -o detector.toml
      recost layers -W mynet.toml
    """  # noqa: D301 (\b keeps the lines apart)
    to_file = output is not None and str(output) != "-"
    if output is not None and to_file and output.suffix != ".toml":
        raise InputError("a network file ends in .toml", path=str(output), key="-o")
    dimensions = _dimensions(inputs or ())
    from recost.network.onnx_write import imported_network

    existing = _existing(output) if output is not None and to_file else None
    found = imported_network(
        model, dimensions=dimensions, name=name, profile=profile, existing=existing
    )
    if output is not None and to_file:
        from recost.report.files import write_files

        write_files({output: found.text.encode()})
    else:
        typer.echo(found.text, nl=False)
    if not quiet:
        table = found.table
        for note in found.notes:
            typer.echo(f"note: {note}", err=True)
        typer.echo(
            f"note: {table.name}: {len(table)} layers, {table.macs / 1e6:,.3f} M"
            f" multiply-accumulates, {table.weights / 1e6:,.4f} M weights",
            err=True,
        )


def _existing(path: Path) -> tuple[str, str] | None:
    """The text of the file that is to be rewritten, if there is one."""
    if not path.exists():
        return None
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except UnicodeDecodeError:
        raise InputError("the existing file is not UTF-8 text", path=str(path)) from None


def _dimensions(texts: list[str] | tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """The shapes that --input gives, by the name of the graph input; "" for the only one."""
    shapes = {}
    for text in texts:
        name, _, sizes = text.rpartition("=")
        try:
            shape = tuple(int(size) for size in sizes.split(","))
        except ValueError:
            raise InputError("is not [NAME=]1,3,224,224", key=f"--input {text}") from None
        if any(not 1 <= size <= _LARGEST_AXIS for size in shape):
            raise InputError("every axis is at least 1", key=f"--input {text}")
        shapes[name.strip()] = shape
    return shapes
