"""Network files as text: an item a line, and rewriting that keeps what people wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from recost.errors import InputError

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_key(key: str) -> str:
    """A key, in quotes where it needs them."""
    return key if _BARE.fullmatch(key) else toml_value(key)


def toml_value(value: Any) -> str:
    """A value on one line; numbers keep all the digits that they need to come back equal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # TOML's basic strings escape as JSON's do, but for the delete character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{toml_key(k)} = {toml_value(v)}' for k, v in value.items())}}}"
    return f"[{', '.join(toml_value(part) for part in value)}]"


def item_line(item: Mapping[str, Any], comment: str = "") -> str:
    """One item of the list of layers."""
    return f"  {toml_value(item)},{' # ' + comment if comment else ''}"


def network_text(
    head: Mapping[str, Any],
    items: Iterable[tuple[Mapping[str, Any], str]],
    profile: Mapping[str, Mapping[str, Any]],
) -> str:
    """A whole network file.

    Parameters
    ----------
    head : mapping
        Keys before the layers: name, title, source, input.
    items : iterable of (item, comment)
        The list of layers.
    profile : mapping
        Tables below `[profile]`; its plain values come first.
    """
    lines = ["schema = 1", *(f"{toml_key(k)} = {toml_value(v)}" for k, v in head.items())]
    lines += ["layers = [", *(item_line(item, _one_line(c)) for item, c in items), "]"]
    if profile:
        lines += ["", "[profile]"]
        plain = {k: v for k, v in profile.items() if not isinstance(v, Mapping)}
        lines += [f"{toml_key(k)} = {toml_value(v)}" for k, v in plain.items()]
        for layer, table in profile.items():
            if isinstance(table, Mapping):
                lines.append(f"[profile.{toml_key(layer)}]")
                lines += [f"{toml_key(k)} = {toml_value(v)}" for k, v in table.items()]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return "".join(" " if ord(c) < 32 or ord(c) == 127 else c for c in text)


def rewritten(
    old: str,
    head: Mapping[str, Any],
    items: Sequence[tuple[Mapping[str, Any], str]],
    profile: Mapping[str, Mapping[str, Any]],
    path: str,
) -> str:
    """An existing network file with new layers, everything else left as its author wrote it.

    Layers that have not changed keep their lines, comments and order; changed ones keep their
    comments.  A `title` and all keys that `head` has not stay; the others are set.  Tables of
    `profile` replace the same keys of the same layer and leave the others.

    Raises
    ------
    InputError
        The existing file is not TOML, or its layers are no list.
    """
    try:
        import tomlkit
        from tomlkit.exceptions import TOMLKitError
        from tomlkit.items import Array
    except ImportError:
        raise InputError(
            "rewriting an existing file needs the package tomlkit: pip install 'recost[onnx]'",
            path=path,
        ) from None
    try:
        document: Any = tomlkit.parse(old)
    except TOMLKitError as error:
        raise InputError(f"the existing file is not TOML: {error}", path=path) from None
    for key in ("schema", *head):
        if key not in document or key in ("name", "source", "input", "notes"):
            document[key] = head.get(key, 1)
    if "layers" not in document:
        document["layers"] = tomlkit.array()
    layers = document["layers"]
    if not isinstance(layers, Array):
        raise InputError("layers is not a list on its own; it cannot be rewritten", path=path)
    _merge_items(layers, [dict(item) for item, _ in items])
    if profile:
        _merge_profile(document.setdefault("profile", tomlkit.table()), profile)
    return str(tomlkit.dumps(document))


def _merge_profile(tables: Any, profile: Mapping[str, Any]) -> None:
    """Set the keys of `profile` in the tables of a file, and leave all others."""
    import tomlkit

    for key, value in profile.items():
        if not isinstance(value, Mapping):
            tables[key] = value
            continue
        own = tables.setdefault(key, tomlkit.table())
        for part, numbers in value.items():
            own[part] = _inline(numbers)


def _inline(value: Any) -> Any:
    """A table as an inline one."""
    import tomlkit

    if not isinstance(value, Mapping):
        return value
    table = tomlkit.inline_table()
    for key, part in value.items():
        table[key] = _inline(part)
    return table


def _merge_items(layers: Any, items: list[dict[str, Any]]) -> None:
    """Turn one list of layers into another, touching only the items that differ."""
    from difflib import SequenceMatcher

    def identity(item: Any) -> str:
        plain = item.unwrap() if hasattr(item, "unwrap") else item
        name = plain.get("name") if isinstance(plain, dict) else None
        return f"name {name}" if name else json.dumps(plain, sort_keys=True, default=str)

    before, after = [identity(item) for item in layers], [identity(item) for item in items]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, old_low, old_high, new_low, new_high in reversed(matcher.get_opcodes()):
        if tag == "equal":
            for old, new in zip(range(old_low, old_high), range(new_low, new_high), strict=True):
                if layers[old].unwrap() != items[new]:
                    layers[old] = _inline(items[new])
            continue
        for index in reversed(range(old_low, old_high)):
            del layers[index]
        for offset, item in enumerate(items[new_low:new_high]):
            layers.insert(old_low + offset, _inline(item))
