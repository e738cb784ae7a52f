"""The constants of an ONNX graph: its weights, and what can be computed without an input."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from recost.errors import Fault, InputError

Shape = tuple[int, ...]

#: Arrays of more values are weights; shorter ones can be shapes and take part in folding.
SHAPE_VALUES = 4096
#: Constants of more values, or of unknown shape, are not computed: half a GiB as 32-bit floats.
LARGEST_VALUE = 2**27
#: Operators that can make much of little; folded only where the result is known to be short.
GROWING = frozenset({
    "ConstantOfShape", "Expand", "EyeLike", "OneHot", "Pad", "Range", "Resize", "Tile", "Upsample",
})  # fmt: skip
#: What onnx raises on a model that is not well formed; it has no common ancestor.
FAULTS = (
    ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError,
    NotImplementedError, OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


class Constants:
    """Values that do not depend on the input: initializers and what is computed from them.

    Weights are taken out of the graph, so that inferring shapes does not copy them; only short
    arrays, which can be shapes, stay.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tensors: dict[str, Any] = {}
        self._values: dict[str, np.ndarray[Any, Any]] = {}
        self._producers: dict[str, Any] = {}
        self._shapes: dict[str, Shape] = {}

    @classmethod
    def split(cls, graph: Any, path: str) -> Constants:
        """Move a graph's initializers and Constant nodes into an object of this class."""
        import onnx

        constants = cls(Path(path).parent)
        for tensor in graph.initializer:
            constants._tensors[tensor.name] = onnx.TensorProto.FromString(
                tensor.SerializeToString()
            )
        for node in [n for n in graph.node if n.op_type == "Constant"]:
            given = {a.name: a for a in node.attribute}
            if "value" in given:
                tensor = onnx.TensorProto.FromString(given["value"].t.SerializeToString())
            else:
                tensor = _constant_tensor(given)
            if tensor is not None and node.output:
                constants._tensors[node.output[0]] = tensor
                graph.node.remove(node)
        wrong = [name for name, tensor in constants._tensors.items() if not _is_whole(tensor)]
        if wrong:
            # onnx would set memory aside for what the shape says.
            raise InputError(
                [Fault(f"'{name}' does not hold as many values as its shape says", path)
                 for name in wrong]
            )  # fmt: skip
        for name, tensor in constants._tensors.items():
            constants._shapes[name] = tuple(tensor.dims)
        present = {value.name for value in graph.input}
        del graph.initializer[:]
        for name, tensor in constants._tensors.items():
            tensor.name = name
            if math.prod(tensor.dims) <= SHAPE_VALUES and not tensor.external_data:
                graph.initializer.append(tensor)
            elif name not in present:
                info = onnx.helper.make_tensor_value_info(name, tensor.data_type, tensor.dims)
                graph.input.append(info)
        return constants

    def fork(self) -> Constants:
        """A copy that shares the weights, for another choice of input shapes."""
        copy = Constants(self._folder)
        copy._tensors = self._tensors
        copy._values, copy._producers = dict(self._values), dict(self._producers)
        copy._shapes = dict(self._shapes)
        return copy

    def __contains__(self, name: str) -> bool:
        return name in self._tensors or name in self._producers or name in self._values

    def shape(self, name: str) -> Shape | None:
        """The shape of a constant."""
        return self._shapes.get(name)

    def add(self, node: Any) -> None:
        """Take the outputs of a node of constants for constants."""
        for output in node.output:
            self._producers[output] = node

    def names(self) -> set[str]:
        """The names of all that the file states as constant."""
        return set(self._tensors)

    def state_shape(self, name: str, shape: Shape) -> None:
        """Remember the shape of a constant whose value is not computed."""
        self._shapes.setdefault(name, shape)

    def is_folded(self, name: str) -> bool:
        """Whether the value was computed from others before."""
        return name in self._values

    def set(self, name: str, value: np.ndarray[Any, Any]) -> None:
        """Remember a value that was computed."""
        self._values[name] = value
        self._shapes[name] = value.shape

    def small(self, name: str) -> np.ndarray[Any, Any] | None:
        """The value of a short constant."""
        shape = self._shapes.get(name)
        if shape is not None and math.prod(shape) <= SHAPE_VALUES:
            return self.value(name)
        return None

    def value(self, name: str) -> np.ndarray[Any, Any] | None:
        """The value of a constant, computed from the initializers if need be."""
        if name in self._values:
            return self._values[name]
        if name in self._tensors:
            return self._read(self._tensors[name])
        if name in self._producers:
            node = self._producers[name]
            if math.prod(self._shapes.get(name, (LARGEST_VALUE + 1,))) > LARGEST_VALUE:
                return None
            inputs = {n: self.value(n) for n in node.input if n}
            if all(value is not None for value in inputs.values()):
                results = evaluate(node, inputs)
                for output, result in zip(node.output, results or [], strict=False):
                    if output == name:
                        return result
        return None

    def _read(self, tensor: Any) -> np.ndarray[Any, Any] | None:
        from onnx import numpy_helper

        try:
            return np.asarray(numpy_helper.to_array(tensor, base_dir=str(self._folder)))
        except FAULTS:
            return None


#: Bytes a value in `raw_data`, by onnx.TensorProto.DataType.
_BYTES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
_FIELDS = {1: "float_data", 6: "int32_data", 7: "int64_data", 11: "double_data"}


def _is_whole(tensor: Any) -> bool:
    """Whether a tensor holds as many values as its shape says, as far as that is easily seen.

    Weights that were taken out to make a file small are none at all, and are no fault.
    """
    if any(size < 0 for size in tensor.dims):
        return False
    count, kind = math.prod(tensor.dims), tensor.data_type
    if tensor.external_data or kind not in _BYTES:
        return True
    stored = len(tensor.raw_data) // _BYTES[kind] if tensor.HasField("raw_data") else None
    if stored is None and kind in _FIELDS:
        stored = len(getattr(tensor, _FIELDS[kind]))
    taken_out = not stored and kind in (1, 10, 11, 16) and count > SHAPE_VALUES
    return stored is None or stored == count or taken_out


def _constant_tensor(given: Mapping[str, Any]) -> Any:
    """The tensor of a Constant node that holds numbers in another attribute than `value`."""
    import onnx

    for name, dtype in (("value_float", np.float32), ("value_int", np.int64)):
        if name in given:
            value = onnx.helper.get_attribute_value(given[name])
            return onnx.numpy_helper.from_array(np.array(value, dtype=dtype))
    for name, dtype in (("value_floats", np.float32), ("value_ints", np.int64)):
        if name in given:
            value = list(onnx.helper.get_attribute_value(given[name]))
            return onnx.numpy_helper.from_array(np.array(value, dtype=dtype))
    return None


def evaluate(node: Any, inputs: Mapping[str, Any]) -> list[np.ndarray[Any, Any]] | None:
    """The outputs of one node by ONNX's reference implementation; None if it has none."""
    from onnx.reference import ReferenceEvaluator

    try:
        outputs = ReferenceEvaluator(node).run(None, dict(inputs))
        return [np.asarray(output) for output in outputs]
    except FAULTS:
        return None
