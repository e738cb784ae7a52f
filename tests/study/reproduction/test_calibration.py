"""Fitted values: the shipped ones are found again, and fits do what they say."""

from __future__ import annotations

import math
import re

import pytest

from recost.errors import InputError
from recost.study.reproduce import fits, leave_one_out, open_studies
from recost.study.reproduction.files import shipped_studies


@pytest.fixture(scope="module")
def fitted():
    return fits()


@pytest.mark.slow
def test_the_shipped_values_are_what_the_fit_finds(fitted):
    found, text = fitted
    assert found
    studies = open_studies()
    for one in found:
        fit = one.parameter.fit
        holder = next(s for s in studies if fit in s.study.fit)
        machine = holder.runner.loader.hardware(fit.hardware, {})
        provenance = machine.provenance[fit.key]
        assert provenance.calibrated == fit.figure
        assert str(one.parameter.text(one.value)) == provenance.text, fit
        assert f'calibrated = "{fit.figure}"' in text


def test_every_calibrated_value_has_a_fit():
    for study in open_studies():
        named = {fit.figure for fit in study.study.fit}
        figures = {figure.id for figure in study.study.figure}
        for case in study.study.figure:
            for name in filter(None, (case.hardware, case.baseline)):
                for key, provenance in study.runner.loader.hardware(name, {}).provenance.items():
                    if provenance.calibrated in figures:
                        assert provenance.calibrated in named, (name, key)


HEAD = """
schema = 1
system = "isaac"
title = "a fit whose answer is known"

[[figure]]
id = "isaac-tile-power"
run = "rollup"
hardware = "./fitted.toml"
where = {row = "tile"}
column = "power_w"
scale = 1e3

[[fit]]
figure = "isaac-tile-power"
hardware = "./fitted.toml"
key = "bus.power"
low = "1 mW"
high = "100 mW"
digits = 6
"""
HARDWARE = """
schema = 1
kind = "reram"
extends = "isaac"
title = "ISAAC with another bus"
[bus]
power = {value = "20 mW", source = "made up", calibrated = "isaac-tile-power"}
"""


def test_a_fit_whose_answer_is_known(tmp_path):
    # A tile is the sum of its parts, so the bus is what the others leave of the printed 330 mW.
    (tmp_path / "fitted.toml").write_text(HARDWARE)
    (tmp_path / "study.toml").write_text(HEAD)
    (study,) = open_studies([str(tmp_path / "study.toml")])
    (before,) = study.figures()
    (found,), text = fits([str(tmp_path / "study.toml")])
    assert found.value == pytest.approx(20.0 - (before.high - 330.0), rel=1e-6)
    assert text.startswith("# ./fitted.toml\nbus.power = {value = ")
    (row,) = study.rows()
    assert row["verdict"] == "off" if abs(row["ratio"] - 1) > 0.1 else "calibrated"
    assert row["calibrated_keys"] == "bus.power"


def test_a_fit_of_a_value_that_was_not_fitted_yet_is_for_its_machine_alone(tmp_path):
    # Against a baseline with the same bus the tile's power moves only if the baseline's does not.
    text = HEAD.replace('run = "rollup"', 'run = "rollup"\nover = {hardware = "isaac"}')
    (tmp_path / "fitted.toml").write_text(HARDWARE.replace(', calibrated = "isaac-tile-power"', ""))
    (tmp_path / "study.toml").write_text(text.replace("scale = 1e3", "scale = 330.0"))
    (found,), _ = fits([str(tmp_path / "study.toml")])
    assert found.parameter.hardware == ("./fitted.toml",)
    assert found.value == pytest.approx(7.0, rel=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("bus.power", "bus.powr", "did you mean 'bus.power'?"),
        ("1 mW", "-1 mW", "'-1 mW' is not a positive number with a unit"),
        ("mW", "mJ", "'mJ' is not a unit for W"),
        (
            'key = "bus.power"\nlow = "1 mW"\nhigh = "100 mW"',
            'key = "cell.write_time"\nlow = "1 ns"\nhigh = "9 ns"',
            "does not move isaac-tile-power",
        ),
    ],
)
def test_a_bad_fit_says_what_is_wrong(tmp_path, old, new, said):
    (tmp_path / "fitted.toml").write_text(HARDWARE)
    (tmp_path / "study.toml").write_text(HEAD.replace(old, new))
    with pytest.raises(InputError, match=re.escape(said)) as caught:
        fits([str(tmp_path / "study.toml")])
    assert "study.toml:" in str(caught.value)


def test_what_follows_from_a_fitted_value_still_follows_from_it():
    # One energy a cell: of a spike read, of a stored bit, of a product (half of the bits spikes).
    (study,) = open_studies(["pipelayer"])
    machine = study.runner.loader.hardware("pipelayer-row", {})
    cell_j = machine.value("cell.read_energy")
    assert machine.value("memory.read_energy") == cell_j
    product_j = 0.5 * machine.crossbar.rows * machine.crossbar.columns * cell_j
    assert machine.value("training.mvm_energy") == pytest.approx(product_j, rel=1e-3)


@pytest.mark.slow
def test_leaving_one_out_moves_the_others():
    result = leave_one_out(["panther"])
    keys = {row["key"] for row in result.rows}
    assert {"training.serial_energy", "training.adc_growth"} <= keys
    for row in result.rows:
        assert row["fitted_to"] != row["figure"]
        assert row["ratio_after"] != row["ratio_before"]
        assert math.isfinite(row["value_change_percent"])
    # A refit that meets its target says so.
    assert any(row["fitted_ratio"] == pytest.approx(1.0, rel=1e-4) for row in result.rows)


def test_studies_without_fits_have_nothing_to_leave_out():
    assert "isaac" in shipped_studies()
    assert not leave_one_out(["isaac"]).rows
    assert fits(["isaac"]) == ([], "\n")
