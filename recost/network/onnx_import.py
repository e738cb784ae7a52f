"""From an ONNX graph to the items of a network file, and notes on what they leave out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from recost.errors import InputError
from recost.network import keys
from recost.network.onnx_constants import Shape
from recost.network.onnx_layers import Layers, Left, Part, pool_item
from recost.network.onnx_model import OnnxModel, attributes, read_model, runs_graphs
from recost.network.onnx_operators import (
    BINARY,
    GLOBAL_POOLS,
    MOVING,
    POOLS,
    REDUCING,
    UNARY,
    WORDS,
)
from recost.network.onnx_signs import never_negative
from recost.network.rows import Tensor, convolution, linear, pooling


@dataclass
class Entry:
    """An item of the list of layers, the weights behind a matrix, the operators behind work."""

    item: dict[str, Any]
    part: Part | None = None
    operators: Counter[str] = field(default_factory=Counter)

    @property
    def comment(self) -> str:
        """What the item stands for, where it does not say so itself."""
        return ", ".join(f"{n} {op}" if n > 1 else op for op, n in self.operators.items())


@dataclass
class Imported:
    """What an ONNX file says: input shape, items, notes for the user, the graph itself."""

    model: OnnxModel
    input: list[int]
    entries: list[Entry]
    notes: list[str]


def import_onnx(path: str | Path, dimensions: Mapping[str, Shape] | None = None) -> Imported:
    """The items of an ONNX file's graph, each matrix with the shape that enters it.

    Parameters
    ----------
    path : str or Path
        The ONNX file.
    dimensions : mapping of str to tuple of int
        Shapes of graph inputs where the file leaves axes open, or to be changed.

    Raises
    ------
    InputError
        The file is no model, its shapes do not fit, or no node is a matrix of weights.
    """
    model = read_model(path, dimensions or {})
    walk = _Walk(model)
    for node in model.nodes:
        walk.visit(node)
    if not any(entry.part for entry in walk.entries):
        reasons = "; ".join(walk.notes())
        raise InputError(
            "has no convolution, Gemm or MatMul with constant weights"
            + (f" ({reasons})" if reasons else ""),
            path=model.path,
        )
    return Imported(model, walk.input_shape(), walk.entries, [*model.notes, *walk.notes()])


def batch_size(model: OnnxModel) -> int:
    """How many images go through the graph at once: the first axis of its first input.

    A recurrent layer that reads the input directly has the batch on its second axis.
    """
    for name, shape in model.inputs.items():
        if len(shape) < 2:
            continue
        for node in model.nodes:
            if node.op_type in ("LSTM", "GRU", "RNN") and node.input[0] == name:
                return shape[0 if attributes(node).get("layout") else 1]
        return shape[0]
    return 1


@dataclass
class _Walk:
    """Walks the nodes and keeps what the loader will know at this point of the list."""

    model: OnnxModel
    entries: list[Entry] = field(default_factory=list)
    _left: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    _names: set[str] = field(default_factory=lambda: set(keys.RESERVED))
    _last: str = ""

    def __post_init__(self) -> None:
        self._batch = batch_size(self.model)
        self._layers = Layers(self.model, self._batch)
        self._positive = never_negative(self.model)
        self._state = Tensor(tuple(self.input_shape()))

    def input_shape(self) -> list[int]:
        """The first input's shape, without the batch."""
        shape = next(iter(self.model.inputs.values()), ())
        return list(shape[1:5] or shape[:1] or (1,))

    def notes(self) -> list[str]:
        """What was left out, and why."""
        notes = []
        for (op, reason), count in sorted(self._left.items()):
            lost = self._lost[op, reason]
            macs = f"; {lost:,} multiply-accumulates counted as unmodelled" if lost else ""
            notes.append(f"left out {count} {op}: {reason}{macs}")
        return notes

    def visit(self, node: Any) -> None:
        """Append what a node adds to the list."""
        found = self._layers.of(node)
        if isinstance(found, Left):
            self._leave(node.op_type, found.reason, found.macs)
        elif found is not None:
            for part in found:
                self._matrix(node, part)
        elif not self._simple(node) and node.op_type not in MOVING:
            reason = "not a matrix of weights, and its work is not known"
            if runs_graphs(node):
                reason = "control flow: what runs, and how often, is not known before"
            self._leave(node.op_type, reason, 0)

    def _leave(self, op: str, reason: str, macs: int) -> None:
        self._left[op, reason] += 1
        if macs:
            self._lost[op, reason] += macs
            self.entries.append(Entry({"unmodelled": macs}, operators=Counter([op])))

    def _matrix(self, node: Any, part: Part) -> None:
        data = Tensor(part.input, node.input[0] not in self._positive)
        item = dict(part.item)
        flat = Tensor((self._state.size,), self._state.signed)
        if data.shape != self._state.shape and data.shape == flat.shape and self.entries:
            self.entries.append(Entry({"flatten": True}))
            self._state = flat
        if data.shape != self._state.shape:
            item["input"] = list(data.shape)
            self._state = Tensor(data.shape)
        if data.signed != self._state.signed:
            item["signed"] = data.signed
        item |= {"activation": "none", "name": self._name(node, part.suffix)}
        try:
            after = self._after(node, item, data)
        except InputError:
            raise
        except ValueError as error:
            reason = "a size is out of range" if isinstance(error, ValidationError) else str(error)
            self._leave(node.op_type, reason, 0)
            return
        self.entries.append(Entry(item, part))
        self._state, self._last = after, node.output[0]
        if part.operations:
            self._work(part.operations, node.op_type)

    def _after(self, node: Any, item: dict[str, Any], data: Tensor) -> Tensor:
        """The data that the loader will see behind an item."""
        if "linear" in item:
            return linear(keys.Linear.model_validate(item), (), data, "")[1]
        out = convolution(keys.Conv.model_validate(item), (), data, "")[1]
        stated = self.model.shape(node.output[0])
        if stated is not None and stated[1:] != out.shape:
            raise InputError(
                f"node '{item['name']}' makes {list(out.shape)} of {list(data.shape)},"
                f" yet its output is said to be {list(stated[1:])}",
                path=self.model.path,
            )
        return out

    def _name(self, node: Any, suffix: str) -> str:
        """A name that no other layer has, from the node's own or from what it produces."""
        raw = (node.name or node.output[0] or node.op_type).strip("/")
        clean = "".join("_" if c in ".*" or ord(c) < 32 or ord(c) == 127 else c for c in raw)
        base = (clean[:150] or node.op_type) + suffix
        name, number = base, 1
        while name in self._names:
            number += 1
            name = f"{base}_{number}"
        self._names.add(name)
        return name

    def _simple(self, node: Any) -> bool:
        """Count a node's vector work; False if it has none that is known."""
        op, sizes = node.op_type, [self._size(name) for name in node.input]
        produced = self._size(node.output[0])
        if op in POOLS or op in GLOBAL_POOLS:
            if not self._pools(node):
                kernel = attributes(node).get("kernel_shape") or [1]
                values = sizes[0] if op in GLOBAL_POOLS else produced
                self._work(values * math.prod(int(k) for k in kernel), op)
        elif op in BINARY:
            if not self._folds(node):
                self._work(produced * max(1, len([s for s in sizes if s]) - 1), op)
        elif op in REDUCING:
            self._work(sizes[0] if sizes else 0, op)
        elif op in UNARY:
            if not self._folds(node) and not self._activates(node):
                self._work(produced, op)
        else:
            return False
        return True

    def _pools(self, node: Any) -> bool:
        """Write a pooling as such where it reads what the item before produces."""
        op, given = node.op_type, attributes(node)
        shape = self.model.shape(node.input[0]) or ()
        if shape[1:] != self._state.shape or shape[:1] != (self._batch,):
            return False
        try:
            if op in GLOBAL_POOLS:
                item: dict[str, Any] = {"pool": "global"}
                item |= {"mode": "max"} if GLOBAL_POOLS[op] == "max" else {}
            else:
                item = pool_item(given, shape[2:])
                item |= {"mode": "average"} if POOLS[op] == "average" else {}
            after, _ = pooling(keys.Pool.model_validate(item), self._state)
        except ValueError:
            return False
        if after.shape != (self.model.shape(node.output[0]) or ())[1:]:
            return False
        self.entries.append(Entry(item))
        self._state = after
        return True

    def _size(self, name: str) -> int:
        """Values an image; 0 where the shape is not known."""
        size = self.model.size(name)
        return size // self._batch if size % self._batch == 0 else size

    def _folds(self, node: Any) -> bool:
        """Whether a scale or shift by constants goes into the weights of the matrix before."""
        data = [name for name in node.input if name and not self.model.is_constant(name)]
        affine = node.op_type in ("Add", "BatchNormalization", "Div", "Mul", "Sub")
        if not affine or data != [self._last] or self.model.consumers[self._last] != 1:
            return False
        if node.op_type == "Div" and node.input[0] != self._last:
            return False
        last = self.entries[-1]
        if last.part is None or last.item["activation"] != "none" or not self._per_channel(node):
            return False
        self._last = node.output[0]
        return True

    def _per_channel(self, node: Any) -> bool:
        """Whether the constants have at most one value a filter."""
        filters = self._state.shape[-1 if "linear" in self.entries[-1].item else 0]
        constants = [n for n in node.input if n and self.model.is_constant(n)]
        return all(self.model.size(name) in (1, filters) for name in constants)

    def _activates(self, node: Any) -> bool:
        """Whether a node is the activation of the matrix before; then its item says so."""
        word = WORDS.get(node.op_type)
        if node.op_type == "Clip" and self._clips_to_six(node):
            word = "relu6"
        last = self.entries[-1] if self.entries else Entry({})
        if (
            word is None
            or last.part is None
            or last.item["activation"] != "none"
            or node.input[0] != self._last
            or self.model.consumers[self._last] != 1
        ):
            return False
        last.item["activation"] = word
        self._state = replace(self._state, signed=word not in keys.NON_NEGATIVE)
        self._last = node.output[0]
        return True

    def _clips_to_six(self, node: Any) -> bool:
        given = attributes(node)
        limits = [given.get("min"), given.get("max")]
        for i, name in enumerate(node.input[1:3]):
            value = self.model.value(name) if name else None
            limits[i] = float(value.reshape(-1)[0]) if value is not None and value.size else None
        return limits == [0.0, 6.0]

    def _work(self, operations: int, op: str) -> None:
        """Vector work on the layer before; what follows each other becomes one item."""
        if operations <= 0:
            return
        if self.entries and "vector" in self.entries[-1].item:
            self.entries[-1].item["vector"] += operations
        else:
            self.entries.append(Entry({"vector": operations}))
        self.entries[-1].operators[op] += 1
