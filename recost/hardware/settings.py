"""Settings from outside a file: ``--set KEY=VALUE`` and `Hardware.replace`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from recost.errors import Fault, suggestion
from recost.hardware.keys import Default, Key
from recost.hardware.messages import bad_value, spell
from recost.hardware.provenance import SET, Provenance, Setting
from recost.hardware.schema import key_adapter
from recost.hardware.sections import key_table
from recost.units import UNITS
from recost.vocabulary import Word

# Keys that may have been meant, at most.
_MOST_HINTS = 3


def read_settings(
    kind: str, settings: Mapping[str, Any], origin: str = SET
) -> tuple[dict[str, Setting], list[Fault]]:
    """The settings of a mapping from dotted keys to texts, numbers or words, and its faults.

    A text is read as a file's value would be ("1 pJ", "7", "true", "[2, 1, 1]", "ou-row"); a
    number where a unit is due is in SI (mm2 for areas), but only a number, not a text.
    """
    table = key_table(kind)
    found: dict[str, Setting] = {}
    faults: list[Fault] = []
    for path, raw in settings.items():
        key = table.get(path)
        if key is None:
            faults.append(Fault(_unknown(path, table), origin, key=path))
            continue
        try:
            value = key_adapter(kind, path).validate_python(_as_in_file(key, raw))
        except ValidationError as error:
            details = error.errors(include_url=False)[0]
            faults.append(Fault(bad_value(details, key), origin, key=path))
            continue
        text = raw.text if isinstance(raw, Word) else spell(raw)
        found[path] = Setting(value, Provenance(origin, text, source=origin))
    return found, faults


def _unknown(path: str, table: Mapping[str, Key]) -> str:
    sections = {key.section for key in table.values()}
    if path in sections:
        some = next(key.path for key in table.values() if key.section == path)
        return f"is a section; write a key of it, such as {some}"
    section, _, name = path.rpartition(".")
    words, same = _words(path), [key.path for key in table.values() if key.name == name]
    for found in (
        # As in rows, ou.rows for operation_unit.rows, cell.bits for crossbar.cell_bits.
        same if not section else (),
        [found for found in same if _initials(table[found]) == section],
        [key.path for key in table.values() if words <= _words(key.path)],
        same,
    ):
        if 0 < len(found) <= _MOST_HINTS:
            return "unknown key; did you mean " + " or ".join(f"'{key}'" for key in found) + "?"
    return "unknown key" + suggestion(path, table)


def _words(path: str) -> set[str]:
    """The words that a dotted key is made of."""
    return set(path.replace("_", ".").split("."))


def _initials(key: Key) -> str:
    """The first letters of a key's section."""
    return "".join(word[0] for word in key.section.split("_"))


def _as_in_file(key: Key, raw: Any) -> Any:
    """What a file would hold for a value given as text, number or word."""
    if isinstance(raw, Word):
        return raw.text
    if raw is None or isinstance(raw, Default):
        return next((word for word, meaning in key.words.items() if meaning is raw), raw)
    if isinstance(raw, tuple):
        return list(raw)
    if isinstance(raw, str):
        return _parsed(key, raw.strip())
    if hasattr(raw, "item"):  # a NumPy scalar
        raw = raw.item()
    if key.unit in UNITS and isinstance(raw, int | float) and not isinstance(raw, bool):
        return f"{raw!r} {key.unit}" if isinstance(raw, float) else f"{spell(raw)} {key.unit}"
    if key.kind is int and isinstance(raw, float) and raw.is_integer():
        return int(raw)
    return raw


def _parsed(key: Key, text: str) -> Any:
    """A text as a file's value: a number, a truth value or a list where the key takes one."""
    if text in key.words or key.unit in UNITS:
        return text
    if issubclass(key.kind, Word) and not (key.takes_list and text.startswith("[")):
        return text
    import tomli

    text = re.sub(r"^([-+]?)\.(?=\d)", r"\g<1>0.", text)  # .5, which TOML does not take
    try:
        parsed = tomli.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return parsed["value"] if len(parsed) == 1 else text
