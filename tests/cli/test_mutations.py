"""A file with one thing changed gives a finite answer or lines that say what is wrong."""

from __future__ import annotations

import copy
import json
import math
import random
import tomllib
from pathlib import Path

import pytest

from recost.kernels import single
from recost.locate import shipped_folder
from tests.cli.mutations import dump, mutate

BATCH = 50


@pytest.fixture(autouse=True)
def _interpreted(monkeypatch):
    """The interpreter refuses what compiled code answers with inf."""
    for kernel in (single.layer_counts, single.network_sums, single.price_sums):
        monkeypatch.setattr(kernel, "_left", math.inf)


def shipped(kind: str, name: str) -> dict[str, object]:
    return tomllib.loads((shipped_folder(kind) / f"{name}.toml").read_text(encoding="utf-8"))


def check(result, what: str) -> None:
    """The exit code is 0 with finite rows, or 2 with lines that are no traceback."""
    assert isinstance(result.exception, SystemExit | None), (what, result.exc_info)
    if result.exit_code == 0:
        for row in json.loads(result.stdout)["rows"]:
            for name, value in row.items():
                if isinstance(value, int | float):
                    assert math.isfinite(value), (what, name)
                    assert value >= 0, (what, name)
    else:
        assert result.exit_code == 2, what
        assert result.stdout == "", what
        assert result.stderr.strip(), what
        assert "Traceback" not in result.stderr, what


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["isaac", "ou-dense", "sre"])
def test_hardware(invoke, name, seed):
    chance = random.Random(f"{name} {seed}")
    original = shipped("hardware", name)
    for _ in range(BATCH):
        tree = copy.deepcopy(original)
        what = mutate(tree, chance)
        Path("mutant.toml").write_text(dump(tree), encoding="utf-8")
        arguments = ("-H", "./mutant.toml", "-W", "lenet5", "-f", "json")
        check(invoke("estimate", *arguments), f"{name}: {what}\n{dump(tree)}")
    assert [path.name for path in Path().iterdir()] == ["mutant.toml"]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", ["lenet5", "caffenet-ssl", "googlenet", "mobilenet-v2"])
def test_networks(invoke, name, seed):
    chance = random.Random(f"{name} {seed}")
    original = shipped("workload", name)
    for _ in range(BATCH):
        tree = copy.deepcopy(original)
        what = mutate(tree, chance)
        Path("mutant.toml").write_text(dump(tree), encoding="utf-8")
        arguments = ("-H", "sre", "-W", "./mutant.toml", "-f", "json")
        check(invoke("estimate", *arguments), f"{name}: {what}\n{dump(tree)}")


def test_a_parameter_of_a_block_that_is_no_name(invoke):
    tree = shipped("workload", "mobilenet-v2")
    tree["blocks"]["same"]["parameters"][0] = [1]
    Path("mutant.toml").write_text(dump(tree), encoding="utf-8")
    check(invoke("layers", "-W", "./mutant.toml", "-f", "json"), "parameter")
