"""The names users write: adding one is a decision, losing one breaks their scripts."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import recost

PUBLIC = {
    "CycleCount",
    "Draws",
    "Hardware",
    "InputError",
    "LayerTable",
    "Result",
    "__version__",
    "compare",
    "count_cycles",
    "estimate",
    "explain",
    "layers",
    "lifetime",
    "load_hardware",
    "load_network",
}


def test_the_public_names():
    assert set(recost.__all__) == PUBLIC
    assert set(dir(recost)) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_is_there(name):
    assert getattr(recost, name) is not None
    assert name in vars(recost)


def test_an_unknown_name():
    with pytest.raises(AttributeError, match="module 'recost' has no attribute 'compere'"):
        _ = recost.compere


def test_the_version_is_that_of_the_package():
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    assert recost.__version__ == tomllib.loads(text)["project"]["version"]


@pytest.mark.parametrize("wrong", ["hardware", "networks", "baseline"])
def test_a_name_in_place_of_what_it_names(wrong):
    given = {"hardware": recost.load_hardware("sre"), "networks": recost.load_network("lenet5"),
             "baseline": recost.load_hardware("ou-dense")}  # fmt: skip
    with pytest.raises(TypeError, match=r"'ou-dense' is no .*; recost.load_.* reads one"):
        recost.compare(**{**given, wrong: "ou-dense"})
