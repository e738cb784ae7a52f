"""A network file with what it extends and what was set, as one table that knows its places."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tomli

from recost import locate, toml_source
from recost.errors import Fault, InputError
from recost.toml_source import KeyPath, TomlSource, dotted

#: Tables that are one value: a file that extends another replaces them as a whole.
_ATOMIC = frozenset({"bits", "cells", "digits", "gradients", "errors", "input"})
#: Keys that say which files are read, and how, before any setting counts.
_FIXED = frozenset({"schema", "extends"})
#: Tables that a setting can take away.
_REMOVABLE = frozenset({"profile", "recipe"})


@dataclass(frozen=True, eq=False, repr=False)
class Document:
    """The merged tables of a network file, nearest first in `sources`.

    `overrides` holds the keys set for every layer (`profile.*.`), `settings` all keys set.
    """

    data: dict[str, Any]
    sources: tuple[TomlSource, ...]
    overrides: dict[str, Any] = field(default_factory=dict)
    settings: tuple[KeyPath, ...] = ()

    @property
    def path(self) -> str:
        """The file that was asked for."""
        return self.sources[0].path

    @property
    def content_hash(self) -> str:
        """SHA-256 over the merged tables and settings, whatever the spelling of the files."""
        canonical = json.dumps([self.data, self.overrides], sort_keys=True, default=str)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def place(
        self, path: KeyPath, *, at_value: bool = False
    ) -> tuple[str | None, int | None, int | None]:
        """File, line and column of the key at `path` (or of its value, if that is no table).

        Of the innermost table that holds it, where the files have no such key.
        """
        if any(path[: len(key)] == key for key in self.settings):
            return None, None, None
        sources = self._behind(path)
        for length in range(len(path), 0, -1):
            of_setting = any(key[:length] == path[:length] for key in self.settings)
            if of_setting and not any(_holds(s.data, path[:length]) for s in sources):
                return None, None, None
            for source in sources:
                if _holds(source.data, path[:length]):
                    whole = at_value and length == len(path)
                    find = source.value_position if whole else source.position
                    line, column = find(path[:length])
                    return source.path, line, column
        return self.path, 1, 1

    def _behind(self, path: KeyPath) -> tuple[TomlSource, ...]:
        """The files that what stands at `path` may be from: a list is that of the nearest one."""
        for length in range(1, len(path) + 1):
            for source in self.sources:
                if _holds(source.data, path[:length]):
                    if isinstance(_at(source.data, path[:length]), list):
                        return (source,)
                    break
        return self.sources

    def holds(self, path: KeyPath) -> bool:
        """Whether the file, or one that it extends, has a value at `path`."""
        return _holds(self.data, path)

    def fault(self, message: str, path: KeyPath, *, at_value: bool = False) -> Fault:
        """A fault at a place of the document."""
        file, line, column = self.place(path, at_value=at_value)
        key = dotted(path)
        return Fault(message, file, line, column, key if file else f"--set workload:{key}")

    def error(self, message: str, path: KeyPath) -> InputError:
        """An error at a place of the document."""
        return InputError([self.fault(message, path)])

    def with_settings(self, settings: Mapping[str, str]) -> Document:
        """The document with the dotted keys of `settings` set to TOML values."""
        document = self
        for key, text in settings.items():
            document = document._with_setting(key, text)
        return document

    def hidden_settings(self) -> list[str]:
        """A note for each setting of the whole profile that layers' own values keep from acting."""
        profile = self.data.get("profile")
        notes = []
        for steps in self.settings:
            if len(steps) != 3 or steps[:2] not in _DEFAULTS or not isinstance(profile, dict):
                continue
            own = [
                layer
                for layer, table in profile.items()
                if isinstance(table, dict)
                and layer not in ("weights", "activations", "gradients", "errors")
                and isinstance(table.get(steps[1]), dict)
                and steps[2] in table[steps[1]]
            ]
            if own:
                key = ".".join(str(step) for step in steps)
                notes.append(
                    f"{key} does not reach {len(own)} layers that give their own"
                    f" ({own[0]} ...); profile.*.{steps[1]}.{steps[2]} sets every layer"
                )
        return notes

    def _with_setting(self, key: str, text: str) -> Document:
        steps = tuple(key.split("."))
        if not all(steps):
            raise InputError(f"'{key}' is not a dotted key such as profile.activations.nonzero")
        if steps[0] in _FIXED:
            raise InputError(
                f"'{key}' cannot be set, only written in a file", key=f"--set workload:{key}"
            )
        if text == "none" and key in _REMOVABLE:
            data = {name: value for name, value in self.data.items() if name != key}
            return replace(self, data=data, settings=(*self.settings, steps))
        value = setting_value(text)
        data, overrides = copy.deepcopy(self.data), copy.deepcopy(self.overrides)
        if steps[:2] == ("profile", "*"):
            _put(overrides, steps[2:], value, key)
        else:
            _put(data, steps, value, key)
        return replace(self, data=data, overrides=overrides, settings=(*self.settings, steps))


_DEFAULTS = (("profile", "weights"), ("profile", "activations"))


def setting_value(text: str) -> Any:
    """The value of a setting: TOML, a list without brackets, or else a word without quotes."""
    for candidate in (text, f"[{text}]" if "," in text else text, json.dumps(text)):
        try:
            parsed = tomli.loads(f"value = {candidate}")
        except (tomli.TOMLDecodeError, RecursionError):
            continue
        if set(parsed) == {"value"}:
            return parsed["value"]
    return text


def read_document(name_or_path: str | Path) -> Document:
    """The file called `name_or_path` and everything that it extends, merged."""
    return document_of(toml_source.load(locate.find("workload", name_or_path)))


def document_of(source: TomlSource) -> Document:
    """A parsed file merged with everything that it extends."""
    sources = [source]
    while isinstance(base := source.data.get("extends"), str):
        path = _base_path(base, source)
        if any(path.resolve() == Path(other.path).resolve() for other in sources):
            chain = " -> ".join(Path(other.path).name for other in sources)
            message = f"the file extends itself: {chain} -> {path.name}"
            raise InputError([source.fault(("extends",), message)])
        source = toml_source.load(path)
        sources.append(source)
    data: dict[str, Any] = {}
    for source in reversed(sources):
        inherited = {key: value for key, value in data.items() if key not in ("title", "name")}
        data = _merged(inherited, source.data)
    return Document(data, tuple(sources))


def _base_path(base: str, source: TomlSource) -> Path:
    """The file that `extends = base` names: beside the file itself, else anywhere."""
    try:
        return locate.find("workload", base, beside=Path(source.path))
    except InputError as error:
        message = error.faults[0].message
        raise InputError([source.fault(("extends",), message)]) from None


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables merged key by key; anything else is replaced."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        whole = key in _ATOMIC or not (isinstance(value, dict) and isinstance(below, dict))
        result[key] = value if whole else _merged(below or {}, value)
    return result


def _put(data: dict[str, Any], steps: tuple[str, ...], value: Any, key: str) -> None:
    """Set the value at the end of `steps`, making tables on the way."""
    if not steps:
        raise InputError(f"'{key}' names no key", key=f"--set workload:{key}")
    for step in steps[:-1]:
        inner = data.setdefault(step, {})
        if not isinstance(inner, dict):
            raise InputError(
                f"'{step}' is a value, not a table, so it has no keys",
                key=f"--set workload:{key}",
            )
        data = inner
    data[steps[-1]] = value


def has_step(node: Any, step: str | int) -> bool:
    """Whether a table has the key `step`, or a list that many values."""
    if isinstance(node, dict):
        return step in node
    return isinstance(node, list) and isinstance(step, int) and step < len(node)


_NOTHING = object()


def _at(data: Any, path: KeyPath) -> Any:
    """What stands at `path`; `_NOTHING` if nothing does."""
    for step in path:
        if not has_step(data, step):
            return _NOTHING
        data = data[step]
    return data


def _holds(data: Any, path: KeyPath) -> bool:
    return _at(data, path) is not _NOTHING
