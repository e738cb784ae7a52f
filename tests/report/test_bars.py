"""Bars of text on a logarithmic scale."""

from recost.report.bars import bars


def test_a_decade_is_as_long_as_another():
    lines = bars("error", ["4", "16", "128"], [0.1, 1.0, 10.0], width=20).splitlines()
    assert lines[0] == "error, bars from 1e-2 to 1e1"
    assert [line.count("#") for line in lines[1:]] == [7, 13, 20]
    assert lines[1] == "  4 |####### 0.1"
    assert lines[3].endswith(" 10")


def test_zero_and_unknown_have_no_bar():
    lines = bars("error", ["a", "b", "c"], [0.0, None, 3.0]).splitlines()
    assert lines[1:3] == ["a | 0", "b |"]
    assert bars("error", ["a"], [0.0]) == "error"
