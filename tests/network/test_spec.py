from __future__ import annotations

import pytest

from recost.errors import InputError
from recost.network import load_network


@pytest.fixture
def net(tmp_path):
    """The layer table of a file with these layers."""

    def load(layers: str, shape: str = "[3, 8, 8]", rest: str = "", **settings: str):
        path = tmp_path / "net.toml"
        text = f"schema = 1\ninput = {shape}\nlayers = [{layers}]\n{rest}"
        path.write_text(text, encoding="utf-8")
        return load_network(path, settings)

    return load


def fault(net, *arguments) -> str:
    with pytest.raises(InputError) as caught:
        net(*arguments)
    return caught.value.faults[0].message


def test_names_count_words_and_repeats(net):
    table = net(
        "{conv = 4, kernel = 1}, {conv = 4, kernel = 1, name = 'mine'}, {conv = 4, kernel = 1},"
        "{conv = 4, kernel = 1, name = 'c', repeat = 2}, {conv = 4, kernel = 1, repeat = 2},"
        "{flatten = true}, {linear = 2}, {linear = 2, name = 'x', first = 7}"
    )
    assert table.names == (
        "conv1", "mine", "conv3", "c1", "c2", "conv6", "conv7", "linear1", "x7",
    )  # fmt: skip


def test_names_inside_blocks(net):
    table = net(
        "{layers = [{conv = 4, kernel = 1}, {residual = [{conv = 4, kernel = 1}], name = 'r'}],"
        " name = 'b', repeat = 2}, {residual = [{conv = 4, kernel = 1}]}"
    )
    assert table.names == ("b1/conv1", "b1/r/conv1", "b2/conv1", "b2/r/conv1", "conv1")


def test_two_layers_of_one_name(net):
    message = fault(net, "{conv = 4, kernel = 1, name = 'a'}, {conv = 4, kernel = 1, name = 'a'}")
    assert message == "a second layer is called 'a'; give it another name"
    assert "a second layer is called 'conv2'" in fault(
        net, "{conv = 4, kernel = 1, name = 'conv2'}, {conv = 4, kernel = 1}"
    )


def test_a_layer_named_like_a_key_of_the_profile(net):
    assert "cannot be called 'weights'" in fault(net, "{conv = 4, kernel = 1, name = 'weights'}")


def test_blocks_with_parameters(net):
    rest = (
        "[blocks.b]\nparameters = ['width', 'stride']\n"
        "layers = [{conv = '$width', kernel = 3, stride = '$stride', padding = 1}]\n"
    )
    table = net("{block = 'b', width = 6, stride = 2, name = 'x'}", "[3, 8, 8]", rest)
    assert table.names == ("x/conv1",)
    record = table.records[0]
    assert (record["columns"], record["vectors"]) == (6, 16)


def test_blocks_inside_blocks(net):
    rest = (
        "[blocks.inner]\nparameters = ['width']\nlayers = [{conv = '$width', kernel = 1}]\n"
        "[blocks.outer]\nparameters = ['w']\nlayers = [{block = 'inner', width = '$w', repeat = 3}]"
    )
    table = net("{block = 'outer', w = 5}", "[3, 8, 8]", rest)
    assert table.names == ("conv1", "conv2", "conv3")
    assert table.records["columns"].tolist() == [5, 5, 5]


def test_branches_side_by_side(net):
    table = net(
        "{branches = [[{conv = 4, kernel = 1}], [{pool = 3, stride = 1, padding = 1}], []]},"
        "{conv = 1, kernel = 1}"
    )
    assert table.records["rows"].tolist() == [3, 4 + 3 + 3]


def test_branches_of_tokens_join_features(net):
    table = net("{branches = [[{linear = 4}], []]}, {linear = 1}", "[5, 3]")
    assert table.records["rows"].tolist() == [3, 7]


def test_multiplied_branches_spread_one_pixel(net):
    """Squeeze and excitation: a weight a channel, one multiplication a value."""
    table = net(
        "{branches = [[{pool = 'global'}, {conv = 3, kernel = 1, activation = 'sigmoid'}], []],"
        " join = 'multiply'}, {conv = 1, kernel = 1, activation = 'none'}"
    )
    assert table.records["inputs"].tolist() == [3, 3 * 64]
    # Pooling comes before the first layer and counts on it, as sigmoid and product do.
    assert table.records["vector_operations"].tolist() == [3 * 64 + 3 + 3 * 64, 0]
    assert not table.records["signed"].any()


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("{branches = []}", "there are no branches"),
        ("{branches = [[{conv = 4, kernel = 3}], []]}", "do not fit side by side"),
        (
            "{branches = [[{conv = 4, kernel = 1}], []], join = 'add'}, {conv = 1, kernel = 1}",
            "values do not match",
        ),
        ("{branches = [[{flatten = true}], []]}", "different rank"),
        ("{residual = [{conv = 4, kernel = 1}]}", "they cannot be added"),
        ("{residual = [{conv = 2, kernel = 1}], shortcut = 'pad'}", "cannot be padded"),
        ("{tokens = true}, {tokens = true}, {flatten = true}, {tokens = true}", "tokens are made"),
        ("{take = 'first'}", "take needs"),
        ("{embedding = 4}", "an embedding takes"),
        ("{attention = 4}", "attention takes"),
        ("{tokens = true}, {attention = 2}", "do not part 3 features evenly"),
        ("{tokens = true}, {attention = 3, fused = true, context = 4}", "no context"),
        ("{flatten = true}, {pool = 2}", "pooling takes"),
    ],
)
def test_what_does_not_fit(net, layers, message):
    assert message in fault(net, layers)


def test_padded_shortcut_of_option_a(net):
    """Subsampled and padded with zero channels: no weights, one addition a value."""
    table = net(
        "{residual = [{conv = 6, kernel = 3, stride = 2, padding = 1, activation = 'none'}],"
        " shortcut = 'pad'}"
    )
    assert table.weights == 3 * 9 * 6
    assert table.records["vector_operations"].tolist() == [2 * 6 * 16]


def test_shortcut_layers(net):
    table = net(
        "{residual = [{conv = 6, kernel = 3, padding = 1}],"
        " shortcut = [{conv = 6, kernel = 1, name = 'shortcut'}]}"
    )
    assert table.names == ("conv1", "shortcut")


def test_grouped_query_attention(net):
    """Eight query heads of 4 features, two key and value heads: 64 x 64, 64 x 16, 64 x 16."""
    table = net("{attention = 8, width = 32, key_value_heads = 2, context = 7}", "[5, 64]")
    shapes = [tuple(int(r[k]) for k in ("rows", "columns", "vectors")) for _, r in table]
    assert shapes == [(64, 32, 5), (64, 8, 7), (64, 8, 7), (32, 64, 5)]
    assert [name for name, _ in table] == [f"attention1/{part}" for part in "qkvo"]
    assert table.unmodelled_macs == 2 * 5 * 7 * 32
    assert table.records["vector_operations"].tolist() == [0, 0, 8 * 5 * 7, 0]


def test_fused_attention_has_the_same_weights(net):
    apart = net("{attention = 4}", "[5, 64]")
    fused = net("{attention = 4, fused = true}", "[5, 64]")
    assert (apart.weights, apart.macs) == (fused.weights, fused.macs)
    assert fused.names == ("attention1/qkv", "attention1/o")


def test_a_given_input_starts_anew(net):
    table = net("{conv = 4, kernel = 1}, {linear = 3, input = [11], signed = true}")
    assert table.records["rows"].tolist() == [3, 11]
    assert table.records["signed"].tolist() == [False, True]


def test_vector_and_unmodelled_work(net):
    table = net("{vector = 5}, {conv = 4, kernel = 1, activation = 'none'}, {vector = 7},"
                "{unmodelled = 11}, {unmodelled = 2}")  # fmt: skip
    assert table.records["vector_operations"].tolist() == [12]
    assert table.unmodelled_macs == 13


def test_signs_follow_activations(net):
    table = net(
        "{conv = 4, kernel = 1, activation = 'tanh'}, {conv = 4, kernel = 1},"
        "{norm = 'local-response'}, {conv = 4, kernel = 1}, {norm = 'layer'},"
        "{conv = 4, kernel = 1, activation = 'none'}, {activation = 'relu'}, {conv = 4, kernel = 1}"
    )
    assert table.records["signed"].tolist() == [False, True, False, True, False]


def test_networks_are_bounded(net):
    assert "too large" in fault(net, "{conv = 2147483648, kernel = 1, repeat = 3}")
    nested = "{layers = [" * 3 + "{conv = 1, kernel = 1}" + "], repeat = 100}" * 3
    assert "100000 layers" in fault(net, nested)


def test_deep_nesting_is_a_fault(net):
    assert "too deep" in fault(net, "{layers = [" * 110 + "{pool = 2}" + "]}" * 110)


def test_a_block_that_contains_itself(net):
    rest = "[blocks.a]\nlayers = [{block = 'b'}]\n[blocks.b]\nlayers = [{block = 'a'}]"
    assert fault(net, "{block = 'a'}", "[3, 8, 8]", rest) == (
        "the block contains itself: a -> b -> a"
    )


def test_order_of_layers_does_not_change_a_layer(net):
    """A layer's record depends on its input only."""
    first = net("{conv = 3, kernel = 1}, {conv = 3, kernel = 3, padding = 1}").records
    second = net("{conv = 3, kernel = 3, padding = 1}, {conv = 3, kernel = 1}").records
    assert first[0] == second[1]
    assert first[1] == second[0]
