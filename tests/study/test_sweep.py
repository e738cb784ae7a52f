import sys

import numpy as np
import pytest

from recost import models
from recost.errors import InputError
from recost.hardware import load_hardware
from recost.hardware.many import complete_many
from recost.models import counting, densities, designs
from recost.models.inference import infer
from recost.models.uncertainty import Draws
from recost.network import load_network
from recost.study import sweep
from recost.study.compare import compare
from recost.study.conditions import Goal, parse_where
from recost.study.estimate import estimate
from recost.study.pieces import chunks, select
from recost.study.pricing import Pricing
from recost.study.ratios import RATIOS
from recost.study.selection import Selection, best, join
from recost.study.space import parse_space
from recost.study.sweep import Study, as_result

# Every group of keys: prices, structure that is free, tied, words, modes that compile apart.
SPACES = {
    "technology": ["adc.energy=1 pJ:3 pJ:3", "cell.read_energy=1 fJ,2 fJ", "adc.area=10 um^2,1 mm2",
                   "cell.write_time=10 ns,1 us"],
    "lines": ["operation_unit.rows=8,16", "hierarchy.cores_per_tile=1,3", "budget.chips=9,none",
              "hierarchy.tiles_per_chip=1", "crossbar.rows=16,32", "adc.energy=1 pJ:3 pJ:log8",
              "memory.area=0.1 mm2:1 mm2:8", "control.tile_power=0 W,1 mW"],
    "leakage": ["leakage.fraction=0.1,0.2", "adc.energy=1 pJ,2 pJ", "adc.bits=5,6"],
    "structure": ["operation_unit.rows=8,9", "crossbar.columns=60,128", "adc.bits=5,auto",
                  "hierarchy.cores_per_tile=1,3", "network_on_chip.hops=1.5,4",
                  "sparsity.index_bits=5,log2", "adc.scaling=none,linear,exponential"],
    "modes": ["sparsity.weights=none,matrix,crossbar-row,ou-row,ou-column",
              "sparsity.activations=none,value,bit", "mapping.compaction=crossbar,layer",
              "mapping.sync=vector,layer"],
    "budget": ["mapping.replication=none,balanced,[2, 1, 1, 3]", "budget.chips=1,2,none",
               "budget.on_overflow=error,reload", "cell.write_energy=1 pJ", "cell.write_time=9 ns",
               "hierarchy.tiles_per_chip=1,2", "hierarchy.cores_per_tile=1"],
    "network": ["workload:profile.*.weights.elements=0.1,0.3", "operation_unit.rows=8,16",
                "workload:profile.*.weights.correlation=0,0.1"],
}  # fmt: skip


def study_of(vary, hardware=("sre",), networks=("lenet5",), baseline=None, pricing=None, **options):
    machines = [load_hardware(name) for name in hardware]
    networks, space = [load_network(name) for name in networks], parse_space(vary, **options)
    return Study(machines, networks, space, pricing or Pricing(), baseline=baseline)


def selected(study, selection):
    pieces = chunks(study, selection, 0, study.size)
    return select(study, selection, lambda _: None, None, pieces)[0]


def settings_of(space, places, values):
    chosen = {"": {}, "workload": {}}
    for axis, place, value in zip(space.axes, places, values, strict=True):
        text = axis.text(float(value)) if axis.continuous else axis.texts[place]
        chosen.setdefault(axis.target, {})[axis.key] = text
    return chosen


def check_against_estimate(vary, hardware, network, points, **options):
    """Every point within 1e-9 of `estimate`; a point is impossible where that refuses it."""
    machine, table = load_hardware(hardware), load_network(network)
    space = parse_space(vary, **options)
    study = Study([machine], [table], space)
    rng = np.random.default_rng(7)
    for point in rng.choice(space.size, min(points, space.size), replace=False).tolist():
        places, values = space.points(point, point + 1)
        chosen = settings_of(space, places[0], values[0])
        rows, impossible = study.table(point, point + 1)
        try:
            wanted = estimate(
                machine.replace(chosen[""]), table.replace(chosen["workload"])
            ).to_dicts()[0]
        except InputError:
            assert impossible == 1
            continue
        got = as_result(study, rows, "sweep").to_dicts()[0]
        for name, value in wanted.items():
            if name == "profile":
                continue  # says that a setting changed it
            if isinstance(value, float):
                assert got[name] == pytest.approx(value, rel=1e-9, abs=0.0), (point, name)
            else:
                assert got[name] == value, (point, name)


@pytest.mark.parametrize("name", SPACES)
def test_every_point_is_an_estimate(name):
    check_against_estimate(SPACES[name], "sre", "lenet5", 24)


def test_where_prices_alone_tell_most_points_apart_they_are_on_lines():
    """So the space says, whatever piece of it is asked for."""
    for name, vary in SPACES.items():
        assert study_of(vary)._pairs[0].model.straight == (name == "lines")
    turned = SPACES["lines"][::-1]
    assert not study_of(turned)._pairs[0].model.straight
    prices = ["memory.area=0.1 mm2:1 mm2", "adc.energy=1 pJ:2 pJ"]
    assert study_of(prices, samples=64)._pairs[0].model.straight
    assert not study_of([*prices, "operation_unit.rows=8,16"], samples=640)._pairs[0].model.straight
    check_against_estimate(turned, "sre", "lenet5", 12)
    check_against_estimate(prices, "sre", "lenet5", 12, samples=64)


def test_machines_of_an_interval_are_estimates():
    """Each has what follows from a number of its own."""
    vary = ["leakage.fraction=0.01:0.2", "adc.energy=1 pJ:2 pJ", "adc.rate=1 GS/s:2 GS/s",
            "cell.read_energy=1 fJ:2 fJ", "adc.bits=5,auto", "adc.scaling=linear"]  # fmt: skip
    check_against_estimate(vary, "sre", "lenet5", 12, samples=64)


def test_a_number_from_an_interval_is_the_same_for_records_and_for_what_can_be():
    """A text holds it too, and read again it is off in the last bit at every sixth point."""
    vary = ["cell.resistance_on=1.1 kohm:97.3 kohm", "cell.resistance_off=1 Mohm"]
    space = parse_space(vary, samples=256)
    _, values = space.points(0, 256)
    levels = designs.Designs(load_hardware("sre"), space.axes).levels[0]
    numbers = levels.in_si(values[:, 0]).tolist()
    assert [levels.between(value).value for value in values[:, 0].tolist()] == numbers
    for point in range(28, 33):  # one as large as the resistance of the off state cannot be
        study = study_of([vary[0], f"cell.resistance_off={numbers[point]!r} ohm"], samples=256)
        assert study.table(point, point + 1)[1] == 1
        assert study.table(0, 256)[1] == sum(value >= numbers[point] for value in numbers)


def test_prices_of_which_a_power_cannot_be_are_refused():
    """Crossbars of 1 mJ a cell read would take 19.2 MW, says `estimate`."""
    vary = ["adc.bits=4,5", "cell.read_energy=1 nJ,1 mJ"]
    # One index decoder for a crossbar would take 1.2 MW; each of 1,024 takes less.
    shared = ["index_decoder.per_crossbar=1024,1", "index_decoder.energy=1 mJ"]
    for given, able in ((vary, 2), (shared, 1)):
        study = study_of(given)
        assert len(study.table(0, study.size)[0]["energy_j"]) == able
        check_against_estimate(given, "sre", "lenet5", study.size)
    # Where the first machine can be, another is refused at the prices that it can have too.
    study = study_of(["operation_unit.cycle_time=1 s,20 ns", *vary])
    assert study.table(0, study.size)[0]["operation_unit.cycle_time_s"].tolist() == [1.0] * 4


def test_keys_of_networks_may_stand_between_those_of_hardware():
    vary = ["operation_unit.rows=8,16", "workload:profile.*.weights.elements=0.1,0.3",
            "sparsity.weights=none,ou-row,ou-column"]  # fmt: skip
    check_against_estimate(vary, "sre", "lenet5", 12)
    study = study_of(vary)
    whole, impossible = study.table(0, study.size)
    assert len(whole["energy_j"]) + impossible == study.size


def test_a_machine_that_a_network_cannot_be_bound_to_speaks_for_no_other():
    """Weights of 8 cells straddle crossbars of 60 bitlines, which columns cannot be dropped of."""
    study = study_of(["crossbar.columns=60,64,100,128", "sparsity.weights=ou-column",
                      "precision.weight_bits=16", "crossbar.cell_bits=2"])  # fmt: skip
    table, impossible = study.table(0, study.size)
    assert (table["crossbar.columns"].tolist(), impossible) == ([64, 128], 2)
    assert "crossbars of 60 bitlines" in study.refused


def test_points_of_an_interval_are_estimates():
    vary = ["workload:profile.*.weights.elements=0.05:0.9", "adc.energy=1 pJ:2 pJ",
            "workload:profile.conv2.activations.nonzero=0.8:0.95", "adc.rate=1 GS/s:2 GS/s",
            "operation_unit.rows=8..16", "precision.input_bits=8,16"]  # fmt: skip
    check_against_estimate(vary, "sre", "lenet5", 12, samples=64)
    vary = [*vary[:3], "sparsity.weights=matrix"]
    check_against_estimate(vary, "sre", "lenet5", 6, samples=16)


@pytest.mark.parametrize(
    ("hardware", "vary"),
    [
        ("pipelayer", ["writes.store=true,false"]),
        ("base-digital", ["precision.input_bits=8,16"]),
        ("gpu-gtx1080", ["gpu.bandwidth=100 GB/s:400 GB/s:3"]),
    ],
)
def test_machines_that_no_kernel_covers_are_estimates_too(hardware, vary):
    check_against_estimate(vary, hardware, "lenet5", 8)


def test_what_an_interval_cannot_be():
    with pytest.raises(InputError, match="list its values"):
        study_of(["adc.bits=4:8"], samples=8)
    study = study_of(["workload:profile.activations.bits.mean_density=0.02:0.2"],
                     networks=["caffenet-ssl"], samples=8)  # fmt: skip
    assert study.table(0, 8)[1] == 8
    assert "in proportion" in (study.refused or "")


@pytest.mark.parametrize("name", SPACES)
def test_bits_do_not_depend_on_how_points_are_cut(name):
    study = study_of(SPACES[name])
    whole, _ = study.table(0, study.size)
    for size in (1, 7, 64):
        stop = min(study.size, 5 * size)
        parts = [study_of(SPACES[name]).table(i, min(stop, i + size))[0]
                 for i in range(0, stop, size)]  # fmt: skip
        cut = join(parts)
        rows = len(cut["row"])
        for column, values in cut.items():
            assert values.tolist() == whole[column][:rows].tolist() or np.array_equal(
                values, whole[column][:rows], equal_nan=True
            )


THREADED = SPACES | {
    "densities": ["workload:profile.*.weights.elements=0.05:0.9", "operation_unit.rows=8..16"],
    "endless": ["operation_unit.cycle_time=10 ns:90 ns", "operation_unit.rows=8..16"],
}


def in_threads(monkeypatch, points):
    """Eight threads, whatever the machine, on pieces of so many points."""
    monkeypatch.setattr(sweep, "CHUNK", points)
    monkeypatch.setattr(sweep, "BLOCK", points)
    monkeypatch.setattr("numba.get_num_threads", lambda: 8)
    monkeypatch.setattr("numba.set_num_threads", lambda _: None)


@pytest.mark.parametrize("forgetful", [False, True])
@pytest.mark.parametrize("name", THREADED)
def test_bits_do_not_depend_on_threads(monkeypatch, name, forgetful):
    """Eight threads on two cores, on pieces of a few points; what they share may be dropped."""
    samples = 200 if name in ("densities", "endless") else 0
    asked = {"samples": samples, "baseline": load_hardware("ou-dense")}
    whole, impossible = study_of(THREADED[name], **asked).table(0, 10**9)
    in_threads(monkeypatch, 8)
    if forgetful:
        for module in (designs, counting, densities, models.sweep):
            monkeypatch.setattr(module, "_KEPT", 0)
    study = study_of(THREADED[name], **asked)
    pieces = list(chunks(study, Selection(), 0, study.size))
    assert len(pieces) > 1
    assert sum(lost for _, _, lost in pieces) == impossible
    assert (study.refused is None) == (impossible == 0)
    for column, values in join([table for _, table, _ in pieces]).items():
        assert values.tolist() == whole[column].tolist() or np.array_equal(
            values, whole[column], equal_nan=True
        )


def test_threads_leave_the_interpreter_as_it_was(monkeypatch):
    in_threads(monkeypatch, 2)
    before = sys.getswitchinterval()
    pieces = chunks(study := study_of(SPACES["structure"]), Selection(), 0, study.size)
    next(pieces)
    assert sys.getswitchinterval() < before
    other = chunks(study, Selection(), 0, study.size)
    next(other)
    pieces.close()  # as when somebody has seen enough
    assert sys.getswitchinterval() < before
    other.close()
    assert sys.getswitchinterval() == before


REFUSED = {
    "budget": ["hierarchy.crossbars_per_core=1..9", "hierarchy.cores_per_tile=8",
               "hierarchy.tiles_per_chip=1..9", "budget.chips=1"],
    # Points are refused by the machine, by the network's need of chips, and by the machine again.
    "mixed": ["sparsity.weights=none,ou-row,crossbar-row", "mapping.encoding=offset",
              "budget.chips=1", "hierarchy.crossbars_per_core=1,200", "hierarchy.cores_per_tile=1",
              "hierarchy.tiles_per_chip=1..8"],
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_the_first_refusal_is_said_whichever_thread_met_it(monkeypatch, name):
    expected = study_of(REFUSED[name])
    by_point = []
    for point in range(expected.size):
        alone = study_of(REFUSED[name])
        if alone.table(point, point + 1)[1]:
            by_point.append(alone.refused)
    _, impossible = expected.table(0, expected.size)
    assert 4 < impossible == len(by_point) < expected.size
    assert len(set(by_point)) > 1
    assert expected.refused == by_point[0]
    in_threads(monkeypatch, 4)
    study = study_of(REFUSED[name])
    list(chunks(study, Selection(), 0, study.size))
    assert study.refused == by_point[0]


def test_what_the_interpreter_works_out_goes_piece_by_small_piece():
    """So that Ctrl-C, which waits for pieces that threads are at, does not wait for seconds."""
    baseline = study_of(["workload:profile.*.weights.elements=0.1:0.4"], samples=100_000,
                        baseline=load_hardware("base-digital"))  # fmt: skip
    compiled = study_of(["workload:profile.*.weights.elements=0.1:0.4"], samples=100_000)
    assert baseline.alone
    endless = ["operation_unit.cycle_time=10 ns:90 ns"]
    drawn = study_of(endless, samples=100_000, pricing=Pricing(draws=Draws(20, 1)))
    assert drawn.alone  # each machine is made, to draw from
    assert drawn.step(100_000, 16) == baseline.step(100_000, 16)
    assert not study_of(endless, samples=100_000).alone
    assert not compiled.alone
    assert baseline.step(100_000, 16) < compiled.step(100_000, 16)


def test_pieces_are_small_where_every_point_is_a_machine_of_its_own():
    """Each takes a while, and threads are to share them."""
    own = ["operation_unit.rows=4..16", "crossbar.cell_bits=1,2", "adc.bits=4..9"]
    assert study_of(own).step(156, 2) == 78
    machines = study_of([*own, "crossbar.columns=64,128,256", "crossbar.rows=16..512"])
    assert 512 < machines.step(machines.size, 2) <= 1_024
    shared = study_of([*own, "hierarchy.tiles_per_chip=1..40", "hierarchy.cores_per_tile=4..23"])
    assert shared.step(10**6, 2) > 10_000
    networks = study_of(["workload:profile.*.weights.elements=0.1:0.4:500"])
    assert networks.step(networks.size, 2) <= 256
    sampled = study_of([*own, "workload:profile.*.weights.elements=0.1:0.4"], samples=10**6)
    assert sampled.step(10**6, 2) > 10_000


def test_a_machine_is_made_once_whatever_runs_on_it(monkeypatch):
    made = []
    monkeypatch.setattr(
        designs, "complete_many", lambda *given: made.append(given[-1]) or complete_many(*given)
    )
    study = study_of(["operation_unit.rows=4..9"], networks=["lenet5", "cnn-mnist"])
    both = study.table(0, study.size)[0]
    assert sum(made) == 6
    for number, network in enumerate(["lenet5", "cnn-mnist"]):
        alone = study_of(["operation_unit.rows=4..9"], networks=[network]).table(0, 6)[0]
        mine = slice(6 * number, 6 * number + 6)
        assert both["energy_j"][mine].tolist() == alone["energy_j"].tolist()


def test_rows_of_several_hardware_and_networks():
    study = study_of(["sre:operation_unit.rows=8,16", "hierarchy.cores_per_tile=4,8,12"],
                     ["sre", "isaac"], ["lenet5", "mlp-mnist"])  # fmt: skip
    assert study.size == 2 * (6 + 3)
    result = as_result(study, study.table(0, study.size)[0], "sweep")
    assert [row["hardware"] for row in result.rows] == ["sre"] * 12 + ["isaac"] * 6
    assert result.rows[0]["sre:operation_unit.rows"] == 8
    assert result.rows[-1]["sre:operation_unit.rows"] is None
    assert result.rows[-1]["hierarchy.cores_per_tile"] == 12


def test_keys_that_follow_do_so_at_every_point():
    study = study_of(["operation_unit.rows=4,8,16,32"], hardware=["ou-dense"])
    kept = study.table(0, 4)[0]["cycle_time_s"]
    assert len(set(kept.tolist())) == 1
    study = study_of(["operation_unit.columns=8,16", "adc.bits=auto"])
    times = study.table(0, 2)[0]["cycle_time_s"]
    assert times[1] == pytest.approx(2.0 * times[0])


def test_a_machine_that_nothing_varies_of_in_a_sample():
    study = study_of(["sre:adc.bits=5,6"], hardware=["sre", "isaac"], samples=80)
    table, _ = study.table(80, 160)
    expected = infer(load_hardware("isaac"), load_network("lenet5")).energy_j
    assert table["energy_j"].tolist() == pytest.approx([expected] * 80, rel=1e-12)


@pytest.mark.parametrize("base", ["none", "bit"])
def test_what_decides_how_a_machine_infers_decides_at_every_point(base):
    """PANTHER pays for whole products unless zeros are skipped, whatever its file says."""
    machine = load_hardware("panther-1").replace({"sparsity.activations": base})
    network = load_network("lenet5")
    space = parse_space(["sparsity.activations=none,bit"])
    table, _ = Study([machine], [network], space).table(0, 2)
    for energy_j, word in zip(table["energy_j"].tolist(), ("none", "bit"), strict=True):
        own = machine.replace({"sparsity.activations": word})
        assert energy_j == pytest.approx(estimate(own, network).rows[0]["energy_j"], rel=1e-12)


def test_best_rows_are_those_of_sorting_all():
    study = study_of(["operation_unit.rows=4..16", "adc.energy=1 pJ:2 pJ:30"])
    everything, _ = study.table(0, study.size)
    goal = Goal("energy_j", False)
    where = parse_where(["operation_unit.rows>5"], study.columns)
    table = selected(study, Selection(where, (goal,), 10))
    allowed = everything["energy_j"][everything["operation_unit.rows"] > 5]
    assert table["energy_j"].tolist() == sorted(allowed.tolist())[:10]
    optimum = selected(study, Selection(where, (goal,)))
    assert optimum["energy_j"].tolist() == [allowed.min()]
    front = best(everything, Selection((), (goal, Goal("latency_s", False))))
    assert 1 <= len(front["row"]) < study.size


def test_faults_of_a_study():
    with pytest.raises(InputError, match=r"did you mean 'adc.bits'"):
        study_of(["adc.bit=4"])
    with pytest.raises(InputError, match="unknown hardware 'isac'"):
        study_of(["isac:adc.bits=4"])
    with pytest.raises(InputError, match="for all hardware too"):
        study_of(["sre:adc.bits=4", "adc.bits=5"])
    with pytest.raises(InputError, match="profil"):
        study_of(["workload:profil.a=4"])
    with pytest.raises(InputError, match="too large"):
        study_of(["adc.bits=4..99"])


def test_ratios_to_a_baseline_are_those_of_a_comparison():
    machine, dense = load_hardware("sre"), load_hardware("ou-dense")
    shares = {"*.energy": 0.3}
    machine, dense = machine.with_spreads(shares), dense.with_spreads(shares)
    table = load_network("lenet5")
    space = parse_space(["operation_unit.rows=8,16", "adc.energy=1 pJ,2 pJ",
                         "workload:profile.*.weights.elements=0.1,0.3"])  # fmt: skip
    draws = Draws(40, 3)
    study = Study([machine], [table], space, Pricing(draws=draws), baseline=dense)
    found = as_result(study, study.table(0, study.size)[0], "sweep").to_dicts()
    for point, row in enumerate(found):
        places, values = space.points(point, point + 1)
        chosen = settings_of(space, places[0], values[0])
        network = table.replace(chosen["workload"])
        wanted = compare(machine.replace(chosen[""]), network, baseline=dense, draws=draws)
        for name, value in wanted.to_dicts()[0].items():
            if name.startswith(RATIOS):
                assert row[name] == pytest.approx(value, rel=1e-9), name


def test_a_baseline_of_another_kind_leaves_what_it_lacks_empty():
    study = Study([load_hardware("sre")], [load_network("lenet5")], parse_space(["adc.bits=5,6"]),
                  baseline=load_hardware("gpu-gtx1080"))  # fmt: skip
    table, _ = study.table(0, 2)
    assert (table["speedup"] > 0.0).all()
    assert np.isnan(table["work_reduction"]).all()
    assert study.table(0, 0)[0]["speedup"].size == 0
