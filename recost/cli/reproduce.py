"""`recost reproduce`."""

from __future__ import annotations

from typing import Annotated

import typer

from recost.cli.output import Output, with_output
from recost.errors import InputError


@with_output
def reproduce(
    *,
    out: Output,
    systems: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SYSTEM]...", help="Systems or study files; all by default."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 if a figure is not reproduced.")
    ] = False,
    details: Annotated[
        bool, typer.Option("--details", help="Also the cases that nothing was published for.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Print the study file of one system, to copy.")
    ] = False,
    fit: Annotated[
        bool, typer.Option("--fit", help="Find the fitted parameters again; print them as TOML.")
    ] = False,
    leave_one_out: Annotated[
        bool,
        typer.Option(
            "--leave-one-out", help="Fit each fitted parameter to every other figure it moves."
        ),
    ] = False,
) -> None:
    """Published figures beside what the models give, with a verdict by rule.

    predicted: within 10 %, nothing fitted to it; calibrated: a parameter was fitted to it;
    reachable: within what is not public, a range of at most 2; unconstrained: within a wider
    one; conflict: only without another figure; off: none of these.

    \b
    Examples:
      recost reproduce
      recost reproduce sre panther --details -o figures.csv
      recost reproduce sre --show > mine.toml && recost reproduce mine.toml
    """  # noqa: D301 (\b keeps the lines apart)
    if sum((show, fit, leave_one_out)) > 1:
        raise InputError("give one of --show, --fit, --leave-one-out")
    names = systems or []
    from recost.study import reproduce as study

    if show:
        if len(names) != 1:
            raise InputError("name one system", key="--show")
        typer.echo(study.study_text(names[0]), nl=False)
        return
    out.compiling()
    if fit:
        typer.echo(study.fits(names)[1], nl=False)
        return
    if leave_one_out:
        out.show(study.leave_one_out(names))
        return
    result = study.reproduce(names, details=details)
    out.show(result)
    failed = study.unmet(result) if strict else []
    if failed:
        typer.echo(f"not reproduced: {', '.join(failed)}", err=True)
        raise typer.Exit(1)
