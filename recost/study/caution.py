"""What there is to warn of in the rows of an answer, once for all rows that share it."""

from __future__ import annotations

import re
from collections import Counter

from recost.models.numbers import is_repeated
from recost.study.selection import NOTES, Table

# A number and what follows it: its unit, or the word that it counts.
_VALUE = re.compile(r"\d\S*(?: [A-Za-zµ]+)?")


class Cautions:
    """The `NOTES` of rows that come in piece by piece, counted."""

    def __init__(self) -> None:
        self._counts: Counter[str | None] = Counter()

    def add(self, table: Table) -> None:
        """Count the notes of more rows; None stands for a row whose notes are not known."""
        notes = table[NOTES]
        if is_repeated(notes) and len(notes):
            self._counts[notes[0]] += len(notes)
        else:
            self._counts.update(notes.tolist())

    def lines(self, since: str = "") -> list[str]:
        """A line for each kind of note: how many rows have it, and the words of the first.

        `since` says which rows are counted, if not all of an answer.
        """
        known = {notes: rows for notes, rows in self._counts.items() if notes is not None}
        rows_of_kind: Counter[str] = Counter()
        example: dict[str, str] = {}
        for notes, rows in known.items():
            for note in filter(None, notes.split("\n")):
                kind = _VALUE.sub("#", note)
                rows_of_kind[kind] += rows
                example.setdefault(kind, note)
        every = sum(known.values())
        return [
            f"{rows:,} of {every:,} points{since}: {example[kind]}"
            for kind, rows in rows_of_kind.items()
        ]
