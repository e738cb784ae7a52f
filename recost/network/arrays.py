"""Profiles as NumPy arrays: an .npz whose arrays are named like the keys of a profile."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from recost.errors import Fault, InputError, suggestion

#: The keys that an array may hold, part by part.
_PARTS = {
    "weights": {"rows", "filters", "kernels", "elements", "cells", "correlation", "positive"},
    "activations": {"nonzero", "bits", "correlation", "scale", "signed"},
}
_LISTS = frozenset({"cells", "bits"})


def read_arrays(path: Path, names: list[str]) -> dict[str, dict[str, Any]]:
    """The profile keys of each layer that an .npz holds.

    An array ``conv2.weights.elements`` is that key of one layer: a number, or a list for `bits`
    and `cells`.  An array ``weights.elements`` has one entry a layer, in the order of the layer
    table (shape ``[layers]``, or ``[layers, bits]``).  ``activations.digits.2`` holds measured
    digits of two bits.

    Raises
    ------
    InputError
        No such file, not an .npz, an array with another name, shape or type.
    """
    file = path.name
    result: dict[str, dict[str, Any]] = {}
    faults: list[Fault] = []
    for key, array in _load(path).items():
        layer, keys = _named(key, names)
        if keys is None:
            known = [f"{part}.{name}" for part, each in _PARTS.items() for name in each]
            faults.append(Fault(f"in {file}: unknown array '{key}'{suggestion(key, known)}"))
            continue
        is_list = keys[-1] in _LISTS or len(keys) == 3
        wanted = (1 if is_list else 0) + (1 if layer is None else 0)
        wrong_count = layer is None and array.ndim > 0 and len(array) != len(names)
        if array.dtype.kind not in "biuf" or array.ndim != wanted or wrong_count:
            faults.append(
                Fault(
                    f"in {file}: array '{key}' is {array.dtype} of shape {array.shape}; expected"
                    f" numbers of {wanted} dimensions, {len(names)} layers first"
                    if layer is None
                    else f"in {file}: array '{key}' is {array.dtype} of shape {array.shape};"
                    f" expected numbers of {wanted} dimensions"
                )
            )
            continue
        values = dict(zip(names, array, strict=True)) if layer is None else {layer: array}
        for name, value in values.items():
            _put(result.setdefault(name, {}), keys, _plain(value, keys[-1]))
    if faults:
        raise InputError(faults)
    return result


def _load(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as archive:
            if isinstance(archive, np.ndarray):
                raise InputError("is a single array, not an .npz of named ones", path=str(path))
            return {key: archive[key] for key in archive.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, MemoryError) as error:
        if isinstance(error, InputError):
            raise
        reason = "no such file" if isinstance(error, FileNotFoundError) else "not an .npz of arrays"
        raise InputError(f"{path.name}: {reason}", path=str(path)) from None


def _named(key: str, names: list[str]) -> tuple[str | None, tuple[str, ...] | None]:
    """The layer (None for all) and the keys that an array's name spells; no keys if none."""
    steps = key.split(".")
    layer = None
    if steps[0] in names and len(steps) > 1:
        layer, steps = steps[0], steps[1:]
    if len(steps) == 2 and steps[1] in _PARTS.get(steps[0], ()):
        return layer, tuple(steps)
    if len(steps) == 3 and steps[1] in ("digits", "cells") and steps[2].isdecimal():
        return layer, tuple(steps)
    return layer, None


def _put(table: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    for key in keys[:-1]:
        table = table.setdefault(key, {})
    table[keys[-1]] = value


def _plain(value: np.ndarray[Any, Any], key: str) -> Any:
    """A Python number or list, as a TOML file would hold it."""
    if key == "signed":
        return bool(value)
    return value.astype(np.float64).tolist()
