"""From `[profile]` tables to each layer's profile: defaults, an .npz, the layer, settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from recost.errors import Fault, InputError, suggestion
from recost.network import families, keys
from recost.network.document import Document
from recost.network.faults import validation_faults
from recost.network.profile import (
    ActivationProfile,
    HalfNormal,
    LayerProfile,
    WeightProfile,
)
from recost.network.rows import Row
from recost.toml_source import KeyPath

_PARTS: dict[str, type[BaseModel]] = {
    "weights": keys.Weights,
    "activations": keys.Activations,
    "gradients": keys.Statistics,
    "errors": keys.Statistics,
}


def array_path(document: Document, file: str) -> Path:
    """Where `profile.file` lies: beside the file that names it; a setting's in this folder."""
    beside = document.place(("profile", "file"))[0]
    return (Path(beside).parent if beside else Path()) / file


@dataclass
class ProfileReader:
    """Reads the profiles of a document's layers and collects the faults."""

    document: Document
    faults: list[Fault] = field(default_factory=list)
    _said: set[str] = field(default_factory=set)

    def read(self, rows: Sequence[Row] | None) -> tuple[LayerProfile, ...]:
        """One profile a layer; dense ones where the document has none.

        Where the layers are not known (None) it looks for faults, and finds none in their names.
        """
        table = self.document.data.get("profile")
        if rows is None:
            if isinstance(table, dict | None):
                self._check(table or {}, None)
            return ()
        if table is None and not self.document.overrides:
            return tuple(
                LayerProfile(activations=ActivationProfile(signed=row.signed), layer=row.name)
                for row in rows
            )
        if not isinstance(table, dict | None):  # which the top level says
            return ()
        table = table or {}
        names = [row.name for row in rows]
        self._check(table, names)
        measured = self._measured(table, names)
        if self.faults:
            return ()
        return tuple(self._layer(row, table, measured.get(row.name, {})) for row in rows)

    def _check(self, table: Mapping[str, Any], names: list[str] | None) -> None:
        own = {key: value for key, value in table.items() if key in keys.RESERVED}
        self._validate(keys.ProfileKeys, own, ("profile",))
        self._validate(keys.LayerKeys, self.document.overrides, ("profile", "*"))
        for name, value in table.items():
            if name in keys.RESERVED:
                continue
            path = ("profile", name)
            if names is not None and name not in names:
                hint = suggestion(name, [*names, *keys.RESERVED])
                self.faults.append(self.document.fault(f"unknown key or layer{hint}", path))
            else:
                self._validate(keys.LayerKeys, value, path)

    def _validate(self, model: type[BaseModel], value: Any, path: KeyPath) -> None:
        try:
            model.model_validate(value)
        except ValidationError as error:
            self.faults += validation_faults(error, value, path, self.document, model)

    def _measured(self, table: Mapping[str, Any], names: list[str]) -> dict[str, dict[str, Any]]:
        file = table.get("file")
        if not isinstance(file, str):
            return {}
        from recost.network.arrays import read_arrays

        place = self.document.place(("profile", "file"))
        try:
            measured = read_arrays(array_path(self.document, file), names)
        except InputError as error:
            self.faults += [Fault(f.message, *place, f.key or "profile.file") for f in error.faults]
            return {}
        for name, value in measured.items():
            try:
                keys.LayerKeys.model_validate(value)
            except ValidationError as error:
                found = validation_faults(error, value, (name,), self.document, keys.LayerKeys)
                self.faults += [
                    Fault(f"in {Path(file).name}: {f.message}", *place, f.key) for f in found
                ]
        return measured

    def _layer(
        self, row: Row, table: Mapping[str, Any], measured: Mapping[str, Any]
    ) -> LayerProfile:
        own = table.get(row.name, {})
        levels = [table, measured, own, self.document.overrides]
        parts: dict[str, dict[str, Any]] = {}
        for part in _PARTS:
            given = [dict(level[part]) for level in levels if level.get(part)]
            if part in ("gradients", "errors"):  # a distribution is replaced as a whole
                given = given[-1:]
            parts[part] = {key: value for level in given for key, value in level.items()}
        weights, activations = WeightProfile(), ActivationProfile()
        with self._reporting(row, "weights"):
            weights = _weights(parts["weights"])
        with self._reporting(row, "activations"):
            activations = _activations(parts["activations"], row.signed)
        for part in ("gradients", "errors"):
            with self._reporting(row, part):
                _check_statistics(parts[part])
        source = str(own.get("source") or "")
        gradients, errors = parts["gradients"], parts["errors"]
        place = self.document.place(("profile", row.name) if own else ("profile",))
        return LayerProfile(weights, activations, gradients, errors, source, row.name, *place)

    @contextmanager
    def _reporting(self, row: Row, part: str) -> Iterator[None]:
        """Turn what is wrong with a part of a layer's profile into a fault where it stands."""
        try:
            yield
        except ValueError as error:
            path: KeyPath = ("profile", row.name, part)
            message = str(error)
            if not self.document.holds(path):
                path, message = ("profile", part), f"layer {row.name}: {error}"
                if str(error) in self._said:
                    return  # the same default is wrong for every layer
            self._said.add(str(error))
            self.faults.append(self.document.fault(message, path))


def _weights(given: Mapping[str, Any]) -> WeightProfile:
    cells = given.get("cells")
    if isinstance(cells, list):
        cells = tuple(cells)
    elif isinstance(cells, dict) and "family" in cells:
        cells = HalfNormal(cells["scale"])
        if families.survival(cells.scale)[1] < 1e-3:
            raise ValueError("cells: the scale is so small that no weight would be non-zero")
    elif isinstance(cells, dict):
        cells = _by_bits(cells, "cells")
    return WeightProfile(**{**given, **({"cells": cells} if cells is not None else {})})


def _activations(given: Mapping[str, Any], signed: bool) -> ActivationProfile:
    nonzero = given.get("nonzero", 1.0)
    bits = given.get("bits")
    if "scale" in given:
        if bits is not None and not isinstance(bits, dict):
            raise ValueError("give either bits or scale")
        bits = {"family": "half-normal", "scale": given["scale"]}
    if isinstance(bits, list):
        if max(bits) > nonzero + 1e-9:
            raise ValueError(
                f"a bit is 1 in {max(bits):g} of all values, yet only {nonzero:g} are not zero"
            )
        bits = tuple(float(bit) for bit in bits)
    elif isinstance(bits, dict):
        bits = HalfNormal(_scale(bits, nonzero))
    digits = _by_bits(given.get("digits", {}), "digits")
    for values in digits.values():
        if max(values) > nonzero + 1e-9:
            raise ValueError(f"a digit is non-zero more often than {nonzero:g}")
    return ActivationProfile(
        float(nonzero), bits, digits, given.get("correlation", 0.0), given.get("signed", signed)
    )


def _by_bits(given: Mapping[str, Any], what: str) -> dict[int, tuple[float, ...]]:
    """Lists of densities keyed by how many bits an entry holds."""
    result = {}
    for bits, values in given.items():
        if not bits.isdecimal() or not 1 <= int(bits) <= families.WIDTH:
            raise ValueError(f"{what}: '{bits}' is not a number of bits between 1 and 16")
        result[int(bits)] = tuple(float(value) for value in values)
    return result


def _scale(family: Mapping[str, Any], nonzero: float) -> float:
    """The half-normal scale that a family states, or that its mean density asks for."""
    stated = [key for key in ("scale", "mean_density", "nonzero_density") if key in family]
    if len(stated) != 1:
        raise ValueError("bits: a family needs one of scale, mean_density, nonzero_density")
    value = float(family[stated[0]])
    if stated[0] == "scale":
        return value
    density = value
    if stated[0] == "mean_density":
        if nonzero == 0.0:
            raise ValueError("bits: no value is non-zero, so there is no mean density to meet")
        density = value / nonzero
    try:
        return families.scale_for_density(density)
    except ValueError:
        most = families.largest_mean_density() * (nonzero if stated[0] == "mean_density" else 1.0)
        raise ValueError(
            f"bits: {stated[0]} = {value:g} is out of the half-normal's reach at"
            f" nonzero = {nonzero:g}; it must be above 0 and at most {most:.4f}"
        ) from None


#: The parameters of each family of gradients and errors.
_PARAMETERS = {
    "gaussian": {"sigma"},
    "lognormal": {"mu", "sigma"},
    "laplace": {"scale"},
    "half-normal": {"scale"},
}


def _check_statistics(given: Mapping[str, Any]) -> None:
    """A family has exactly its parameters; a histogram has rising edges and some count."""
    if not given:
        return
    family, histogram = given.get("family"), given.get("histogram")
    if (family is None) == (histogram is None):
        raise ValueError("give either a family or a histogram")
    stated = {key for key in ("mu", "sigma", "scale") if key in given}
    if stated != _PARAMETERS.get(family or "", set()):
        wanted = ", ".join(sorted(_PARAMETERS.get(family or "", set()))) or "no parameters"
        raise ValueError(f"{family or 'a histogram'} takes {wanted}")
    if histogram is not None:
        edges, counts = histogram["edges"], histogram["counts"]
        if len(edges) != len(counts) + 1:
            raise ValueError("a histogram has one edge more than counts")
        if any(low >= high for low, high in pairwise(edges)):
            raise ValueError("the edges of a histogram rise")
        if sum(counts) <= 0:
            raise ValueError("a histogram has at least one count above zero")
