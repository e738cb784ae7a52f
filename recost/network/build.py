"""From checked items to layers: shapes inferred item by item, matrices and vector work counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from recost.errors import InputError
from recost.network import keys
from recost.network.document import Document
from recost.network.layers import LARGEST_COUNT
from recost.network.rows import Row, Tensor, convolution, linear, pooling
from recost.network.spec import LARGEST_NETWORK, Node
from recost.toml_source import KeyPath


@dataclass
class Builder:
    """Walks the items with the data that flows between them.

    A vector operation belongs to the layer before it in the table; those before the first
    layer belong to the first.
    """

    document: Document
    rows: list[Row] = field(default_factory=list)
    unmodelled_macs: int = 0
    _early: int = 0
    _macs: int = 0
    _taken: set[str] = field(default_factory=set)
    _counts: Counter[str] = field(default_factory=Counter)

    def run(self, nodes: Iterable[Node], data: Tensor | None, prefix: str = "") -> Tensor | None:
        """The data that leaves the last of `nodes`."""
        for node in nodes:
            item = node.item
            numbered = not {"repeat", "first"}.isdisjoint(item.model_fields_set)
            for index in range(item.first, item.first + item.repeat):
                data = self._entering(item, data)
                if data is None:
                    raise self.document.error(
                        "missing: the shape that enters the first layer, such as [3, 224, 224]",
                        ("input",),
                    )
                number = str(index) if numbered else ""
                try:
                    data = self._apply(node, data, prefix, number)
                except InputError:
                    raise
                except ValueError as error:
                    message = f"{error} (the input is {list(data.shape)})"
                    raise self.document.error(message, node.path) from None
        return data

    @staticmethod
    def _entering(item: keys.Item, data: Tensor | None) -> Tensor | None:
        if item.input is not None:
            data = Tensor(tuple(item.input))
        if data is not None and item.signed is not None:
            data = replace(data, signed=item.signed)
        return data

    def _apply(self, node: Node, data: Tensor, prefix: str, number: str) -> Tensor:
        item = node.item
        if isinstance(item, keys.Matrix):
            return self._matrix(item, node.path, data, self._name(item, prefix, number))
        if isinstance(item, keys.Attention):
            return self._attention(item, node.path, data, self._name(item, prefix, number))
        inner = f"{prefix}{item.name}{number}/" if item.name else prefix
        if isinstance(item, keys.Residual):
            return self._residual(item, node, data, inner)
        if isinstance(item, keys.Branches):
            return self._branches(item, node, data, inner)
        if isinstance(item, keys.Sequence | keys.Use):
            return self.run(node.inside[0], data, inner) or data
        return _SIMPLE[type(item)](self, item, data)

    def _name(self, item: keys.Item, prefix: str, number: str) -> str:
        """The item's own name, or its kind with a running number inside its block."""
        kind = next(word for word, model in keys.WORDS.items() if isinstance(item, model))
        self._counts[prefix + kind] += 1
        own = f"{item.name}{number}" if item.name else f"{kind}{self._counts[prefix + kind]}"
        return prefix + own

    def _add(self, row: Row) -> None:
        if row.name in self._taken:
            raise self.document.error(
                f"a second layer is called '{row.name}'; give it another name", row.path
            )
        if row.name in keys.RESERVED:
            raise self.document.error(
                f"a layer cannot be called '{row.name}', which is a key of [profile]", row.path
            )
        self._taken.add(row.name)
        self._macs += row.macs
        if len(self.rows) >= LARGEST_NETWORK or self._macs > LARGEST_COUNT:
            raise self.document.error(
                f"the network is too large: more than {LARGEST_COUNT:.1e} multiply-accumulates"
                f" or {LARGEST_NETWORK} layers",
                row.path,
            )
        if max(row.inputs, row.outputs) > LARGEST_COUNT:
            raise self.document.error("the layer is too large", row.path)
        row.vector_operations, self._early = self._early, 0
        self.rows.append(row)

    def _work(self, operations: int) -> None:
        """Count vector operations on the layer before."""
        if self.rows:
            self.rows[-1].vector_operations += operations
            total = self.rows[-1].vector_operations
        else:
            self._early += operations
            total = self._early
        if total > LARGEST_COUNT:
            raise ValueError("too many vector operations to count")

    def _activated(self, data: Tensor, function: str, times: int = 1) -> Tensor:
        if function == "none":
            return data
        self._work(data.size * times)
        return replace(data, signed=function not in keys.NON_NEGATIVE)

    def _matrix(self, item: keys.Matrix, path: KeyPath, data: Tensor, name: str) -> Tensor:
        if isinstance(item, keys.Conv):
            row, out = convolution(item, path, data, name)
        else:
            assert isinstance(item, keys.Linear)
            row, out = linear(item, path, data, name)
        self._add(row)
        if row.kind == "transposed":
            # Each product of an input pixel and a tap is added into its output pixel.
            self._work(row.groups * row.columns * row.vectors)
        return self._activated(out, item.activation, item.times)

    def _attention(self, item: keys.Attention, path: KeyPath, data: Tensor, name: str) -> Tensor:
        if len(data.shape) != 2:
            raise ValueError("attention takes [tokens, features]")
        tokens, features = data.shape
        heads = item.attention
        width, others = item.width or features, item.key_value_heads or heads
        if width % heads or heads % others:
            raise ValueError(
                f"{heads} heads, {others} of keys and values, do not part {width} features evenly"
            )
        context, narrow = item.context or tokens, width // heads * others
        if item.fused and item.context:
            raise ValueError("one matrix for query, key and value has one input: no context")

        def project(part: str, columns: int, count: int, inputs: int, signed: bool) -> None:
            size = (count * inputs, count * columns)
            self._add(
                Row(f"{name}/{part}", "linear", path, 1, inputs, columns, count, 1, *size, signed)
            )

        if item.fused:
            project("qkv", width + 2 * narrow, tokens, features, data.signed)
        else:
            project("q", width, tokens, features, data.signed)
            project("k", narrow, context, features, data.signed)
            project("v", narrow, context, features, data.signed)
        self._unmodelled(2 * tokens * context * width)
        self._work(heads * tokens * context)  # softmax
        project("o", features, tokens, width, True)
        return Tensor((tokens, features), signed=True)

    def _unmodelled(self, macs: int) -> None:
        self.unmodelled_macs += macs
        if self.unmodelled_macs > LARGEST_COUNT:
            raise ValueError("too many multiply-accumulates to count")

    def _residual(self, item: keys.Residual, node: Node, data: Tensor, prefix: str) -> Tensor:
        body = self.run(node.inside[0], data, prefix) or data
        if len(node.inside) > 1:
            side = self.run(node.inside[1], data, prefix) or data
        elif item.shortcut == "pad":
            side = Tensor(body.shape, data.signed)
            if len(data.shape) != len(body.shape) or data.shape[0] > body.shape[0]:
                raise ValueError(f"the shortcut cannot be padded to {list(body.shape)}")
        else:
            side = data
        if body.shape != side.shape:
            raise ValueError(
                f"the layers give {list(body.shape)}, the shortcut {list(side.shape)};"
                " they cannot be added"
            )
        self._work(body.size)
        return self._activated(Tensor(body.shape, body.signed or side.signed), item.activation)

    def _branches(self, item: keys.Branches, node: Node, data: Tensor, prefix: str) -> Tensor:
        ends = [self.run(branch, data, prefix) or data for branch in node.inside]
        if not ends:
            raise ValueError("there are no branches")
        signed = any(end.signed for end in ends)
        shape = _joined([end.shape for end in ends], item.join)
        if item.join != "concatenate":
            self._work((len(ends) - 1) * math.prod(shape))
        return Tensor(shape, signed)

    def _pool(self, item: keys.Pool, data: Tensor) -> Tensor:
        out, operations = pooling(item, data)
        self._work(operations)
        return out

    def _norm(self, item: keys.Norm, data: Tensor) -> Tensor:
        self._work(data.size)
        # Divided by a positive number a value keeps its sign; the others subtract a mean.
        keeps_sign = item.norm in ("local-response", "rms")
        return replace(data, signed=data.signed or not keeps_sign)

    def _take(self, item: keys.Take, data: Tensor) -> Tensor:
        if len(data.shape) != 2:
            raise ValueError("take needs [tokens, features]")
        if item.take == "mean":
            self._work(data.size)
        return Tensor(data.shape[1:], data.signed)

    def _vector(self, item: keys.Vector, data: Tensor) -> Tensor:
        self._work(item.vector)
        return data

    def _uncounted(self, item: keys.Unmodelled, data: Tensor) -> Tensor:
        self._unmodelled(item.unmodelled)
        return data


def _flatten(_builder: Builder, _item: keys.Flatten, data: Tensor) -> Tensor:
    return replace(data, shape=(data.size,))


def _reshape(_builder: Builder, item: keys.Reshape, data: Tensor) -> Tensor:
    return replace(data, shape=tuple(item.shape))


def _activate(builder: Builder, item: keys.Activate, data: Tensor) -> Tensor:
    return builder._activated(data, item.activation)


def _embed(_builder: Builder, item: keys.Embedding, data: Tensor) -> Tensor:
    if len(data.shape) != 1:
        raise ValueError("an embedding takes [tokens]")
    return Tensor((data.size, item.embedding), signed=True)


def _tokens(_builder: Builder, item: keys.Tokens, data: Tensor) -> Tensor:
    channels, *spatial = data.shape
    if not spatial:
        raise ValueError("tokens are made of [channels, height, width]")
    return Tensor((math.prod(spatial) + item.extra, channels), data.signed)


def _joined(parts: list[tuple[int, ...]], join: str) -> tuple[int, ...]:
    """The shape of branches put together."""
    if len({len(part) for part in parts}) > 1:
        raise ValueError(f"branches of different rank: {', '.join(str(list(p)) for p in parts)}")
    listed = ", ".join(str(list(part)) for part in parts)
    if join == "concatenate":
        # Channels come first in an image, features last in a sequence of tokens.
        axis = 1 if len(parts[0]) == 2 else 0
        if len({part[:axis] + part[axis + 1 :] for part in parts}) > 1:
            raise ValueError(f"branches that do not fit side by side: {listed}")
        total = sum(part[axis] for part in parts)
        return (*parts[0][:axis], total, *parts[0][axis + 1 :])
    shape = tuple(max(sizes) for sizes in zip(*parts, strict=True))
    if any(size not in (1, most) for part in parts for size, most in zip(part, shape, strict=True)):
        raise ValueError(f"branches whose values do not match: {listed}")
    return shape


_SIMPLE: dict[type[keys.Item], Callable[[Builder, Any, Tensor], Tensor]] = {
    keys.Pool: Builder._pool,
    keys.Norm: Builder._norm,
    keys.Take: Builder._take,
    keys.Vector: Builder._vector,
    keys.Unmodelled: Builder._uncounted,
    keys.Flatten: _flatten,
    keys.Reshape: _reshape,
    keys.Activate: _activate,
    keys.Embedding: _embed,
    keys.Tokens: _tokens,
}
