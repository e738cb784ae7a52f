"""`recost cite`."""

from __future__ import annotations

import typer


def cite() -> None:
    """Print the works whose designs and figures recost models, as BibTeX.

    \b
    Example:
      recost cite > recost.bib
    """  # noqa: D301 (\b keeps the lines apart)
    from importlib.resources import files

    typer.echo(files("recost.cli").joinpath("works.bib").read_text(encoding="utf-8"), nl=False)
