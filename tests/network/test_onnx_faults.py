"""ONNX files that are cut, garbled or changed: a fault that names the file, or a finite table."""

from __future__ import annotations

import random

import numpy as np
import onnx
import pytest

from recost.errors import Fault, InputError
from recost.network.onnx_write import imported_network
from tests.network.graphs import LIGHT, model, node, save
from tests.network.onnx_mutations import mutate


def everything() -> onnx.ModelProto:
    """One model with most of the operators that become layers."""
    return model(
        [
            node("Conv", "x w", "c", pads=[1, 1, 1, 1], strides=[1, 1], group=1),
            node("Relu", "c", "r"),
            node("MaxPool", "r", "p", kernel_shape=[2, 2], strides=[2, 2]),
            node("ConvTranspose", "p t", "u", strides=[2, 2]),
            node("Shape", "u", "s"),
            node("Gather", "s zero", "n"),
            node("Unsqueeze", "n axis", "n1"),
            node("Concat", "n1 rest", "tgt", axis=0),
            node("Reshape", "u tgt", "f"),
            node("Gemm", "f v b", "g", transB=1),
            node("Softmax", "g", "y0"),
            node("Reshape", "r tok", "tk"),
            node("MatMul", "tk m", "mm"),
            node("Einsum", "mm e", "ee", equation="bij,jk->bik"),
            node("LSTM", "mm lw lr", "ls", hidden_size=3),
            node("Add", "y0 y0", "y"),
        ],
        {"x": [1, 3, 8, 8]},
        {
            "w": (4, 3, 3, 3), "t": (4, 2, 2, 2), "v": (10, 128), "b": (10,), "m": (4, 6),
            "e": (6, 5), "lw": (1, 12, 6), "lr": (1, 12, 3), "zero": np.array(0),
            "axis": np.array([0]), "rest": np.array([-1]), "tok": np.array([1, 64, 4]),
        },
    )  # fmt: skip


def check(path, **options) -> None:
    """A table of finite counts, or a fault that names the file."""
    faults: tuple[Fault, ...] = ()
    table = None
    try:
        table = imported_network(path, **options).table
    except InputError as error:
        faults = error.faults
    for fault in faults:
        assert fault.message
        assert "\n" not in fault.message
        assert fault.path in (str(path), "model.onnx as TOML")
    if table is None:
        assert faults
        return
    for name in table.records.dtype.names:
        values = table.records[name].astype(float)
        assert np.all(np.isfinite(values))
        assert np.all(values >= 0)


@pytest.mark.parametrize("content", [b"", b"schema = 1\n", b"\x00" * 100, b"\xff" * 100])
def test_files_that_are_no_model(tmp_path, content):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not an ONNX model") as caught:
        imported_network(path)
    assert caught.value.path == str(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        imported_network(tmp_path / "none.onnx")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        imported_network(tmp_path)


def test_a_public_model_cut_anywhere(tmp_path):
    content = (LIGHT / "light_squeezenet.onnx").read_bytes()
    path = tmp_path / "model.onnx"
    for length in range(0, len(content), len(content) // 40):
        path.write_bytes(content[:length])
        check(path)


@pytest.mark.parametrize("seed", range(6))
def test_one_thing_changed(tmp_path, seed):
    chance = random.Random(seed)
    original = everything()
    path = tmp_path / "model.onnx"
    for _ in range(60):
        made = onnx.ModelProto()
        made.CopyFrom(original)
        for _change in range(chance.choice((1, 1, 2, 3))):
            mutate(made, chance)
        path.write_bytes(made.SerializeToString())
        check(path, profile=chance.random() < 0.3)


@pytest.mark.parametrize("seed", range(2))
def test_a_byte_changed(tmp_path, seed):
    chance = random.Random(seed)
    original = everything().SerializeToString()
    path = tmp_path / "model.onnx"
    for _ in range(60):
        content = bytearray(original)
        for _change in range(chance.randrange(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(bytes(content))
        check(path)


def test_names_that_nothing_produces(tmp_path):
    made = model(
        [node("Conv", "x v", "y"), node("Relu", "z", "q")], {"x": [1, 3, 4, 4]}, {"w": (4, 3, 1, 1)}
    )
    with pytest.raises(InputError) as caught:
        imported_network(save(made, tmp_path))
    assert [fault.message for fault in caught.value.faults] == [
        "node 'n_y' reads 'v', which nothing before it produces",
        "node 'n_q' reads 'z', which nothing before it produces",
    ]


def test_shapes_that_do_not_fit(tmp_path):
    made = model([node("Conv", "x w", "y")], {"x": [1, 5, 4, 4]}, {"w": (4, 3, 1, 1)})
    with pytest.raises(
        InputError, match=r"its kernel does not fit its input|the shapes do not fit"
    ):
        imported_network(save(made, tmp_path))


def test_a_graph_without_a_matrix(tmp_path):
    made = model([node("Relu", "x", "y")], {"x": [1, 5]}, {"w": (1,)})
    with pytest.raises(InputError, match="has no convolution, Gemm or MatMul with constant"):
        imported_network(save(made, tmp_path))


def test_weights_of_another_size_than_they_say(tmp_path):
    made = model([node("Conv", "x w", "y")], {"x": [1, 3, 4, 4]}, {"w": (4, 3, 1, 1)})
    made.graph.initializer[0].dims[0] = 5
    with pytest.raises(InputError, match="'w' does not hold as many values as its shape says"):
        imported_network(save(made, tmp_path))


def test_weights_that_were_taken_out(tmp_path):
    """A model whose weights are kept elsewhere still has its shapes."""
    made = model([node("MatMul", "x w", "y")], {"x": [1, 100]}, {"w": (100, 100)})
    made.graph.initializer[0].ClearField("raw_data")
    found = imported_network(save(made, tmp_path), profile=True)
    assert found.table.weights == 10_000
    assert "cannot be measured" in found.notes[0]


@pytest.mark.parametrize(
    ("dimensions", "message"),
    [
        ({"z": (1, 3, 4, 4)}, "has no input 'z'"),
        ({"x": (1, 3, 4)}, "input 'x' has 4 axes, not 3"),
        ({"x": (1, 2, 4, 4)}, "its kernel does not fit|the shapes do not fit"),
    ],
)
def test_dimensions_that_do_not_fit(tmp_path, dimensions, message):
    made = model([node("Conv", "x w", "y")], {"x": [1, 3, 4, 4]}, {"w": (4, 3, 1, 1)})
    with pytest.raises(InputError, match=message):
        imported_network(save(made, tmp_path), dimensions=dimensions)
