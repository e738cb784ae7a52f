"""A result as text for programs: CSV, its companion of provenance, and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from recost.report.columns import describe
from recost.study.result import Result


def csv_text(result: Result, *, means: bool = False) -> str:
    """Comma-separated values (RFC 4180): one heading line, then a line a row, no comments.

    Numbers are written so that reading them gives the same bits; a value that does not apply is
    an empty field.  The means follow the rows only where `means` asks for them.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(result.columns)
    for row in result.to_dicts(means=means):
        writer.writerow([_field(value) for value in row.values()])
    return text.getvalue()


def json_text(result: Result, provenance: Mapping[str, Any], *, means: bool = False) -> str:
    """The result as one JSON object; a value that does not apply is null."""
    answer: dict[str, Any] = {"kind": result.kind, "rows": result.to_dicts()}
    if means:
        answer["means"] = [dict(row) for row in result.means]
    return _dump(answer | _about(result, provenance))


def companion_text(result: Result, provenance: Mapping[str, Any]) -> str:
    """What a CSV file cannot say of itself: the JSON object without its rows."""
    return _dump({"kind": result.kind} | _about(result, provenance))


def _about(result: Result, provenance: Mapping[str, Any]) -> dict[str, Any]:
    columns = [describe(name) for name in result.columns]
    return {
        "columns": {c.name: {"unit": c.unit, "description": c.description} for c in columns},
        "notes": list(result.notes),
        "warnings": list(result.warnings),
        "provenance": dict(provenance) | dict(result.provenance),
    }


def _field(value: Any) -> Any:
    """The value as the csv module writes it: repr of a float, an empty field for None."""
    return str(value).lower() if isinstance(value, bool) else value


def _dump(answer: dict[str, Any]) -> str:
    text = json.dumps(answer, indent=2, ensure_ascii=False, allow_nan=False, default=str)
    return text + "\n"
