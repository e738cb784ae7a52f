from __future__ import annotations

from math import prod

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recost.network import keys, shapes
from recost.network.rows import Tensor, convolution, linear, pooling
from tests.naive import convolution as naive


def conv(shape, **item):
    return convolution(keys.Conv.model_validate(item), (), Tensor(tuple(shape)), "x")


@given(
    size=st.integers(1, 12), begin=st.integers(0, 3), end=st.integers(0, 3),
    kernel=st.integers(1, 4), stride=st.integers(1, 4), dilation=st.integers(1, 3),
    ceil=st.booleans(),
)  # fmt: skip
def test_output_size_is_the_number_of_windows(size, begin, end, kernel, stride, dilation, ceil):
    reach = shapes.window_reach(kernel, dilation)
    assume(reach <= size + begin + end)
    expected = naive.windows(size, begin, end, kernel, stride, dilation, ceil)
    assert shapes.window_output(size, (begin, end), reach, stride, ceil) == len(expected)


@given(size=st.integers(1, 30), kernel=st.integers(1, 7), stride=st.integers(1, 5))
def test_same_padding_keeps_the_size_over_the_stride(size, kernel, stride):
    pads = shapes.sided_padding("same", [size], [kernel], [stride])
    assert pads[1] - pads[0] in (0, 1)
    out = shapes.window_output(size, (pads[0], pads[1]), kernel, stride, ceil=False)
    assert out == -(-size // stride)


@given(
    channels=st.integers(1, 3), filters=st.integers(1, 3), groups=st.integers(1, 2),
    height=st.integers(1, 5), width=st.integers(1, 5), kernel=st.integers(1, 3),
    stride=st.integers(1, 2), padding=st.integers(0, 1), dilation=st.integers(1, 2),
)  # fmt: skip
def test_macs_of_a_convolution(
    *, channels, filters, groups, height, width, kernel, stride, padding, dilation
):
    channels, filters = channels * groups, filters * groups
    reach = shapes.window_reach(kernel, dilation)
    assume(reach <= min(height, width) + 2 * padding)
    row, out = conv(
        (channels, height, width), conv=filters, kernel=kernel, stride=stride, padding=padding,
        dilation=dilation, groups=groups,
    )  # fmt: skip
    across = [
        naive.windows(size, padding, padding, kernel, stride, dilation, ceil=False)
        for size in (height, width)
    ]
    assert row.macs == naive.macs(channels, filters, groups, across)
    assert row.weights == filters * channels // groups * kernel**2
    assert (row.inputs, row.outputs) == (channels * height * width, out.size)
    assert row.rows == channels // groups * row.kernel_rows
    assert row.kernel_rows == kernel**2


@given(
    channels=st.integers(1, 3), filters=st.integers(1, 3), groups=st.integers(1, 2),
    size=st.integers(1, 4), kernel=st.integers(1, 3), stride=st.integers(1, 3),
    padding=st.integers(0, 1), extra=st.integers(0, 1),
)  # fmt: skip
def test_transposed_convolution(*, channels, filters, groups, size, kernel, stride, padding, extra):
    channels, filters = channels * groups, filters * groups
    side = (size - 1) * stride + kernel - 2 * padding + extra
    assume(side >= 1)
    row, out = conv(
        (channels, size, size), conv=filters, kernel=kernel, stride=stride, padding=padding,
        groups=groups, transposed=True, output_padding=extra,
    )  # fmt: skip
    assert out.shape == (filters, side, side)
    sides = (size, size)
    assert row.macs == naive.transposed_macs(channels, filters, groups, sides, (kernel, kernel))
    assert row.weights == channels * filters // groups * kernel**2


def test_a_convolution_and_its_transpose_undo_each_others_shape():
    _, down = conv((4, 9, 12), conv=8, kernel=3, stride=3)
    _, up = conv(down.shape, conv=4, kernel=3, stride=3, transposed=True)
    assert up.shape == (4, 9, 12)


def test_depthwise_is_a_group_a_channel():
    row, out = conv((6, 8, 8), conv="depthwise", kernel=3, padding=1, multiplier=2)
    assert (row.kind, row.groups, row.rows, row.columns) == ("depthwise", 6, 9, 2)
    assert out.shape == (12, 8, 8)


def test_one_and_three_axes():
    row, out = conv((2, 10), conv=3, kernel=3, padding=1, stride=2)
    assert (row.rows, row.columns, row.vectors, out.shape) == (6, 3, 5, (3, 5))
    row, out = conv((2, 4, 5, 6), conv=3, kernel=[1, 2, 3])
    assert (row.rows, row.columns, row.vectors, out.shape) == (12, 3, 4 * 4 * 4, (3, 4, 4, 4))


def test_four_sided_padding():
    _, out = conv((1, 5, 5), conv=1, kernel=2, padding=[0, 1, 2, 0])  # top, left, bottom, right
    assert out.shape == (1, 6, 5)


def test_same_padding_of_a_transposed_convolution():
    _, out = conv((1, 5, 7), conv=1, kernel=3, stride=2, padding="same", transposed=True)
    assert out.shape == (1, 10, 14)


def test_linear_over_values_tokens_and_one_pixel():
    item = keys.Linear.model_validate({"linear": 10})
    row, out = linear(item, (), Tensor((6,)), "x")
    assert (row.rows, row.columns, row.vectors, out.shape) == (6, 10, 1, (10,))
    row, out = linear(item, (), Tensor((4, 6)), "x")
    assert (row.vectors, row.macs, out.shape) == (4, 240, (4, 10))
    row, out = linear(item, (), Tensor((6, 1, 1)), "x")
    assert (row.rows, out.shape) == (6, (10,))


def test_groups_and_times_of_a_linear_layer():
    item = keys.Linear.model_validate({"linear": 12, "groups": 3, "times": 5})
    row, out = linear(item, (), Tensor((6,)), "x")
    assert (row.groups, row.rows, row.columns, row.vectors) == (3, 2, 4, 5)
    assert (row.macs, row.weights) == (3 * 2 * 4 * 5, 3 * 2 * 4)
    assert (row.inputs, row.outputs, out.shape) == (30, 60, (12,))


@given(
    size=st.integers(1, 12), pool=st.integers(1, 4), stride=st.integers(1, 4), ceil=st.booleans()
)
def test_pooling(size, pool, stride, ceil):
    assume(pool <= size)
    item = keys.Pool.model_validate({"pool": pool, "stride": stride, "ceil": ceil})
    out, operations = pooling(item, Tensor((3, size, size)))
    side = len(naive.windows(size, 0, 0, pool, stride, 1, ceil))
    assert out.shape == (3, side, side)
    assert operations == 3 * side**2 * pool**2


def test_global_pooling_reads_every_value_once():
    item = keys.Pool.model_validate({"pool": "global"})
    assert pooling(item, Tensor((5, 4, 3))) == (Tensor((5, 1, 1)), 60)


@pytest.mark.parametrize(
    ("shape", "item", "message"),
    [
        ((3, 8, 8), {"conv": 4, "kernel": [3, 3, 3]}, "kernel has 3 numbers for 2 spatial axes"),
        ((3, 8, 8), {"conv": 4, "kernel": 3, "padding": [1, 1, 1]}, "write 2 or 4"),
        ((3, 8, 8), {"conv": 4, "kernel": 9}, "a window of 9 does not fit into 8"),
        ((3, 8, 8), {"conv": 4, "kernel": 5, "dilation": 2}, "a window of 9 does not fit into 8"),
        ((3, 8, 8), {"conv": 4, "kernel": 3, "groups": 2}, "2 groups do not divide 3 channels"),
        ((4, 8, 8), {"conv": 3, "kernel": 3, "groups": 2}, "2 groups do not divide 4 channels"),
        ((4,), {"conv": 3, "kernel": 3}, r"takes \[channels, height, width\]"),
        ((4, 8, 8), {"conv": 3, "kernel": 3, "multiplier": 2}, "only conv = .depthwise."),
        ((4, 8, 8), {"conv": "depthwise", "kernel": 3, "groups": 2}, "has 4 groups, not 2"),
        ((4, 8, 8), {"conv": 3, "kernel": 3, "output_padding": 1}, "only a transposed"),
        ((4, 2, 2), {"conv": 3, "kernel": 1, "padding": 4, "transposed": True}, "leaves nothing"),
    ],
)
def test_what_does_not_fit_is_said(shape, item, message):
    with pytest.raises(ValueError, match=message):
        conv(shape, **item)


def test_linear_layers_do_not_take_images():
    item = keys.Linear.model_validate({"linear": 10})
    with pytest.raises(ValueError, match=r"put \{flatten = true\} before it"):
        linear(item, (), Tensor((3, 2, 2)), "x")


def test_sizes_multiply_to_the_row_count():
    row, _ = conv((prod((2, 3)), 4, 4), conv=2, kernel=[2, 3])
    assert row.rows == 6 * 2 * 3
