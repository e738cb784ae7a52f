"""Reading hardware files: the chain that `extends` makes, and `load_hardware`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recost.errors import Fault, InputError, suggestion
from recost.hardware.hardware import Hardware, assemble
from recost.hardware.messages import show
from recost.hardware.provenance import Setting
from recost.hardware.resolve import find_faults, merge, put_over
from recost.hardware.schema import SCHEMA_VERSION
from recost.hardware.sections import SECTIONS
from recost.hardware.settings import read_settings
from recost.hardware.values import Values
from recost.locate import find
from recost.toml_source import TomlSource, display_path, load


def load_hardware(name_or_path: str | Path, settings: Mapping[str, Any] | None = None) -> Hardware:
    """Read a hardware file, the files that it extends, and settings on top.

    Parameters
    ----------
    name_or_path : a shipped name, a name in ``./hw`` or RECOST_PATH, or a path
    settings : by dotted key, texts as ``--set`` takes them; see `Hardware.replace`

    Raises
    ------
    InputError
        every fault of the files and settings, each with its line and column.
    """
    path = find("hardware", name_or_path)
    chain = Chain(path)
    faults = chain.faults
    merged: dict[str, Setting] = {}
    broken: set[str] = set()
    for source in reversed(chain.sources):
        values = Values(source, chain.kind)
        faults += values.faults
        broken |= values.named - values.settings.keys()
        merged = merge(chain.kind, merged, values.settings)
    above, wrong = read_settings(chain.kind, settings or {})
    faults += wrong
    broken |= {fault.key for fault in wrong if fault.key}
    merged = put_over(chain.kind, merged, above)
    if chain.complete:
        own = chain.sources[0]
        faults += [_placed(fault, own) for fault in find_faults(chain.kind, merged, broken)]
    if faults:
        raise InputError(_in_order(faults, chain))
    return assemble(path.stem, chain.title or path.stem, chain.kind, display_path(path), merged)


def _in_order(faults: list[Fault], chain: Chain) -> list[Fault]:
    """Faults from the top of the nearest file to the end of the last, settings at the end."""
    order = {source.path: number for number, source in enumerate(chain.sources)}
    return sorted(faults, key=lambda f: (order.get(f.path or "", 99), f.line or 0, f.column or 0))


def _placed(fault: Fault, source: TomlSource) -> Fault:
    """A fault without a place (a key is missing), at the section where the key belongs."""
    if fault.path is not None or fault.key is None:
        return fault
    return source.fault(tuple(fault.key.split(".")), fault.message)


class Chain:
    """A hardware file and those that it extends, nearest first, with their headers checked.

    `complete` is false where a file of the chain could not be read or is no base for the others,
    so that nothing can be said about what is missing.
    """

    def __init__(self, path: Path) -> None:
        self.sources: list[TomlSource] = []
        self.faults: list[Fault] = []
        self.complete = True
        self.kind = ""
        self.title: str | None = None
        self._paths: list[Path] = []
        following: Path | None = path
        while following is not None:
            following = self._add(following)
        if not self.kind and self.complete:
            known = " or ".join(f'"{kind}"' for kind in SECTIONS)
            self._fault(self.sources[-1], "kind", f"missing; write kind = {known}")
        self.kind = self.kind or next(iter(SECTIONS))

    def _add(self, path: Path) -> Path | None:
        """Read one file; returns the file that it extends."""
        self._paths.append(path)
        try:
            source = load(path)
        except InputError as error:
            self.faults += error.faults
            self.complete = False
            return None
        if not self._has_known_schema(source):
            return None
        self.sources.append(source)
        self._check_kind(source)
        title = source.data.get("title")
        if title is not None and (not isinstance(title, str) or not title.strip()):
            self._fault(source, "title", f"{show(title)} is not a text")
        elif self.title is None:
            self.title = title
        return self._extended(source) if "extends" in source.data else None

    def _has_known_schema(self, source: TomlSource) -> bool:
        version = source.data.get("schema")
        if version is None:
            self._fault(source, "schema", f"missing; write schema = {SCHEMA_VERSION}")
            return True
        if isinstance(version, int) and version is not True and version == SCHEMA_VERSION:
            return True
        message = f"{show(version)} is not a version that this recost reads; it reads"
        self._break(source, "schema", f"{message} {SCHEMA_VERSION}")
        return False

    def _check_kind(self, source: TomlSource) -> None:
        kind = source.data.get("kind")
        if kind is None:
            return
        if not isinstance(kind, str) or kind not in SECTIONS:
            hint = suggestion(kind, SECTIONS) if isinstance(kind, str) else ""
            known = ", ".join(f"'{name}'" for name in SECTIONS)
            self._break(source, "kind", f"{show(kind)} is not one of {known}{hint}")
        elif self.kind and kind != self.kind:
            child = self.sources[0].path
            self._break(source, "kind", f"'{kind}', but {child} extends it and is '{self.kind}'")
        else:
            self.kind = kind

    def _extended(self, source: TomlSource) -> Path | None:
        """The file that `source` extends; a fault and None where there is none to extend."""
        name = source.data["extends"]
        if not isinstance(name, str) or not name.strip():
            self._break(source, "extends", f"{show(name)} is not a hardware's name or path")
            return None
        try:
            path = find("hardware", name, beside=self._paths[-1])
        except InputError as error:
            cause = error.faults[0]
            named = f"'{name}': " if cause.path else ""
            self._break(source, "extends", named + cause.message)
            return None
        if any(path.resolve() == before.resolve() for before in self._paths):
            ring = " -> ".join(display_path(p) for p in [*self._paths, path])
            self._break(source, "extends", f"is a circle: {ring}")
            return None
        return path

    def _break(self, source: TomlSource, name: str, message: str) -> None:
        """Note a fault that ends the chain."""
        self.complete = False
        self._fault(source, name, message)

    def _fault(self, source: TomlSource, name: str, message: str) -> None:
        self.faults.append(source.fault((name,), message, at_value=True))
