import numpy as np
import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.models.uncertainty import Draws
from recost.network import load_network
from recost.study.compare import compare
from recost.study.estimate import estimate
from recost.study.pricing import Pricing
from recost.study.space import parse_space
from recost.study.sweep import Study
from recost.study.uncertainty import uncertainty_notes, with_intervals

LENET = load_network("lenet5")
SRE, DENSE = load_hardware("sre"), load_hardware("ou-dense")


def test_columns_of_intervals_follow_their_own():
    found = with_intervals(["row", "energy_j"])
    assert found == ("row", "energy_j", "energy_j_low", "energy_j_high")


def test_what_both_machines_inherit_cancels_in_their_ratio():
    shares = {"adc.rate": 0.3}
    sre, dense = SRE.with_spreads(shares), DENSE.with_spreads(shares)
    row = compare(sre, LENET, baseline=dense, draws=Draws(200)).to_dicts()[0]
    assert row["latency_s_low"] < row["latency_s"] < row["latency_s_high"]
    for ratio in ("speedup", "throughput_speedup"):
        assert row[f"{ratio}_low"] == pytest.approx(row[ratio], rel=1e-12)
        assert row[f"{ratio}_high"] == pytest.approx(row[ratio], rel=1e-12)
    # Of two machines that state the number for themselves, each is off in its own way.
    own = SRE.replace({"adc.rate": SRE.adc.rate_per_s}).with_spreads(shares)
    row = compare(own, LENET, baseline=dense, draws=Draws(200)).to_dicts()[0]
    assert row["speedup_low"] < 0.8 * row["speedup"]
    assert row["speedup_high"] > 1.2 * row["speedup"]


def test_intervals_of_energy_ratios_and_their_means():
    shares = {"*.energy": 0.3}
    networks = [LENET, load_network("mlp-mnist")]
    result = compare(
        SRE.with_spreads(shares), networks, baseline=DENSE.with_spreads(shares), draws=Draws(300)
    )
    for row in [*result.rows, *result.means]:
        for name in ("energy_reduction", "energy_saving_percent"):
            if row[name] is not None:
                assert row[f"{name}_low"] < row[name] < row[f"{name}_high"]
    assert any("300 draws" in note for note in result.notes)


def test_a_machine_without_spreads_says_so():
    result = estimate(SRE, LENET, draws=Draws(50))
    row = result.to_dicts()[0]
    assert row["energy_j_low"] == row["energy_j_high"] == pytest.approx(row["energy_j"], rel=1e-12)
    assert any("states no spread" in note for note in result.notes)
    with pytest.raises(InputError, match="leave --per out"):
        estimate(SRE, LENET, per="layer", draws=Draws(50))


def test_machines_without_spreads_share_one_note():
    isaac = load_hardware("isaac")
    (note,) = uncertainty_notes([SRE, isaac], Draws(50))
    assert note.startswith("sre, isaac state no spread: their intervals are their values")
    (method,) = uncertainty_notes([SRE.with_spreads({"adc.energy": 0.2})], Draws(50))
    assert "of 1 uncertain number, each lognormal" in method


def test_machines_without_a_compiled_sweep_are_drawn_one_by_one():
    panther = load_hardware("panther-2").with_spreads({"*": 0.2})
    network = load_network("mlp-l4")
    row = estimate(panther, network, phase="training", draws=Draws(40)).to_dicts()[0]
    assert row["energy_j_low"] < row["energy_j"] < row["energy_j_high"]
    gpu = load_hardware("gpu-gtx1080")
    key = next(key for key in gpu.settings if key.startswith("gpu.") and key.endswith("bandwidth"))
    row = estimate(gpu.with_spreads({key: 0.2}), LENET, draws=Draws(40)).to_dicts()[0]
    assert row["latency_s_low"] < row["latency_s_high"]
    assert row["area_mm2_low"] is None


def test_equal_crossbars_keep_their_copies_in_every_draw():
    shares = {"adc.energy": 0.2}
    row = compare(
        SRE.with_spreads(shares),
        LENET,
        baseline=DENSE.with_spreads(shares),
        equal="crossbars",
        draws=Draws(20),
    ).to_dicts()[0]
    assert row["energy_reduction_low"] < row["energy_reduction_high"]
    assert row["throughput_per_s_low"] == row["throughput_per_s"] == row["throughput_per_s_high"]


def test_a_sweep_has_the_intervals_of_estimates():
    machine = SRE.with_spreads({"*": 0.25})
    space = parse_space(["operation_unit.rows=8,16", "adc.energy=1 pJ,2 pJ", "adc.bits=5,6"])
    study = Study([machine], [LENET], space, Pricing(draws=Draws(60, 5)))
    table, _ = study.table(0, study.size)
    for point in range(study.size):
        places, _ = space.points(point, point + 1)
        settings = {a.key: a.texts[p] for a, p in zip(space.axes, places[0], strict=True)}
        wanted = estimate(machine.replace(settings), LENET, draws=Draws(60, 5)).to_dicts()[0]
        for name in ("energy_j", "latency_s", "power_w", "area_mm2"):
            for end in ("", "_low", "_high"):
                assert table[name + end][point] == pytest.approx(wanted[name + end], rel=1e-9)
    some, _ = study.table(3, 5)
    assert np.array_equal(some["energy_j_low"], table["energy_j_low"][3:5])
