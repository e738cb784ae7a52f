"""ONNX models with one thing changed: parts cut, renamed, swapped, made huge or negative."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import onnx

_OPERATORS = ("Conv", "Gemm", "MatMul", "ConvTranspose", "MaxPool", "Relu", "LSTM", "Einsum", "Add",
              "Reshape", "BatchNormalization", "Concat", "Softmax", "Attention", "QLinearConv",
              "Loop", "Nothing", "Shape", "GlobalAveragePool", "Resize", "Split")  # fmt: skip
_NUMBERS = (0, 1, -1, 2, 7, 2**31, -(2**40), 2**62)


def mutate(made: onnx.ModelProto, chance: random.Random) -> str:
    """Change the model in one place and say what was done."""
    kind = chance.choice(list(_CHANGES))
    _CHANGES[kind](made, chance)
    return kind


def _drop_node(made: onnx.ModelProto, chance: random.Random) -> None:
    del made.graph.node[chance.randrange(len(made.graph.node))]


def _repeat_node(made: onnx.ModelProto, chance: random.Random) -> None:
    made.graph.node.add().CopyFrom(chance.choice(made.graph.node))


def _copy_node(made: onnx.ModelProto, chance: random.Random) -> None:
    chance.choice(made.graph.node).CopyFrom(chance.choice(made.graph.node))


def _operator(made: onnx.ModelProto, chance: random.Random) -> None:
    chance.choice(made.graph.node).op_type = chance.choice(_OPERATORS)


def _domain(made: onnx.ModelProto, chance: random.Random) -> None:
    chance.choice(made.graph.node).domain = chance.choice(("", "local", "com.microsoft"))


def _drop_input(made: onnx.ModelProto, chance: random.Random) -> None:
    names = chance.choice(made.graph.node).input
    del names[: chance.randrange(len(names) + 1)]


def _rename(made: onnx.ModelProto, chance: random.Random) -> None:
    node = chance.choice(made.graph.node)
    names = chance.choice((node.input, node.output))
    if names:
        names[chance.randrange(len(names))] = chance.choice(("", "other", "x", "w"))


def _swap(made: onnx.ModelProto, chance: random.Random) -> None:
    names = chance.choice(made.graph.node).input
    if len(names) > 1:
        names[0], names[1] = names[1], names[0]


def _attribute(made: onnx.ModelProto, chance: random.Random) -> None:
    with_some = [node for node in made.graph.node if node.attribute]
    if with_some:
        _change(chance.choice(chance.choice(with_some).attribute), chance)


def _drop_attribute(made: onnx.ModelProto, chance: random.Random) -> None:
    for node in made.graph.node:
        if node.attribute and chance.random() < 0.3:
            del node.attribute[chance.randrange(len(node.attribute))]


def _drop_weights(made: onnx.ModelProto, chance: random.Random) -> None:
    del made.graph.initializer[chance.randrange(len(made.graph.initializer))]


def _weight_shape(made: onnx.ModelProto, chance: random.Random) -> None:
    _change_numbers(chance.choice(made.graph.initializer).dims, chance)


def _weight_type(made: onnx.ModelProto, chance: random.Random) -> None:
    chance.choice(made.graph.initializer).data_type = chance.choice((0, 1, 6, 7, 8, 16, 99))


def _weight_data(made: onnx.ModelProto, chance: random.Random) -> None:
    chance.choice(made.graph.initializer).raw_data = b"\xff" * chance.randrange(9)


def _input_shape(made: onnx.ModelProto, chance: random.Random) -> None:
    dims = chance.choice(made.graph.input).type.tensor_type.shape.dim
    if dims:
        chance.choice(dims).dim_value = chance.choice(_NUMBERS)


def _opset(made: onnx.ModelProto, chance: random.Random) -> None:
    made.opset_import[0].version = chance.choice((0, 1, 6, 9, 13, 22, 10**6))


_CHANGES: dict[str, Callable[[onnx.ModelProto, random.Random], None]] = {
    function.__name__: function
    for function in (
        _drop_node, _repeat_node, _copy_node, _operator, _domain, _drop_input, _rename, _swap,
        _attribute, _drop_attribute, _drop_weights, _weight_shape, _weight_type, _weight_data,
        _input_shape, _opset,
    )
}  # fmt: skip


def _change(attribute: Any, chance: random.Random) -> None:
    if attribute.ints:
        _change_numbers(attribute.ints, chance)
    elif attribute.type == onnx.AttributeProto.INT:
        attribute.i = chance.choice(_NUMBERS)
    elif attribute.type == onnx.AttributeProto.STRING:
        attribute.s = chance.choice((b"", b"SAME_UPPER", b"bij,jk->bik", b"\xff\xfe", b"VALID"))
    else:
        attribute.type = chance.choice((1, 2, 3, 6, 7))


def _change_numbers(numbers: Any, chance: random.Random) -> None:
    how = chance.randrange(3)
    if how == 0 and numbers:
        numbers[chance.randrange(len(numbers))] = chance.choice(_NUMBERS)
    elif how == 1:
        numbers.append(chance.choice(_NUMBERS))
    elif numbers:
        del numbers[chance.randrange(len(numbers))]
