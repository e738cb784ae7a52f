"""TOML with positions: the index against tomli on random documents, and every way to fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from recost.errors import InputError
from recost.toml_source import MAX_BYTES, dotted, load, parse

TEXT = '''# a comment
schema = 1
a.b."c d" = 3
[adc]
bits = 6   # [not a table]
energy = {value = "0.5 pJ", source = """several
 lines"""}
[x . y]
l = [1, [2, 3], # comment ]
  {q = 1}]
[[layers]]
conv = 20
[[layers]]
conv = 'a\\'
[layers.sub]
z = 1979-05-27 07:32:00
'''


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("schema",), (2, 1), (2, 10)),
        (("a", "b"), (3, 3), (3, 3)),
        (("a", "b", "c d"), (3, 5), (3, 13)),
        (("adc",), (4, 1), (4, 1)),
        (("adc", "bits"), (5, 1), (5, 8)),
        (("adc", "energy"), (6, 1), (6, 10)),
        (("adc", "energy", "source"), (6, 29), (6, 38)),
        (("x",), (8, 1), (8, 1)),
        (("x", "y", "l", 1, 1), (9, 13), (9, 13)),
        (("x", "y", "l", 2, "q"), (10, 4), (10, 8)),
        (("layers",), (11, 1), (11, 1)),
        (("layers", 0, "conv"), (12, 1), (12, 8)),
        (("layers", 1, "conv"), (14, 1), (14, 8)),
        (("layers", 1, "sub", "z"), (16, 1), (16, 5)),
        (("adc", "no such key"), (4, 1), (4, 1)),
        (("no such table", "key"), (1, 1), (1, 1)),
    ],
)
def test_where_things_stand(path: Any, key: tuple[int, int], value: tuple[int, int]) -> None:
    source = parse(TEXT, "file.toml")
    assert source.position(path) == key
    assert source.value_position(path) == value


def test_a_fault_names_path_line_column_and_key() -> None:
    fault = parse(TEXT, "file.toml").fault(("layers", 1, "conv"), "is wrong")
    assert str(fault) == "file.toml:14:1: layers[1].conv: is wrong"
    assert dotted(()) == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\nb =", "f.toml:2:4: not TOML: invalid value"),
        ("a = 1\na = 2\n", "f.toml:2:6: not TOML: cannot overwrite a value"),
        ("[x\n", "f.toml:1:3: not TOML: expected ']' at the end of a table declaration"),
        ("a = 'x\n", "f.toml:1:7: not TOML: "),
        ("a = [" + "[" * 100_000, "f.toml: not TOML: nested too deeply"),
        (f"a = {'9' * 5000}", "f.toml: not TOML: Exceeds the limit"),
    ],
)
def test_syntax_errors_have_a_place(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        parse(text, "f.toml")
    assert str(error.value).startswith(message)


def test_windows_line_ends_and_a_byte_order_mark_do_not_move_positions(tmp_path: Path) -> None:
    file = tmp_path / "f.toml"
    file.write_bytes(b"\xef\xbb\xbfa = 1\r\n[t]\r\nb = 2\r\n")
    source = load(file)
    assert source.data == {"a": 1, "t": {"b": 2}}
    assert source.position(("t", "b")) == (3, 1)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    cases = {"missing.toml": "No such file", ".": "is a folder", "a\0b": "cannot be read"}
    for name, message in cases.items():
        with pytest.raises(InputError, match=message):
            load(tmp_path / name)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / "f.toml"
    file.write_bytes(b"a = 1\nb = \xff\n")
    with pytest.raises(InputError, match=r"f\.toml:2:5: is not UTF-8 text"):
        load(file)
    file.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(InputError, match="larger than 8 MB"):
        load(file)


def test_a_path_below_the_working_folder_is_shown_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hw").mkdir()
    (tmp_path / "hw" / "mine.toml").write_text("a = 1")
    monkeypatch.chdir(tmp_path)
    assert load(tmp_path / "hw" / "mine.toml").path == str(Path("hw", "mine.toml"))


names = st.text("ab_-1", min_size=1, max_size=3) | st.sampled_from(['"q.q"', "'s s'", '"\\u00e9"'])
scalars = st.sampled_from(
    ["1", "-1.5e3", "true", '"s # ]"', "'}'", '"""m\n"q" ] """', "'''\n#'''", '""', "1979-05-27",
     '""""a""""', "inf", '"\\""']
)  # fmt: skip
space = st.sampled_from(["", " ", "\t"])
blank = st.sampled_from(["", "\n", " \n", "# c = [\n"])


@st.composite
def values(draw: st.DrawFn, depth: int = 2) -> str:
    kind = draw(st.integers(0, 3)) if depth else 0
    if kind == 2:
        items = draw(st.lists(values(depth - 1), max_size=3))
        return "[" + ",".join(draw(blank) + draw(space) + i + draw(blank) for i in items) + "]"
    if kind == 3:
        keys = draw(st.lists(names, max_size=3, unique=True))
        pairs = [f"{draw(space)}{k}{draw(space)}={draw(values(depth - 1))}" for k in keys]
        return "{" + ",".join(pairs) + "}"
    return draw(scalars)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Tables, arrays of tables and pairs; each path ends in its own name, so most are valid."""
    lines = []
    for number in range(draw(st.integers(1, 6))):
        kind = draw(st.integers(0, 5))
        parts = [*draw(st.lists(names, max_size=2)), f"k{number}"]
        path = (draw(space) + "." + draw(space)).join(parts)
        if kind == 0:
            lines.append(f"[{path}]{draw(space)}# header")
        elif kind == 1:
            lines.append(draw(st.sampled_from([f"[[{path}]]", "[[list]]", "[[list.list]]"])))
        else:
            lines.append(f"{draw(space)}{path}{draw(space)}={draw(space)}{draw(values())}")
        lines.append(draw(blank).rstrip("\n"))
    return "\n".join(lines)


def _leaves(path: tuple[Any, ...], value: Any) -> list[tuple[tuple[Any, ...], Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, inner in items:
        found.append(((*path, name), inner))
        if isinstance(inner, dict | list):
            found += _leaves((*path, name), inner)
    return found


@given(documents())
def test_every_key_of_a_random_document_is_where_the_index_says(text: str) -> None:
    import tomli

    try:
        source = parse(text, "f.toml")
    except InputError:
        with pytest.raises(tomli.TOMLDecodeError):
            tomli.loads(text)
        return
    event("valid")
    lines = text.split("\n")
    for path, value in _leaves((), source.data):
        line, column = source.position(path)
        rest = lines[line - 1][column - 1 :]
        if isinstance(path[-1], str):
            key = rest.lstrip("[ \t")
            spelt = [path[-1], f'"{path[-1]}"', f"'{path[-1]}'", '"\\u00e9"']
            # The key itself, or the header of a table that has it in its path.
            assert rest.startswith("[") or key.startswith(tuple(spelt))
        line, column = source.value_position(path)
        rest = lines[line - 1][column - 1 :]
        if isinstance(value, str) and not rest.startswith("["):
            assert rest[0] in "\"'"
        if value is True:
            assert rest.startswith("true")
