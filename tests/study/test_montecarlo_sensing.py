"""Read errors as a study: rows, intervals, stopping, interruption, a layer's data."""

import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.network import load_network
from recost.study.montecarlo_sensing import Question, montecarlo_sensing
from recost.study.sampling import Interrupted, Sampling

SRE = load_hardware("sre").replace({"crossbar.cell_bits": 1, "operation_unit.rows": 8})
TALL = SRE.replace({"operation_unit.rows": 16})
FEW = Sampling(2000)


def test_a_row_an_operation_unit():
    labels = [{"operation_unit_rows": "8"}, {"operation_unit_rows": "16"}]
    result = montecarlo_sensing([SRE, TALL], FEW, labels=labels)
    assert result.columns[:2] == ("hardware", "operation_unit_rows")
    short, tall = result.to_dicts()
    assert (short["active_wordlines"], tall["active_wordlines"]) == (8, 16)
    assert short["error_percent"] < tall["error_percent"]
    for row in (short, tall):
        assert row["error_percent_low"] <= row["error_percent"] <= row["error_percent_high"]
        assert row["noise_error_percent"] == pytest.approx(
            row["closed_noise_error_percent"], rel=0.1
        )
        assert row["snr_db"] == pytest.approx(row["closed_snr_db"], abs=1.0)


def test_rows_of_sums_and_codes_tell_one_story():
    sums = montecarlo_sensing([SRE], FEW, Question(per="sum", active=(2, 3))).to_dicts()
    codes = montecarlo_sensing([SRE], FEW, Question(per="code", active=(2, 3))).to_dicts()
    assert [(r["active_wordlines"], r["true_sum"]) for r in sums] == [
        (2, 0), (2, 1), (2, 2), (3, 0), (3, 1), (3, 2), (3, 3)
    ]  # fmt: skip
    assert len(codes) == 9 + 16
    for row in sums:
        right = [
            c["share_percent"]
            for c in codes
            if c["active_wordlines"] == row["active_wordlines"]
            and c["true_sum"] == c["sensed_sum"] == row["true_sum"]
        ]
        assert row["error_percent"] == pytest.approx(100.0 - right[0])
        assert row["trials"] == 2000


def test_stops_when_the_interval_is_narrow_enough():
    sampling = Sampling(32_000, 0.05)
    [row] = montecarlo_sensing([TALL], sampling, Question(per="unit")).to_dicts()
    half = 0.5 * (row["error_percent_high"] - row["error_percent_low"])
    assert half <= 0.05 * row["error_percent"] * 1.1  # the interval is not symmetric
    assert row["trials"] < 32_000


def test_an_error_too_rare_to_see_ends_too():
    perfect = SRE.replace({"cell.spread": 1e-6})
    small = Sampling(1000, 0.5)
    [row] = montecarlo_sensing([perfect.replace({"operation_unit.rows": 1})], small).to_dicts()
    assert row["error_percent"] == 0.0
    assert row["error_percent_high"] <= 1e-4


def test_progress_rises_to_the_end_and_an_interruption_keeps_what_is_known():
    seen = []

    def watch(share, what):
        seen.append(share)
        if share > 0.7:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        montecarlo_sensing([SRE, TALL], FEW, progress=watch)
    assert seen == sorted(seen)
    known = caught.value.result.to_dicts()
    assert len(known) == 2
    assert known[0]["snr_db"] is not None
    assert known[1]["trials"] > 0


def test_the_data_of_a_layer():
    network = load_network("caffenet-ssl")
    question = Question(network=network, layer="conv5")
    dense = SRE.replace({"sparsity.weights": "none"})
    [row] = montecarlo_sensing([dense], FEW, question).to_dicts()
    assert (row["workload"], row["layer"]) == ("caffenet-ssl", "conv5")
    [uniform] = montecarlo_sensing([dense], FEW).to_dicts()
    assert row["zero_sums_percent"] > 40.0 > uniform["zero_sums_percent"]  # DL-RSIM: over 40 %
    with pytest.raises(InputError, match="belong together"):
        Question(network=network)


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match="unit, sum, code"):
        Question(per="row")
    with pytest.raises(InputError, match="between 1 and the 8"):
        montecarlo_sensing([SRE], FEW, Question(active=(9,)))
