"""Study files: what they may say, and what is said about a bad one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recost.errors import InputError
from recost.study.reproduce import open_studies, reproduce, study_text
from recost.study.reproduction.files import published_figures, shipped_studies

HEAD = 'schema = 1\nsystem = "isaac"\ntitle = "mine"\n'
FIGURE = """
[[figure]]
id = "isaac-tile-power"
run = "rollup"
hardware = "isaac"
where = {row = "tile"}
column = "power_w"
scale = 1e3
"""
# A machine that leaks nothing as shipped.
ZERO_BELOW = """
[[figure]]
id = "isaac-ce"
run = "estimate"
hardware = "isaac"
workloads = ["lenet5"]
column = "energy_j"
over = {column = "energy_leakage_j"}
"""
# The worse machine of two, whose saving is less than nothing.
LOSS = """
[[figure]]
id = "isaac-ce"
run = "compare"
hardware = "ou-dense"
baseline = "sre"
workloads = ["lenet5-ssl"]
column = "energy_saving_percent"
take = "geometric-mean"
"""


def write(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(HEAD + text)
    return str(path)


def unknown(key: str, *values: str, more: str = "") -> str:
    """An unknown of a study, as a file has it."""
    choices = ", ".join(f'{{value = {value}, source = "me"}}' for value in values)
    return f'[[unknown]]\nname = "u"\nkey = "{key}"\nvalues = [{choices}]\n{more}'


def faults(folder: Path, text: str) -> str:
    with pytest.raises(InputError) as caught:
        reproduce([write(folder, text)])
    return str(caught.value)


def test_a_copy_with_another_input_gives_another_figure(tmp_path):
    (same,) = reproduce([write(tmp_path, FIGURE)]).rows
    (other,) = reproduce([write(tmp_path, FIGURE + 'set = {"adc.power" = "4 mW"}\n')]).rows
    assert same["verdict"] == "predicted"
    # ISAAC's 96 ADCs of a tile take 2 mW each: 192 mW more.
    assert other["modelled"] - same["modelled"] == pytest.approx(96 * 2.0, rel=1e-3)
    assert other["verdict"] == "off"


@pytest.mark.parametrize("system", shipped_studies())
def test_a_copy_in_another_folder_finds_all_its_files(tmp_path, system):
    path = tmp_path / "mine.toml"
    path.write_text(study_text(system))
    (study,) = open_studies([str(path)])
    load = study.runner.loader
    for figure in (*study.study.figure, *study.study.also):
        for name in filter(None, (figure.hardware, figure.baseline)):
            assert load.hardware(name, {}).name
        for name in figure.workloads:
            assert len(load.network(name, {}))
    for one in study.study.unknown:
        for choice in one.values:
            if one.key == "figure:workloads":
                assert all(len(load.network(name, {})) for name in choice.value)


def test_a_file_of_ones_own_is_beside_the_study(tmp_path):
    (tmp_path / "bus.toml").write_text(
        'schema = 1\nkind = "reram"\nextends = "isaac"\ntitle = "t"\n'
        '[bus]\nsource = "made up"\npower = "20 mW"\n'
    )
    own = FIGURE.replace('"isaac"\nwhere', '"./bus.toml"\nwhere')
    (before,) = reproduce([write(tmp_path, FIGURE)]).rows
    (after,) = reproduce([write(tmp_path, own)]).rows
    assert after["modelled"] - before["modelled"] == pytest.approx(20.0 - 7.0)


def test_what_a_study_itself_sets_of_an_unknown_is_no_prediction(tmp_path):
    # 2 mW are what the machine's file has, but the study says that it picked them.
    picked = FIGURE + 'set = {"adc.power" = "2 mW"}\n'
    (row,) = reproduce([write(tmp_path, picked)]).rows
    assert row["verdict"] == "predicted"
    (row,) = reproduce([write(tmp_path, picked + unknown("adc.power", '"2 mW"', '"3 mW"'))]).rows
    assert row["verdict"] == "reachable"
    (row,) = reproduce([write(tmp_path, picked + unknown("adc.power", '"2 mW"', '"9 mW"'))]).rows
    assert row["verdict"] == "unconstrained"
    (row,) = reproduce([write(tmp_path, FIGURE + unknown("adc.power", '"2 mW"', '"9 mW"'))]).rows
    assert row["verdict"] == "predicted"


def test_every_value_of_an_unknown_cites_a_reference():
    for study in open_studies():
        for one in study.study.unknown:
            for choice in one.values:
                assert re.search(r"\[(P|S|D|2|R)\]", choice.source), (one.name, choice.source)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FIGURE + FIGURE, "'isaac-tile-power' stands here twice"),
        (FIGURE.replace('"power_w"', "[]"), "has 0 values; it must have at least 1"),
        (FIGURE + 'baseline_set = {"adc.bits" = 3}\n', "there is no baseline"),
        (ZERO_BELOW, "the second case gives 0"),
        (LOSS, "have no geometric-mean"),
        (FIGURE + unknown("adc.bits", '["a"]'), "a list is for figure:KEY"),
        (FIGURE + unknown("figure:batch", "64"), "no figure has the unknown 'u'"),
        (
            FIGURE + unknown("figure:batch", '"x"', more='figures = ["isaac-tile-power"]\n'),
            "figure:batch: Input should be a valid integer",
        ),
        (
            FIGURE + unknown("adc.bits", "7", more='hardware = ["isac"]\n'),
            "no figure has 'isac'; did you mean 'isaac'?",
        ),
        ('profiles = {lenet = "12"}\n' + FIGURE, "unknown workload 'lenet'"),
        (FIGURE.replace("rollup", "rolup"), "figure[0].run: expected"),
        (FIGURE + "colum = 1\n", "unknown key; did you mean 'column'?"),
        (FIGURE.replace("isaac-tile-power", "isaac-tile-powr"), "did you mean 'isaac-tile-power'?"),
        (FIGURE.replace('"power_w"', '"power_x"'), "no number in power_x of 'rollup'; it has"),
        (FIGURE.replace('"tile"', '"tyle"'), "no row of 'rollup' has row = tyle"),
        (FIGURE.replace('hardware = "isaac"', 'hardware = "isac"'), "did you mean 'isaac'?"),
        (FIGURE + 'set = {"adc.bit" = 8}\n', "did you mean 'adc.bits'?"),
        (FIGURE.replace('where = {row = "tile"}', ""), "one value was published"),
        (FIGURE.replace("scale = 1e3", "scale = -1.0"), "it must be more than 0"),
        (FIGURE + 'over = {colum = "power_w"}\n', "unknown key"),
        (FIGURE.replace("rollup", "compare"), "a comparison needs its baseline"),
        (
            FIGURE + '[[unknown]]\nname = "u"\nkey = "adc.bits"\nvalues = []\n',
            "has 0 values; it must have at least 1",
        ),
        (
            FIGURE + '[[unknown]]\nname = "u"\nkey = "adc.bits"\nvalues = [{value = 7}]\n',
            "source: missing",
        ),
        (
            FIGURE
            + '[[unknown]]\nname = "u"\nkey = "adc.bits"\nfigures = ["x"]\n'
            + 'values = [{value = 7, source = "me"}]\n',
            "unknown figure 'x'",
        ),
        (
            FIGURE
            + '[[fit]]\nfigure = "isaac-tile-power"\nhardware = "isaac"\nkey = "adc.power"\n'
            + 'low = "1 mW"\nhigh = "1 W"\n',
            "write both in one unit",
        ),
    ],
)
def test_a_bad_study_says_what_is_wrong_and_where(tmp_path, text, said):
    message = faults(tmp_path, text)
    assert said in message
    assert "mine.toml:" in message


def test_an_unknown_system_is_named():
    with pytest.raises(InputError, match="unknown system 'isac'; did you mean 'isaac'"):
        reproduce(["isac"])
    with pytest.raises(InputError, match="no such file"):
        reproduce(["./nothing.toml"])


def test_every_published_figure_is_in_a_study_and_no_other():
    figures = [figure.id for study in open_studies() for figure in study.study.figure]
    assert sorted(figures) == sorted(published_figures())


def test_every_system_has_its_study():
    assert {figure.system for figure in published_figures().values()} == set(shipped_studies())


def test_a_changed_profile_is_said(tmp_path):
    path = write(tmp_path, 'profiles = {lenet5 = "0123456789abcdef"}\n' + FIGURE)
    (warning,) = reproduce([path]).warnings
    assert "lenet5 has changed since the study was fixed" in warning
