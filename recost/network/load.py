"""From a network's file to its layer table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from recost.errors import Fault, InputError
from recost.network import keys
from recost.network.build import Builder
from recost.network.document import Document, read_document
from recost.network.faults import validation_faults
from recost.network.layers import LAYER_DTYPE, LayerTable, Recipe
from recost.network.profile import LayerProfile
from recost.network.profile_keys import ProfileReader, array_path
from recost.network.rows import Row, Tensor
from recost.network.spec import Reader
from recost.vocabulary import FilterZeros

_SHAPE: TypeAdapter[list[int] | None] = TypeAdapter(keys.Shape | None)


def load_network(name_or_path: str | Path, settings: Mapping[str, str] | None = None) -> LayerTable:
    """The network called `name_or_path`, as its layer table.

    Parameters
    ----------
    name_or_path : str or Path
        A shipped name, a name in ``./workloads`` or RECOST_PATH, or a path.
    settings : mapping of str to str
        Dotted keys of the file and their values: ``{"profile.conv2.weights.elements": "0.5"}``;
        ``profile.*.`` sets a key for every layer, ``{"profile": "none"}`` takes the profile away.

    Raises
    ------
    InputError
        With every fault of the file, each with line and column.
    """
    return build_table(read_document(name_or_path).with_settings(settings or {}))


def build_table(document: Document) -> LayerTable:
    """The layer table of a merged document; InputError with the faults of all of its parts."""
    faults: list[Fault] = []
    top = _top_level(document, faults)
    builder = _built(document, faults)
    profiles = ProfileReader(document)
    each = profiles.read(builder.rows if builder else None)
    faults += profiles.faults
    if faults or top is None or builder is None:
        raise InputError(_in_order(faults))
    recipe = None
    if top.recipe is not None:
        recipe = Recipe(top.recipe.images, top.recipe.epochs, top.recipe.batch, top.recipe.source)
    return LayerTable(
        name=top.name or Path(document.path).stem,
        records=_records(builder.rows, each),
        names=tuple(row.name for row in builder.rows),
        kinds=tuple(row.kind for row in builder.rows),
        profiles=each,
        recipe=recipe,
        profile_source=_source(document),
        unmodelled_macs=builder.unmodelled_macs,
        path=document.path,
        content_hash=_content_hash(document),
        title=top.title,
        notes=(*top.notes, *document.hidden_settings()),
        document=document,
    )


def _top_level(document: Document, faults: list[Fault]) -> keys.NetworkKeys | None:
    """The top level; None, and its `faults`, where something is wrong with it."""
    data = document.data
    if "layers" not in data:
        faults.append(document.fault("missing: the layers, in order", ("layers",)))
    try:
        return keys.NetworkKeys.model_validate(data)
    except ValidationError as error:
        faults += validation_faults(error, data, (), document, keys.NetworkKeys)
    return None


def _built(document: Document, faults: list[Fault]) -> Builder | None:
    """The layers put together; None, and their `faults`, where something is wrong with them."""
    items, shape = document.data.get("layers"), document.data.get("input")
    if not isinstance(items, list):
        return None
    reader = Reader(document)
    nodes = reader.read(items, ("layers",))
    faults += reader.faults
    try:
        data = _SHAPE.validate_python(shape)
    except ValidationError:  # which the top level says
        return None
    if reader.faults:
        return None
    builder = Builder(document)
    try:
        builder.run(nodes, Tensor(tuple(data)) if data else None)
    except InputError as error:
        faults += error.faults
        return None
    if not builder.rows:
        message = "the network is empty: no convolution, no linear layer, no attention"
        faults.append(document.fault(message, ("layers",)))
        return None
    return builder


def _in_order(faults: list[Fault]) -> list[Fault]:
    """Each fault once, those of a file from top to bottom."""
    unique = dict.fromkeys(faults)
    paths = list(dict.fromkeys(fault.path for fault in unique))
    return sorted(unique, key=lambda f: (paths.index(f.path), f.line or 0, f.column or 0))


def _content_hash(document: Document) -> str:
    """SHA-256 over the document and the arrays of its profile."""
    profile = document.data.get("profile")
    file = profile.get("file") if isinstance(profile, dict) else None
    if file is None:
        return document.content_hash
    arrays = array_path(document, file).read_bytes()
    return hashlib.sha256(document.content_hash.encode() + arrays).hexdigest()


def _source(document: Document) -> str:
    """Where the profile comes from."""
    profile = document.data.get("profile")
    if not profile and not document.overrides:
        return "none"
    stated = profile.get("source") if isinstance(profile, dict) else None
    source = str(stated) if stated else "unnamed"
    changed = any(key[0] == "profile" for key in document.settings)
    return f"{source}; changed by --set" if changed else source


def _records(
    rows: list[Row], profiles: tuple[LayerProfile, ...]
) -> np.ndarray[Any, np.dtype[np.void]]:
    """The layer table's records."""
    records = np.zeros(len(rows), dtype=LAYER_DTYPE)
    for record, row, profile in zip(records, rows, profiles, strict=True):
        for name in ("groups", "rows", "columns", "vectors", "kernel_rows", "inputs", "outputs",
                     "macs", "weights", "vector_operations"):  # fmt: skip
            record[name] = getattr(row, name)
        weights, activations = profile.weights, profile.activations
        record["row_density"] = weights.rows
        record["filter_density"] = weights.filters
        record["kernel_density"] = weights.kernels
        record["element_density"] = weights.elements
        record["weight_correlation"] = weights.correlation
        record["positive_share"] = weights.positive
        record["nonzero"] = activations.nonzero
        record["activation_correlation"] = activations.correlation
        record["signed"] = activations.signed
        record["filter_zeros"] = FilterZeros.from_text(weights.filter_zeros)
    records.setflags(write=False)
    return records
