"""Which file a name means: nearest first, and what is said where there is none."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from recost.errors import InputError
from recost.locate import find, list_available, shipped_folder


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test starts in an empty folder, without a search path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECOST_PATH", raising=False)
    return tmp_path


def _write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("schema = 1\n")
    return path


def test_a_shipped_name() -> None:
    assert find("hardware", "sre") == shipped_folder("hardware") / "sre.toml"
    assert "sre" in list_available("hardware")


@pytest.mark.parametrize(("kind", "folder"), [("hardware", "hw"), ("workload", "workloads")])
def test_the_nearest_file_wins(
    kind: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = _write(tmp_path / "b" / "thing.toml")
    middle = _write(tmp_path / "a" / folder / "thing.toml")
    path = os.pathsep.join(["", str(tmp_path / "a"), str(tmp_path / "missing"), str(far.parent)])
    monkeypatch.setenv("RECOST_PATH", path)
    assert find(kind, "thing") == middle
    assert list_available(kind)["thing"] == middle
    near = _write(tmp_path / folder / "thing.toml")
    assert find(kind, "thing").samefile(near)
    middle.unlink()
    near.unlink()
    assert find(kind, "thing") == far


def test_a_path_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path / "hw" / "sre.toml")
    mine = _write(tmp_path / "sre.toml")
    assert find("hardware", "sre.toml").samefile(mine)
    assert find("hardware", mine) == mine
    assert find("hardware", f"..{os.sep}{tmp_path.name}{os.sep}sre.toml").samefile(mine)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find("hardware", "~/sre.toml") == mine


def test_a_file_refers_to_its_neighbours_first(tmp_path: Path) -> None:
    child = _write(tmp_path / "designs" / "child.toml")
    base = _write(tmp_path / "designs" / "base.toml")
    assert find("hardware", "base", beside=child) == base
    assert find("hardware", "./base.toml", beside=child).samefile(base)


def test_a_file_may_refer_to_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    mine = _write(tmp_path / "hw" / "sre.toml")
    assert find("hardware", "sre", beside=mine) == shipped_folder("hardware") / "sre.toml"
    alone = _write(tmp_path / "hw" / "alone.toml")
    assert find("hardware", "alone", beside=alone).samefile(alone)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ou-dens", "unknown hardware 'ou-dens'; did you mean 'ou-dense'?"),
        ("zzz", "unknown hardware 'zzz'; `recost hardware list` names them"),
        ("", "unknown hardware ''; `recost hardware list` names them"),
        ("no.toml", "no.toml: no such file; a hardware is a TOML file or a name"),
        ("no/thing", "no/thing: no such file; a hardware is a TOML file or a name"),
        ("~nobody-of-that-name/x.toml", "no such file"),
    ],
)
def test_what_is_not_there(name: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        find("hardware", name)


@pytest.mark.parametrize("name", ["x" * 5000, "x" * 5000 + ".toml", "a\0b", "a\0b.toml", "*", "."])
def test_what_cannot_be_a_file_name_is_refused_too(name: str) -> None:
    with pytest.raises(InputError):
        find("hardware", name)


def test_shipped_files_lie_inside_an_installed_package_and_beside_an_editable_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recost import locate

    monkeypatch.setattr(locate, "__file__", str(tmp_path / "site" / "recost" / "locate.py"))
    beside = _write(tmp_path / "site" / "hw" / "thing.toml")
    assert find("hardware", "thing") == beside
    inside = _write(tmp_path / "site" / "recost" / "_data" / "hw" / "thing.toml")
    assert find("hardware", "thing") == inside
