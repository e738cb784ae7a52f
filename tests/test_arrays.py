"""Arrays from files, quantised by the stated rule, laid out as matrices."""

import numpy as np
import pytest

from recost import arrays
from recost.errors import InputError
from recost.hardware import load_hardware

BASE = load_hardware("ou-dense").replace({"precision.input_encoding": "unsigned"})


def test_rounds_to_even_and_saturates():
    values = np.array([0.5, 1.5, 2.5, -0.5, -3.5, 99.0])
    assert arrays.quantise(values, -4, 7, scale=1.0).tolist() == [0, 2, 2, 0, -4, 7]


def test_the_scale_of_a_layer_makes_the_largest_magnitude_full_scale():
    values = np.array([[0.1, -0.4], [0.2, 0.0]])
    assert arrays.quantise(values, -7, 7).tolist() == [[2, -7], [4, 0]]
    assert not arrays.quantise(np.zeros((2, 2)), -7, 7).any()


@pytest.mark.parametrize(
    ("encoding", "largest", "smallest"),
    [("differential", 15, -15), ("magnitude", 15, -15), ("offset", 7, -7)],
)
def test_weights_use_the_bits_of_their_encoding(encoding, largest, smallest):
    hardware = BASE.replace({"precision.weight_bits": 4, "mapping.encoding": encoding})
    found = arrays.quantise_weights(np.array([[1.0, -1.0]]), hardware)
    assert found.tolist() == [[largest, smallest]]


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("sign-magnitude", [15, -15]), ("twos-complement", [7, -7])],
)
def test_inputs_use_the_bits_of_their_encoding(encoding, expected):
    hardware = BASE.replace({"precision.input_bits": 4, "precision.input_encoding": encoding})
    assert arrays.quantise_inputs(np.array([[2.0, -2.0]]), hardware).tolist() == [expected]


@pytest.mark.parametrize("kind", [np.bool_, np.int8, np.uint8, np.uint16, np.uint32, np.uint64])
def test_integers_are_taken_as_they_are(kind):
    found = arrays.quantise_inputs(np.ones((2, 2), kind), BASE)
    assert found.dtype in (np.int16, np.int32, np.int64)
    assert found.tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 1), (2, 0), (2, 2)])
def test_im2col_times_filters_is_the_convolution(stride, padding):
    rng = np.random.default_rng(0)
    images, filters = rng.integers(-9, 9, (2, 3, 8, 7)), rng.integers(-9, 9, (4, 3, 3, 2))
    vectors = arrays.im2col(images, (3, 2), stride=stride, padding=padding)
    found = vectors @ arrays.as_matrix(filters)
    padded = np.pad(images, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    expected = [
        [(padded[n, :, y : y + 3, x : x + 2] * each).sum() for each in filters]
        for n in range(2)
        for y in range(0, 8 + 2 * padding - 2, stride)
        for x in range(0, 7 + 2 * padding - 1, stride)
    ]
    assert found.tolist() == expected


def test_im2col_refuses_what_is_no_image():
    with pytest.raises(InputError, match="3 or 4 axes"):
        arrays.im2col(np.zeros((3, 3)), (1, 1))
    with pytest.raises(InputError, match="larger"):
        arrays.im2col(np.zeros((1, 3, 3)), (5, 5))


def test_files(tmp_path):
    array = np.arange(6).reshape(2, 3)
    np.save(tmp_path / "x.npy", array)
    np.savez(tmp_path / "one.npz", a=array)
    np.savez(tmp_path / "two.npz", conv1=array, conv2=array + 1)
    assert np.array_equal(arrays.load_array(str(tmp_path / "x.npy")), array)
    assert np.array_equal(arrays.load_array(str(tmp_path / "one.npz")), array)
    assert np.array_equal(arrays.load_array(f"{tmp_path / 'two.npz'}:conv2"), array + 1)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.npy", None, "no such file"),
        ("x.txt", b"1", "not an .npy"),
        ("x.npy", b"1", "not an .npy of numbers"),
        ("x.npz", b"1", "not an .npz of numbers"),
        ("x.onnx", b"\xff\xff\xff", "not an ONNX model"),
    ],
)
def test_bad_files_are_named(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        arrays.load_array(str(tmp_path / name))
    assert caught.value.path.endswith(name)


def test_an_archive_of_several_needs_a_name(tmp_path):
    np.savez(tmp_path / "two.npz", conv1=np.ones(2), conv2=np.ones(2))
    with pytest.raises(InputError, match=r"conv1, conv2; write two\.npz:NAME"):
        arrays.load_array(str(tmp_path / "two.npz"))
    with pytest.raises(InputError, match="did you mean 'conv2'"):
        arrays.load_array(f"{tmp_path / 'two.npz'}:conf2")


def test_onnx_initialisers(tmp_path):
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    linear, conv = np.arange(6.0).reshape(2, 3), np.arange(24.0).reshape(2, 3, 2, 2)
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["x", "fc", "bias"], ["y"], transB=1),
            helper.make_node("Conv", ["y", "conv"], ["z"]),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [1, 3])],
        [helper.make_tensor_value_info("z", TensorProto.DOUBLE, None)],
        [
            numpy_helper.from_array(linear, "fc"),
            numpy_helper.from_array(np.zeros(2), "bias"),
            numpy_helper.from_array(conv, "conv"),
        ],
    )
    path = tmp_path / "m.onnx"
    onnx.save(helper.make_model(graph), str(path))
    assert np.array_equal(arrays.load_array(f"{path}:fc"), linear.T)
    assert np.array_equal(arrays.load_array(f"{path}:conv"), conv)
    with pytest.raises(InputError, match=r"weights fc, conv; write m\.onnx:NAME"):
        arrays.load_array(str(path))
