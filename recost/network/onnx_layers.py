"""Which nodes of an ONNX graph are matrices of weights, and the items that describe them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recost.network import shapes
from recost.network.onnx_constants import Shape
from recost.network.onnx_model import OnnxModel, attributes

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Part:
    """One layer of a node: its item, the shape that enters it, and where its weights are.

    `layout` turns the weights into ``(groups, channels, kernel taps, filters)``.
    """

    item: dict[str, Any]
    input: Shape
    weight: str
    layout: Callable[[Array], Array]
    suffix: str = ""
    operations: int = 0


@dataclass(frozen=True)
class Left:
    """Why a node gives no layer, and the multiply-accumulates that are lost with it."""

    reason: str
    macs: int = 0


@dataclass
class Layers:
    """Finds the layers of a model's nodes; `batch` images go through it at once."""

    model: OnnxModel
    batch: int = 1
    _handlers: dict[str, Callable[[Any, dict[str, Any]], Sequence[Part] | Left]] = field(init=False)

    def __post_init__(self) -> None:
        self._handlers = {
            "Conv": lambda n, a: self._convolution(n.input[0], n.input[1], a),
            "FusedConv": lambda n, a: self._convolution(n.input[0], n.input[1], a),
            "ConvInteger": lambda n, a: self._convolution(n.input[0], n.input[1], a),
            "QLinearConv": lambda n, a: self._convolution(n.input[0], n.input[3], a),
            "ConvTranspose": self._transposed,
            "Gemm": self._gemm,
            "FusedGemm": self._gemm,
            "QGemm": lambda n, a: self._product(n.input[0], n.input[3], a),
            "MatMul": lambda n, a: self._product(n.input[0], n.input[1], a),
            "FusedMatMul": lambda n, a: self._product(n.input[0], n.input[1], a),
            "MatMulInteger": lambda n, a: self._product(n.input[0], n.input[1], a),
            "QLinearMatMul": lambda n, a: self._product(n.input[0], n.input[3], a),
            "Einsum": self._einsum,
            "LSTM": lambda n, a: self._recurrent(n, a, 4, 9),
            "GRU": lambda n, a: self._recurrent(n, a, 3, 8),
            "RNN": lambda n, a: self._recurrent(n, a, 1, 1),
            "Attention": self._attention,
            "DeformConv": self._deformable,
        }

    def of(self, node: Any) -> Sequence[Part] | Left | None:
        """The layers of a node, why it has none, or None if it is no matrix at all."""
        handler = self._handlers.get(node.op_type)
        if handler is None:
            return None
        try:
            return handler(node, attributes(node))
        except (IndexError, ZeroDivisionError):
            return Left("it lacks an input or has an empty one")
        except ValueError as error:
            return Left(str(error))

    def _per_image(self, total: int) -> int:
        """Occurrences an image; what the batch does not divide does not depend on it."""
        return total // self.batch if total % self.batch == 0 else total

    def _shape(self, name: str) -> Shape:
        shape = self.model.shape(name)
        if shape is None:
            raise ValueError("a shape does not follow from the inputs; --input can give it")
        if math.prod(shape) == 0:
            raise ValueError(f"'{name}' is empty")
        return shape

    def _convolution(self, data: str, weight: str, given: Mapping[str, Any]) -> list[Part] | Left:
        images, channels, *spatial = self._shape(data)
        filters, per_group, *kernel = self._shape(weight)
        groups = int(given.get("group", 1))
        if len(kernel) != len(spatial) or per_group * groups != channels or filters % groups:
            raise ValueError("its kernel does not fit its input")
        stride, dilation = _axes(given, "strides", spatial), _axes(given, "dilations", spatial)
        reach = [shapes.window_reach(k, d) for k, d in zip(kernel, dilation, strict=True)]
        pads = _pads(given, spatial, reach, stride)
        if not self.model.is_constant(weight):
            out = [
                shapes.window_output(
                    s, (pads[i], pads[i + len(spatial)]), reach[i], stride[i], False
                )
                for i, s in enumerate(spatial)
            ]
            macs = images * filters * per_group * math.prod(kernel) * math.prod(out)
            return Left("its kernel is computed at run time", self._per_image(macs))
        item = _filters(filters, channels, groups)
        item |= _window_keys(kernel, stride, dilation, pads)
        _times(item, self._per_image(images))

        def layout(array: Array) -> Array:
            parted = array.reshape(groups, filters // groups, per_group, math.prod(kernel))
            return parted.transpose(0, 2, 3, 1)

        return [Part(item, (channels, *spatial), weight, layout)]

    def _transposed(self, node: Any, given: Mapping[str, Any]) -> list[Part] | Left:
        data, weight = node.input[0], node.input[1]
        images, channels, *spatial = self._shape(data)
        inputs, per_group, *kernel = self._shape(weight)
        groups = int(given.get("group", 1))
        if inputs != channels or channels % groups or len(kernel) != len(spatial):
            raise ValueError("its kernel does not fit its input")
        if not self.model.is_constant(weight):
            macs = images * math.prod(spatial) * channels * per_group * math.prod(kernel)
            return Left("its kernel is computed at run time", self._per_image(macs))
        stride, dilation = _axes(given, "strides", spatial), _axes(given, "dilations", spatial)
        reach = [shapes.window_reach(k, d) for k, d in zip(kernel, dilation, strict=True)]
        extra = list(given.get("output_padding") or [0] * len(spatial))
        pads, extra = _transposed_pads(given, spatial, reach, stride, extra)
        item: dict[str, Any] = {"conv": per_group * groups}
        item |= _window_keys(kernel, stride, dilation, pads) | {"transposed": True}
        if groups > 1:
            item["groups"] = groups
        if any(extra):
            item["output_padding"] = _compact(extra)
        _times(item, self._per_image(images))

        def layout(array: Array) -> Array:
            return array.reshape(groups, channels // groups, 1, -1)

        return [Part(item, (channels, *spatial), weight, layout)]

    def _deformable(self, node: Any, given: Mapping[str, Any]) -> list[Part] | Left:
        # The taps are moved and interpolated by vector work; the matrix is that of a convolution.
        return self._convolution(node.input[0], node.input[1], given)

    def _gemm(self, node: Any, given: Mapping[str, Any]) -> list[Part] | Left:
        left, right = (self._shape(name) for name in node.input[:2])
        if len(left) != 2 or len(right) != 2:
            raise ValueError("it does not multiply two matrices")
        left = left[::-1] if given.get("transA") else left
        right = right[::-1] if given.get("transB") else right
        return self._two(node.input[0], node.input[1], left, right, bool(given.get("transB")))

    def _product(self, first: str, second: str, given: Mapping[str, Any]) -> list[Part] | Left:
        left, right = self._shape(first), self._shape(second)
        left = (1, *left) if len(left) == 1 else left
        right = (*right, 1) if len(right) == 1 else right
        if given.get("transA"):
            left = (*left[:-2], left[-1], left[-2])
        if given.get("transB"):
            right = (*right[:-2], right[-1], right[-2])
        return self._two(first, second, left, right, bool(given.get("transB")))

    def _two(
        self, first: str, second: str, left: Shape, right: Shape, transposed: bool
    ) -> list[Part] | Left:
        """The product of two matrices, or stacks of them, one of which is constant."""
        if left[-1] != right[-2]:
            raise ValueError("its operands do not fit each other")
        stack = np.broadcast_shapes(left[:-2], right[:-2])
        copies, rows = math.prod(stack), left[-1]
        macs = copies * left[-2] * rows * right[-1]
        if self.model.is_constant(second):
            name, own, columns, other = second, right, right[-1], left[-2]
        elif self.model.is_constant(first):
            name, own, columns, other = first, left, left[-2], right[-1]
            transposed = not transposed
        else:
            reason = "both operands are computed at run time (the products of attention, say)"
            return Left(reason, self._per_image(macs))
        groups = math.prod(own[:-2])
        vectors = self._per_image(copies // groups * other)

        def layout(array: Array) -> Array:
            matrices = array.reshape(groups, *array.shape[-2:])
            matrices = matrices.transpose(0, 2, 1) if transposed else matrices
            return matrices.reshape(groups, rows, 1, columns)

        return [_linear(groups, rows, columns, vectors, name, layout)]

    def _einsum(self, node: Any, given: Mapping[str, Any]) -> list[Part] | Left:
        equation = str(given.get("equation", "")).replace(" ", "")
        sources, arrow, target = equation.partition("->")
        terms = sources.split(",")
        if not arrow or "." in equation or len(terms) != 2 or len(node.input) != 2:
            return Left(f"its equation '{equation}' is not one of two operands and a result")
        sizes: dict[str, int] = {}
        for term, name in zip(terms, node.input, strict=True):
            if len(set(term)) != len(term) or len(term) != len(self._shape(name)):
                return Left(f"its equation '{equation}' does not fit its operands")
            sizes |= dict(zip(term, self._shape(name), strict=True))
        macs = self._per_image(math.prod(sizes.values()))
        fixed = [i for i in (1, 0) if self.model.is_constant(node.input[i])]
        if not fixed:
            return Left("both operands are computed at run time", macs)
        own, data = terms[fixed[0]], terms[1 - fixed[0]]
        parts = {
            "groups": [c for c in own if c in data and c in target],
            "rows": [c for c in own if c in data and c not in target],
            "columns": [c for c in own if c not in data and c in target],
            "vectors": [c for c in data if c not in own],
        }
        if sum(len(parts[k]) for k in ("groups", "rows", "columns")) != len(own):
            return Left(f"its equation '{equation}' sums weights by themselves", macs)
        groups, rows, columns, vectors = (math.prod(sizes[c] for c in p) for p in parts.values())
        order = [own.index(c) for k in ("groups", "rows", "columns") for c in parts[k]]

        def layout(array: Array) -> Array:
            return array.transpose(order).reshape(groups, rows, 1, columns)

        weight = node.input[fixed[0]]
        return [_linear(groups, rows, columns, self._per_image(vectors), weight, layout)]

    def _recurrent(
        self, node: Any, given: Mapping[str, Any], gates: int, operations: int
    ) -> list[Part] | Left:
        """A recurrent layer as two: what the inputs, and what the states are multiplied with."""
        shape = self._shape(node.input[0])
        steps, batch, features = (
            shape if not given.get("layout") else (shape[1], shape[0], shape[2])
        )
        weight, state = node.input[1], node.input[2]
        directions, columns, inputs = self._shape(weight)
        hidden = columns // gates
        if inputs != features or self._shape(state) != (directions, columns, hidden):
            raise ValueError("its weights do not fit its input")
        if not self.model.is_constant(weight) or not self.model.is_constant(state):
            macs = steps * batch * directions * columns * (features + hidden)
            return Left("its weights are computed at run time", self._per_image(macs))
        vectors = steps * self._per_image(batch)

        def from_inputs(array: Array) -> Array:
            return array.transpose(2, 0, 1).reshape(1, features, 1, -1)

        def from_state(array: Array) -> Array:
            return array.transpose(0, 2, 1).reshape(directions, hidden, 1, columns)

        first = _linear(1, features, directions * columns, vectors, weight, from_inputs)
        second = _linear(directions, hidden, columns, vectors, state, from_state)
        work = operations * hidden * directions * vectors
        return [
            Part(first.item, first.input, weight, from_inputs, "/input"),
            Part(second.item, second.input, state, from_state, "/state", work),
        ]

    def _attention(self, node: Any, _given: Mapping[str, Any]) -> Left:
        query, key = self._shape(node.input[0]), self._shape(node.input[1])
        macs = 2 * math.prod(query) * key[-2]
        return Left("it multiplies activations with each other", self._per_image(macs))


def pool_item(given: Mapping[str, Any], spatial: Sequence[int]) -> dict[str, Any]:
    """The item of a pooling over a window."""
    kernel = [int(k) for k in given.get("kernel_shape") or [1] * len(spatial)]
    stride, dilation = _axes(given, "strides", spatial), _axes(given, "dilations", spatial)
    reach = [shapes.window_reach(k, d) for k, d in zip(kernel, dilation, strict=True)]
    item = _window_keys(kernel, stride, dilation, _pads(given, spatial, reach, stride))
    item = {"pool": item.pop("kernel"), **item}
    if stride == kernel:
        item.pop("stride", None)
    else:
        item["stride"] = _compact(stride)
    return item | ({"ceil": True} if given.get("ceil_mode") else {})


def _linear(
    groups: int,
    rows: int,
    columns: int,
    vectors: int,
    weight: str,
    layout: Callable[[Array], Array],
) -> Part:
    """A linear layer of `groups` matrices."""
    item: dict[str, Any] = {"linear": groups * columns}
    if groups > 1:
        item["groups"] = groups
    shape = (groups * rows,) if vectors == 1 else (vectors, groups * rows)
    return Part(item, shape, weight, layout)


def _times(item: dict[str, Any], images: int) -> None:
    if images > 1:
        item["times"] = images


def _filters(filters: int, channels: int, groups: int) -> dict[str, Any]:
    if groups == channels and groups > 1:
        item: dict[str, Any] = {"conv": "depthwise"}
        return item | ({"multiplier": filters // channels} if filters != channels else {})
    return {"conv": filters} | ({"groups": groups} if groups > 1 else {})


def _axes(given: Mapping[str, Any], name: str, spatial: Sequence[int]) -> list[int]:
    return [int(v) for v in given.get(name) or [1] * len(spatial)]


def _pads(
    given: Mapping[str, Any], spatial: Sequence[int], reach: Sequence[int], stride: Sequence[int]
) -> list[int]:
    """Explicit begin and end padding of a convolution or pooling."""
    automatic = given.get("auto_pad", "NOTSET")
    if automatic in ("SAME_UPPER", "SAME_LOWER"):
        pads = list(shapes.sided_padding("same", spatial, reach, stride))
        half = len(spatial)
        return pads if automatic == "SAME_UPPER" else pads[half:] + pads[:half]
    if automatic == "VALID":
        return [0] * (2 * len(spatial))
    return [int(p) for p in given.get("pads") or [0] * (2 * len(spatial))]


def _transposed_pads(
    given: Mapping[str, Any],
    spatial: Sequence[int],
    reach: Sequence[int],
    stride: Sequence[int],
    extra: list[int],
) -> tuple[list[int], list[int]]:
    """Padding and output padding of a transposed convolution, also where its output is given."""
    wanted = given.get("output_shape")
    if not wanted and given.get("auto_pad", "NOTSET") in ("NOTSET", "VALID"):
        return _pads(given, spatial, reach, stride), extra
    wanted = list(wanted or [size * step for size, step in zip(spatial, stride, strict=True)])
    begins, ends, extras = [], [], []
    for i, size in enumerate(spatial):
        total = (size - 1) * stride[i] + reach[i] + extra[i] - int(wanted[i])
        extras.append(extra[i] - min(0, total))
        short, rest = max(0, total) // 2, max(0, total) - max(0, total) // 2
        upper = given.get("auto_pad") == "SAME_UPPER"
        begins.append(short if upper else rest)
        ends.append(rest if upper else short)
    return begins + ends, extras


def _window_keys(
    kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], pads: Sequence[int]
) -> dict[str, Any]:
    """The keys of a window, leaving out what is default."""
    half = len(pads) // 2
    item: dict[str, Any] = {"kernel": _compact(kernel)}
    if any(step != 1 for step in stride):
        item["stride"] = _compact(stride)
    if any(pads):
        same = list(pads[:half]) == list(pads[half:])
        item["padding"] = _compact(pads[:half] if same else pads)
    if any(step != 1 for step in dilation):
        item["dilation"] = _compact(dilation)
    return item


def _compact(values: Sequence[int]) -> int | list[int]:
    """One number where all axes agree."""
    numbers = [int(value) for value in values]
    return numbers[0] if len(set(numbers)) == 1 else numbers
