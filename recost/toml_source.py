"""TOML that remembers where everything stands, so that a fault can name its line and column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recost.errors import Fault, InputError

Key = str | int
KeyPath = tuple[Key, ...]

# A specification is text that somebody typed; anything larger is another file by mistake.
MAX_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class TomlSource:
    """A parsed TOML text: its values (`data`), where it came from, and where each key stands."""

    data: Mapping[str, Any]
    path: str
    text: str
    _keys: Mapping[KeyPath, int] = field(repr=False, default_factory=dict)
    _values: Mapping[KeyPath, int] = field(repr=False, default_factory=dict)

    def position(self, path: KeyPath) -> tuple[int, int]:
        """Line and column (from 1) of the key, table header or array element at `path`.

        Where `path` is not in the text, those of its nearest ancestor that is: that is the place
        to add a missing key.
        """
        return self._place(self._keys, path)

    def value_position(self, path: KeyPath) -> tuple[int, int]:
        """Line and column of the value at `path`; of the key where the value is a table."""
        return self._place(self._values if path in self._values else self._keys, path)

    def fault(self, path: KeyPath, message: str, *, at_value: bool = False) -> Fault:
        """A fault of this text at `path`, which becomes its dotted key."""
        line, column = self.value_position(path) if at_value else self.position(path)
        return Fault(message, self.path, line, column, dotted(path) or None)

    def _place(self, offsets: Mapping[KeyPath, int], path: KeyPath) -> tuple[int, int]:
        for length in range(len(path), 0, -1):
            offset = offsets.get(path[:length])
            if offset is not None:
                return line_and_column(self.text, offset)
            offsets = self._keys
        return 1, 1


def load(path: str | Path) -> TomlSource:
    """Parse the TOML file at `path`.

    Raises
    ------
    InputError
        the file cannot be read, is not UTF-8, or is not TOML (with line and column).
    """
    name = display_path(path)
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise InputError("is a folder, not a file", path=name) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path=name) from None
    except ValueError:  # a null character in the name
        raise InputError("cannot be read: not a file name", path=repr(name)) from None
    if len(content) > MAX_BYTES:
        raise InputError(f"is larger than {MAX_BYTES // 1_000_000} MB", path=name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", errors="replace")
        line, column = line_and_column(before, len(before))
        raise InputError("is not UTF-8 text", path=name, line=line, column=column) from None
    return parse(text, name)


def parse(text: str, path: str) -> TomlSource:
    """Parse TOML `text`; `path` is what faults will name.

    Raises
    ------
    InputError
        a syntax error, with its line and column.
    """
    import tomli

    text = text.replace("\r\n", "\n")
    index = _Index(text)
    try:
        data = tomli.loads(text)
        index.run()
    except tomli.TOMLDecodeError as error:
        message, line, column = _syntax_error(error, text)
        raise InputError(message, path=path, line=line, column=column) from None
    except ValueError as error:  # a number of more digits than Python converts
        raise InputError(f"not TOML: {error}", path=path) from None
    except RecursionError:
        raise InputError("not TOML: nested too deeply", path=path) from None
    return TomlSource(data, path, text, index.keys, index.values)


def display_path(path: str | Path) -> str:
    """`path` as messages show it: relative to the working folder where that is shorter."""
    try:
        relative = str(Path(path).resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
    return min(relative, str(path), key=len)


def dotted(path: KeyPath) -> str:
    """`path` as a user writes it: ``adc.energy.value``, ``layers[3].conv``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column, counted from 1, of the character at `offset`."""
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - start + 1


def _syntax_error(error: ValueError, text: str) -> tuple[str, int, int]:
    """Message, line and column of tomli's error, whose attributes only newer versions have."""
    message = str(error)
    match = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    reason = message[: match.start()] if match else message
    # A table that is declared twice is named as a tuple of its parts.
    reason = re.sub(r"\((('[^']*',? ?)+)\)", lambda m: f"[{_joined(m[1])}]", reason)
    line, column = line_and_column(text, len(text.rstrip()))
    if match and match[1]:
        line, column = int(match[1]), int(match[2])
    return f"not TOML: {reason[:1].lower()}{reason[1:]}", line, column


def _joined(parts: str) -> str:
    return ".".join(re.findall(r"'([^']*)'", parts))


_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_STRING = re.compile(
    r"""
    \"{3} (?: [^\\] | \\. )*? \"{3,5}   # several lines; may end in quotes of its own
    | '{3} .*? '{3,5}
    | " (?: [^"\\\n] | \\. )* "
    | ' [^'\n]* '
    """,
    re.DOTALL | re.VERBOSE,
)


class _Index:
    """Where the keys and values of a valid TOML text stand.

    The values themselves come from tomli, and the text is known to be valid, so this reads only
    as much grammar as it takes to skip a value.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.keys: dict[KeyPath, int] = {}
        self.values: dict[KeyPath, int] = {}
        self._lengths: dict[KeyPath, int] = {}  # of arrays of tables

    def run(self) -> None:
        """Fill `keys` and `values`."""
        table: KeyPath = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            table = self._header() if self.text[self.at] == "[" else self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> KeyPath:
        start = self.at
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        parts = [part for part, _ in self._key()]
        self.at += 2 if is_array else 1
        path: KeyPath = ()
        for depth, part in enumerate(parts):
            path = (*path, part)
            last = depth == len(parts) - 1
            if last and is_array:
                self.keys.setdefault(path, start)
                self._lengths[path] = self._lengths.get(path, 0) + 1
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
            if last:
                self.keys[path] = start
            else:
                self.keys.setdefault(path, start)
        return path

    def _pair(self, table: KeyPath) -> KeyPath:
        """Read ``key = value`` below `table`, and return `table`."""
        path = table
        for part, offset in self._key():
            path = (*path, part)
            self.keys.setdefault(path, offset)
        self.at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)
        return table

    def _key(self) -> list[tuple[str, int]]:
        """The parts of a dotted key with their offsets, and the space that follows it."""
        parts: list[tuple[str, int]] = []
        while True:
            self._skip(_SPACE)
            start = self.at
            quoted = self.text[start] in "\"'"
            self._skip(_STRING if quoted else _BARE_KEY)
            token = self.text[start : self.at]
            parts.append((_unquoted(token) if quoted else token, start))
            self._skip(_SPACE)
            if self.at >= len(self.text) or self.text[self.at] != ".":
                return parts
            self.at += 1

    def _value(self, path: KeyPath) -> None:
        self.values[path] = self.at
        first = self.text[self.at]
        if first in "\"'":
            self._skip(_STRING)
        elif first in "[{":
            self._sequence(path, "]" if first == "[" else "}")
        else:
            self._skip(_SCALAR)

    def _sequence(self, path: KeyPath, closing: str) -> None:
        """Read an array or an inline table, from its opening to behind its closing bracket."""
        self.at += 1
        count = 0
        while True:
            self._skip(_BLANK)
            if self.text[self.at] == closing:
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
            elif closing == "]":
                self.keys[*path, count] = self.at
                self._value((*path, count))
                count += 1
            else:
                self._pair(path)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()


def _unquoted(token: str) -> str:
    """The key that a quoted token spells."""
    import tomli

    value: str = tomli.loads(f"k = {token}")["k"]
    return value
