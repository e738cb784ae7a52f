"""Where hardware and workload files are found: nearest first, the shipped ones last."""

from __future__ import annotations

import os
from pathlib import Path

from recost.errors import InputError, suggestion

FOLDERS = {"hardware": "hw", "workload": "workloads"}
# The environment variable with further folders, separated as PATH is.
VARIABLE = "RECOST_PATH"
_SUFFIX = ".toml"


def find(kind: str, name_or_path: str | Path, *, beside: Path | None = None) -> Path:
    """The file of a hardware or workload, by name or by path.

    A text with a folder separator or the suffix ``.toml`` is a path.  A name is looked for, in
    this order: in ``./hw`` or ``./workloads``, in the folders of RECOST_PATH (in their ``hw`` or
    ``workloads`` folder if they have one), among the shipped files.

    Parameters
    ----------
    kind : "hardware" or "workload"
    name_or_path : what the user wrote
    beside : the file that refers to it, if any: paths are relative to its folder, names are
        looked for there first, and no name means the file itself if there is another (so a
        file may extend the shipped one of its own name)

    Raises
    ------
    InputError
        nothing of that name or path; the message has the nearest name that exists.
    """
    text = str(name_or_path)
    folder = beside.parent if beside is not None else Path()
    if is_path(text):
        path = folder / _expanded(text)
        if not _exists(path):
            raise InputError(f"no such file; a {kind} is a TOML file or a name", path=text)
        return path
    near = [folder] if beside is not None else []
    files = [place / (text + _SUFFIX) for place in [*near, *_folders(kind)]]
    found = [path for path in files if text and _exists(path)]
    others = [path for path in found if beside is None or not path.samefile(beside)]
    if found:
        return (others or found)[0]
    known = list_available(kind)
    hint = suggestion(text, known) or f"; `recost {kind} list` names them"
    raise InputError(f"unknown {kind} '{text}'{hint}")


def _exists(path: Path) -> bool:
    """Whether something stands at `path`; false too for what cannot be a path."""
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, no permission, a null character
        return False


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # ~ without a home
        return Path(text)


def is_path(text: str) -> bool:
    """Whether `text` names a file rather than something to look for."""
    return text.endswith(_SUFFIX) or "/" in text or os.sep in text


def list_available(kind: str) -> dict[str, Path]:
    """Every name that `find` knows, sorted, with the file that it would return."""
    found: dict[str, Path] = {}
    for folder in _folders(kind):
        for path in sorted(folder.glob("*" + _SUFFIX)):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def shipped_folder(kind: str) -> Path:
    """The folder of the files that came with recost, in a wheel and in an editable install."""
    package = Path(__file__).resolve().parent
    wheel = package / "_data" / FOLDERS[kind]
    return wheel if wheel.is_dir() else package.parent / FOLDERS[kind]


def _folders(kind: str) -> list[Path]:
    folder = FOLDERS[kind]
    entries = [_expanded(e) for e in os.environ.get(VARIABLE, "").split(os.pathsep) if e]
    named = [e / folder if _exists(e / folder) else e for e in entries]
    return [path for path in [Path(folder), *named, shipped_folder(kind)] if _exists(path)]
