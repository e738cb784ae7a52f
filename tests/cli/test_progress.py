"""The bar of a long study: late, seldom, on a terminal only, and taken away at the end."""

from __future__ import annotations

import io

import pytest

from recost.cli import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    return now


def show_on(screen, monkeypatch):
    # In the test itself: pytest puts its own streams in place after the fixtures.
    monkeypatch.setattr(progress.sys, "stderr", screen)
    return screen


def test_nothing_within_the_first_second(clock, monkeypatch):
    terminal = show_on(Terminal(), monkeypatch)
    bar = progress.Bar(quiet=False)
    clock[0] = 0.9
    bar(0.5, "work")
    bar.clear()
    assert terminal.getvalue() == ""


def test_share_and_time_left(clock, monkeypatch):
    terminal = show_on(Terminal(), monkeypatch)
    bar = progress.Bar(quiet=False)
    clock[0] = 2.0
    bar(0.25, "sre conv3")
    clock[0] = 2.05  # too soon for another
    bar(0.26, "sre conv3")
    assert terminal.getvalue() == "\r[" + "#" * 6 + "." * 18 + "]  25 % sre conv3, 6 s left"
    bar.clear()
    assert terminal.getvalue().endswith(" \r")


@pytest.mark.parametrize(("screen", "quiet"), [(Terminal(), True), (io.StringIO(), False)])
def test_nothing_without_a_terminal_or_when_quiet(clock, monkeypatch, screen, quiet):
    show_on(screen, monkeypatch)
    bar = progress.Bar(quiet=quiet)
    clock[0] = 5.0
    bar(0.5, "work")
    bar.clear()
    assert screen.getvalue() == ""


def test_rate_and_time_left_of_what_is_counted(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    terminal = show_on(Terminal(), monkeypatch)
    counter = progress.Counter(1000, "points", done=200)
    clock[0] = 4.0
    counter.update(600)
    # 400 points took 4 s; those that were done before took no time of this run.
    assert terminal.getvalue().endswith("]  60 % 600/1,000 points, 100/s, 4 s left")
    counter.end()
    assert terminal.getvalue().endswith(" \r")


def test_a_long_time_and_a_narrow_terminal(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    terminal = show_on(Terminal(), monkeypatch)
    bar = progress.Bar(quiet=False)
    clock[0] = 10.0
    bar(0.0005, "a design")
    assert terminal.getvalue().endswith("a design, 5 h 33")  # cut, for a line that wraps stays
    assert len(terminal.getvalue()) == 1 + 49
    bar.clear()
    clock[0] = 100.0
    bar(0.5, "a")
    assert terminal.getvalue().endswith(" 50 % a, 1 min 40 s le")
