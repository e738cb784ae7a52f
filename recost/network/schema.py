"""The JSON Schema of network files, by which editors complete and check while one writes."""

from __future__ import annotations

import copy
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from recost.network import keys

_PARAMETER = {"type": "string", "pattern": r"^\$[A-Za-z_]\w*$"}


def json_schema() -> dict[str, Any]:
    """The schema of a network file (JSON Schema draft 2020-12), made from the key table.

    It knows keys, types and ranges; what only shows when shapes are inferred, such as groups
    that do not divide the channels, is for `recost workload check`.
    """
    models: list[type[BaseModel]] = [
        *keys.WORDS.values(),
        keys.NetworkKeys,
        keys.ProfileKeys,
        keys.LayerKeys,
    ]
    _, schema = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/$defs/{model}"
    )
    defs: dict[str, Any] = schema["$defs"]
    words = [model.__name__ for model in keys.WORDS.values()]
    defs["Item"] = {"anyOf": [_reference(word) for word in words]}
    # Inside a block a parameter may stand for any value.
    for word in [*words, "Item"]:
        defs[f"Block{word}"] = _with_parameters(defs[word], [*words, "Item"])
    defs["BlockKeys"]["properties"]["layers"]["items"] = _reference("BlockItem")
    profile = defs["ProfileKeys"]
    profile["additionalProperties"] = _reference("LayerKeys")
    defs = _without_null(defs)
    network = defs.pop("NetworkKeys")
    network["properties"]["profile"] = _reference("ProfileKeys")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "recost network file",
        **{key: value for key, value in network.items() if key != "title"},
        "$defs": dict(sorted(defs.items())),
    }


def _without_null(value: Any) -> Any:
    """The same without what TOML cannot say: null, as an alternative or a default."""
    if isinstance(value, list):
        return [_without_null(part) for part in value if part != {"type": "null"}]
    if not isinstance(value, dict):
        return value
    kept = {k: _without_null(v) for k, v in value.items() if not (k == "default" and v is None)}
    alternatives = kept.get("anyOf")
    if isinstance(alternatives, list) and len(alternatives) == 1:
        kept |= alternatives[0]
        del kept["anyOf"]
    return kept


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def _with_parameters(definition: dict[str, Any], inside: list[str]) -> dict[str, Any]:
    """An item's definition where ``"$name"`` may stand for every value."""
    changed: dict[str, Any] = _renamed(copy.deepcopy(definition), inside)
    if "properties" in changed:
        changed["properties"] = {
            key: {"anyOf": [value, _PARAMETER]} for key, value in changed["properties"].items()
        }
    return changed


def _renamed(value: Any, names: list[str]) -> Any:
    if isinstance(value, dict):
        if value.get("$ref", "").removeprefix("#/$defs/") in names:
            return _reference(f"Block{value['$ref'].removeprefix('#/$defs/')}")
        return {key: _renamed(part, names) for key, part in value.items()}
    return [_renamed(part, names) for part in value] if isinstance(value, list) else value
