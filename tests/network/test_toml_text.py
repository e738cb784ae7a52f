from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recost.errors import InputError
from recost.network.toml_text import network_text, rewritten, toml_key, toml_value

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | WORDS
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(WORDS, VALUES, max_size=4))
def test_values_come_back_as_they_were(table):
    text = "".join(f"{toml_key(key)} = {toml_value(value)}\n" for key, value in table.items())
    assert tomllib.loads(text) == table


def test_a_whole_file():
    text = network_text(
        {"name": "x", "input": [3]},
        [({"linear": 2, "name": "a.b"}, "two\nlines")],
        {"source": "s", "a/b": {"weights": {"rows": 0.5}}},
    )
    assert '{linear = 2, name = "a.b"}, # two lines\n' in text
    assert tomllib.loads(text) == {
        "schema": 1,
        "name": "x",
        "input": [3],
        "layers": [{"linear": 2, "name": "a.b"}],
        "profile": {"source": "s", "a/b": {"weights": {"rows": 0.5}}},
    }


OLD = """# mine
schema = 1
name = "kept"   # why
input = [3, 8, 8]
layers = [
  # the stem
  {conv = 4, kernel = 3, name = "a"}, # first
  {pool = 2},
  {conv = 8, kernel = 3, name = "b"}, # second
]

[recipe] # how
images = 3
epochs = 1
batch = 1

[profile.a]
weights = {rows = 0.5} # measured
activations = {nonzero = 0.25}
"""
ITEMS = [
    {"conv": 4, "kernel": 3, "name": "a"},
    {"pool": 2},
    {"conv": 8, "kernel": 3, "name": "b"},
]


def rewrite(items, head=None, profile=None, old=OLD):
    return rewritten(old, head or {}, [(item, "") for item in items], profile or {}, "x.toml")


def test_the_same_layers_leave_the_file_as_it_is():
    assert rewrite(ITEMS) == OLD


def test_a_changed_layer_keeps_its_comment_and_the_others_their_lines():
    items = [ITEMS[0], ITEMS[1], {**ITEMS[2], "kernel": 5}]
    assert rewrite(items) == OLD.replace("{conv = 8, kernel = 3", "{conv = 8, kernel = 5")


@pytest.mark.parametrize(
    "items",
    [
        [ITEMS[0], {"conv": 2, "kernel": 1, "name": "new"}, *ITEMS[1:]],
        [ITEMS[0], *ITEMS[2:]],
        [*ITEMS, {"flatten": True}],
        [{"linear": 3}],
        [ITEMS[2], ITEMS[0]],
    ],
)
def test_layers_that_come_and_go(items):
    text = rewrite(items)
    assert tomllib.loads(text)["layers"] == items
    assert tomllib.loads(text)["recipe"] == {"images": 3, "epochs": 1, "batch": 1}
    assert "[recipe] # how" in text
    for comment, name in (("# first", "a"), ("# second", "b")):
        if any(item.get("name") == name for item in items) and items[0] != ITEMS[2]:
            assert comment in text


def test_keys_of_the_file_stay_and_missing_ones_are_added():
    text = rewrite(ITEMS, {"title": "t", "input": [3, 9, 9]})
    assert 'name = "kept"   # why' in text
    assert tomllib.loads(text)["title"] == "t"
    assert tomllib.loads(rewrite(ITEMS, {"name": "other"}))["name"] == "other"
    assert "# why" in rewrite(ITEMS, {"name": "other"})
    assert tomllib.loads(text)["input"] == [3, 9, 9]


def test_measured_tables_replace_their_own_keys_only():
    text = rewrite(ITEMS, profile={"source": "m", "a": {"weights": {"rows": 1.0}}, "b": {}})
    profile = tomllib.loads(text)["profile"]
    assert profile["a"] == {"weights": {"rows": 1.0}, "activations": {"nonzero": 0.25}}
    assert profile["source"] == "m"
    assert "# measured" in text


@pytest.mark.parametrize("old", ["x = ", "layers = 3\n", "[[layers]]\nconv = 3\n"])
def test_files_that_cannot_be_rewritten(old):
    with pytest.raises(InputError) as caught:
        rewrite(ITEMS, old=old)
    assert caught.value.path == "x.toml"
