"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from recost.errors import InputError


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write several files so that each is its old self or whole, and none is new if one fails.

    Everything is written and flushed to disk beside its destination under another name; only
    then is each renamed to its own.  A file that is replaced keeps its permissions, a link its
    target.  What is no ordinary file (`/dev/stdout`, a pipe) is written to directly.

    Raises
    ------
    InputError
        Where a file cannot be written: no such folder, no permission, no space.
    """
    staged: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            try:
                _stage(path, content, staged)
            except OSError as error:
                raise InputError(_reason(error), path=str(path)) from error
        for path, temporary in list(staged.items()):
            try:
                temporary.replace(path)
            except OSError as error:
                raise InputError(_reason(error), path=str(path)) from error
            del staged[path]
    finally:
        for temporary in staged.values():
            with suppress(OSError):
                temporary.unlink()


def _stage(path: Path, content: bytes, staged: dict[Path, Path]) -> None:
    """Write `content` beside `path` and note it in `staged`; directly, if `path` is special."""
    target = Path(os.path.realpath(path))
    old = target.stat() if target.exists() else None
    if old is not None and not stat.S_ISREG(old.st_mode) and not stat.S_ISDIR(old.st_mode):
        with path.open("wb") as file:
            file.write(content)
        return
    if old is not None and (stat.S_ISDIR(old.st_mode) or not os.access(target, os.W_OK)):
        target.open("wb").close()  # says why it cannot be written: a folder, read-only
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    with temporary.open("xb") as file:
        staged[target] = temporary
        if old is not None:
            temporary.chmod(stat.S_IMODE(old.st_mode))
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _reason(error: OSError) -> str:
    return f"cannot be written: {error.strerror or error}"
