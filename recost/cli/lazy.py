"""A command group that imports a command when it is called, and reports what went wrong with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

from recost.errors import InputError


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: its name, ``module:attribute`` of its function or Typer, and its help line."""

    name: str
    target: str
    help: str

    def load(self) -> Any:
        """Import the command: a group from a Typer, a command from a function."""
        module, _, attribute = self.target.partition(":")
        found = getattr(import_module(module), attribute)
        parent = typer.Typer(rich_markup_mode=None, add_completion=False)
        parent.callback()(lambda: None)
        if isinstance(found, typer.Typer):
            parent.add_typer(found, name=self.name, no_args_is_help=True)
        else:
            parent.command(self.name, short_help=self.help)(found)
        group: Any = typer.main.get_command(parent)
        return group.commands[self.name]


class _Commands(Mapping[str, Any]):
    """The commands by name, each imported on first use."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self._entries = {entry.name: entry for entry in entries}
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = self._entries[name].load()
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class LazyGroup(TyperGroup):
    """A group whose commands are named in a table and imported one at a time."""

    entries: ClassVar[tuple[Entry, ...]] = ()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands: Any = _Commands(self.entries)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 (click's signature)
        """Return the names without importing the commands."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """List the commands in the help without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.help) for entry in self.entries])

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Read the command line, which prints the help and the version."""
        with _faults():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with _faults():
            answer = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()  # here, where a full disk can still be reported
            return answer


@contextmanager
def _faults() -> Iterator[None]:
    """A user's fault becomes lines on standard error and exit code 2."""
    try:
        yield
    except InputError as error:
        _complain(error)
        raise typer.Exit(2) from None
    except BrokenPipeError:  # `| head` has read enough
        _discard_output()
        raise typer.Exit(0) from None
    except OSError as error:
        place = error.filename or "standard output"
        typer.echo(f"error: {place}: {error.strerror or error}", err=True)
        _discard_output()
        raise typer.Exit(2) from None


def _complain(error: InputError) -> None:
    """A line a fault; one with a place starts with ``path:line:column:``, where editors jump."""
    for fault in error.faults:
        typer.echo(str(fault) if fault.path else f"error: {fault}", err=True)


def _discard_output() -> None:
    """Send what is left in the buffer nowhere, so that the interpreter's last flush is quiet."""
    try:
        descriptor = sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):  # closed, or not a real file
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
