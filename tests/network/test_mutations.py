"""Network files with one thing changed: a fault with a place, or a finite table."""

from __future__ import annotations

import copy
import random
import tomllib

import numpy as np
import pytest

from recost.errors import InputError
from recost.locate import shipped_folder
from recost.network import load_network
from tests.cli.mutations import dump, mutate

#: Every word and every key of a profile.
EVERYTHING = """
schema = 1
name = "all"
input = [3, 16, 16]
notes = ["one"]
layers = [
 {conv = 4, kernel = [3, 3], padding = [1, 1, 1, 1], stride = 1, dilation = 1, name = "a"},
 {conv = "depthwise", kernel = 3, padding = "same", multiplier = 2, repeat = 2},
 {block = "b", width = 16, name = "blk", first = 2, repeat = 2},
 {branches = [[{conv = 2, kernel = 1}], [{pool = 3, stride = 1, padding = 1}], []]},
 {branches = [[{pool = "global"}, {conv = 34, kernel = 1}], []], join = "multiply"},
 {conv = 8, kernel = 2, stride = 2, transposed = true, output_padding = 1},
 {norm = "layer"}, {activation = "tanh"}, {vector = 100}, {unmodelled = 30},
 {tokens = true, extra = 1},
 {residual = [{attention = 4, key_value_heads = 2, name = "att"}], activation = "none"},
 {attention = 2, fused = true, width = 8},
 {layers = [{linear = 6, groups = 2, times = 3}], name = "seq"},
 {take = "mean"}, {shape = [2, 3]}, {flatten = true}, {linear = 4, signed = true},
 {linear = 5, input = [7]},
]
[blocks.b]
parameters = ["width"]
layers = [{residual = [{conv = "$width", kernel = 3, padding = 1}], shortcut = "pad"}]
[recipe]
images = 10
epochs = 2
batch = 3
[profile]
source = "x"
gradients = {family = "lognormal", mu = -1.0, sigma = 2.0, nonzero = 0.3}
errors = {histogram = {edges = [0.0, 1.0, 2.0], counts = [1.0, 2.0]}}
[profile.weights]
rows = 0.5
filters = 0.9
elements = 0.4
kernels = 0.7
correlation = 0.1
positive = 0.4
filter_zeros = "independent"
cells = {family = "half-normal", scale = 900.0}
[profile.activations]
nonzero = 0.5
bits = {family = "half-normal", mean_density = 0.08}
digits = {2 = [0.1, 0.2]}
correlation = 0.2
signed = false
[profile.a]
weights = {cells = [1.0, 0.5, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1]}
activations = {nonzero = 1.0, bits = [0.5, 0.5]}
[profile."blk2/conv1"]
activations = {scale = 30.0, bits = {family = "half-normal", scale = 40.0}}
"""


def texts() -> dict[str, str]:
    folder = shipped_folder("workload")
    shipped = ("caffenet-gsl", "mobilenet-v2", "bert-base")
    return {
        "everything": EVERYTHING,
        **{n: (folder / f"{n}.toml").read_text(encoding="utf-8") for n in shipped},
    }


def test_everything_loads(tmp_path):
    path = tmp_path / "all.toml"
    path.write_text(EVERYTHING, encoding="utf-8")
    table = load_network(path)
    assert len(table) == 17
    assert table.notes == ("one",)
    assert table.profiles[0].gradients["family"] == "lognormal"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", texts())
def test_one_thing_changed(tmp_path, name, seed):
    chance = random.Random(f"{name} {seed}")
    original = tomllib.loads(texts()[name])
    path = tmp_path / "mutant.toml"
    for _ in range(60):
        tree = copy.deepcopy(original)
        what = mutate(tree, chance)
        path.write_text(dump(tree), encoding="utf-8")
        try:
            check_table(load_network(path))
        except InputError as error:
            check_faults(error, what)


def check_faults(error: InputError, what: str) -> None:
    for fault in error.faults:
        assert fault.message, what
        assert "\n" not in str(fault), what
        assert fault.path, what
        assert fault.line, what


def check_table(table) -> None:
    records = table.records
    for field in records.dtype.names:
        values = records[field].astype(float)
        assert np.all(np.isfinite(values) & (values >= 0)), field
    matrices = records["groups"] * records["rows"] * records["columns"]
    assert np.all(records["macs"] == matrices * records["vectors"])
    assert np.all(records["weights"] == matrices)
    for profile in table.profiles:
        for bits, width in ((8, 1), (16, 1), (16, 2), (12, 5)):
            for densities in (profile.slice_densities, profile.cell_densities):
                try:
                    found = densities(bits, width)
                except InputError:
                    continue  # digits or cells of this width were not measured
                assert len(found) == -(-bits // width)
                assert np.all((found >= 0) & (found <= 1))
