"""Fitted values: the shipped ones are found again, and fits do what they say."""

from __future__ import annotations

import math

import pytest

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
