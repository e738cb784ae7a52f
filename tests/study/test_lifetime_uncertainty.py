import math

import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.models.uncertainty import Draws
from recost.network import load_network
from recost.study.life_case import Duty
from recost.study.lifetime import lifetime
from recost.study.lifetime_uncertainty import uncertain_lifetime

MLP, LENET = load_network("mlp-l4"), load_network("lenet5")
HOUR = Duty(training_s=3600.0)


def test_a_life_that_chance_leaves_alone_has_the_interval_of_the_endurance():
    """Life is in proportion to the endurance: its quantiles are those of a lognormal."""
    machine = load_hardware("panther-2")
    certain = lifetime(machine, MLP, duty=HOUR).to_dicts()[0]
    assert certain["lifetime_trainings_low"] == certain["lifetime_trainings_high"]
    share, count = 0.3, 400
    spread = machine.with_spreads({"cell.endurance.median": share})
    row = uncertain_lifetime(spread, MLP, Draws(count), duty=HOUR).to_dicts()[0]
    assert row["lifetime_trainings"] == certain["lifetime_trainings"]
    s = math.sqrt(math.log1p(share**2))
    for end, z in (("low", -1.6448536), ("high", 1.6448536)):
        factor = math.exp(s * z - s * s / 2.0)
        # Five standard errors of a sample quantile, in the logarithm.
        density = math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi) / s
        error = 5.0 * math.sqrt(0.05 * 0.95 / count) / density
        for name in ("lifetime_trainings", "lifetime_years"):
            assert abs(math.log(row[f"{name}_{end}"] / certain[name] / factor)) < error


def test_without_doubt_the_interval_is_that_of_machines():
    machine = load_hardware("pipelayer")
    certain = lifetime(machine, LENET, duty=HOUR).to_dicts()[0]
    spread = machine.with_spreads({"cell.endurance.median": 1e-6})
    row = uncertain_lifetime(spread, LENET, Draws(600, 1), duty=HOUR).to_dicts()[0]
    for name in ("lifetime_trainings_low", "lifetime_trainings_high"):
        assert row[name] == pytest.approx(certain[name], rel=0.08)
    doubtful = machine.with_spreads({"cell.endurance.median": 1.0})
    wide = uncertain_lifetime(doubtful, LENET, Draws(200, 1), duty=HOUR).to_dicts()[0]
    assert wide["lifetime_trainings_low"] < 0.7 * certain["lifetime_trainings_low"]
    assert wide["lifetime_trainings_high"] > 1.3 * certain["lifetime_trainings_high"]


def test_rows_without_spreads_are_those_of_lifetime():
    machine = load_hardware("pipelayer")
    result = uncertain_lifetime(machine, LENET, Draws(50), duty=HOUR)
    assert result.to_dicts() == lifetime(machine, LENET, duty=HOUR).to_dicts()
    assert any("states no spread" in note for note in result.notes)


def test_a_share_of_failed_cells_and_the_same_seed():
    machine = load_hardware("pipelayer").with_spreads({"cell.endurance.median": 0.3})
    found = [uncertain_lifetime(machine, LENET, Draws(30, 2), failed_fraction=0.01, duty=HOUR)
             for _ in range(2)]  # fmt: skip
    row = found[0].to_dicts()[0]
    assert found[1].to_dicts()[0] == row
    assert row["lifetime_trainings_low"] < row["lifetime_trainings"]
    assert np.isfinite(row["lifetime_years_high"])
