import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.network import load_network
from recost.study.conditions import Goal, parse_where
from recost.study.extras import EXTRAS
from recost.study.pieces import chunks, select
from recost.study.selection import Selection
from recost.study.space import parse_space
from recost.study.sweep import Study

optuna = pytest.importorskip("optuna")
from recost.study.optimise import Optimiser

ENERGY, LATENCY = Goal("energy_j", False), Goal("latency_s", False)


def study_of(vary, hardware=("sre",), extras=(), **options):
    machines = [load_hardware(name) for name in hardware]
    space = parse_space(vary, **options)
    return Study(machines, [load_network("lenet5")], space, extras=extras)


def enumerated(study, selection):
    pieces = chunks(study, selection, 0, study.size)
    return select(study, selection, lambda _: None, None, pieces)[0]


def rows(table):
    return set(zip(*(column.tolist() for column in table.values()), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("goals", [(ENERGY,), (ENERGY, LATENCY)])
@pytest.mark.parametrize("where", [[], ["latency_s<0.0006", "area_mm2<26"]])
def test_enough_trials_find_what_enumeration_proves(goals, where):
    vary = ["operation_unit.rows=4:64:+4", "hierarchy.cores_per_tile=4:16:+4", "adc.bits=4..8"]
    study = study_of(vary)
    selection = Selection(parse_where(where, study.columns), goals)
    proved = rows(enumerated(study, selection))
    assert proved
    # More trials than the space has points.
    assert rows(Optimiser(study, selection, 0).run(1500, lambda _: None)) == proved


def test_the_same_seed_tries_the_same_points():
    study = study_of(["operation_unit.rows=4..64", "adc.energy=1 pJ:3 pJ"], endless=True)
    found = [rows(Optimiser(study, Selection((), (ENERGY,)), 3).run(100, lambda _: None))
             for _ in range(2)]  # fmt: skip
    assert found[0] == found[1]
    other = rows(Optimiser(study, Selection((), (ENERGY,)), 4).run(100, lambda _: None))
    assert other != found[0]


def test_intervals_are_searched():
    study = study_of(["adc.energy=1 pJ:3 pJ", "dac.energy=1 fJ:9 fJ:log"], endless=True)
    best = Optimiser(study, Selection((), (ENERGY,)), 0).run(600, lambda _: None)
    assert 1e-12 <= best["adc.energy_j"][0] < 1.1e-12


def test_several_machines_and_keys_of_one():
    study = study_of(["sre:adc.bits=4..8", "operation_unit.rows=4,8,16"], ["sre", "isaac"])
    selection = Selection((), (ENERGY,))
    found = Optimiser(study, selection, 0).run(200, lambda _: None)
    assert rows(found) == rows(enumerated(study, selection))


def test_conditions_on_read_errors():
    study = study_of(["operation_unit.rows=2..40", "adc.bits=4..8"], extras=list(EXTRAS)[:1])
    where = parse_where(["read_error_percent<10"], study.columns)
    found = Optimiser(study, Selection(where, (ENERGY,)), 0).run(400, lambda _: None)
    assert (found["read_error_percent"] < 10.0).all()
    assert rows(found) == rows(enumerated(study, Selection(where, (ENERGY,))))


def test_impossible_points_are_counted_and_left_out():
    study = study_of(["precision.weight_bits=1..3", "crossbar.cell_bits=1..3"])
    optimiser = Optimiser(study, Selection((), (ENERGY,)), 0)
    found = optimiser.run(200, lambda _: None)
    assert optimiser.impossible > 0
    assert rows(found) == rows(enumerated(study, Selection((), (ENERGY,))))


def test_without_optuna_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(InputError, match=r"pip install 'recost\[search\]'"):
        Optimiser(study_of(["adc.bits=4..8"]), Selection((), (ENERGY,)), 0)
