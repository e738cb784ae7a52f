"""Points in a row that differ in prices alone: the same rows as of points worked out anyhow."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recost.hardware import load_hardware
from recost.models.uncertainty import Draws
from recost.network import load_network
from recost.study import stretches, sweep
from recost.study.pricing import Pricing
from recost.study.space import parse_space
from recost.study.sweep import Study

PRICES = ["adc.energy=1 pJ:3 pJ:log7", "control.tile_power=0 W,1 mW", "memory.area=1 mm2:2 mm2:30"]
SPACES = {
    "prices alone": PRICES,
    "under structure, and a price above it": [
        "dac.energy=1 fJ,2 fJ", "operation_unit.rows=8,16", "adc.scaling=none,linear", *PRICES,
    ],
    "none where chips are too few": [
        "hierarchy.tiles_per_chip=1", "hierarchy.cores_per_tile=1", "budget.chips=1,none", *PRICES,
    ],
    "under a network": ["workload:profile.*.weights.elements=0.1,0.3", *PRICES],
    "of one value": [*PRICES, "crossbar.rows=64", "adc.area=1 mm2"],
    "of one machine": ["sre:operation_unit.columns=8,16", *PRICES],
}  # fmt: skip


def study_of(vary, hardware=("sre",), **options):
    machines = [load_hardware(name) for name in hardware]
    return Study(machines, [load_network("lenet5")], parse_space(vary), **options)


def by_definition(study):
    """The study without stretches."""
    study._stretches = [None] * len(study._stretches)
    return study


def check_alike(found, wanted):
    assert list(found) == list(wanted)
    for name, column in found.items():
        assert column.dtype == wanted[name].dtype, name
        if column.dtype == object:
            assert column.tolist() == wanted[name].tolist(), name
        else:
            np.testing.assert_array_equal(column, wanted[name], name)


KNOWN = {name: (study_of(vary), by_definition(study_of(vary))) for name, vary in SPACES.items()}


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(SPACES)), low=st.integers(0, 3000), many=st.integers(1, 500))
@example("prices alone", 0, 420)
@example("under structure, and a price above it", 419, 2)
@example("none where chips are too few", 400, 40)
def test_rows_are_those_of_points_worked_out_anyhow(name, low, many):
    study, plain = KNOWN[name]
    low %= study.size
    high = min(study.size, low + many)
    found, wanted = study.part(low, high), plain.part(low, high)
    assert found[1:] == wanted[1:]
    check_alike(found.table, wanted.table)


def test_the_two_ways_are_two():
    for name, vary in SPACES.items():
        mine = study_of(vary)._stretches[0]
        assert (mine.table(17, 333) is None) == name.startswith("none")
        assert name == "prices alone" or mine.table(419, 421) is None
        if name != "prices alone":
            assert mine.table(420, 840) is not None


def test_what_is_no_column_of_the_model_is_worked_out_anyhow():
    """Draws, a baseline and further columns are by the point."""
    assert study_of(PRICES)._stretches[0] is not None
    for options in (
        {"baseline": load_hardware("ou-dense")},
        {"extras": ("read_error",)},
        {"pricing": Pricing(draws=Draws(20, 0))},
    ):
        assert study_of(PRICES, **options)._stretches == [None]
    assert study_of(["operation_unit.rows=8,16"])._stretches == [None]
    assert study_of([*PRICES[::-1], "operation_unit.rows=8,16"])._stretches == [None]


def test_stretches_that_are_forgotten_are_found_again(monkeypatch):
    monkeypatch.setattr(stretches, "_KEPT", 1)
    vary = SPACES["under a network"]
    study, plain = study_of(vary), by_definition(study_of(vary))
    for low in (0, 420, 10, 430, 0):
        check_alike(study.part(low, low + 50).table, plain.part(low, low + 50).table)


# Of the second machine, stretches of 210 points that begin at point 70; of the third, of 70 again.
STUDY = study_of(["control.tile_power=0 W,1 mW", "isaac:adc.energy=1 pJ:3 pJ:3",
                  "memory.area=1 mm2:2 mm2:35"], hardware=("sre", "isaac", "ou-dense"))  # fmt: skip
STRETCHES = [(0, 70), (70, 280), (280, 350)]


@settings(max_examples=100, deadline=None)
@given(low=st.integers(0, 350), many=st.integers(0, 350), workers=st.integers(1, 8),
       chunk=st.sampled_from([1, 16, 100, 280]))  # fmt: skip
def test_pieces_are_of_one_stretch_each(low, many, workers, chunk):
    high = min(STUDY.size, low + many)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "CHUNK", chunk)
        spans = list(STUDY.spans(low, high, workers))
        most = STUDY.step(high - low, workers)
    assert [begin for begin, _ in spans] == [low, *(end for _, end in spans)][: len(spans)]
    assert (spans[-1][1] if spans else low) == high
    for begin, end in spans:
        assert 0 < end - begin <= most
        assert any(first <= begin < end <= last for first, last in STRETCHES)


def test_pieces_are_not_cut_for_short_stretches(monkeypatch):
    monkeypatch.setattr(sweep, "CHUNK", 300)  # those of 70 are less than a quarter
    assert list(STUDY.spans(0, 350, 1)) == [(0, 175), (175, 280), (280, 350)]
