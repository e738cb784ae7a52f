"""The JSON Schema accepts what recost accepts and refuses what an editor can see is wrong."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import tomli

from recost.hardware import load_hardware
from recost.hardware.json_schema import json_schema
from recost.hardware.skeleton import skeleton
from recost.locate import list_available, shipped_folder
from tests.hardware.conftest import SMALLEST
from tests.naive.json_schema import is_valid

SHIPPED = sorted(path.stem for path in shipped_folder("hardware").glob("*.toml"))


@cache
def _schema() -> dict[str, Any]:
    return json.loads(json.dumps(json_schema()))


def _accepts(text: str) -> bool:
    return is_valid(tomli.loads(text), _schema(), _schema())


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_files_follow_it(name: str) -> None:
    assert _accepts(list_available("hardware")[name].read_text(encoding="utf-8"))


def test_new_files_follow_it() -> None:
    assert _accepts(SMALLEST)
    assert _accepts(skeleton())
    assert _accepts(skeleton(load_hardware("sre")))


@pytest.mark.parametrize(
    "text",
    [
        '[adc]\nenergy = "1.67 pJ"\n',
        '[adc]\nenergy = "1.67e-3 nJ"\n',
        '[dac]\narea = "1200 um^2"\n',
        '[dac]\narea = "1200µm²"\n',
        '[bus]\nenergy = {value = "1 pJ/bit", spread = "10 %", source = "x", calibrated = "y"}\n',
        '[adc]\nbits = "auto"\n',
        "[adc]\nbits = 6\n",
        "[mapping]\nreplication = [1, 2]\n",
        '[mapping]\nreplication = "balanced"\n',
        '[leakage]\nfraction = "10 %"\n',
        "[leakage]\nfraction = 0.1\n",
        "[cell.endurance]\nmedian = 1e6\n",
    ],
)
def test_it_accepts(text: str) -> None:
    assert _accepts('schema = 1\nkind = "reram"\n' + text)


@pytest.mark.parametrize(
    "text",
    [
        "schema = 1\n",
        'kind = "reram"\n',
        'schema = 2\nkind = "reram"\n',
        'schema = 1\nkind = "rerum"\n',
        'schema = 1\nkind = "reram"\n[adc]\nenergy = 1.67\n',
        'schema = 1\nkind = "reram"\n[adc]\nenergy = "1.67"\n',
        'schema = 1\nkind = "reram"\n[adc]\nenergy = "1.67 ns"\n',
        'schema = 1\nkind = "reram"\n[adc]\nenergy = {source = "x"}\n',
        'schema = 1\nkind = "reram"\n[adc]\nenergy = {value = "1 pJ", sorce = "x"}\n',
        'schema = 1\nkind = "reram"\n[adc]\nbits = "seven"\n',
        'schema = 1\nkind = "reram"\n[adc]\nbits = 65\n',
        'schema = 1\nkind = "reram"\n[adc]\nbit = 6\n',
        'schema = 1\nkind = "reram"\n[adcs]\nbits = 6\n',
        'schema = 1\nkind = "reram"\n[mapping]\nreplication = []\n',
        'schema = 1\nkind = "reram"\n[mapping]\nreplication = "list"\n',
        'schema = 1\nkind = "reram"\n[mapping]\nflip_columns = 1\n',
    ],
)
def test_it_refuses(text: str) -> None:
    assert not _accepts(text)


def test_an_editor_can_show_meaning_default_and_words() -> None:
    adc = _schema()["$defs"]["ReramAdc"]["properties"]
    assert adc["area"]["default"] == "0 mm2"
    assert adc["scaling"]["default"] == "none"
    assert adc["scaling"]["anyOf"][0]["enum"] == ["none", "linear", "exponential"]
    assert "converter" in adc["energy"]["description"]
    assert "source" in adc
