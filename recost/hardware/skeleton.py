"""A commented hardware file to start from, made from the key table."""

from __future__ import annotations

import textwrap

from recost.hardware.hardware import Hardware
from recost.hardware.keys import REQUIRED, Default, Key, keys_of_section
from recost.hardware.schema import SCHEMA_VERSION
from recost.hardware.sections import SECTIONS
from recost.units import UNITS, format_quantity
from recost.vocabulary import Word

_WIDTH = 100
_COLUMN = 34  # where a key's meaning starts
_SOURCE = "where this number is from"
# What to write in keys that a file cannot do without, where the unit's own example is far off.
_EXAMPLES = {"adc.rate": "1.2 GS/s", "adc.energy": "1.67 pJ", "cell.read_energy": "1.8 fJ"}


def skeleton(base: Hardware | None = None, kind: str = "reram") -> str:
    """The text of a new file: every key behind a #, with the value that holds if it stays there.

    That is the value of `base`, which the file then extends, or the default.  Without `base`
    the keys that a file cannot do without carry example values, so that the file is valid.
    """
    kind = base.kind if base is not None else kind
    lines = [
        "# A key behind # shows the value that holds without it. Take the # away to change it.",
        "# Quantities are texts with a unit, and every one needs a source:",
        '#     energy = {value = "1.67 pJ", spread = "10 %", source = "paper, table 1 [P]"}',
        '# or the section has one `source = "..."` for all its numbers.',
        f"schema = {SCHEMA_VERSION}",
        f'kind = "{kind}"',
    ]
    lines += [f'extends = "{base.name}"'] if base is not None else []
    lines.append('title = "one line that says what it is"')
    for name, cls in SECTIONS[kind].items():
        lines += _section(name, cls, base)
    return "\n".join(lines) + "\n"


def _section(name: str, cls: type, base: Hardware | None) -> list[str]:
    doc = " ".join((cls.__doc__ or "").split())
    lines = ["", *textwrap.wrap(doc, _WIDTH, initial_indent="# ", subsequent_indent="# ")]
    lines.append(f"[{name}]")
    section = name
    for key in keys_of_section(name, cls):
        if key.section != section:
            section = key.section
            lines += ["", f"[{section}]"]
        lines += _key(key, base)
    return lines


def _key(key: Key, base: Hardware | None) -> list[str]:
    """A key and its meaning, which starts in its own column and may take several lines."""
    needed = key.default is REQUIRED or key.path in _EXAMPLES
    if base is None and needed and key.unit in UNITS:
        example = _EXAMPLES.get(key.path, UNITS[key.unit].example)
        text = f'{key.name} = {{value = "{example}", source = "{_SOURCE}"}}'
    else:
        value = key.default if base is None else _given(key, base)
        text = f"# {key.name} = {spell_value(key, value)}" if value is not None else f"# {key.name}"
    margin = " " * _COLUMN + "# "
    doc = textwrap.wrap(key.doc, _WIDTH, initial_indent=margin, subsequent_indent=margin)
    if len(text) < _COLUMN:
        return [text + doc[0][len(text) :], *doc[1:]]
    return [*textwrap.wrap(f"# {key.doc}", _WIDTH, subsequent_indent="# "), text]


def _given(key: Key, base: Hardware) -> object:
    """The value that `base` was given, or the default, derived values being derived again."""
    return base.settings[key.path].value if key.path in base.settings else key.default


def spell_value(key: Key, value: object) -> str:
    """A value of a key as a file spells it, quotes included; empty for one that is not known."""
    if value is None or isinstance(value, Default):
        word = next((word for word, meaning in key.words.items() if meaning is value), None)
        return f'"{word}"' if word else ""
    if isinstance(value, Word):
        return f'"{value.text}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return str(list(value))
    if isinstance(value, int | float) and key.unit in UNITS:
        return f'"{format_quantity(value, key.unit, digits=6)}"'
    return f"{value:.12g}" if isinstance(value, float) else str(value)
