"""From the tables of a TOML text to settings: unwrap, validate, and name every fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from recost.errors import Fault
from recost.hardware.keys import Key
from recost.hardware.messages import HEADER, bad_text, bad_value, spell, unknown_key
from recost.hardware.provenance import Provenance, Setting
from recost.hardware.schema import file_adapter, qualifier_adapter
from recost.hardware.sections import key_table
from recost.toml_source import KeyPath, TomlSource, dotted


class Values:
    """What a file gives: `settings` that are right, `named` keys right or wrong, and `faults`."""

    def __init__(self, source: TomlSource, kind: str) -> None:
        self.source = source
        self.settings: dict[str, Setting] = {}
        self.named: set[str] = set()
        self.faults: list[Fault] = []
        self._table = key_table(kind)
        self._keys: dict[KeyPath, Key] = {
            tuple(path.split(".")): key for path, key in self._table.items()
        }
        # What stands beside a value, by the path of its key.
        self._qualifiers: dict[KeyPath, dict[str, Any]] = {}
        body = {name: value for name, value in source.data.items() if name not in HEADER}
        plain = self._unwrap((), body)
        valid = self._validate(file_adapter(kind), (), plain)
        for path, key in self._keys.items():
            self._collect(path, key, valid)

    def _unwrap(self, path: KeyPath, table: Mapping[str, Any]) -> dict[str, Any]:
        """`table` with plain values for ``{value = ..., source = ...}``."""
        plain: dict[str, Any] = {}
        for name, raw in table.items():
            here = (*path, name)
            if here in self._keys:
                self.named.add(dotted(here))
                if not isinstance(raw, dict):
                    plain[name] = raw
                elif "value" in raw:
                    plain[name] = raw["value"]
                    self._qualify(here, raw)
                else:
                    self._fault(here, "a table needs a 'value'")
            else:
                plain[name] = self._unwrap(here, raw) if isinstance(raw, dict) else raw
        return plain

    def _qualify(self, path: KeyPath, raw: Mapping[str, Any]) -> None:
        beside = {name: value for name, value in raw.items() if name != "value"}
        self._qualifiers[path] = self._validate(qualifier_adapter(), path, beside)

    def _validate(
        self, adapter: TypeAdapter[dict[str, Any]], path: KeyPath, plain: dict[str, Any]
    ) -> dict[str, Any]:
        """What is right of `plain`, which stands at `path`; a fault for everything else."""
        try:
            return adapter.validate_python(plain)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                self._report(details, (*path, *details["loc"]))
                _remove(plain, details["loc"])
        return adapter.validate_python(plain)

    def _report(self, details: ErrorDetails, path: KeyPath) -> None:
        if details["type"] == "extra_forbidden":
            self._fault(path, unknown_key(path, self._table))
        elif path in self._keys:
            place = (*path, "value") if path in self._qualifiers else path
            self._fault(path, bad_value(details, self._keys[path]), value_at=place)
        elif details["type"] == "dict_type":
            self._fault(path, f"is a section; write [{dotted(path)}] and its keys below")
        else:
            self._fault(path, bad_text(details), value_at=path)

    def _fault(self, path: KeyPath, message: str, *, value_at: KeyPath | None = None) -> None:
        """Note a fault of the key at `path`: at its value's place if `value_at` is given."""
        position = self.source.position(path)
        if value_at is not None:
            position = self.source.value_position(value_at)
        self.faults.append(Fault(message, self.source.path, *position, dotted(path)))

    def _collect(self, path: KeyPath, key: Key, valid: Mapping[str, Any]) -> None:
        """Make a setting of what the validated tables hold for `key`."""
        section: Any = valid
        for part in path[:-1]:
            section = section.get(part, {})
        if key.name not in section:
            return
        beside = self._qualifiers.get(path, {})
        line, column = self.source.position(path)
        provenance = Provenance(
            self.source.path,
            text=self._written(path),
            source=beside.get("source") or section.get("source"),
            spread=beside.get("spread"),
            calibrated=beside.get("calibrated"),
            line=line,
            column=column,
        )
        value = section[key.name]
        self.settings[key.path] = Setting(value, provenance)
        if key.sourced and provenance.source is None and provenance.text not in key.words:
            shown = f'"{provenance.text}"' if key.unit else provenance.text
            advice = (
                f'needs a source: write {{value = {shown}, source = "..."}}'
                f" or give [{key.section}] one"
            )
            self._fault(path, advice, value_at=path)

    def _written(self, path: KeyPath) -> str:
        """The value at `path` as the file spells it."""
        raw: Any = self.source.data
        for part in path:
            raw = raw[part]
        return spell(raw["value"] if isinstance(raw, dict) else raw)


def _remove(plain: dict[str, Any], location: tuple[int | str, ...]) -> None:
    """Take the value at `location` out of nested tables."""
    *parents, name = location
    for part in parents:
        plain = plain.get(str(part), {})
    plain.pop(str(name), None)
