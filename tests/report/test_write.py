"""A request says which format goes where, and is refused when it contradicts itself."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from recost.errors import InputError
from recost.report.write import Format, Request, write
from tests.report.results import comparison


@pytest.mark.parametrize(
    ("asked", "path", "used"),
    [
        (None, None, Format.TABLE),
        (None, "-", Format.TABLE),
        (Format.JSON, "-", Format.JSON),
        (None, "a.csv", Format.CSV),
        (None, "a.JSON", Format.JSON),
        (None, "a.md", Format.MARKDOWN),
        (None, "a.txt", Format.TABLE),
        (Format.CSV, "a.csv", Format.CSV),
        (Format.CSV, "a.dat", Format.CSV),
        (Format.CSV, "a", Format.CSV),
    ],
)
def test_the_format(asked, path, used):
    assert Request(format=asked, path=Path(path) if path else None).format is used


@pytest.mark.parametrize(
    ("asked", "path", "message"),
    [
        (Format.JSON, "a.csv", "a.csv: the suffix '.csv' says csv, -f says json"),
        (None, "a.xls", "a.xls: the suffix '.xls' names no format; use one of .csv, .json, .md"),
        (None, "no/a.csv", "no/a.csv: cannot be written: there is no folder no"),
    ],
)
def test_a_contradiction(asked, path, message):
    with pytest.raises(InputError) as caught:
        Request(format=asked, path=Path(path))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.md", "a.txt"])
def test_a_file_has_what_standard_output_would_have(name, tmp_path, capfdbinary):
    to_file = Request(path=tmp_path / name)
    write(comparison(), to_file)
    write(comparison(), Request(format=to_file.format))
    assert (tmp_path / name).read_bytes() == capfdbinary.readouterr().out


def test_only_csv_has_a_companion(tmp_path):
    for suffix in ("csv", "json", "md", "txt"):
        write(comparison(), Request(path=tmp_path / f"{suffix}.{suffix}"))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["csv.csv", "csv.meta.json", "json.json", "md.md", "txt.txt"]
    companion = json.loads((tmp_path / "csv.meta.json").read_text())
    assert companion["provenance"] == {"hardware": {"dense": "0123"}}


def test_no_companion_beside_a_device(capfdbinary):
    write(comparison(), Request(format=Format.CSV, path=Path("/dev/null")))
    assert not Path("/dev/null.meta.json").exists()


def test_order_and_columns(capsys):
    request = Request(format=Format.CSV, columns=["hardware"], sort=["-speedup"])
    write(comparison(), request)
    assert capsys.readouterr().out.split() == ["hardware", "sparse", "gpu", "dense"]


def test_columns_that_were_named_are_shown_however_narrow(capsys):
    names = comparison().columns
    assert write(comparison(), Request(columns=names, width=20)) == []
    assert max(map(len, capsys.readouterr().out.splitlines())) > 20


def test_a_file_is_as_wide_as_its_table(tmp_path):
    assert write(comparison(), Request(path=tmp_path / "a.txt", width=20)) == []


def test_a_narrow_terminal_names_what_it_left_out(capsys):
    assert "energy_adc_j" in write(comparison(), Request(width=60))
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 60


def test_a_terminal_that_knows_few_letters_gets_a_substitute(monkeypatch):
    bytes_out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(bytes_out, encoding="ascii"))
    result = comparison(rows=[{"hardware": "µ-core", "speedup": 2.0}])
    write(result, Request())
    assert b"?-core" in bytes_out.getvalue()
    write(result, Request(format=Format.CSV))
    assert "µ-core" in bytes_out.getvalue().decode()
