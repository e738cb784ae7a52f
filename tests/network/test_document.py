from __future__ import annotations

import pytest

from recost.errors import InputError
from recost.network import load_network
from recost.network.document import setting_value

BASE = """schema = 1
title = "the base"
input = [3, 8, 8]
layers = [{conv = 4, kernel = 3}, {flatten = true}, {linear = 5}]

[recipe]
images = 10
epochs = 2
batch = 4

[profile]
source = "base"
weights = {rows = 0.5, elements = 0.8}
activations = {nonzero = 0.5, bits = {family = "half-normal", mean_density = 0.1}}
[profile.conv1]
weights = {elements = 0.4}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "base.toml").write_text(BASE, encoding="utf-8")

    def write(name: str, text: str) -> str:
        path = tmp_path / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_extends_a_file_beside_it(folder):
    table = load_network(
        folder(
            "over",
            'schema = 1\nextends = "base"\n[profile]\nsource = "over"\n'
            "weights = {rows = 0.25}\n[profile.linear1]\nactivations = {nonzero = 0.75}\n"
            "[recipe]\nbatch = 5\n",
        )
    )
    assert (table.name, table.title) == ("over", "")  # its own, not the base's
    assert table.records["row_density"].tolist() == [0.25, 0.25]
    assert table.records["element_density"].tolist() == [0.4, 0.8]
    assert table.records["nonzero"].tolist() == [0.5, 0.75]
    assert table.recipe is not None
    assert (table.recipe.images, table.recipe.batch, table.recipe.steps) == (10, 5, 4)
    assert table.profile_source == "over"


def test_bits_are_replaced_as_a_whole(folder):
    table = load_network(
        folder("over", 'schema = 1\nextends = "base"\n[profile]\nactivations = {bits = [0.5]}\n')
    )
    assert table.profiles[0].slice_densities(2).tolist() == [0.5, 0.0]


def test_extends_a_chain_and_a_shipped_network(folder):
    folder("middle", 'schema = 1\nextends = "base"\n[profile]\nsource = "middle"\n')
    table = load_network(folder("top", 'schema = 1\nextends = "./middle.toml"\nname = "x"\n'))
    assert (table.name, table.profile_source, len(table)) == ("x", "middle", 2)
    shipped = load_network(folder("mine", 'schema = 1\nextends = "lenet5"\n'))
    assert shipped.macs == load_network("lenet5").macs


def test_extends_in_a_circle(folder):
    folder("one", 'schema = 1\nextends = "two"\n')
    with pytest.raises(InputError) as caught:
        load_network(folder("two", 'schema = 1\nextends = "one"\n'))
    assert caught.value.line == 2
    assert "extends itself: two.toml -> one.toml -> two.toml" in str(caught.value)


def test_extends_nothing_that_exists(folder):
    with pytest.raises(InputError) as caught:
        load_network(folder("over", 'schema = 1\nextends = "bass"\n'))
    assert (caught.value.line, caught.value.column, caught.value.key) == (2, 1, "extends")
    assert "unknown workload 'bass'" in str(caught.value)


def test_faults_of_a_base_name_the_base(folder):
    folder("broken", BASE.replace("kernel = 3", "kernel = 0"))
    with pytest.raises(InputError) as caught:
        load_network(folder("over", 'schema = 1\nextends = "broken"\n'))
    assert str(caught.value.path).endswith("broken.toml")
    assert (caught.value.line, caught.value.key) == (4, "layers[0].kernel")


def test_settings(folder):
    path = folder("x", BASE)
    table = load_network(
        path,
        {
            "profile.activations.nonzero": "0.3",
            "profile.conv1.weights.elements": "0.9",
            "profile.weights.filter_zeros": "independent",
            "recipe.batch": "64",
            "input": "3,10,10",
        },
    )
    assert table.records["nonzero"].tolist() == [0.3, 0.3]
    assert table.records["element_density"].tolist() == [0.9, 0.8]
    assert table.records["filter_zeros"].tolist() == [1, 1]
    assert table.records["vectors"].tolist() == [64, 1]
    assert table.recipe is not None
    assert table.recipe.batch == 64
    assert table.profile_source == "base; changed by --set"


def test_a_setting_for_every_layer_beats_each_layers_own(folder):
    table = load_network(folder("x", BASE), {"profile.*.weights.elements": "0.9"})
    assert table.records["element_density"].tolist() == [0.9, 0.9]


def test_taking_profile_and_recipe_away(folder):
    table = load_network(folder("x", BASE), {"profile": "none", "recipe": "none"})
    assert (table.profile_source, table.recipe) == ("none", None)
    assert table.records["element_density"].tolist() == [1.0, 1.0]


def test_a_setting_gives_a_profile_to_a_network_that_had_none(folder):
    table = load_network("vgg16", {"profile.*.weights.elements": "0.5"})
    assert table.profile_source == "unnamed; changed by --set"
    assert set(table.records["element_density"]) == {0.5}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("profile.weights.elments", "0.5", "unknown key; did you mean 'elements'?"),
        ("profile.weights.elements", "1.5", "1.5 is out of range"),
        ("profile.conv3.weights.elements", "0.5", "did you mean 'conv1'?"),
        ("profile.*.weights.elements", "x", "expected a number, not 'x'"),
        ("recipe.batch", "0", "at least 1"),
        ("recipe.batch.x", "0", "'batch' is a value, not a table"),
        ("profil", "3", "did you mean 'profile'?"),
        ("profile..x", "3", "is not a dotted key"),
        ("profile.*", "3", "names no key"),
        ("input", "0", "expected a list, not 0"),
        ("extends", "lenet5", "cannot be set, only written in a file"),
    ],
)
def test_settings_that_do_not_fit(folder, key, value, message):
    with pytest.raises(InputError) as caught:
        load_network(folder("x", BASE), {key: value})
    assert message in str(caught.value)
    assert all(key.split(".")[0] in str(fault) for fault in caught.value.faults)


def test_faults_of_settings_are_not_laid_on_the_file(folder):
    with pytest.raises(InputError) as caught:
        load_network(folder("x", BASE), {"recipe.batch": "0"})
    assert (caught.value.path, caught.value.line) == (None, None)
    assert caught.value.key == "--set workload:recipe.batch"


def test_replace_is_load_with_settings(folder):
    path = folder("x", BASE)
    settings = {"profile.weights.rows": "0.125", "recipe.epochs": "7"}
    loaded, replaced = load_network(path, settings), load_network(path).replace(settings)
    assert loaded.content_hash == replaced.content_hash != load_network(path).content_hash
    assert (loaded.records == replaced.records).all()
    assert replaced.recipe == loaded.recipe


def test_the_hash_is_of_the_content_not_of_its_spelling(folder):
    commented = "# a comment\n" + BASE.replace(
        "rows = 0.5, elements = 0.8", "elements=0.8,rows=0.5"
    )
    one, two = load_network(folder("a", BASE)), load_network(folder("b", commented))
    assert one.content_hash == two.content_hash


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("true", True),
        ("[1, 2]", [1, 2]),
        ("1,2", [1, 2]),
        ("word", "word"),
        ("two words", "two words"),
        ('"3"', "3"),
        ("{a = 1}", {"a": 1}),
        ("a = 1\nb = 2", "a = 1\nb = 2"),
        ("1\nb = 2", "1\nb = 2"),
        ("", ""),
    ],
)
def test_values_of_settings(text, value):
    assert setting_value(text) == value


def test_a_setting_that_no_layer_takes_is_said() -> None:
    from recost.network import load_network

    hidden = load_network("lenet5", {"profile.activations.nonzero": "0.01"})
    assert any("profile.*.activations.nonzero" in note for note in hidden.notes)
    reached = load_network("lenet5", {"profile.*.activations.nonzero": "0.6"})
    assert not any("does not reach" in note for note in reached.notes)
    assert set(reached.records["nonzero"]) == {0.6}
