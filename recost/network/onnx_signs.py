"""Which values of an ONNX graph are never negative, as a crossbar's inputs need to be."""

from __future__ import annotations

from typing import Any

from recost.network.onnx_model import OnnxModel, attributes

#: Operators whose result is never negative, whatever goes in.
_ALWAYS = frozenset({
    "Abs", "ArgMax", "ArgMin", "Exp", "HardSigmoid", "Hardmax", "NonZero", "Not", "OneHot",
    "ReduceL1", "ReduceL2", "ReduceSumSquare", "Relu", "Shape", "Sigmoid", "Size", "Softmax",
    "Softplus", "Sqrt", "ThresholdedRelu",
})  # fmt: skip
#: Operators whose result is never negative if nothing negative goes in.
_KEEPING = frozenset({
    "Add", "AveragePool", "Cast", "Ceil", "Compress", "Concat", "CumSum", "DepthToSpace", "Div",
    "Dropout", "Elu", "Erf", "Expand", "Flatten", "Floor", "Gather", "GatherElements", "GatherND",
    "GlobalAveragePool", "GlobalMaxPool", "HardSwish", "Identity", "LRN", "LeakyRelu", "LpPool",
    "MaxPool", "Max", "Mean", "Min", "Mul", "PRelu", "Pow", "ReduceMax", "ReduceMean",
    "ReduceMin", "ReduceProd", "ReduceSum", "Reshape", "Resize", "ReverseSequence", "Round",
    "Selu", "Slice", "SpaceToDepth", "Split", "Squeeze", "Sum", "Tile", "TopK", "Transpose",
    "Trilu", "Unsqueeze", "Upsample", "Where",
})  # fmt: skip
#: Operators of which only the first input is data.
_FIRST_ONLY = frozenset({
    "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum", "Reshape", "Resize", "Slice", "Split",
    "Squeeze", "Tile", "TopK", "Unsqueeze", "Upsample", "Expand", "Gather", "GatherElements",
    "GatherND", "Dropout", "PRelu", "Pow", "Trilu", "CumSum", "ReduceProd",
})  # fmt: skip


def never_negative(model: OnnxModel) -> set[str]:
    """The names of the values that cannot be negative.

    The graph's inputs are taken as images, that is as not negative.
    """
    positive = set(model.inputs)
    for node in model.nodes:
        if _is_positive(node, positive, model):
            positive.update(node.output)
    return positive


def _is_positive(node: Any, positive: set[str], model: OnnxModel) -> bool:
    if node.op_type in _ALWAYS:
        return True
    if node.op_type == "Clip":
        return _lower_limit(node, model) >= 0 or node.input[0] in positive
    if node.op_type == "Pad":
        return node.input[0] in positive and attributes(node).get("value", 0.0) >= 0
    if node.op_type in ("DequantizeLinear", "QuantizeLinear"):
        return node.input[0] in positive
    if node.op_type == "Mul" and len(node.input) == 2 and node.input[0] == node.input[1]:
        return True
    if node.op_type not in _KEEPING:
        return False
    data = node.input[:1] if node.op_type in _FIRST_ONLY else node.input
    return all(not name or name in positive or _is_constant(name, model) for name in data)


def _is_constant(name: str, model: OnnxModel) -> bool:
    """Whether a name is a constant without a negative value."""
    if not model.is_constant(name):
        return False
    value = model.value(name)
    return value is not None and value.dtype.kind in "biuf" and bool((value >= 0).all())


def _lower_limit(node: Any, model: OnnxModel) -> float:
    given = attributes(node).get("min")
    if given is None and len(node.input) > 1 and node.input[1]:
        value = model.value(node.input[1])
        given = float(value.reshape(-1)[0]) if value is not None and value.size else None
    return float("-inf") if given is None else float(given)
