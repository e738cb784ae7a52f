"""What a user can get wrong, and how recost says so."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input: where it stands and what to write instead.

    ``str(fault)`` is ``path:line:column: key: message`` with the unknown parts left out, on one
    line whatever the input holds.
    """

    message: str
    path: str | None = None
    line: int | None = None
    column: int | None = None
    key: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        text = ": ".join(part for part in (place, self.key, self.message) if part)
        return "".join(c if c.isprintable() else "?" for c in text)


class InputError(ValueError):
    """A bad input, with every fault that was found in it (``faults``, one a line in ``str``).

    ``path``, ``line``, ``column`` and ``key`` are those of the first fault.
    """

    def __init__(
        self,
        message: str | Iterable[Fault],
        *,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        key: str | None = None,
    ) -> None:
        if isinstance(message, str):
            self.faults: tuple[Fault, ...] = (Fault(message, path, line, column, key),)
        else:
            self.faults = tuple(message)
            if not self.faults:
                raise ValueError("an InputError needs at least one fault")
        super().__init__("\n".join(str(fault) for fault in self.faults))

    @property
    def path(self) -> str | None:
        """The file of the first fault."""
        return self.faults[0].path

    @property
    def line(self) -> int | None:
        """The line of the first fault, counted from 1."""
        return self.faults[0].line

    @property
    def column(self) -> int | None:
        """The column of the first fault, counted from 1."""
        return self.faults[0].column

    @property
    def key(self) -> str | None:
        """The dotted key of the first fault."""
        return self.faults[0].key


def suggestion(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the known word nearest to a misspelt one, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""
