"""The answer goes to standard output, everything else to standard error."""

from __future__ import annotations

import inspect
import re
import sys

import pytest

from recost.cli.output import Output, terminal_width, with_output
from recost.errors import InputError
from recost.report.write import Format
from tests.report.results import comparison


def test_notes_and_warnings_go_to_standard_error(capsys):
    Output(output_format=Format.CSV).show(comparison())
    answer, said = capsys.readouterr()
    assert answer.splitlines()[0].startswith("row,hardware,workload,")
    assert said.splitlines() == [
        "note: densities are all 1",
        "warning: the ADC is narrower than the sum",
    ]


def test_quiet_keeps_warnings(capsys):
    Output(quiet=True).show(comparison())
    assert capsys.readouterr().err == "warning: the ADC is narrower than the sum\n"


def test_a_note_is_said_once(capsys):
    Output().show(comparison(notes=["a", "b", "a"], warnings=[]))
    assert capsys.readouterr().err == "note: a\nnote: b\n"


def test_verbose_says_how_long_it_took(capsys):
    Output(verbose=True).show(comparison(notes=[], warnings=[]))
    assert capsys.readouterr().err.endswith(" s\n")


def test_a_narrow_terminal_says_what_was_left_out(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    Output().show(comparison(notes=[], warnings=[]))
    answer, said = capsys.readouterr()
    assert max(map(len, answer.splitlines())) <= 60
    assert said.startswith("note: too wide for 60 characters: ")
    assert re.search(r" and \d+ more; ", said)
    assert said.count(",") < 8
    assert said.endswith("; --columns chooses, -f csv and -o FILE have all\n")


def test_a_pipe_has_full_width(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert terminal_width() is None


@pytest.mark.parametrize("value", ["", "wide", "-3"])
def test_a_width_that_is_none_is_ignored(monkeypatch, value):
    monkeypatch.setenv("COLUMNS", value)
    assert terminal_width() is None


def test_a_closed_standard_output_has_no_width(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "stdout", None)
    assert terminal_width() is None


def test_a_contradiction_is_found_before_the_work(tmp_path):
    with pytest.raises(InputError, match="says csv, -f says json"):
        Output(output_format=Format.JSON, path=tmp_path / "a.csv")


def test_names_are_split_at_commas():
    request = Output(columns=" a, b,,c", sort="-a").request
    assert (request.columns, request.sort) == (("a", "b", "c"), ("-a",))


def test_a_command_gets_the_options_and_its_output():
    seen = {}

    @with_output
    def command(*, out: Output, layer: str) -> None:
        """Say something."""
        seen.update(out=out, layer=layer)

    names = list(inspect.signature(command).parameters)
    assert names[0] == "layer"
    assert "out" not in names
    assert {"output_format", "path", "columns", "sort", "means", "quiet"} < set(names)
    assert command.__doc__ == "Say something."
    defaults = {name: getattr(Output(), name) for name in names[1:]}
    command(layer="conv1", **(defaults | {"quiet": True}))
    assert seen["layer"] == "conv1"
    assert seen["out"].quiet is True


ANSWER = [sys.executable, "-m", "tests.cli.faulty", "answer"]


@pytest.mark.parametrize("width", [60, 100])
def test_a_terminal_gets_no_line_that_is_wider_than_itself(terminal, width):
    lines = terminal(ANSWER, width).splitlines()
    assert len(lines) > 5
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("setting", [{}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}])
def test_there_is_no_colour_on_any_terminal(terminal, setting):
    assert "\x1b" not in terminal(ANSWER, 100, **setting)


def test_columns_tells_a_pipe_how_wide_it_is(process):
    piped = process("tests.cli.faulty", "answer")
    narrow = process("tests.cli.faulty", "answer", COLUMNS="60")
    assert max(map(len, piped.stdout.splitlines())) > 100
    assert max(map(len, narrow.stdout.splitlines())) <= 60
