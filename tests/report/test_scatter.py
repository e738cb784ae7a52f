import math

from recost.report.scatter import scatter


def test_a_front_goes_down_from_left_to_right():
    points = [(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]
    plot = scatter(("x", "y"), points, ["one"] * 3, size=(5, 3))
    assert plot.splitlines() == [
        "y",
        "3 |a",
        "  |  a",
        "1 |    a",
        "  +-----",
        "   1 x 3",
    ]


def test_decades_are_logarithmic():
    points = [(10.0**i, 1.0) for i in range(3)]
    lines = scatter(("x", "y"), points, ["one"] * 3, size=(21, 3)).splitlines()
    marked = next(line for line in lines if "a" in line).partition("|")[2]
    assert [i for i, mark in enumerate(marked) if mark == "a"] == [0, 10, 20]
    assert "x, logarithmic" in lines[-1]
    assert lines[0] == "y"


def test_series_have_letters_and_meet_in_stars():
    points = [(0.0, 0.0), (1.0, 1.0), (1.0, 1.0)]
    plot = scatter(("x", "y"), points, ["sre", "sre", "isaac"], size=(5, 3))
    assert plot.splitlines()[1].endswith("|    *")
    assert plot.splitlines()[3].endswith("|a")
    assert plot.endswith("a sre, b isaac, * more than one")


def test_more_series_than_letters_and_no_points():
    points = [(float(i), -float(i)) for i in range(30)]
    plot = scatter(("x", "y"), points, [f"s{i}" for i in range(30)])
    assert "*" in plot
    assert scatter(("x", "y"), [], []) == ""
    assert "nan" not in scatter(("x", "y"), [(1.0, 1.0)], ["one"])
    assert math.isfinite(len(plot))
