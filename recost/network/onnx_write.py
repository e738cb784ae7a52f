"""An imported ONNX graph as a network file, checked by loading it back."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recost import toml_source
from recost.errors import InputError
from recost.network.document import document_of
from recost.network.layers import LayerTable
from recost.network.load import build_table
from recost.network.measure import weight_densities
from recost.network.onnx_constants import FAULTS, Shape
from recost.network.onnx_import import Imported, import_onnx
from recost.network.toml_text import network_text, rewritten


@dataclass(frozen=True)
class Import:
    """The text of a network file, the layer table that it loads as, and what to tell the user."""

    text: str
    table: LayerTable
    notes: tuple[str, ...]


def imported_network(
    path: str | Path,
    *,
    dimensions: Mapping[str, Shape] | None = None,
    name: str | None = None,
    profile: bool = False,
    existing: tuple[str, str] | None = None,
) -> Import:
    """An ONNX file as the text of a network file.

    Parameters
    ----------
    path : str or Path
        The ONNX file.
    dimensions : mapping of str to tuple of int
        Shapes of graph inputs; the empty name stands for the only input.
    name : str
        The network's name; by default the file's.
    profile : bool
        Measure the zeros of the weights and write them as a profile.
    existing : (text, path)
        A network file to be rewritten: its comments, order and other keys stay.

    Raises
    ------
    InputError
        As `import_onnx`; or the rewritten file does not load.
    """
    imported = import_onnx(path, dimensions)
    notes = [*imported.notes, *_shared(imported)]
    tables: dict[str, Any] = {}
    if profile:
        tables, unread = _measured(imported, Path(path).name)
        notes += unread
    head = _head(imported, Path(path), name, notes)
    items = [(entry.item, entry.comment) for entry in imported.entries]
    if existing is None:
        place, text = f"{Path(path).name} as TOML", network_text(head, items, tables)
    else:
        # A network that has a name keeps it, unless another one is asked for.
        place = existing[1]
        head = {key: value for key, value in head.items() if name is not None or key != "name"}
        text = rewritten(existing[0], head, items, tables, place)
    table = build_table(document_of(toml_source.parse(text, place)))
    return Import(text, table, tuple(notes))


def _head(imported: Imported, path: Path, name: str | None, notes: list[str]) -> dict[str, Any]:
    """The keys before the layers."""
    head: dict[str, Any] = {
        "name": name or path.stem,
        "title": f"{path.name}, imported",
        "source": f"{path.name}, SHA-256 {_digest(path)}",
        "input": imported.input,
    }
    return head | ({"notes": [note[:500] for note in notes]} if notes else {})


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path=str(path)) from None


def _shared(imported: Imported) -> list[str]:
    """A note for each array of weights that several layers use."""
    uses = Counter(entry.part.weight for entry in imported.entries if entry.part)
    return [
        f"weights '{name}' are used by {count} layers; each has them on crossbars of its own"
        for name, count in uses.items()
        if count > 1
    ]


def _measured(imported: Imported, file: str) -> tuple[dict[str, Any], list[str]]:
    """The profile tables of all layers whose weights can be read, and notes on the others."""
    tables: dict[str, Any] = {
        "source": f"weights: measured on {file}, 16-bit magnitudes at each layer's full scale;"
        " activations: dense, not measured"
    }
    notes = []
    for entry in imported.entries:
        if entry.part is None:
            continue
        name = entry.item["name"]
        values = imported.model.value(entry.part.weight)
        densities = None
        if values is not None and values.dtype.kind in "iuf" and values.size:
            try:
                densities = weight_densities(entry.part.layout(values))
            except FAULTS:
                densities = None
        if densities is None:
            notes.append(f"the weights of {name} cannot be measured; they count as dense")
        else:
            tables[name] = {"weights": _rounded(densities)}
    return tables, notes


def _rounded(value: Any) -> Any:
    """Shares to six digits, which is more than 16-bit weights can tell."""
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return float(f"{value:.6g}")
