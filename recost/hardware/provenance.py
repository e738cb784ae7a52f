"""Where a value comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recost.errors import Fault

# Origins that are not a file.
SET = "--set"
REPLACED = "replace"
DEFAULT = "default"
DERIVED_FROM = "derived"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a value of a hardware comes from.

    Attributes
    ----------
    origin : the file that gives it, ``--set``, ``replace``, ``default`` or ``derived``
    text : the value as written there, or the rule that it is derived by
    source : the publication, with its tag; None for what needs none
    spread : its uncertainty, one standard deviation as a share of the value
    calibrated : the published figure that it was fitted to
    line, column : its place in the file
    """

    origin: str
    text: str = ""
    source: str | None = None
    spread: float | None = None
    calibrated: str | None = None
    line: int | None = None
    column: int | None = None

    def fault(self, key: str, message: str) -> Fault:
        """A fault of the value of `key`, at the place where it was given."""
        return Fault(message, self.origin, self.line, self.column, key)


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that a file or a setting gives, and where it comes from.

    `at_bits` is the ADC resolution that a price of the ADC was given for.
    """

    value: Any
    provenance: Provenance
    at_bits: int | None = None
