"""From a network's file to its layer table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

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
    """The layer table of a merged document."""
    top = _checked(document)
    reader = Reader(document)
    nodes = reader.read(document.data["layers"], ("layers",))
    if reader.faults:
        raise InputError(reader.faults)
    builder = Builder(document)
    builder.run(nodes, Tensor(tuple(top.input)) if top.input else None)
    if not builder.rows:
        raise document.error(
            "the network is empty: no convolution, no linear layer, no attention", ("layers",)
        )
    profiles = ProfileReader(document)
    each = profiles.read(builder.rows)
    if profiles.faults:
        raise InputError(_unique(profiles.faults))
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


def _checked(document: Document) -> keys.NetworkKeys:
    """The top level, or an error with all its faults and those of the layers' keys."""
    data = document.data
    faults: list[Fault] = []
    top = None
    try:
        top = keys.NetworkKeys.model_validate(data)
    except ValidationError as error:
        faults = validation_faults(error, data, (), document, keys.NetworkKeys)
    if "layers" not in data:
        faults.append(document.fault("missing: the layers, in order", ("layers",)))
    if faults and isinstance(data.get("layers"), list):
        reader = Reader(document)
        reader.read(data["layers"], ("layers",))
        faults += reader.faults
    if faults or top is None:
        raise InputError(_unique(faults))
    return top


def _unique(faults: list[Fault]) -> list[Fault]:
    return list(dict.fromkeys(faults))


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
