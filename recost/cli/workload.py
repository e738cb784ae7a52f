"""`recost workload`: list, show, check, schema, new."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from recost.cli.deliver import Force, OutputFile, deliver
from recost.cli.options import WORKLOAD, Changes, Settings
from recost.cli.output import Output, with_output
from recost.errors import InputError

app = typer.Typer(help="Network files: list, show, check, schema, new.", rich_markup_mode=None)

_Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A shipped name, one in ./workloads, a file.")
]


@app.command("list")
@with_output
def list_(*, out: Output) -> None:
    """Name the networks that -W takes: shipped, in ./workloads, in RECOST_PATH."""
    from recost.locate import list_available
    from recost.network import load_network
    from recost.study.result import Result
    from recost.toml_source import display_path

    columns = ("workload", "title", "layers", "macs", "weights", "profile", "path")
    rows: list[dict[str, Any]] = []
    for name, path in list_available("workload").items():
        row: dict[str, Any] = {"workload": name, "path": display_path(path)}
        try:
            table = load_network(path)
        except InputError as error:
            row["title"] = f"faulty: {error.faults[0].message}"
        else:
            row |= {"title": table.title, "layers": len(table), "macs": table.macs}
            row |= {"weights": table.weights, "profile": table.profile_source}
        rows.append(row)
    out.show(Result(columns, rows, kind="workload list"))


@app.command()
@with_output
def show(*, out: Output, name: _Name, settings: Settings = None) -> None:
    """What is known of a network's layers: zeros of weights and inputs, and where it is from.

    `recost layers` has the shapes of the matrices.

    \b
    Examples:
      recost workload show caffenet-ssl
      recost workload show caffenet-gsl --set profile.activations.nonzero=0.3
    """  # noqa: D301 (\b keeps the lines apart)
    from recost.network import load_network
    from recost.study.result import Result

    prefix = f"{WORKLOAD}:"  # there is nothing else here that could be set
    texts = [text if text.startswith(prefix) else prefix + text for text in settings or ()]
    table = load_network(name, Changes.parse(texts, []).workload)
    rows = [_row(table, index) for index in range(len(table))]
    notes = [f"{table.name}: {table.title}"] if table.title else []
    if table.recipe:
        recipe = table.recipe
        notes.append(
            f"training: {recipe.epochs} epochs of {recipe.images} images in batches of"
            f" {recipe.batch} ({recipe.source or 'no source'})"
        )
    notes += [f"profile: {table.profile_source}", *table.notes]
    out.show(Result(tuple(rows[0]), rows, notes=notes, kind="workload show"))


def _row(table: Any, index: int) -> dict[str, Any]:
    """A layer's densities, in percent."""
    profile = table.profiles[index]
    weights, inputs = profile.weights, profile.activations
    return {
        "workload": table.name,
        "layer": table.names[index],
        "kind": table.kinds[index],
        "macs": int(table.records["macs"][index]),
        "weights": int(table.records["weights"][index]),
        "live_rows_percent": 100 * weights.rows,
        "live_filters_percent": 100 * weights.filters,
        "live_kernels_percent": 100 * weights.kernels,
        "element_density_percent": 100 * weights.elements,
        "weight_density_percent": 100 * weights.density,
        "activation_density_percent": 100 * inputs.nonzero,
        "bit_density_percent": 100 * float(profile.slice_densities(16, 1).mean())
        if inputs.bits is not None or not inputs.digits
        else None,
        "signed": inputs.signed,
        "source": profile.source or table.profile_source,
    }


@app.command()
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Networks; all that `list` names if left out."),
    ] = None,
) -> None:
    """Read network files and report every fault with its line; exit code 1 if there is any."""
    from recost.locate import find, list_available
    from recost.network import load_network

    # A name that is not there is a slip of the command line, not a fault of a file.
    paths = [find(WORKLOAD, name) for name in names or list_available(WORKLOAD)]
    faulty = False
    for path in paths:
        try:
            table = load_network(path)
        except InputError as error:
            faulty = True
            for fault in error.faults:
                typer.echo(str(fault), err=True)
            continue
        typer.echo(
            f"{table.path}: no faults; {len(table)} layers, {table.macs / 1e6:,.3f} M"
            f" multiply-accumulates, {table.weights / 1e6:,.4f} M weights"
        )
    if faulty:
        raise typer.Exit(1)


@app.command()
def schema(output: OutputFile = None, force: Force = False) -> None:
    """Print the JSON Schema of network files, which editors complete and check with.

    \b
    With taplo (Even Better TOML), put this on the first line of a network file:
      #:schema ./recost-workload.schema.json
    """  # noqa: D301 (\b keeps the lines apart)
    import json

    from recost.network.schema import json_schema

    deliver(json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n", output, force)


@app.command()
def new(
    extends: Annotated[
        str | None, typer.Option(metavar="NAME", help="Start from this network.")
    ] = None,
    output: OutputFile = None,
    force: Force = False,
) -> None:
    """Print a new network file with every key behind a #, to be changed.

    \b
    Examples:
      recost workload new -o workloads/mynet.toml
      recost workload new --extends caffenet -o workloads/caffenet-mine.toml
      recost workload check mynet
    """  # noqa: D301 (\b keeps the lines apart)
    from recost.network.reference import skeleton

    base = None
    if extends:
        from recost.network import load_network

        base = load_network(extends)
    name = output.stem if output is not None and output.stem not in ("", "-") else "mynet"
    deliver(skeleton(name, base), output, force)
