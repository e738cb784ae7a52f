"""Simulated cycles as a study: columns, intervals, stopping, order, interruption."""

import numpy as np
import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.models.inference import infer
from recost.network import load_network
from recost.study.montecarlo_cycles import montecarlo_arrays, montecarlo_cycles
from recost.study.sampling import Interrupted, Sampling

SRE, DENSE = load_hardware("sre"), load_hardware("ou-dense")
LENET = load_network("lenet5")


def test_a_row_a_layer_and_their_total():
    result = montecarlo_cycles([SRE], LENET, Sampling(6))
    assert result.column("layer") == [*LENET.names, None]
    assert result.column("row") == ["layer"] * len(LENET) + ["total"]
    *layers, total = result.to_dicts()
    for name in ("ou_activations", "ou_activations_simulated", "cycles", "cycles_simulated"):
        assert total[name] == pytest.approx(sum(row[name] for row in layers))
    for row in result.to_dicts():
        for name in ("ou_activations", "cycles"):
            mean = row[f"{name}_simulated"]
            assert row[f"{name}_simulated_low"] <= mean <= row[f"{name}_simulated_high"]
            assert row[f"{name}_bias_percent"] == pytest.approx(100 * (row[name] / mean - 1))


@pytest.mark.parametrize("weights", ["ou-row", "matrix", "none"])
def test_the_closed_form_is_that_of_an_estimate(weights):
    hardware = SRE.replace({"sparsity.weights": weights})
    *layers, _ = montecarlo_cycles([hardware], LENET, Sampling(1)).to_dicts()
    found = [row["cycles"] for row in layers]
    assert found == [layer.cycles for layer in infer(hardware, LENET).layers]


def test_dense_hardware_agrees_exactly():
    result = montecarlo_cycles([DENSE], LENET, Sampling(2))
    assert result.column("ou_activations") == result.column("ou_activations_simulated")
    assert result.column("cycles") == result.column("cycles_simulated")
    assert all(result.column("agrees"))


def test_neither_order_nor_company_changes_a_layer():
    name = LENET.names[1]
    alone = montecarlo_cycles([SRE], LENET, Sampling(4, seed=7), layers=[name]).to_dicts()
    together = montecarlo_cycles([DENSE, SRE], LENET, Sampling(4, seed=7)).to_dicts()
    assert alone[0] in together
    other = montecarlo_cycles([SRE], LENET, Sampling(4, seed=8), layers=[name]).to_dicts()
    assert other[0]["cycles_simulated"] != alone[0]["cycles_simulated"]


def test_one_trial_has_no_interval():
    [row] = montecarlo_cycles([SRE], LENET, Sampling(1), layers=["fc1"]).to_dicts()
    assert row["cycles_simulated_low"] is None


def test_stops_when_the_interval_is_narrow_enough():
    result = montecarlo_cycles([SRE], LENET, Sampling(16, 0.02), layers=["fc1"])
    [row] = result.to_dicts()
    assert row["trials"] >= 16
    for name in ("ou_activations_simulated", "cycles_simulated"):
        assert row[f"{name}_high"] - row[f"{name}_low"] <= 2 * 0.02 * row[name]
    assert "look" in result.notes[0]
    assert result.provenance["until_relative_error"] == 0.02


def test_an_interruption_keeps_what_is_known():
    def stop(share, what):
        assert 0.0 < share <= 1.0
        assert what.startswith("sre lenet5")
        if share > 0.6:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        montecarlo_cycles([SRE], LENET, Sampling(4), progress=stop)
    known = caught.value.result.to_dicts()
    assert 1 < len(known) <= len(LENET) + 1
    assert known[0]["trials"] == 4


def test_bits_drawn_together_leave_the_work_and_change_the_wait():
    pair = [
        montecarlo_cycles([SRE], LENET, Sampling(40), layers=["conv2"], independent_bits=bits)
        for bits in (True, False)
    ]
    work = [result.column("ou_activations_simulated")[0] for result in pair]
    assert work[0] == pytest.approx(work[1], rel=0.01)


@pytest.mark.parametrize(
    ("trials", "error"), [(0, None), (10, 0.0), (10, 1.5), (10, -0.1), (10, float("nan"))]
)
def test_impossible_samplings_are_refused(trials, error):
    with pytest.raises(InputError):
        Sampling(trials, error)


def test_unknown_layers_are_named():
    with pytest.raises(InputError, match="did you mean 'conv1'"):
        montecarlo_cycles([SRE], LENET, layers=["conf1"])


def test_real_arrays():
    rng = np.random.default_rng(0)
    weights, inputs = rng.integers(-3, 4, (150, 20)), rng.integers(0, 99, (4, 150))
    [total] = montecarlo_arrays([SRE], weights, inputs).to_dicts()
    crossbars = montecarlo_arrays([SRE], weights, inputs, per="crossbar").to_dicts()
    vectors = montecarlo_arrays([SRE], weights, inputs, per="vector").to_dicts()
    assert len(crossbars) == total["crossbars"] + 1
    assert sum(row["ou_activations"] for row in crossbars[:-1]) == total["ou_activations"]
    assert sum(row["ou_activations"] for row in vectors[:-1]) == total["ou_activations"]
    assert sum(row["cycles"] for row in vectors[:-1]) == total["cycles_sync_vector"]
    assert max(row["cycles"] for row in crossbars[:-1]) == total["cycles_sync_layer"]
    with pytest.raises(InputError, match="crossbar"):
        montecarlo_arrays([SRE], weights, inputs, per="row")
