"""Every shipped network: totals to the printed digits, profiles, recipes, invariants."""

from __future__ import annotations

import numpy as np
import pytest

from recost.locate import shipped_folder
from recost.network import load_network

SHIPPED = sorted(path.stem for path in shipped_folder("workload").glob("*.toml"))

#: Layers, MACs in millions and weights in millions with the digits they are published with,
#: from torchvision's and ONNX's graphs: convolution and linear weights, no bias.
TOTALS = {
    "alexnet": (8, "714.188", "61.0905"),
    "alexnet-bvlc": (8, "654.56", "60.955"),
    "caffenet": (8, "724.4", "60.955"),
    "vgg16": (16, "15470.264", "138.3441"),
    # Three 3x3 convolutions of configuration D are 1x1: 8/9 of their work and weights less.
    "vgg16-c": (16, "11770.888", "133.6255"),
    "googlenet": (58, "1582.672", "6.9903"),
    "googlenet-torchvision": (58, "1498.376", "6.6093"),
    "resnet18": (21, "1814.073", "11.6789"),
    "resnet34": (37, "3663.761", "21.7796"),
    "resnet50": (54, "4089.184", "25.5029"),
    "mobilenet-v2": (53, "300.774", "3.4698"),
    "resnet20-cifar10": (20, "40.551", "0.2683"),
    "resnet32-cifar10": (32, "68.863", "0.4619"),
    "resnet56-cifar10": (56, "125.486", "0.8489"),
    "vgg16-cifar10": (14, "313.2", "14.716"),
    "resnet18-cifar10": (21, "555.4", "11.164"),
    "vgg8-cifar10": (8, "615.9", "12.973"),
    "bert-base": (72, "10871.636", "84.9347"),
    "vit-b16": (50, "16848.501", "86.2925"),
    "mlp-mnist": (3, "0.5195", "0.5195"),
    # 332,480,512: printed elsewhere as 332.480, which is cut, not rounded.
    "vgg16-cifar100": (16, "332.48", "33.9944"),
    "mlp-l4": (4, "0.6605", "0.6605"),
    "lenet5": (4, "2.293", "0.4305"),
    # 2,400 + 25,600 + 51,200 + 10,240 weights: three convolutions and one linear layer.
    "convnet-cifar10": (4, "12.298", "0.0894"),
}


@pytest.mark.parametrize("name", TOTALS)
def test_totals(name):
    layers, macs, weights = TOTALS[name]
    table = load_network(name)
    assert len(table) == layers
    assert printed(table.macs, macs) == macs
    assert printed(table.weights, weights) == weights


def printed(count: int, like: str) -> str:
    """A count in millions with as many decimals as `like`."""
    return f"{count / 1e6:.{len(like.partition('.')[2])}f}"


@pytest.mark.parametrize("name", SHIPPED)
def test_records_are_consistent(name):
    table = load_network(name)
    records = table.records
    matrices = records["groups"] * records["rows"] * records["columns"]
    assert np.all(records["weights"] == matrices)
    assert np.all(records["macs"] == matrices * records["vectors"])
    assert np.all(records["rows"] % records["kernel_rows"] == 0)
    assert table.macs == sum(int(m) for m in records["macs"])
    assert not records.flags.writeable
    assert len({*table.names}) == len(table) == len(table.kinds) == len(table.profiles)
    for field in ("row", "filter", "kernel", "element"):
        density = records[f"{field}_density"]
        assert np.all((density > 0) & (density <= 1))
    assert np.all((records["nonzero"] > 0) & (records["nonzero"] <= 1))
    assert table.title
    assert table.content_hash == load_network(name).content_hash


@pytest.mark.parametrize("name", SHIPPED)
def test_inputs_follow_outputs(name):
    """No layer reads more values than the layers before it, and the input, have produced."""
    table = load_network(name)
    produced = np.concatenate([[table.records["inputs"][0]], table.records["outputs"]])
    assert all(
        read <= 4 * produced[: index + 1].sum()  # four branches may read one input
        for index, read in enumerate(table.records["inputs"])
    )


def test_caffenet_layer_by_layer():
    table = load_network("caffenet")
    shapes = [tuple(int(r[k]) for k in ("groups", "rows", "columns", "vectors")) for _, r in table]
    assert shapes == [
        (1, 3 * 121, 96, 55 * 55),
        (2, 48 * 25, 128, 27 * 27),
        (1, 256 * 9, 384, 13 * 13),
        (2, 192 * 9, 192, 13 * 13),
        (2, 192 * 9, 128, 13 * 13),
        (1, 256 * 36, 4096, 1),
        (1, 4096, 4096, 1),
        (1, 4096, 1000, 1),
    ]
    assert table.names == ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")


def test_caffenet_vector_operations():
    """Activations, pooling windows and normalised values, layer by layer."""
    operations = load_network("caffenet").records["vector_operations"].tolist()
    assert operations == [
        96 * 55**2 + 96 * 27**2 * 9 + 96 * 27**2,
        256 * 27**2 + 256 * 13**2 * 9 + 256 * 13**2,
        384 * 13**2,
        384 * 13**2,
        256 * 13**2 + 256 * 6**2 * 9,
        4096,
        4096,
        0,
    ]


def test_attention_products_are_not_modelled():
    """Q K^T and A V of each head: 2 * tokens^2 * 768 in each of 12 layers."""
    assert load_network("bert-base").unmodelled_macs == 12 * 2 * 128**2 * 768
    assert load_network("vit-b16").unmodelled_macs == 12 * 2 * 197**2 * 768
    assert load_network("resnet50").unmodelled_macs == 0


def test_residual_additions_are_vector_operations():
    """ResNet-20: a ReLU a convolution, an addition and its ReLU a block, one global pooling."""
    sides = {16: 32, 32: 16, 64: 8}
    values = {width: width * side**2 for width, side in sides.items()}
    inside = sum(3 * values[width] for width in values)  # ReLU inside the block
    after = sum(3 * 2 * values[width] for width in values)  # addition and ReLU behind it
    table = load_network("resnet20-cifar10")
    total = int(table.records["vector_operations"].sum())
    assert total == values[16] + inside + after + values[64]


def test_inputs_that_can_be_negative():
    """Behind a linear bottleneck, a layer normalisation or a GELU; never behind a ReLU."""
    mobilenet = load_network("mobilenet-v2")
    signed = dict(zip(mobilenet.names, mobilenet.records["signed"], strict=True))
    assert signed["block3/expand"]
    assert not signed["block3/depthwise"]
    assert not signed["block3/project"]
    assert not signed["fc"]
    assert load_network("bert-base").records["signed"].all()
    for name in ("caffenet", "vgg16", "googlenet", "resnet50", "resnet20-cifar10"):
        assert not load_network(name).records["signed"].any()


#: Share of zero weights in percent that the profile's source prints, for some of the layers.
ZEROS = {
    "caffenet-gsl": {
        "conv1": 0.2, "conv2": 85.65, "conv3": 93.10, "conv4": 91.81, "conv5": 88.49,
        "fc6": 90.28, "fc7": 84.37, "fc8": 73.82,
    },
    "googlenet-gsl": {
        "conv2": 81.65, "3a/3x3": 90.09, "3b/5x5": 88.55, "4e/3x3": 98.70, "5b/5x5": 94.87,
        "fc": 90.65, "3a/1x1": 0.0,
    },
    "resnet50-gsl": {
        "conv2_1/3x3": 88.00, "conv2_3/3x3": 80.79, "conv3_1/3x3": 91.76, "conv3_4/3x3": 91.13,
        "conv4_1/3x3": 96.55, "conv4_6/3x3": 96.84, "conv5_3/3x3": 97.92, "fc": 91.51,
        "conv2_1/1x1a": 0.0,
    },
    "vgg16-han": {"conv1_1": 42, "conv3_3": 58, "conv5_3": 64, "fc6": 96, "fc8": 77},
    "alexnet-han": {"conv1": 16, "conv5": 63, "fc6": 91, "fc8": 75},
    "lenet5": {"conv1": 34, "conv2": 88, "fc1": 92, "fc2": 81},
}  # fmt: skip


@pytest.mark.parametrize("name", ZEROS)
def test_published_zeros(name):
    table = load_network(name)
    for layer, percent in ZEROS[name].items():
        density = table.profiles[table.index(layer)].weights.density
        # Densities are written with six digits at least.
        assert 100 * (1 - density) == pytest.approx(percent, abs=2e-4), layer


def test_gsl_kernels_and_filters():
    """Zero kernels count those in dead filters and rows too."""
    table = load_network("caffenet-gsl")
    printed_zero_kernels = {"conv2": 25.25, "conv3": 69.30, "conv4": 65.99, "conv5": 61.27}
    for layer, percent in printed_zero_kernels.items():
        weights = table.profiles[table.index(layer)].weights
        zero = 1 - weights.rows * weights.filters * weights.kernels
        assert 100 * zero == pytest.approx(percent, abs=1e-4)


def test_ssl_rows_and_filters():
    records = load_network("caffenet-ssl").records
    zero_rows = (100 * (1 - records["row_density"])).round(6).tolist()
    zero_filters = (100 * (1 - records["filter_density"])).round(6).tolist()
    assert zero_rows == [0.0, 63.2, 76.9, 84.7, 80.7, 0.0, 0.0, 0.0]
    assert zero_filters == [9.4, 12.9, 40.6, 46.9, 0.0, 0.0, 0.0, 0.0]
    mild = load_network("caffenet-ssl-mild").records
    assert (100 * (1 - mild["row_density"])).round(6).tolist()[:5] == [0.0, 20.9, 39.7, 39.7, 24.6]
    assert np.all(mild["filter_density"] == 1.0)


@pytest.mark.parametrize(
    ("name", "left"), [("lenet5-ssl", (2, 11, 134)), ("lenet5-ssl-mild", (3, 15, 175))]
)
def test_ssl_neurons_left(name, left):
    """A dead filter is a dead row of the layer after it: live rows and filters chain."""
    records = load_network(name).records
    whole = (20, 50, 500, 10)
    live = records["filter_density"] * whole
    assert live.tolist() == pytest.approx([*left, 10])
    assert records["row_density"][1:].tolist() == pytest.approx(
        [n / of for n, of in zip(left, whole, strict=False)]
    )
    assert np.all(records["element_density"] == 1.0)


def test_vgg_c_against_d():
    c, d = load_network("vgg16-c"), load_network("vgg16")
    assert c.names == d.names
    for layer in ("conv3_3", "conv4_3", "conv5_3"):
        one, nine = c.records[c.index(layer)], d.records[d.index(layer)]
        assert one["weights"] * 9 == nine["weights"]
        assert one["macs"] * 9 == nine["macs"]


def test_han_input_densities_are_the_layer_befores_outputs():
    assert load_network("vgg16-han").records["nonzero"].tolist() == [
        1.0, 0.53, 0.89, 0.80, 0.81, 0.68, 0.70, 0.64, 0.51, 0.45, 0.34, 0.32, 0.29, 0.19, 0.38,
        0.42,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "mean", "nonzero"), [("caffenet-ssl", 0.078, 0.43), ("googlenet-gsl", 0.064, 0.337)]
)
def test_mean_bit_densities_are_the_published_ones(name, mean, nonzero):
    table = load_network(name)
    for profile in table.profiles[1:]:
        assert profile.slice_densities(16).mean() == pytest.approx(mean, rel=1e-9)
        assert profile.activations.nonzero == nonzero


def test_bits_of_values_that_are_not_zero():
    for profile in load_network("vgg16-han").profiles[1:]:
        density = profile.slice_densities(16).mean() / profile.activations.nonzero
        assert density == pytest.approx(0.242, rel=1e-9)


def test_networks_without_a_published_profile_have_none():
    without = {name for name in SHIPPED if not load_network(name).profiled}
    assert {"vgg16", "resnet50", "mobilenet-v2", "bert-base", "caffenet"} <= without
    for name in without:
        table = load_network(name)
        assert table.profile_source == "none"
        assert np.all(table.records["element_density"] == 1.0)
        assert np.all(table.profiles[0].slice_densities(16) == 1.0)


def test_every_profile_has_a_tagged_source_or_says_that_it_is_an_assumption():
    for name in SHIPPED:
        table = load_network(name)
        if table.profiled:
            assert "[P]" in table.profile_source or "[S]" in table.profile_source or (
                "[R]" in table.profile_source
            )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "steps"),
    [("resnet20-cifar10", 78_200), ("resnet50", 450_450), ("caffenet", 450_450)],
)
def test_recipes(name, steps):
    recipe = load_network(name).recipe
    assert recipe is not None
    assert recipe.steps == steps
    assert recipe.source
