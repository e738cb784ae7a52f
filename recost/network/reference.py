"""The keys of network files in words: a reference, and a commented file to start from."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from recost.network import keys
from recost.network.layers import LayerTable
from recost.network.toml_text import toml_key, toml_value

#: The tables of a file, as a reader finds them.
TABLES: dict[str, type[BaseModel]] = {
    "": keys.NetworkKeys,
    "[recipe]": keys.RecipeKeys,
    "[blocks.NAME]": keys.BlockKeys,
    "[profile], [profile.LAYER]": keys.ProfileKeys,
    "weights = {...}": keys.Weights,
    "activations = {...}": keys.Activations,
    "bits = {...}": keys.Family,
    "cells = {...}": keys.CellFamily,
    "gradients, errors = {...}": keys.Statistics,
    "histogram = {...}": keys.Histogram,
}
_SHARED = set(keys.Item.model_fields)
_WIDTH = 98


def key_reference() -> str:
    """The reference of all keys as Markdown tables, for the README."""
    lines = ["| table | key | meaning | default |", "|---|---|---|---|"]
    for table, model in TABLES.items():
        lines += [_row(table, name, model) for name in model.model_fields]
    lines += ["", "| item of `layers` | keys | |", "|---|---|---|"]
    for word, item in keys.WORDS.items():
        own = ", ".join(f"`{key}`" for key, _ in _own_fields(word, item))
        lines.append(f"| `{word}` | {own} | {_summary(item)} |")
    shared = ", ".join(f"`{key}`" for key in keys.Item.model_fields)
    lines.append(f"| every item | {shared} | |")
    return "\n".join(lines) + "\n"


def _row(table: str, name: str, model: type[BaseModel]) -> str:
    info = model.model_fields[name]
    default = _default(info)
    meaning = (info.description or "").replace("|", "\\|")
    shown = f"`{default}`" if default else ("required" if info.is_required() else "")
    return f"| `{table}` | `{info.alias or name}` | {meaning} | {shown} |".replace("| `` |", "| |")


def _default(info: Any) -> str:
    value = info.get_default(call_default_factory=False)
    plain = isinstance(value, bool | int | float) or (isinstance(value, str) and value)
    return toml_value(value) if plain and not info.is_required() else ""


def _own_fields(word: str, model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, info in model.model_fields.items():
        if name not in _SHARED and name != word:
            yield info.alias or name, info


def _summary(model: type[BaseModel]) -> str:
    """The first sentence of a model's docstring."""
    return " ".join((model.__doc__ or "").split("\n\n")[0].split())


def skeleton(name: str, base: LayerTable | None = None) -> str:
    """The text of a new network file that loads, with every key behind a #.

    It extends `base`, whose layers it then names for a profile, or is a small network.
    """
    lines = [
        "# A network file; `recost workload check` says what is wrong with it, and",
        "# `recost workload schema` lets an editor complete it. Take a # away to use a key.",
        "schema = 1",
        f"name = {toml_value(name)}",
        'title = "one line that says what it is"',
    ]
    if base is None:
        return "\n".join([*lines, *_small_network(), *_tables("conv2")]) + "\n"
    listed = textwrap.wrap(f"Its layers: {', '.join(base.names)}.", _WIDTH)
    lines += [f"extends = {toml_value(base.name)}", *(f"# {line}" for line in listed)]
    return "\n".join([*lines, *_tables(base.names[0])]) + "\n"


def _small_network() -> list[str]:
    """Layers to start from, and all words that a layer can be."""
    lines = [
        'source = "where the architecture is from"',
        "input = [3, 32, 32]  # [channels, height, width], [tokens] or [values]",
        "layers = [",
        "  {conv = 16, kernel = 3, padding = 1},",
        "  {pool = 2},",
        "  {residual = [",
        "    {conv = 16, kernel = 3, padding = 1},",
        '    {conv = 16, kernel = 3, padding = 1, activation = "none"},',
        "  ]},",
        "  {flatten = true},",
        '  {linear = 10, name = "fc", activation = "none"},',
        "]",
        "",
        "# Every item is one of these words; unnamed layers are called conv1, conv2, linear1.",
    ]
    for word, item in keys.WORDS.items():
        lines += _comment(f"{word}: {_summary(item)}", "  ")
        for key, info in _own_fields(word, item):
            lines += _comment(f"{key}: {info.description}{_or_else(info)}", "      ")
    lines += _comment("every item:", "  ")
    for key, info in keys.Item.model_fields.items():
        lines += _comment(f"{key}: {info.description}{_or_else(info)}", "      ")
    return lines


def _tables(layer: str) -> list[str]:
    """The tables behind the layers, each key with an example; `layer` is one to profile."""
    lines: list[str] = []
    for table, model, example in _EXAMPLES:
        lines += ["", *_comment(_summary(model), "")]
        lines.append(f"# [{table.replace('LAYER', toml_key(layer))}]")
        for key, info in model.model_fields.items():
            if key in example:
                lines += [f"# {key} = {toml_value(example[key])}"]
                lines += _comment(info.description or "", "    ")
    return lines


#: The tables behind the layers, with values that hold together.
_EXAMPLES: tuple[tuple[str, type[BaseModel], dict[str, Any]], ...] = (
    (
        "blocks.basic",
        keys.BlockKeys,
        {"parameters": ["width"], "layers": [{"conv": "$width", "kernel": 3, "padding": 1}]},
    ),
    (
        "recipe",
        keys.RecipeKeys,
        {"images": 50_000, "epochs": 200, "batch": 128, "source": "where the recipe is from"},
    ),
    (
        "profile",
        keys.ProfileKeys,
        {
            "source": "where the densities are from",
            "weights": {"rows": 1.0, "filters": 1.0, "kernels": 1.0, "elements": 0.3},
            "activations": {
                "nonzero": 0.45,
                "bits": {"family": "half-normal", "mean_density": 0.08},
            },
            "gradients": {"family": "lognormal", "mu": -9.0, "sigma": 2.0},
            "errors": {"family": "gaussian", "sigma": 0.001},
        },
    ),
    (
        "profile.LAYER",
        keys.LayerKeys,
        {"weights": {"elements": 0.12}, "activations": {"nonzero": 0.82}},
    ),
)


def _or_else(info: Any) -> str:
    default = _default(info)
    return f" ({default})" if default else ""


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        _WIDTH,
        initial_indent=f"# {indent}",
        subsequent_indent=f"# {indent}  ",
        break_on_hyphens=False,
    )
