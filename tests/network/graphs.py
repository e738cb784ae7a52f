"""Small ONNX models for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"


def model(
    nodes: list[Any],
    inputs: dict[str, list[int | str | None]],
    weights: dict[str, Any],
    *,
    output: str | None = None,
    opset: int = 17,
    functions: tuple[Any, ...] = (),
) -> onnx.ModelProto:
    """A model of these nodes; `weights` are shapes, filled from a generator, or arrays."""
    generator = np.random.default_rng(1)
    arrays = {
        name: value
        if isinstance(value, np.ndarray)
        else generator.normal(size=value).astype(np.float32)
        for name, value in weights.items()
    }
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()],
        [helper.make_tensor_value_info(output or nodes[-1].output[0], TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    sets = [helper.make_opsetid("", opset), helper.make_opsetid("local", 1)]
    made = helper.make_model(graph, opset_imports=sets, functions=list(functions))
    made.ir_version = 9
    return made


def node(op: str, inputs: str, output: str, **attributes: Any) -> Any:
    """A node whose inputs are written with spaces between them."""
    return helper.make_node(op, inputs.split(), [output], name=f"n_{output}", **attributes)


def save(made: onnx.ModelProto, folder: Path) -> Path:
    path = folder / "model.onnx"
    onnx.save(made, path)
    return path
