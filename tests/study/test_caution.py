"""Warnings of the rows of an answer are those of `estimate`, counted."""

from collections import Counter

import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.network import load_network
from recost.study.caution import Cautions
from recost.study.conditions import parse_goals
from recost.study.estimate import estimate
from recost.study.pieces import chunks, select
from recost.study.selection import NOTES, Selection
from recost.study.space import parse_space
from recost.study.sweep import Study, as_result


def study_of(vary, hardware=("sre",), **options):
    machines = [load_hardware(name) for name in hardware]
    return Study(machines, [load_network("lenet5")], parse_space(vary, **options))


@pytest.mark.parametrize(
    ("hardware", "key", "values"),
    [
        ("sre", "operation_unit.rows", ["16", "21", "22", "32", "200"]),
        ("sre", "adc.bits", ["5", "6", "auto"]),
        ("sre", "adc.energy", ["1 pJ", "2 pJ"]),
        ("base-digital", "precision.input_bits", ["8", "16"]),
        ("pipelayer", "writes.store", ["true", "false"]),
    ],
)
def test_a_point_has_the_notes_of_its_machine(hardware, key, values):
    study = study_of([f"{key}={','.join(values)}"], [hardware])
    table, _ = study.table(0, study.size)
    machine, network = load_hardware(hardware), load_network("lenet5")
    for notes, value in zip(table[NOTES], values, strict=True):
        warned = estimate(machine.replace({key: value}), network).warnings
        assert tuple(filter(None, notes.split("\n"))) == tuple(warned)


def test_points_of_an_interval_have_their_own_notes():
    study = study_of(["operation_unit.cycle_time=1 ns:60 ns"], samples=64)
    table, _ = study.table(0, 64)
    sre = load_hardware("sre")
    times = table["operation_unit.cycle_time_s"].tolist()
    wanted = [bool(sre.replace({"operation_unit.cycle_time": time}).notes) for time in times]
    assert [bool(notes) for notes in table[NOTES]] == wanted
    assert 0 < sum(wanted) < 64


def test_lines_count_the_points_of_each_kind():
    study = study_of(["operation_unit.rows=4..32", "adc.energy=1 pJ,2 pJ"])
    cautions = Cautions()
    for _, table, _ in chunks(study, Selection(), 0, study.size):
        cautions.add(table)
    clipped = sum(
        "clipped" in " ".join(load_hardware("sre").replace({"operation_unit.rows": rows}).notes)
        for rows in range(4, 33)
    )
    (line,) = cautions.lines()
    assert line.startswith(f"{2 * clipped} of 58 points: sre: adc.bits = 6: the sum of an")


def test_rows_that_are_chosen_keep_their_notes_and_no_answer_has_a_column_of_them():
    study = study_of(["operation_unit.rows=4..32"])
    goals = parse_goals("energy_j", study.columns, "--minimize")
    pieces = chunks(study, Selection((), goals), 0, study.size)
    best, _ = select(study, Selection((), goals), lambda _: None, None, pieces)
    rows = int(best["operation_unit.rows"][0])
    sre = load_hardware("sre").replace({"operation_unit.rows": rows})
    assert Counter(best[NOTES]) == {"\n".join(sre.notes): 1}
    assert tuple(as_result(study, best, "sweep").columns) == study.columns


def test_rows_whose_notes_are_not_known_are_not_counted():
    cautions = Cautions()
    cautions.add({NOTES: np.array([None, "a: b", ""], object)})
    assert cautions.lines(" since --resume") == ["1 of 2 points since --resume: a: b"]
