"""An ONNX model with every shape known that follows from its inputs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from recost.errors import Fault, InputError, suggestion
from recost.network.onnx_constants import FAULTS, GROWING, SHAPE_VALUES, Constants, Shape, evaluate

#: Square images, then the lines of text that recognition models read: heights and widths tried,
#: in this order, for spatial axes that a model leaves open.
OPEN_IMAGES = ((224, 224), (48, 320), (32, 320), (640, 640))
#: The length of any other axis that a model leaves open, apart from the batch.
OPEN_LENGTH = 128
#: Operators whose result is no constant although nothing variable goes in.
_RANDOM = frozenset({"RandomNormal", "RandomUniform", "Multinomial", "Bernoulli"})
#: Attribute types that hold a graph: GRAPH and GRAPHS of onnx.AttributeProto.
_GRAPHS = frozenset({5, 10})


@dataclass(eq=False)
class OnnxModel:
    """A graph whose nodes can be walked in order, with shapes and constant values by name.

    `nodes` are those that compute something at run time.  `inputs` are the graph's inputs with
    the shapes that were settled, `notes` say what had to be assumed for them.
    """

    path: str
    nodes: list[Any]
    inputs: dict[str, Shape]
    shapes: dict[str, Shape]
    constants: Constants
    notes: list[str] = field(default_factory=list)
    consumers: Counter[str] = field(default_factory=Counter)

    def shape(self, name: str) -> Shape | None:
        """The shape of a value, if it is known."""
        shape = self.constants.shape(name)
        return self.shapes.get(name) if shape is None else shape

    def size(self, name: str) -> int:
        """How many values it has; 0 where the shape is not known."""
        shape = self.shape(name)
        return 0 if shape is None else math.prod(shape)

    def is_constant(self, name: str) -> bool:
        """Whether a value is the same for every input of the model."""
        return name in self.constants

    def value(self, name: str) -> np.ndarray[Any, Any] | None:
        """The value of a constant, if it can be computed."""
        return self.constants.value(name)


def attributes(node: Any) -> dict[str, Any]:
    """A node's attributes as Python values."""
    import onnx

    values = {}
    for attribute in node.attribute:
        try:
            value = onnx.helper.get_attribute_value(attribute)
        except FAULTS:  # of a type that no operator has
            continue
        values[attribute.name] = (
            value.decode(errors="replace") if isinstance(value, bytes) else value
        )
    return values


def runs_graphs(node: Any) -> bool:
    """Whether a node has graphs inside: a branch, a loop."""
    return any(attribute.type in _GRAPHS for attribute in node.attribute)


def read_model(path: str | Path, dimensions: Mapping[str, Shape]) -> OnnxModel:
    """Read an ONNX file and infer its shapes.

    Parameters
    ----------
    path : str or Path
        The file; weights kept beside it (external data) are only read when they are measured.
    dimensions : mapping of str to tuple of int
        Shapes of graph inputs, by name; the empty name stands for the only input.

    Raises
    ------
    InputError
        Not ONNX, cut short, inconsistent, or an input's axis that must be given.
    """
    name = str(path)
    proto = _load(path)
    constants = Constants.split(proto.graph, name)
    _check_names(proto.graph, constants, name)
    wanted = _wanted(proto.graph, constants, dimensions, name)
    stated = _stated_shapes(proto.graph)
    best, assumed = _best_trial(proto, constants, _candidates(wanted), name)
    nodes = [node for node in best.graph.node if not _all_constant(node, best.constants)]
    consumers = Counter(value for node in nodes for value in node.input)
    consumers.update(value.name for value in best.graph.output)
    shapes = {**stated, **best.shapes}
    return OnnxModel(name, nodes, best.settled, shapes, best.constants, assumed, consumers)


@dataclass(eq=False)
class _Trial:
    """What follows from one choice of the inputs' shapes."""

    graph: Any
    settled: dict[str, Shape]
    shapes: dict[str, Shape]
    constants: Constants
    unknown: list[str]


def _best_trial(
    proto: Any,
    constants: Constants,
    candidates: Iterable[tuple[dict[str, Shape], list[str]]],
    path: str,
) -> tuple[_Trial, list[str]]:
    """The first choice of input shapes from which all shapes follow, else the one with most."""
    best: tuple[_Trial, list[str]] | None = None
    failed: InputError | None = None
    for settled, notes in candidates:
        try:
            trial = _try(proto, constants.fork(), settled, path)
        except InputError as error:
            failed = failed or error
            continue
        if best is None or len(trial.unknown) < len(best[0].unknown):
            best = trial, notes
        if not trial.unknown:
            break
    if best is None:
        raise failed or InputError("has no inputs", path=path)
    return best


def _try(proto: Any, constants: Constants, settled: dict[str, Shape], path: str) -> _Trial:
    import onnx

    copy = onnx.ModelProto()
    copy.CopyFrom(proto)  # without weights, which are in `constants`
    _set_inputs(copy.graph, settled)
    shapes = _inferred(copy, constants, path)
    read = {name for node in copy.graph.node for name in node.input if name}
    unknown = sorted(name for name in read if name not in shapes and name not in constants)
    return _Trial(copy.graph, settled, shapes, constants, unknown)


def _load(path: str | Path) -> Any:
    """The model's protocol buffer, with local functions put in."""
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        raise InputError(
            "importing ONNX needs the package onnx: pip install 'recost[onnx]'"
        ) from None
    name = str(path)
    try:
        proto = onnx.load(str(path), load_external_data=False)
        if proto.functions:
            from onnx import inliner

            proto = inliner.inline_local_functions(proto)
    except DecodeError:
        raise InputError("is not an ONNX model, or is cut short", path=name) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path=name) from None
    except FAULTS as error:
        raise InputError(f"is not an ONNX model: {_first_line(error)}", path=name) from None
    if not proto.graph.node:
        raise InputError("is not an ONNX model, or has no nodes", path=name)
    texts = [t for n in proto.graph.node for t in (*n.input, *n.output, n.name, n.op_type)]
    texts += [a.name for node in proto.graph.node for a in node.attribute]
    texts += [value.name for value in (*proto.graph.input, *proto.graph.initializer)]
    if not all(isinstance(text, str) for text in texts):  # bytes, where they are no UTF-8
        raise InputError("is not an ONNX model: it has names that are not text", path=name)
    for node in [node for node in proto.graph.node if not node.output]:
        proto.graph.node.remove(node)
    # Before version 4 an initializer had to be a graph input too, or inference ignores it.
    proto.ir_version = max(proto.ir_version, 4)
    return proto


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__


def _check_names(graph: Any, constants: Constants, path: str) -> None:
    """Every value that a node reads must come from somewhere, in order."""
    known = {value.name for value in graph.input} | constants.names() | {""}
    faults = []
    for node in graph.node:
        label = node.name or f"{node.op_type} ({', '.join(node.output)})"
        faults += [
            Fault(f"node '{label}' reads '{name}', which nothing before it produces", path)
            for name in node.input
            if name not in known
        ]
        known.update(node.output)
    if faults:
        raise InputError(faults)


def _wanted(
    graph: Any, constants: Constants, dimensions: Mapping[str, Shape], path: str
) -> dict[str, list[int | None]]:
    """The shape of each input as far as the model and the user state it; None is open."""
    inputs = {v.name: v for v in graph.input if v.name not in constants}
    given = dict(dimensions)
    if "" in given:
        if len(inputs) != 1:
            raise InputError(
                f"has {len(inputs)} inputs; write --input NAME=..., NAME among {', '.join(inputs)}",
                path=path,
            )
        given[next(iter(inputs))] = given.pop("")
    for name in given:
        if name not in inputs:
            hint = suggestion(name, inputs) or f"; it has {', '.join(inputs) or 'none'}"
            raise InputError(f"has no input '{name}'{hint}", path=path, key="--input")
    wanted: dict[str, list[int | None]] = {}
    for name, value in inputs.items():
        kind = value.type.tensor_type
        if not value.type.HasField("tensor_type") or not kind.HasField("shape"):
            if name in given:
                wanted[name] = list(given[name])
            continue
        sizes = [d.dim_value if d.dim_value > 0 else None for d in kind.shape.dim]
        if name in given:
            if len(given[name]) != len(sizes):
                raise InputError(
                    f"input '{name}' has {len(sizes)} axes, not {len(given[name])}",
                    path=path, key="--input",
                )  # fmt: skip
            sizes = list(given[name])
        wanted[name] = sizes
    return wanted


def _candidates(
    wanted: Mapping[str, list[int | None]],
) -> Iterable[tuple[dict[str, Shape], list[str]]]:
    """Settled shapes of all inputs, one try after the other, with what each one assumes."""
    images = any(None in shape[2:] for shape in wanted.values() if len(shape) == 4)
    for image in OPEN_IMAGES if images else OPEN_IMAGES[:1]:
        settled, notes = {}, []
        for name, shape in wanted.items():
            sizes: list[int] = []
            for axis, size in enumerate(shape):
                default = 1 if axis == 0 and len(shape) > 1 else OPEN_LENGTH
                if len(shape) == 4 and axis > 0:
                    default = (3, *image)[axis - 1]
                sizes.append(default if size is None else size)
            settled[name] = tuple(sizes)
            open_axes = [a for a, s in enumerate(shape) if s is None and (a or len(shape) == 1)]
            if open_axes:
                listed = ",".join(str(size) for size in sizes)
                notes.append(
                    f"input '{name}' leaves axes {', '.join(map(str, open_axes))} open; taken as"
                    f" {listed}; --input {name}={listed} says otherwise"
                )
        yield settled, notes


def _set_inputs(graph: Any, settled: Mapping[str, Shape]) -> None:
    """Write settled shapes into the graph and forget the shapes that were stated after them."""
    for value in graph.input:
        if value.name in settled:
            shape = value.type.tensor_type.shape
            del shape.dim[:]
            for size in settled[value.name]:
                shape.dim.add().dim_value = size
    del graph.value_info[:]
    for value in graph.output:
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")


def _stated_shapes(graph: Any) -> dict[str, Shape]:
    """Fixed shapes that the file states; a fallback for operators that onnx does not know."""
    shapes = {}
    for value in [*graph.value_info, *graph.output]:
        shape = _fixed(value)
        if shape is not None:
            shapes[value.name] = shape
    return shapes


def _fixed(value: Any) -> Shape | None:
    kind = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not kind.HasField("shape"):
        return None
    if any(not d.HasField("dim_value") or d.dim_value < 0 for d in kind.shape.dim):
        return None
    return tuple(d.dim_value for d in kind.shape.dim)


def _inferred(proto: Any, constants: Constants, path: str) -> dict[str, Shape]:
    """Shapes by onnx's inference, helped by computing what depends on known shapes only."""
    import onnx

    shapes: dict[str, Shape] = {}
    while True:
        try:
            known = onnx.shape_inference.infer_shapes(proto, data_prop=True)
        except (onnx.shape_inference.InferenceError, *FAULTS) as error:
            raise InputError(f"the shapes do not fit: {_first_line(error)}", path=path) from None
        values = [*known.graph.input, *known.graph.value_info, *known.graph.output]
        shapes = {v.name: s for v in values if (s := _fixed(v)) is not None}
        fresh = _fold(proto.graph, shapes, constants)
        if not fresh:
            return shapes
        for name, value in fresh.items():
            constants.set(name, value)
            proto.graph.initializer.append(onnx.numpy_helper.from_array(value, name))
        _drop_producers(proto.graph, set(fresh))


def _fold(
    graph: Any, shapes: Mapping[str, Shape], constants: Constants
) -> dict[str, np.ndarray[Any, Any]]:
    """Compute the short outputs of nodes that see only constants and known shapes."""
    fresh: dict[str, np.ndarray[Any, Any]] = {}
    for node in graph.node:
        if _reads_shape(node, shapes):
            fresh[node.output[0]] = np.array(shapes[node.input[0]], dtype=np.int64)
        elif _all_constant(node, constants):
            constants.add(node)
            known = shapes.get(node.output[0])
            if known is not None:
                constants.state_shape(node.output[0], known)
            inputs = {name: constants.small(name) for name in node.input if name}
            is_long = math.prod(known) > SHAPE_VALUES if known else node.op_type in GROWING
            if is_long or any(value is None for value in inputs.values()):
                continue
            results = zip(node.output, evaluate(node, inputs) or [], strict=False)
            fresh |= {name: value for name, value in results if name and _is_short(value)}
    return {name: value for name, value in fresh.items() if not constants.is_folded(name)}


def _reads_shape(node: Any, shapes: Mapping[str, Shape]) -> bool:
    """Whether a node is the whole shape of a value, which is known."""
    whole = node.op_type == "Shape" and not node.attribute and len(node.input) == 1
    return whole and node.input[0] in shapes and len(node.output) == 1


def _is_short(value: np.ndarray[Any, Any]) -> bool:
    return value.size <= SHAPE_VALUES and value.dtype.kind in "biuf"


def _drop_producers(graph: Any, names: set[str]) -> None:
    """Take out the nodes whose outputs have become initializers."""
    for node in list(graph.node):
        if node.output and all(name in names or not name for name in node.output):
            graph.node.remove(node)


def _all_constant(node: Any, constants: Constants) -> bool:
    """Whether a node gives the same for every input of the model."""
    if node.op_type in _RANDOM or runs_graphs(node):
        return False  # a branch or loop body reads values that are not among the node's inputs
    return all(name in constants for name in node.input if name)
