"""`recost montecarlo`: the per-cell models; a command a module, imported when it is called."""

from __future__ import annotations

import typer

from recost.cli.lazy import Entry, LazyGroup

#: Every command of the group: name, where it stands, what it does.
COMMANDS = (
    Entry(
        "cycles",
        "recost.cli.montecarlo_cycles:cycles",
        "Cycles of real or synthetic cells, beside the closed form.",
    ),
    Entry(
        "sensing",
        "recost.cli.montecarlo_sensing:sensing",
        "Read errors against the height of an operation unit.",
    ),
    Entry(
        "outer-product",
        "recost.cli.montecarlo_outer_product:outer_product",
        "Saturation of sliced weights that take outer products.",
    ),
    Entry(
        "wear",
        "recost.cli.montecarlo_wear:wear",
        "Update counts and lives of cells that are drawn.",
    ),
)


class MonteCarlo(LazyGroup):
    """The group of the per-cell models."""

    entries = COMMANDS


app = typer.Typer(
    cls=MonteCarlo,
    help="Cells one by one: cycles, read errors, saturation, wear.",
    rich_markup_mode=None,
)
