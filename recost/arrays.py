"""Arrays of weights and inputs: from files, as integers of a hardware's bits, as matrix rows."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from recost.errors import InputError, suggestion
from recost.hardware import Hardware
from recost.vocabulary import InputEncoding, WeightEncoding

Array = np.ndarray[Any, Any]

# The integer types that the kernels are compiled for.
_SIGNED = (np.int16, np.int32, np.int64)


def quantise(values: Array, low: int, high: int, *, scale: float | None = None) -> Array:
    """Round floats to integers: ``clip(rint(values / scale), low, high)``.

    Rounds to the nearest integer, ties to even, and saturates.  The default scale, one for the
    whole array, makes the largest magnitude `high`; an array of zeros stays one.

    Raises
    ------
    InputError
        NaN or infinity.
    """
    largest = max(float(values.max(initial=0.0)), -float(values.min(initial=0.0)))
    if not np.isfinite(largest):
        raise InputError("the array holds NaN or infinity; only finite numbers can be quantised")
    if scale is None:
        scale = largest / high if largest > 0.0 else 1.0
    rounded = np.rint(values / scale)
    np.clip(rounded, low, high, out=rounded)
    return rounded.astype(_type_for(low, high))


def quantise_weights(values: Any, hardware: Hardware) -> Array:
    """Weights [rows, columns] as the integers that a hardware's cells hold.

    Floats are quantised (`quantise`) to magnitudes of `precision.weight_bits` bits, in offset
    encoding to two's complement of as many; integers are taken as they are.

    Raises
    ------
    InputError
        Not a matrix of numbers, NaN, or integers that do not fit.
    """
    bits = hardware.precision.weight_bits
    if hardware.mapping.encoding == WeightEncoding.OFFSET:
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    else:
        low, high = 1 - (1 << bits), (1 << bits) - 1
    return _integers(values, "weights", low, high, f"precision.weight_bits = {bits}")


def quantise_inputs(values: Any, hardware: Hardware) -> Array:
    """Inputs [vectors, rows] as the integers that a hardware streams.

    Floats are quantised (`quantise`) to `precision.input_bits` bits: magnitudes, in two's
    complement half as large ones; integers are taken as they are.

    Raises
    ------
    InputError
        Not a matrix of numbers, NaN, integers that do not fit, negative ones on unsigned inputs.
    """
    bits = hardware.precision.input_bits
    encoding = hardware.precision.input_encoding
    low, high = 0, (1 << bits) - 1
    if encoding == InputEncoding.SIGN_MAGNITUDE:
        low = -high
    elif encoding == InputEncoding.TWOS_COMPLEMENT:
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    rule = f"precision.input_bits = {bits}, {encoding.text}"
    return _integers(values, "inputs", low, high, rule)


def _integers(values: Any, what: str, low: int, high: int, rule: str) -> Array:
    """A matrix of integers in low..high, of a type that the kernels know."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise InputError(f"the {what} are {array.dtype}, not numbers")
    if array.ndim != 2 or 0 in array.shape:
        shape = "rows x columns" if what == "weights" else "vectors x rows"
        raise InputError(f"the {what} have the shape {array.shape}; they must be {shape}")
    if array.dtype.kind == "f":
        if low == 0 and array.min() < 0:
            raise InputError(_negative(float(array.min())), key="precision.input_encoding")
        return quantise(array, low, high)
    if array.dtype.kind == "b":
        return array.astype(np.int16)
    smallest, largest = int(array.min()), int(array.max())
    if low == 0 and smallest < 0:
        raise InputError(_negative(smallest), key="precision.input_encoding")
    if smallest < low or largest > high:
        wrong = smallest if smallest < low else largest
        raise InputError(f"the {what} hold {wrong}; {rule} holds {low} to {high}")
    if array.dtype.type in _SIGNED:
        return array
    return array.astype(_type_for(smallest, largest))


def _negative(value: float) -> str:
    return (
        f'the inputs hold {value:g} and are streamed unsigned; set "sign-magnitude" or'
        ' "twos-complement"'
    )


def _type_for(low: int, high: int) -> type[np.signedinteger[Any]]:
    """The smallest of the kernels' types that holds low..high."""
    for candidate in _SIGNED:
        if np.iinfo(candidate).min <= low and high <= np.iinfo(candidate).max:
            return candidate
    raise InputError(f"integers from {low} to {high} do not fit 64 bits")


def as_matrix(weights: Array) -> Array:
    """Weights as a matrix of rows x columns: convolutions [filters, channels, ...] by filter.

    Row ``(channel * kh + i) * kw + j`` holds the weights at kernel position (i, j), column k
    those of filter k.  A matrix is left as it is.
    """
    return weights if weights.ndim <= 2 else weights.reshape(len(weights), -1).T


def im2col(images: Array, kernel: tuple[int, int], stride: int = 1, padding: int = 0) -> Array:
    """The input vectors of a convolution: one a window of an image, in the rows' order.

    ``[images * out_height * out_width, channels * kh * kw]`` from images [images, channels,
    height, width] or one image without the first axis; zeros pad all four sides.

    Raises
    ------
    InputError
        Images of another shape, or smaller than the kernel.
    """
    if images.ndim == 3:
        images = images[None]
    if images.ndim != 4:
        raise InputError(f"images have 3 or 4 axes (channels, height, width), not {images.ndim}")
    padded = np.pad(images, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    if padded.shape[2] < kernel[0] or padded.shape[3] < kernel[1]:
        raise InputError(f"a kernel of {kernel} is larger than images of {images.shape[2:]}")
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    # In memory a row of the matrix lies together: it is a shifted image, copied line by line.
    rows = np.ascontiguousarray(windows.transpose(1, 4, 5, 0, 2, 3))
    return rows.reshape(images.shape[1] * kernel[0] * kernel[1], -1).T


def load_array(source: str) -> Array:
    """Read an array: ``x.npy``, ``x.npz:NAME``, or the initialiser ``model.onnx:NAME``.

    NAME may be left out where the file holds one array only.  Weights of an ONNX `Gemm` with
    ``transB`` come as rows x columns.

    Raises
    ------
    InputError
        No such file or name, or not a file of arrays.
    """
    text, _, name = source.rpartition(":")
    if Path(text).suffix.lower() not in (".npz", ".onnx"):
        text, name = source, ""
    path = Path(text)
    if not path.is_file():
        raise InputError("no such file", path=text)
    readers = {".npy": _read_npy, ".npz": _read_npz, ".onnx": _read_onnx}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError("not an .npy, .npz or .onnx file", path=text)
    return reader(path, name)


def _read_npy(path: Path, _name: str) -> Array:
    try:
        loaded: Array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"not an .npy of numbers: {error}", path=str(path)) from None
    return loaded


def _read_npz(path: Path, name: str) -> Array:
    try:
        with np.load(path, allow_pickle=False) as archive:
            chosen = _chosen(list(archive.files), name, path, "arrays")
            loaded: Array = archive[chosen]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"not an .npz of numbers: {error}", path=str(path)) from None
    return loaded


def _read_onnx(path: Path, name: str) -> Array:
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError:
        raise InputError(
            "reading ONNX needs the package onnx: pip install 'recost[onnx]'", path=str(path)
        ) from None
    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:  # noqa: BLE001 (protobuf raises its own types, which vary)
        raise InputError(f"not an ONNX model: {error}", path=str(path)) from None
    tensors = {tensor.name: tensor for tensor in graph.initializer if len(tensor.dims) > 1}
    chosen = _chosen(list(tensors), name, path, "weights")
    array: Array = numpy_helper.to_array(tensors[chosen])
    for node in graph.node:
        transposed = any(a.name == "transB" and a.i for a in node.attribute)
        if node.op_type == "Gemm" and node.input[1] == chosen and transposed:
            return array.T
    return array


def _chosen(names: list[str], name: str, path: Path, what: str) -> str:
    """The array that is meant: the one named, or the only one."""
    if not name and len(names) == 1:
        return names[0]
    if name in names:
        return name
    listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") or "none"
    if not name:
        raise InputError(f"holds the {what} {listed}; write {path.name}:NAME", path=str(path))
    raise InputError(
        f"holds no '{name}'{suggestion(name, names)}; {what}: {listed}", path=str(path)
    )
