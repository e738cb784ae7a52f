"""Random graphs: what the file says loads as what the graph says."""

from __future__ import annotations

from math import prod

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recost import toml_source
from recost.network.document import document_of
from recost.network.load import build_table
from recost.network.onnx_import import import_onnx
from recost.network.onnx_write import imported_network
from tests.network.graphs import model, node, save

_STEPS = st.lists(
    st.sampled_from(
        ["conv", "wide", "depthwise", "grouped", "up", "relu", "sigmoid", "pool", "average",
         "residual", "concatenate", "norm", "scale", "tokens"]
    ),
    min_size=1,
    max_size=9,
)  # fmt: skip


class Graph:
    """A random chain of nodes that keeps count of shapes and weights by itself."""

    def __init__(self) -> None:
        self.nodes, self.weights = [], {}
        self.expected: list[tuple[int, int]] = []  # weights and MACs of each matrix
        self.shape, self.last = (4, 12, 12), "x"

    def add(self, op: str, inputs: str, shape: tuple[int, ...], **attributes) -> None:
        name = f"v{len(self.nodes)}"
        self.nodes.append(node(op, inputs, name, **attributes))
        self.shape, self.last = shape, name

    def weight(self, *shape: int) -> str:
        name = f"w{len(self.weights)}"
        self.weights[name] = shape
        return name

    def conv(self, filters: int, kernel: int, groups: int = 1) -> None:
        channels, height, width = self.shape
        name = self.weight(filters, channels // groups, kernel, kernel)
        out = (filters, height, width)
        self.expected.append((prod(self.weights[name]), prod(out) * channels // groups * kernel**2))
        pads = [kernel // 2] * 4
        self.add("Conv", f"{self.last} {name}", out, group=groups, pads=pads)

    def step(self, what: str) -> None:
        channels, height, width = self.shape
        before = self.last
        if what == "conv":
            self.conv(6, 3)
        elif what == "wide":
            self.conv(8, 1)
        elif what == "depthwise":
            self.conv(channels, 3, channels)
        elif what == "grouped":
            self.conv(4, 3, 2)
        elif what == "up" and height <= 12:
            name = self.weight(channels, 2, 2, 2)
            self.expected.append((channels * 8, prod(self.shape) * 8))
            out = (2, 2 * height, 2 * width)
            self.add("ConvTranspose", f"{before} {name}", out, strides=[2, 2])
        elif what in ("relu", "sigmoid"):
            self.add(what.capitalize(), before, self.shape)
        elif what in ("pool", "average") and height >= 2:
            op = "MaxPool" if what == "pool" else "AveragePool"
            out = (channels, height // 2, width // 2)
            self.add(op, before, out, kernel_shape=[2, 2], strides=[2, 2])
        elif what == "residual":
            self.conv(channels, 3)
            self.add("Add", f"{before} {self.last}", self.shape)
        elif what == "concatenate" and channels <= 16:
            self.add("Concat", f"{before} {before}", (2 * channels, height, width), axis=1)
        elif what == "norm":
            self.add("LRN", before, self.shape, size=3)
        elif what == "scale":
            self.weights[name := f"w{len(self.weights)}"] = (channels, 1, 1)
            self.add("Mul", f"{before} {name}", self.shape)

    def finish(self, tokens: bool) -> None:
        channels, height, width = self.shape
        if tokens:
            self.weights["to_tokens"] = np.array([1, channels, height * width])
            self.add("Reshape", f"{self.last} to_tokens", self.shape)
            self.add("Transpose", self.last, self.shape, perm=[0, 2, 1])
            name, vectors, rows = self.weight(channels, 5), height * width, channels
        else:
            self.add("Flatten", self.last, self.shape)
            name, vectors, rows = self.weight(prod(self.shape), 5), 1, prod(self.shape)
        self.expected.append((rows * 5, vectors * rows * 5))
        self.add("MatMul", f"{self.last} {name}", (5,))


@settings(max_examples=40)
@given(_STEPS, st.booleans())
def test_a_random_graph(tmp_path_factory, steps, tokens):
    graph = Graph()
    for what in steps:
        graph.step(what)
    graph.finish(tokens)
    path = save(
        model(graph.nodes, {"x": [1, 4, 12, 12]}, graph.weights), tmp_path_factory.mktemp("m")
    )
    found = imported_network(path, profile=True)
    # Counted here while the graph was made.
    assert [(int(r["weights"]), int(r["macs"])) for _, r in found.table] == graph.expected
    # The text by itself gives the same table again.
    again = build_table(document_of(toml_source.parse(found.text, "again.toml")))
    assert np.array_equal(again.records, found.table.records)
    assert again.names == found.table.names
    assert [p.weights for p in again.profiles] == [p.weights for p in found.table.profiles]
    # Written over itself it stays as it is.
    existing = (found.text, str(path.with_suffix(".toml")))
    assert imported_network(path, profile=True, existing=existing).text == found.text
    assert len(import_onnx(path).entries) >= len(graph.expected)
