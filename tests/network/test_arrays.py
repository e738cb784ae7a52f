from __future__ import annotations

import numpy as np
import pytest

from recost.errors import InputError
from recost.network import load_network

TEXT = """schema = 1
input = [3, 8, 8]
layers = [{conv = 4, kernel = 3, name = "a"}, {conv = 4, kernel = 3, name = "b/c"}]
[profile]
source = "measured"
file = "data/x.npz"
activations = {nonzero = 0.9}
[profile.a]
weights = {elements = 0.125}
"""


@pytest.fixture
def net(tmp_path):
    """The table of a network whose profile is an .npz of these arrays."""

    def load(**arrays):
        (tmp_path / "data").mkdir(exist_ok=True)
        np.savez(tmp_path / "data" / "x.npz", **arrays)
        path = tmp_path / "net.toml"
        path.write_text(TEXT, encoding="utf-8")
        return load_network(path)

    return load


def test_arrays_of_one_layer(net):
    table = net(
        **{
            "b/c.weights.elements": 0.25,
            "b/c.weights.cells": np.array([1.0, 0.5]),
            "b/c.activations.bits": np.array([0.5, 0.25], dtype=np.float32),
            "b/c.activations.digits.2": np.array([0.6]),
            "b/c.activations.signed": True,
        }
    )
    assert table.records["element_density"].tolist() == [0.125, 0.25]
    profile = table.profiles[1]
    assert profile.cell_densities(4, 2).tolist() == [1.0, 0.5]
    assert profile.slice_densities(2, 1).tolist() == [0.5, 0.25]
    assert profile.slice_densities(2, 2).tolist() == [0.6]
    assert table.records["signed"].tolist() == [False, True]


def test_arrays_with_an_entry_a_layer(net):
    table = net(
        **{
            "weights.rows": np.array([0.5, 0.75]),
            "weights.elements": np.array([0.5, 0.75]),
            "activations.bits": np.array([[0.5, 0.25], [0.125, 0.0]]),
        }
    )
    assert table.records["row_density"].tolist() == [0.5, 0.75]
    assert table.records["element_density"].tolist() == [0.125, 0.75]  # the file's own key wins
    assert table.profiles[1].slice_densities(2).tolist() == [0.125, 0.0]


def test_arrays_beat_the_defaults(net):
    assert net(**{"activations.nonzero": np.array([0.5, 0.6])}).records["nonzero"].tolist() == [
        0.5,
        0.6,
    ]


def test_scales_a_layer(net):
    table = net(**{"activations.scale": np.array([8.0, 128.0])})
    assert table.profiles[0].activations.bits.scale == 8.0
    assert table.profiles[1].activations.bits.scale == 128.0


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"weights.element": np.ones(2)}, "unknown array 'weights.element'; did you mean"),
        ({"d.weights.elements": np.float64(1.0)}, "unknown array 'd.weights.elements'"),
        ({"weights.elements": np.ones(3)}, r"shape \(3,\); expected numbers of 1 dimensions, 2"),
        ({"a.weights.elements": np.ones(3)}, r"shape \(3,\); expected numbers of 0 dimensions"),
        ({"a.activations.bits": np.float64(0.5)}, "expected numbers of 1 dimensions"),
        ({"a.weights.rows": np.array("x")}, "expected numbers"),
        ({"a.weights.rows": np.float64(1.5)}, "in x.npz: 1.5 is out of range"),
        ({"a.weights.rows": np.float64(np.nan)}, "not a finite number"),
    ],
)
def test_arrays_that_do_not_fit(net, arrays, message):
    with pytest.raises(InputError, match=message) as caught:
        net(**arrays)
    assert (caught.value.line, caught.value.column) == (6, 1)


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut short"])
def test_files_that_are_no_archive(tmp_path, content):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.npz").write_bytes(content)
    (tmp_path / "net.toml").write_text(TEXT, encoding="utf-8")
    with pytest.raises(InputError, match=r"net\.toml:6:1: .*not an \.npz of arrays"):
        load_network(tmp_path / "net.toml")


def test_a_truncated_archive(tmp_path, net):
    net(**{"weights.rows": np.ones(2)})
    path = tmp_path / "data" / "x.npz"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match=r"not an \.npz of arrays"):
        load_network(tmp_path / "net.toml")


def test_a_file_that_is_not_there(tmp_path):
    (tmp_path / "net.toml").write_text(TEXT, encoding="utf-8")
    with pytest.raises(InputError, match=r"net\.toml:6:1: profile\.file: x\.npz: no such file"):
        load_network(tmp_path / "net.toml")


def test_the_hash_covers_the_arrays(net):
    assert (
        net(**{"weights.rows": np.ones(2)}).content_hash
        != net(**{"weights.rows": np.full(2, 0.5)}).content_hash
    )
