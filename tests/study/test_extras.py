import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.models.sensing import error_table, sum_distribution, uniform_states
from recost.models.sensing_gaussian import misread_share
from recost.network import load_network
from recost.study import extras
from recost.study.extras import EXTRAS
from recost.study.lifetime import lifetime
from recost.study.space import parse_space
from recost.study.sweep import Study

LENET = load_network("lenet5")


def table_of(vary, names, hardware="sre", network=LENET):
    study = Study([load_hardware(hardware)], [network], parse_space(vary), extras=names)
    return study, study.table(0, study.size)[0]


def test_read_errors_of_every_point():
    vary = ["operation_unit.rows=4,16", "adc.bits=3,6", "cell.spread=0.05,0.2", "adc.energy=1 pJ"]
    _, table = table_of(vary, ["read_error_percent"])
    machine = load_hardware("sre")
    found = iter(table["read_error_percent"])
    for rows in (4, 16):
        for bits in (3, 6):
            for spread in (0.05, 0.2):
                keys = {"operation_unit.rows": rows, "adc.bits": bits, "cell.spread": spread}
                assert next(found) == 100.0 * misread_share(machine.replace(keys))


def test_the_closed_form_counts_narrow_converters_too():
    machine = load_hardware("sre").replace({"adc.bits": 3, "operation_unit.rows": 8})
    states = uniform_states(1 << machine.crossbar.cell_bits)
    table = error_table(machine, 8, trials=20_000)
    error, low, high = table.error(sum_distribution(8, states))
    assert error > 1.5 * table.error(sum_distribution(8, states), noise_only=True)[0]
    assert misread_share(machine) == pytest.approx(error, abs=max(0.02 * error, high - low))


def test_life_is_that_of_the_command():
    network = load_network("resnet20-cifar10")
    _, table = table_of(["writes.feedback=0,1"], ["lifetime_trainings"], "essence", network)
    for feedback, found in zip((0, 1), table["lifetime_trainings"], strict=True):
        machine = load_hardware("essence").replace({"writes.feedback": feedback})
        wanted = lifetime(machine, network).to_dicts()[0]["lifetime_trainings"]
        assert found == pytest.approx(wanted, rel=1e-12)


def test_prices_do_not_make_it_work_again(monkeypatch):
    calls = []
    monkeypatch.setitem(EXTRAS, "lifetime_trainings", lambda *_: calls.append(1) or 5.0)
    vary = ["operation_unit.rows=4,8", "adc.energy=1 pJ:2 pJ:50", "adc.area=1 um^2:9 um^2:20"]
    study, table = table_of(vary, ["lifetime_trainings"])
    assert len(calls) == 2
    assert table["lifetime_trainings"].tolist() == [5.0] * study.size


def test_reading_alike_is_worked_out_once(monkeypatch):
    calls = []
    monkeypatch.setattr(extras, "misread_share", lambda machine: calls.append(machine) or 0.5)
    _, table = table_of(["hierarchy.cores_per_tile=1..9"], ["read_error_percent"])
    assert len(calls) == 1
    assert set(table["read_error_percent"]) == {50.0}


def test_what_is_not_known_is_a_gap_with_a_reason():
    study, table = table_of(["adc.bits=5,6"], ["lifetime_years"], "isaac")
    assert np.isnan(table["lifetime_years"]).all()
    assert study.missing
    assert "lifetime_years" in study.missing
