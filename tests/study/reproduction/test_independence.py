"""Nothing but `recost reproduce` reads the published figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import recost

SCRIPT = """
import importlib, json, pkgutil, sys
from pathlib import Path

absent = len(sys.argv) > 1
def hide(event, arguments):
    if event == "open" and absent and str(arguments[0]).endswith("published.toml"):
        raise FileNotFoundError(2, "No such file or directory", str(arguments[0]))
sys.addaudithook(hide)

import recost
optional = {"onnx", "pyarrow", "scipy", "tomlkit", "optuna", "distributed", "dask"}
for module in pkgutil.walk_packages(recost.__path__, "recost."):
    if module.name.endswith("__main__"):  # importing it runs it
        continue
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        assert (error.name or "").split(".")[0] in optional, error

from recost.study.lifetime import lifetime
from recost.study.rollup import chip_rollup
from recost.study.training_layers import training_layers

hardware = recost.load_hardware
network = recost.load_network
rows = [
    *recost.compare(hardware("sre"), network("lenet5"), baseline=hardware("ou-dense")).rows,
    *recost.compare(
        hardware("panther-2"), network("mlp-l4"), baseline=hardware("base-mvm"), phase="training"
    ).rows,
    *chip_rollup(hardware("isaac")).rows,
    *lifetime(hardware("essence"), network("resnet20-cifar10")).rows,
    *training_layers(hardware("panther-1"), network("mlp-l4"), 1, hardware("base-mvm")).rows,
]
from recost.study.reproduce import reproduce
try:
    reproduce(["isaac"])
    found = True
except recost.InputError:
    found = False
print(json.dumps([found, [dict(row) for row in rows]]))
"""


def run(*arguments: str) -> tuple[bool, list[dict[str, object]]]:
    command = [sys.executable, "-c", SCRIPT, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found, rows = json.loads(done.stdout)
    return found, rows


@pytest.mark.slow
def test_everything_else_is_the_same_without_the_published_figures():
    found, rows = run()
    hidden, same = run("absent")
    assert found
    assert not hidden  # the file was really out of reach
    assert rows
    assert rows == same


def test_one_module_names_the_file():
    package = Path(recost.__file__).parent
    named = [
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if "published.toml" in path.read_text(encoding="utf-8")
    ]
    assert named == ["study/reproduction/files.py"]
