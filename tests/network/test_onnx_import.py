from __future__ import annotations

import importlib.util
from math import prod
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from recost.errors import InputError
from recost.network import load_network
from recost.network.onnx_write import imported_network
from tests.network.graphs import LIGHT, model, node, save


@pytest.fixture
def table(tmp_path):
    """The layer table that a model comes in as."""

    def run(made, **options):
        return imported_network(save(made, tmp_path), **options).table

    return run


def shapes(imported):
    names = ("groups", "rows", "columns", "vectors")
    return [tuple(int(record[name]) for name in names) for _, record in imported]


#: Layers, MACs in millions, weights in millions.
PUBLIC = {
    "bvlc_alexnet": (8, "654.560", "60.9547"),
    "densenet121": (121, "2834.162", "7.8942"),
    "inception_v1": (58, "1431.556", "6.9903"),
    "inception_v2": (70, "2018.852", "11.1741"),
    "resnet50": (54, "4089.184", "25.5029"),
    "shufflenet": (50, "124.665", "1.3655"),
    "squeezenet": (26, "349.152", "1.2316"),
    "vgg19": (19, "19632.062", "143.6525"),
    "zfnet512": (8, "1481.727", "87.2425"),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_models_of_the_onnx_package(name):
    found = imported_network(LIGHT / f"light_{name}.onnx")
    layers, macs, weights = PUBLIC[name]
    assert len(found.table) == layers
    assert f"{found.table.macs / 1e6:.3f}" == macs
    assert f"{found.table.weights / 1e6:.4f}" == weights
    assert found.notes == ()  # nothing left out


def test_all_light_models_are_covered():
    assert {path.stem for path in LIGHT.glob("*.onnx")} == {f"light_{name}" for name in PUBLIC}


@pytest.mark.parametrize(
    ("name", "shipped"),
    [("bvlc_alexnet", "alexnet-bvlc"), ("vgg19", "vgg19"), ("resnet50", "resnet50")],
)
def test_public_models_are_the_shipped_networks(name, shipped):
    """Layer by layer, vector operations too but for the softmax at the end."""
    imported = imported_network(LIGHT / f"light_{name}.onnx").table
    written = load_network(shipped)
    for field in ("groups", "rows", "columns", "vectors", "kernel_rows", "inputs", "outputs"):
        assert np.array_equal(imported.records[field], written.records[field]), field
    assert np.array_equal(
        imported.records["vector_operations"][:-1], written.records["vector_operations"][:-1]
    )
    assert np.array_equal(imported.records["signed"], written.records["signed"])


RAPIDOCR = importlib.util.find_spec("rapidocr_onnxruntime")


@pytest.mark.skipif(RAPIDOCR is None, reason="rapidocr-onnxruntime is not installed")
@pytest.mark.parametrize(
    ("file", "layers", "macs", "weights"),
    [
        ("ch_PP-OCRv4_det_infer", 64, "282.085", "1.1643"),
        ("ch_PP-OCRv4_rec_infer", 47, "701.701", "2.6697"),
        ("ch_ppocr_mobile_v2.0_cls_infer", 54, "76.054", "0.1241"),
    ],
)
def test_trained_models_of_rapidocr(file, layers, macs, weights):
    path = Path(RAPIDOCR.submodule_search_locations[0]) / "models" / f"{file}.onnx"
    found = imported_network(path, profile=True)
    assert len(found.table) == layers
    assert f"{found.table.macs / 1e6:.3f}" == macs
    assert f"{found.table.weights / 1e6:.4f}" == weights
    assert any("leaves axes 2, 3 open" in note for note in found.notes)
    for profile in found.table.profiles:
        assert 0 < profile.weights.density <= 1
        assert 0 < profile.cell_densities(16, 2)[0] < 1


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pads": [1, 2, 3, 0]},
        {"auto_pad": "SAME_UPPER", "strides": [2, 3]},
        {"auto_pad": "SAME_LOWER", "strides": [3, 2]},
        {"auto_pad": "VALID", "strides": [2, 2]},
        {"dilations": [2, 1], "pads": [1, 1, 1, 1]},
        {"group": 2},
    ],
)
def test_convolution(table, options):
    """Each output value is a dot product over one filter's weights."""
    groups = options.get("group", 1)
    kernel = (4, 6 // groups, 3, 2)
    made = model([node("Conv", "x w", "y", **options)], {"x": [1, 6, 13, 11]}, {"w": kernel})
    from onnx.reference import ReferenceEvaluator

    [produced] = ReferenceEvaluator(made).run(None, {"x": np.zeros((1, 6, 13, 11), np.float32)})
    imported = table(made)
    assert imported.macs == produced.size * prod(kernel[1:])
    assert imported.weights == prod(kernel)
    assert shapes(imported)[0][:3] == (groups, prod(kernel[1:]), 4 // groups)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"strides": [2, 2], "output_padding": [1, 0]},
        {"strides": [2, 2], "pads": [1, 0, 0, 1]},
        {"strides": [3, 2], "output_shape": [13, 9]},
        {"strides": [2, 2], "auto_pad": "SAME_UPPER"},
        {"group": 2},
    ],
)
def test_transposed_convolution(table, options):
    """Each input value meets every tap of its group's filters."""
    made = model(
        [node("ConvTranspose", "x w", "h", **options), node("Relu", "h", "y")],
        {"x": [1, 6, 5, 4]},
        {"w": (6, 2, 3, 2)},
    )
    imported = table(made)
    assert imported.macs == 6 * 5 * 4 * 2 * 3 * 2
    assert imported.weights == 6 * 2 * 3 * 2
    assert imported.kinds == ("transposed",)


@pytest.mark.parametrize(("trans_a", "trans_b"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_gemm(table, trans_a, trans_b):
    shape = [7, 1] if trans_a else [1, 7]
    made = model(
        [node("Gemm", "x w b", "y", transA=trans_a, transB=trans_b)],
        {"x": shape},
        {"w": (5, 7) if trans_b else (7, 5), "b": (5,)},
    )
    assert shapes(table(made, dimensions={"x": tuple(shape)})) == [(1, 7, 5, 1)]


@pytest.mark.parametrize(
    ("data", "weight", "expected"),
    [
        ([1, 9, 7], (7, 5), (1, 7, 5, 9)),
        ([1, 4, 9, 7], (7, 5), (1, 7, 5, 36)),
        ([1, 4, 9, 7], (4, 7, 5), (4, 7, 5, 9)),
        ([1, 4, 9, 7], (1, 7, 5), (1, 7, 5, 36)),
        ([1, 7], (7,), (1, 7, 1, 1)),
    ],
)
def test_product_with_a_constant(table, data, weight, expected):
    made = model([node("MatMul", "x w", "y")], {"x": data}, {"w": weight})
    assert shapes(table(made)) == [expected]


def test_product_with_a_constant_on_the_left(table):
    """Mixing tokens: a 5 x 9 matrix for each of 7 features."""
    made = model([node("MatMul", "w x", "y")], {"x": [1, 9, 7]}, {"w": (5, 9)})
    assert shapes(table(made)) == [(1, 9, 5, 7)]


@pytest.mark.parametrize(
    ("equation", "data", "weight", "expected"),
    [
        ("bij,jk->bik", [1, 9, 7], (7, 5), (1, 7, 5, 9)),
        ("bij,kj->bik", [1, 9, 7], (5, 7), (1, 7, 5, 9)),
        ("bihd,hdo->bio", [1, 9, 4, 7], (4, 7, 5), (1, 28, 5, 9)),
        ("bihd,hdo->biho", [1, 9, 4, 7], (4, 7, 5), (4, 7, 5, 9)),
    ],
)
def test_einsum(table, equation, data, weight, expected):
    made = model([node("Einsum", "x w", "y", equation=equation)], {"x": data}, {"w": weight})
    imported = table(made)
    assert shapes(imported) == [expected]
    assert imported.weights == prod(weight)


@pytest.mark.parametrize(("op", "gates"), [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
def test_recurrent_layers(table, op, gates):
    """Two directions: inputs meet both at once, states each their own matrix."""
    made = model(
        [node(op, "x w r", "y", hidden_size=6, direction="bidirectional")],
        {"x": [11, 1, 5]},
        {"w": (2, gates * 6, 5), "r": (2, gates * 6, 6)},
    )
    imported = table(made)
    assert shapes(imported) == [(1, 5, 2 * gates * 6, 11), (2, 6, gates * 6, 11)]
    assert imported.weights == 2 * gates * 6 * (5 + 6)


@pytest.mark.parametrize("through", ["Constant", "Identity", "Transpose", "DequantizeLinear"])
def test_weights_behind_other_nodes(table, through):
    weight = np.arange(35, dtype=np.float32).reshape(5, 7)
    weights: dict[str, object] = {"w": weight}
    if through == "Constant":
        given = helper.make_tensor("v", 1, (7, 5), weight.reshape(-1))
        before, weights = helper.make_node("Constant", [], ["c"], value=given), {}
    elif through == "Identity":
        before, weights["w"] = node("Identity", "w", "c"), weight.reshape(7, 5)
    elif through == "Transpose":
        before = node("Transpose", "w", "c", perm=[1, 0])
    else:
        weights = {"w": weight.reshape(7, 5).astype(np.int8), "s": np.array(0.5, np.float32)}
        before = node("DequantizeLinear", "w s", "c")
    made = model([before, node("MatMul", "x c", "y")], {"x": [1, 7]}, weights)
    found = table(made, profile=True)
    assert shapes(found) == [(1, 7, 5, 1)]
    assert found.profiles[0].weights.density == pytest.approx(34 / 35, abs=1e-6)


def test_quantised_convolution(table):
    made = model(
        [
            node("QuantizeLinear", "x s z", "q"),
            node("QLinearConv", "q s z w s z2 s z", "p"),
            node("DequantizeLinear", "p s z", "y"),
        ],
        {"x": [1, 3, 8, 8]},
        {
            "w": np.ones((4, 3, 3, 3), np.int8),
            "s": np.array(0.5, np.float32),
            "z": np.array(0, np.uint8),
            "z2": np.array(0, np.int8),
        },
    )
    assert shapes(table(made)) == [(1, 27, 4, 36)]


def test_attention_is_counted_but_not_modelled(tmp_path):
    made = model(
        [
            node("MatMul", "x wq", "q"),
            node("MatMul", "x wk", "k"),
            node("Transpose", "k", "kt", perm=[0, 2, 1]),
            node("MatMul", "q kt", "s"),
            node("Softmax", "s", "a"),
            node("MatMul", "a x", "y"),
        ],
        {"x": [1, 9, 7]},
        {"wq": (7, 4), "wk": (7, 4)},
    )
    found = imported_network(save(made, tmp_path))
    assert shapes(found.table) == [(1, 7, 4, 9), (1, 7, 4, 9)]
    assert found.table.unmodelled_macs == 9 * 9 * 4 + 9 * 9 * 7
    assert found.table.records["vector_operations"].tolist() == [0, 81]
    [note] = found.notes
    assert note == (
        "left out 2 MatMul: both operands are computed at run time (the products of attention,"
        " say); 891 multiply-accumulates counted as unmodelled"
    )
    assert found.table.notes == (note,)  # results made with the file say so too


def test_a_kernel_that_is_computed_is_not_modelled(tmp_path):
    made = model(
        [node("Conv", "x w", "h"), node("Conv", "h k", "y")],
        {"x": [1, 3, 8, 8], "k": [5, 4, 3, 3]},
        {"w": (4, 3, 1, 1)},
    )
    found = imported_network(save(made, tmp_path))
    assert shapes(found.table) == [(1, 3, 4, 64)]
    assert found.table.unmodelled_macs == 36 * 5 * 4 * 9
    assert "its kernel is computed at run time" in found.notes[0]


def test_control_flow_is_left_out(tmp_path):
    branch = helper.make_graph(
        [helper.make_node("Identity", ["h"], ["t"])], "b", [],
        [helper.make_tensor_value_info("t", 1, None)],
    )  # fmt: skip
    made = model(
        [
            node("Conv", "x w", "h"),
            helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch),
        ],
        {"x": [1, 3, 4, 4]},
        {"w": (4, 3, 1, 1), "c": np.array(True)},
    )
    found = imported_network(save(made, tmp_path))
    assert found.notes == (
        "left out 1 If: control flow: what runs, and how often, is not known before",
    )


def test_operators_that_nobody_knows_are_said(tmp_path):
    made = model(
        [node("Conv", "x w", "h"), helper.make_node("Magic", ["h"], ["y"], domain="local")],
        {"x": [1, 3, 4, 4]},
        {"w": (4, 3, 1, 1)},
    )
    found = imported_network(save(made, tmp_path))
    assert found.notes == ("left out 1 Magic: not a matrix of weights, and its work is not known",)


def test_local_functions_are_put_in(table):
    function = helper.make_function(
        "local", "Block", ["x", "w"], ["y"],
        [helper.make_node("Conv", ["x", "w"], ["h"]), helper.make_node("Relu", ["h"], ["y"])],
        [helper.make_opsetid("", 17)],
    )  # fmt: skip
    made = model(
        [helper.make_node("Block", ["x", "w"], ["y"], domain="local")],
        {"x": [1, 3, 4, 4]},
        {"w": (4, 3, 1, 1)},
        functions=(function,),
    )
    assert shapes(table(made)) == [(1, 3, 4, 16)]


def test_shapes_that_the_graph_computes(table):
    """The usual flatten of exporters: Shape, Gather, Concat, Reshape."""
    made = model(
        [
            node("Conv", "x w", "h"),
            node("Shape", "h", "s"),
            node("Gather", "s zero", "n"),
            node("Unsqueeze", "n axis", "n1"),
            node("Concat", "n1 rest", "t", axis=0),
            node("Reshape", "h t", "f"),
            node("Gemm", "f v", "y"),
        ],
        {"x": ["batch", 3, 8, 8]},
        {
            "w": (4, 3, 1, 1),
            "v": (256, 10),
            "zero": np.array(0),
            "axis": np.array([0]),
            "rest": np.array([-1]),
        },
    )
    assert shapes(table(made)) == [(1, 3, 4, 64), (1, 256, 10, 1)]


def test_a_fixed_batch_is_divided_out(table):
    made = model(
        [
            node("Conv", "x w", "h"),
            node("Relu", "h", "r"),
            node("Flatten", "r", "f"),
            node("Gemm", "f v", "y"),
        ],
        {"x": [6, 3, 8, 8]},
        {"w": (4, 3, 1, 1), "v": (256, 10)},
    )
    one, six = table(made, dimensions={"x": (1, 3, 8, 8)}), table(made)
    for field in one.records.dtype.names:
        assert np.array_equal(one.records[field], six.records[field]), field


def test_images_inside_an_image_run_the_same_weights(table):
    """Three crops of each image, folded into the batch."""
    made = model(
        [
            node("Reshape", "x s", "c"),
            node("Conv", "c w", "y"),
        ],
        {"x": [1, 9, 8, 8]},
        {"w": (4, 3, 1, 1), "s": np.array([3, 3, 8, 8])},
    )
    imported = table(made)
    assert shapes(imported) == [(1, 3, 4, 192)]
    assert imported.weights == 12


def test_open_axes_are_taken_and_said(tmp_path):
    made = model([node("Conv", "image w", "y")], {"image": ["n", 3, "h", "w"]}, {"w": (4, 3, 1, 1)})
    found = imported_network(save(made, tmp_path))
    assert shapes(found.table) == [(1, 3, 4, 224 * 224)]
    [note] = found.notes
    assert note == (
        "input 'image' leaves axes 2, 3 open; taken as 1,3,224,224;"
        " --input image=1,3,224,224 says otherwise"
    )
    given = imported_network(save(made, tmp_path), dimensions={"": (1, 3, 10, 20)})
    assert shapes(given.table) == [(1, 3, 4, 200)]
    assert given.notes == ()


def test_open_tokens(tmp_path):
    made = model([node("MatMul", "x w", "y")], {"x": ["n", "t", 7]}, {"w": (7, 5)})
    found = imported_network(save(made, tmp_path))
    assert shapes(found.table) == [(1, 7, 5, 128)]
    assert "leaves axes 1 open; taken as 1,128,7" in found.notes[0]


def test_scales_behind_a_matrix_cost_nothing(table):
    """Batch normalisation, bias and scale go into the weights; those before a matrix do not."""
    weights = {
        "w": (4, 3, 1, 1), "g": (4,), "b": (4,), "m": (4,),
        "v": np.ones(4, np.float32), "k": np.ones((4, 1, 1), np.float32),
    }  # fmt: skip
    nodes = [
        node("Conv", "x w", "c"),
        node("BatchNormalization", "c g b m v", "n"),
        node("Mul", "n k", "s"),
        node("Add", "s k", "a"),
        node("Relu", "a", "y"),
    ]
    imported = table(model(nodes, {"x": [1, 3, 5, 5]}, weights))
    assert imported.records["vector_operations"].tolist() == [4 * 25]  # the ReLU
    nodes = [
        node("Conv", "x w", "c"),
        node("Relu", "c", "r"),
        node("BatchNormalization", "r g b m v", "y"),
    ]
    imported = table(model(nodes, {"x": [1, 3, 5, 5]}, weights))
    assert imported.records["vector_operations"].tolist() == [2 * 4 * 25]


@pytest.mark.parametrize(
    ("nodes", "operations"),
    [
        ([node("MaxPool", "h", "y", kernel_shape=[3, 2], strides=[2, 2])], 4 * 3 * 4 * 6),
        ([node("AveragePool", "h", "y", kernel_shape=[2, 2], ceil_mode=1)], 4 * 49 * 4),
        ([node("GlobalAveragePool", "h", "y")], 4 * 64),
        ([node("Add", "h h", "y")], 4 * 64),
        ([node("Sigmoid", "h", "s"), node("Mul", "h s", "y")], 2 * 4 * 64),
        ([node("Concat", "h h", "y", axis=1)], 0),
        ([node("LRN", "h", "y", size=5)], 4 * 64),
        ([node("Mul", "h half", "y")], 0),
        ([node("Relu", "h", "r"), node("Mul", "r half", "y")], 2 * 4 * 64),
        ([node("ReduceMean", "h", "y", axes=[2, 3])], 4 * 64),
    ],
)
def test_vector_operations(table, nodes, operations):
    weights = {"w": (4, 3, 1, 1), "half": np.array(0.5, np.float32)}
    made = model([node("Conv", "x w", "h"), *nodes], {"x": [1, 3, 8, 8]}, weights)
    assert table(made).records["vector_operations"].sum() == operations


@pytest.mark.parametrize(
    ("nodes", "signed"),
    [
        ([node("Relu", "h", "r")], False),
        ([node("Identity", "h", "r")], True),
        ([node("Relu", "h", "p"), node("MaxPool", "p", "r", kernel_shape=[2, 2])], False),
        ([node("Relu", "h", "p"), node("Add", "p p", "r")], False),
        ([node("Relu", "h", "p"), node("Add", "p h", "r")], True),
        ([node("Clip", "h zero six", "r")], False),
        ([node("Tanh", "h", "r")], True),
        ([node("Relu", "h", "p"), node("Sub", "p p", "r")], True),
        ([node("Relu", "h", "p"), node("Mul", "p minus", "r")], True),
        ([node("Mul", "h h", "r")], False),
    ],
)
def test_signs(table, nodes, signed):
    made = model(
        [node("Conv", "x w", "h"), *nodes, node("Conv", "r v", "y")],
        {"x": [1, 3, 8, 8]},
        {
            "w": (4, 3, 1, 1), "v": (2, 4, 1, 1), "minus": np.float32([-1.0]),
            "zero": np.array(0, np.float32), "six": np.array(6, np.float32),
        },
    )  # fmt: skip
    assert table(made).records["signed"].tolist() == [False, signed]


def test_weights_used_twice_are_said(tmp_path):
    made = model(
        [node("Conv", "x w", "a"), node("Conv", "a w", "y")],
        {"x": [1, 3, 4, 4]},
        {"w": (3, 3, 1, 1)},
    )
    found = imported_network(save(made, tmp_path))
    assert found.notes == (
        "weights 'w' are used by 2 layers; each has them on crossbars of its own",
    )


def test_names_are_made_fit_and_unique(table):
    made = model(
        [
            helper.make_node("Conv", ["x", "w"], ["a"], name="a.b*c"),
            helper.make_node("Conv", ["a", "w"], ["b"], name="a.b*c"),
            helper.make_node("Conv", ["b", "w"], ["y"], name="weights"),
        ],
        {"x": [1, 3, 4, 4]},
        {"w": (3, 3, 1, 1)},
    )
    assert table(made).names == ("a_b_c", "a_b_c_2", "weights_2")


def test_measured_weights(table):
    weight = np.zeros((4, 3, 3, 3), np.float32)
    weight[:2, :1] = 1.0
    imported = table(
        model([node("Conv", "x w", "y")], {"x": [1, 3, 8, 8]}, {"w": weight}), profile=True
    )
    record = imported.records[0]
    assert record["row_density"] == pytest.approx(1 / 3, abs=1e-6)
    assert record["filter_density"] == 0.5
    assert (record["kernel_density"], record["element_density"]) == (1.0, 1.0)
    assert imported.profile_source.startswith("weights: measured on model.onnx")


def test_several_inputs_must_be_named(tmp_path):
    made = model(
        [node("Conv", "x w", "a"), node("Add", "a z", "y")],
        {"x": [1, 3, 4, 4], "z": [1, 3, 4, 4]},
        {"w": (3, 3, 1, 1)},
    )
    with pytest.raises(InputError, match=r"write --input NAME=\.\.\., NAME among x, z"):
        imported_network(save(made, tmp_path), dimensions={"": (1, 3, 4, 4)})
