"""Broken files, thousands of ways: an error that names a place, or a hardware that makes sense."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.hardware.keys import Key
from recost.hardware.records import structure_record, technology_record
from recost.hardware.sections import keys_of_kind
from recost.locate import shipped_folder
from recost.vocabulary import Word

ORIGINALS = {
    name: tomli.loads((shipped_folder("hardware") / f"{name}.toml").read_text(encoding="utf-8"))
    for name in ("isaac", "ou-dense", "sre", "puma")
}
Table = dict[str, Any]

WRONG = st.sampled_from(
    [None, True, False, 0, -1, 1, 2**63, -(2**63), 10**40, 0.5, -0.0, 1e308, 5e-324, math.nan,
     math.inf, -math.inf, "", " ", "x", "auto", "none", "log2", "1", "1 J", "1e400 J", "-1 pJ",
     "1e-400 pJ", "1e300 W", "0 s", "1e-30 s", "nan", "inf s", "100 %", "1 um^2", "µ", "\x00", [],
     [[]], [1, -1], [1, "x"], {}, {"value": 1}, {"value": {}}, {"value": "1 pJ", "source": ""},
     {"value": "1 fJ", "source": "s", "spread": "1e9 %"}, {"source": "s"}, "sre", "isaac",
     "mine", "./mine.toml", "../..", "a/b"]
).map(copy.deepcopy)  # fmt: skip
FACTORS = st.sampled_from(
    ["1e-300", "1e-30", "1e-9", "1e-3", "1e3", "1e6", "1e12", "1e30", "1e300"]
)


def _tables(table: Table, depth: int = 3) -> list[Table]:
    """The table and those inside it, where a mutation can act."""
    inner = [value for value in table.values() if isinstance(value, dict)]
    return [table] + [t for value in inner if depth for t in _tables(value, depth - 1)]


@st.composite
def mutants(draw: st.DrawFn) -> tuple[str, Table]:
    """A shipped file with one to five things wrong with it."""
    name = draw(st.sampled_from(sorted(ORIGINALS)))
    document = copy.deepcopy(ORIGINALS[name])
    for _ in range(draw(st.integers(1, 5))):
        table = draw(st.sampled_from([t for t in _tables(document) if t] or [document]))
        key = draw(st.sampled_from(sorted(table))) if table else "x"
        mutate = draw(st.sampled_from([_replace, _remove, _rename, _copy, _scale, _extend, _add]))
        mutate(draw, document, table, key)
    return name, document


def _replace(draw: st.DrawFn, document: Table, table: Table, key: str) -> None:
    table[key] = draw(WRONG)


def _remove(draw: st.DrawFn, document: Table, table: Table, key: str) -> None:
    table.pop(key, None)


def _rename(draw: st.DrawFn, document: Table, table: Table, key: str) -> None:
    at = draw(st.integers(0, len(key)))
    new = key[:at] + draw(st.sampled_from(["s", "_", "-", "é", ".", '"'])) + key[at + 1 :]
    table[new] = table.pop(key, 1)


def _copy(draw: st.DrawFn, document: Table, table: Table, key: str) -> None:
    other = draw(st.sampled_from(_tables(document)))
    table[key] = copy.deepcopy(draw(st.sampled_from(list(other.values()) or [1])))


def _scale(draw: st.DrawFn, document: Table, table: Table, key: str) -> None:
    value = table.get(key)
    if isinstance(value, str) and len(value.split()) > 1:
        table[key] = f"{draw(st.sampled_from(['', '-']))}{draw(FACTORS)} {value.split()[-1]}"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        table[key] = value * draw(st.sampled_from([-1, 0, 0.5, 2, 1000, 10**9]))


def _extend(draw: st.DrawFn, document: Table, table: Table, key: str) -> None:
    document["extends"] = draw(st.sampled_from(["mine", "./mine.toml", "other", "nobody", "sre"]))


def _add(draw: st.DrawFn, document: Table, table: Table, key: str) -> None:
    known = draw(st.sampled_from(keys_of_kind("reram")))
    section = document.setdefault(known.section.split(".")[0], {})
    if isinstance(section, dict):
        section[known.name] = draw(WRONG)


def _toml(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, dict):
        pairs = (f"{_quoted(name)} = {_toml(inner)}" for name, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool) or value is None:
        return "true" if value else "false"
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\x00", "\\u0000")
    return f'"{escaped}"'


def _document(table: Table) -> str:
    return "".join(f"{_quoted(name)} = {_toml(value)}\n" for name, value in table.items())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file that extends the one under test, so that circles can close."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.toml").write_text('schema = 1\nextends = "mine"\n')
    return tmp_path


def _check(load: Callable[[], Any]) -> None:
    """An InputError whose faults all say where, or finite numbers that are not negative."""
    try:
        hardware = load()
    except InputError as error:
        for fault in error.faults:
            assert fault.path
            assert "\n" not in str(fault)
            assert len(str(fault)) < 400
            if fault.path.endswith(".toml"):
                known = ("cannot be read", "comes out as")
                assert fault.line or any(words in fault.message for words in known)
            assert not any(word in str(fault) for word in ("Traceback", "pydantic", "Input should"))
        event("refused")
        return
    event("accepted")
    for record in (structure_record(hardware), technology_record(hardware)):
        for name in record.dtype.names:
            value = float(record[name][0])
            unknown = math.isnan(value) or (name == "budget_chips" and value == -1)
            assert unknown or 0 <= value <= 1e30, name
    unknown = [key for key in keys_of_kind("reram") if hardware.value(key.path) is None]
    assert all(key.optional for key in unknown)


@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutants())
def test_a_mutant_is_refused_with_a_place_or_makes_sense(
    folder: Path, mutant: tuple[str, Table]
) -> None:
    (folder / "mine.toml").write_text(_document(mutant[1]), encoding="utf-8")
    _check(lambda: load_hardware("./mine.toml"))


@pytest.mark.slow
@settings(max_examples=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutants())
def test_thousands_of_mutants(folder: Path, mutant: tuple[str, Table]) -> None:
    (folder / "mine.toml").write_text(_document(mutant[1]), encoding="utf-8")
    _check(lambda: load_hardware("./mine.toml"))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(ORIGINALS)), st.data())
def test_a_text_cut_or_with_a_strange_character_is_refused_with_a_place_or_makes_sense(
    folder: Path, name: str, data: st.DataObject
) -> None:
    text = (shipped_folder("hardware") / f"{name}.toml").read_text(encoding="utf-8")
    at = data.draw(st.integers(0, len(text)))
    insert = data.draw(st.sampled_from(["", '"', "[", "]", "{", "=", "\n", "#", ",", ".", "\x00"]))
    end = data.draw(st.sampled_from([at, len(text)]))
    (folder / "mine.toml").write_text(text[:at] + insert + text[at:end], encoding="utf-8")
    _check(lambda: load_hardware("./mine.toml"))


def _in_range(key: Key) -> st.SearchStrategy[Any]:
    """Values that a key takes, its extremes among them."""
    words = [st.sampled_from(sorted(key.words))] if key.words else []
    if issubclass(key.kind, Word):
        return st.sampled_from([w for w in key.kind if not (key.takes_list and w.text == "list")])
    if key.kind is bool:
        return st.booleans()
    numbers = st.integers if key.kind is int else st.floats
    return st.one_of(numbers(key.minimum, key.maximum), *words)


IN_RANGE = {key.path: _in_range(key) for key in keys_of_kind("reram") if key.part != "none"}
EXTREMES = st.lists(st.sampled_from(sorted(IN_RANGE)), max_size=12, unique=True).flatmap(
    lambda paths: st.fixed_dictionaries({path: IN_RANGE[path] for path in paths})
)


@settings(max_examples=200)
@given(EXTREMES)
def test_any_values_in_range_make_sense_unless_they_cannot_be_together(
    changes: dict[str, Any],
) -> None:
    _check(lambda: load_hardware("ou-dense", changes))


KEYS = st.sampled_from([key.path for key in keys_of_kind("reram")] + ["adc", "x", "", "adc.bit"])


@settings(max_examples=300)
@given(st.dictionaries(KEYS, WRONG | st.text(max_size=12) | st.floats(), max_size=4))
def test_any_settings_are_refused_or_make_sense(changes: dict[str, Any]) -> None:
    _check(lambda: load_hardware("sre", changes))
    _check(lambda: load_hardware("isaac").replace(changes))
