"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from recost.errors import InputError
from recost.report.files import write_files


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_new_files(tmp_path):
    write_files({tmp_path / "a": b"1", tmp_path / "b": b"2"})
    assert files_in(tmp_path) == {"a": b"1", "b": b"2"}


def test_a_file_is_replaced_and_keeps_its_permissions(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_files({path: b"new"})
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "usual").touch()
    write_files({tmp_path / "a": b"1"})
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to("target")
    write_files({tmp_path / "link": b"new"})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


def test_a_pipe_is_written_to_directly(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_files({pipe: b"through"})
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("none/a.csv", "No such file or directory"), ("folder", "Is a directory")],
)
def test_a_file_that_cannot_be_written_is_named_and_no_other_is_touched(tmp_path, name, reason):
    (tmp_path / "folder").mkdir()
    (tmp_path / "first").write_bytes(b"old")
    with pytest.raises(InputError) as caught:
        write_files({tmp_path / "first": b"new", tmp_path / name: b"2"})
    assert str(caught.value) == f"{tmp_path / name}: cannot be written: {reason}"
    assert (tmp_path / "first").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "folder"]


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="a: cannot be written: No space left on device"):
        write_files({tmp_path / "a": b"new"})
    assert files_in(tmp_path) == {"a": b"old"}


def test_an_interrupt_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"old")

    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files({tmp_path / "a": b"new"})
    assert files_in(tmp_path) == {"a": b"old"}
