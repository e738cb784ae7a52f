"""`recost`: assembles the commands, loads the one that is asked for, turns faults into lines."""

from __future__ import annotations

from typing import Annotated

import typer

from recost.cli.lazy import Entry, LazyGroup

#: Every command, in the order of the help: name, where it stands, what it does.
COMMANDS = (
    Entry("compare", "recost.cli.compare:compare", "Set designs against a baseline."),
    Entry("estimate", "recost.cli.estimate:estimate", "Energy, time and area of designs."),
    Entry("layers", "recost.cli.layers:layers", "The layer table of networks, and its mapping."),
    Entry("explain", "recost.cli.explain:explain", "One layer's arithmetic, term by term."),
    Entry("lifetime", "recost.cli.lifetime:lifetime", "Writes, wear, trainings and years of life."),
    Entry(
        "elimination",
        "recost.cli.elimination:elimination",
        "Shares of writes to leave out for given gains.",
    ),
    Entry(
        "montecarlo",
        "recost.cli.montecarlo:app",
        "Cells one by one: cycles, sensing, outer-product, wear.",
    ),
    Entry("sweep", "recost.cli.sweep:sweep", "Cost of every design of a space, streamed."),
    Entry("search", "recost.cli.search:search", "The best design of a space under conditions."),
    Entry("merge", "recost.cli.sweep:merge", "The shards of a sweep as one file."),
    Entry(
        "reproduce",
        "recost.cli.reproduce:reproduce",
        "Published figures beside what the models give.",
    ),
    Entry("import", "recost.cli.import_:import_", "An ONNX model as a network file."),
    Entry("hardware", "recost.cli.hardware:app", "Hardware files: list, show, check, schema, new."),
    Entry("workload", "recost.cli.workload:app", "Network files: list, show, check, schema, new."),
    Entry("cite", "recost.cli.cite:cite", "The works that recost models, as BibTeX."),
)


class Recost(LazyGroup):
    """The root of the command line."""

    entries = COMMANDS


app = typer.Typer(
    cls=Recost,
    no_args_is_help=True,
    rich_markup_mode=None,  # importing rich for the help takes as long as all of typer
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from recost.cli.version import version_text

        typer.echo(version_text())
        raise typer.Exit


@app.callback()
def recost(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Versions of recost, Python, numba, numpy, and the CPU.",
        ),
    ] = False,
) -> None:
    """Cost of neural networks on ReRAM accelerators: energy, time, area, life.

    \b
    recost compare -H sre -H sre-ideal -W caffenet-ssl --baseline ou-dense
    recost layers -W resnet50 -H isaac
    recost hardware list
    """  # noqa: D301 (\b keeps the lines apart)


def main() -> None:
    """Run the command line of this process."""
    app(prog_name="recost")
