"""Where a value comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from recost.errors import Fault

SET = "--set"
DEFAULT = "default"
DERIVED_FROM = "derived"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a value of a hardware comes from.

    Attributes
    ----------
    origin : the file that gives it, ``--set``, ``default`` or ``derived``
    line, column : its place in that file
    text : the value as written there, or the rule that it is derived by
    source : the publication, with its tag; None for what needs none
    spread : its uncertainty as a share of it (one standard deviation)
    calibrated : the published figure that it was fitted to
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
        path = None if self.origin in (DEFAULT, DERIVED_FROM) else self.origin
        return Fault(message, path, self.line, self.column, key)


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that a file or a setting gives, and where it comes from.

    `at_bits` is the ADC resolution that an energy or power of the ADC was given for.
    """

    value: Any
    provenance: Provenance
    at_bits: int | None = None

    def given_for(self, bits: int) -> Setting:
        """This setting, as given for an ADC of that resolution."""
        return replace(self, at_bits=bits)
