"""The keys of hardware files as tables: those of one hardware, and the reference of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from recost.converters import adc_factor
from recost.errors import Fault, InputError, suggestion
from recost.hardware import rules
from recost.hardware.hardware import Hardware
from recost.hardware.keys import Default, Key
from recost.hardware.sections import keys_of_kind
from recost.hardware.skeleton import spell_value
from recost.units import UNITS, format_quantity
from recost.vocabulary import Word

COLUMNS = ("key", "value", "unit", "given", "source", "origin", "spread_percent", "calibrated")


def describe_keys(
    hardware: Hardware, wanted: Sequence[str] = ()
) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """Columns and rows for the keys of a hardware, or for those `wanted` (keys or sections).

    `value` is in SI (areas in mm2); `given` is the text that it was given as, or the rule that
    it is derived by; `origin` is ``file:line``, ``--set``, ``default`` or ``derived``.
    """
    keys = keys_of_kind(hardware.kind)
    known = {key.path for key in keys} | {key.section for key in keys}
    faults = [
        Fault(f"unknown key{suggestion(name, known)}", key=name)
        for name in wanted
        if name not in known
    ]
    if faults:
        raise InputError(faults)
    chosen = [key for key in keys if not wanted or _is_in(key, wanted)]
    return COLUMNS, [_row(hardware, key) for key in chosen]


def _is_in(key: Key, wanted: Sequence[str]) -> bool:
    return any(key.path == name or key.path.startswith(name + ".") for name in wanted)


def _row(hardware: Hardware, key: Key) -> dict[str, Any]:
    provenance = hardware.provenance[key.path]
    value = hardware.value(key.path)
    line = f":{provenance.line}" if provenance.line else ""
    return {
        "key": key.path,
        "value": _plain(value),
        "unit": key.unit if key.unit in UNITS else "",
        "given": provenance.text + _at_other_bits(hardware, key),
        "source": provenance.source or "",
        "origin": provenance.origin + line,
        "spread_percent": None if provenance.spread is None else 100 * provenance.spread,
        "calibrated": provenance.calibrated or "",
    }


def _at_other_bits(hardware: Hardware, key: Key) -> str:
    """What a price of the ADC becomes where `adc.bits` is not the resolution it is given for."""
    if key.path not in rules.ADC_PRICES:
        return ""
    adc, price = hardware.adc, hardware.value(key.path)
    factor = adc_factor(adc.scaling, adc.bits, adc.reference_bits)
    if factor == 1.0 or not price:
        return ""
    scaled = format_quantity(price * factor, key.unit or "")
    return f" for {adc.reference_bits} bits; for {adc.bits} bits {scaled}"


def _plain(value: Any) -> Any:
    if isinstance(value, Word):
        return value.text
    return str(list(value)) if isinstance(value, tuple) else value


def key_reference(kind: str = "reram") -> str:
    """The reference of all keys as a Markdown table, for the README."""
    lines = ["| key | value | default | meaning |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(_cells(key)) + " |" for key in keys_of_kind(kind)]
    return "\n".join(lines) + "\n"


def _cells(key: Key) -> Iterator[str]:
    yield f"`{key.path}`"
    yield _form(key).replace("|", "\\|")
    required = isinstance(key.default, Default) and not key.words
    yield "required" if required else (f"`{spell_value(key, key.default)}`")
    yield key.doc


def _form(key: Key) -> str:
    """What may stand behind a key: a unit, a range, words."""
    words = [f'"{word}"' for word in key.words]
    if issubclass(key.kind, Word):
        named = [word for word in key.kind.words() if not (key.takes_list and word == "list")]
        return ", ".join([f'"{word}"' for word in named] + ["a list"] * key.takes_list + words)
    if key.unit is not None:
        return ", ".join([key.unit, *words])
    if key.kind is bool:
        return "true, false"
    names = {int: "whole number", float: "number"}
    limits = f" {key.minimum:g} to {key.maximum:g}" if key.maximum is not None else ""
    return ", ".join([names[key.kind] + limits, *words])
