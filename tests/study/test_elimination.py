"""The inverse problem of write elimination on a machine: shares, regions, plots, a GPU beside."""

import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.models.elimination_baseline import spending
from recost.models.elimination_region import READINGS, Reading, Targets
from recost.models.writes import network_writes
from recost.network import load_network
from recost.study.elimination import COLUMNS, elimination, gains, region_plot, shares


@pytest.fixture(scope="module")
def network():
    return load_network("resnet20-cifar10")


@pytest.fixture(scope="module")
def machine():
    # Writes as dear as PipeLayer's, a row each.
    return load_hardware("isaac").replace(
        {
            "writes.store": True,
            "writes.energy_scope": "row",
            "cell.write_energy": "3.91 nJ",
            "cell.write_time": "50.88 ns",
        }
    )


def test_shares_add_up(machine, network):
    rows = shares(machine, network).rows
    assert [row["part"] for row in rows] == ["activations", "errors", "updates", "compute"]
    assert sum(row["time_share_percent"] for row in rows) == pytest.approx(100.0)
    # What is neither written nor computed (buffers, links, leakage) is in no part.
    assert 50.0 < sum(row["energy_share_percent"] for row in rows) < 100.0
    writes = network_writes(machine, network)
    assert sum(row["cell_writes"] or 0.0 for row in rows) == pytest.approx(
        sum(layer.cell_writes for layer in writes.layers)
    )
    assert rows[0]["wear_max"] == pytest.approx(1e7)
    assert rows[2]["wear_max"] == pytest.approx(78_200)


def test_energy_of_writes_is_that_of_the_writes(machine, network):
    baseline = spending(machine, network).baseline
    writes = network_writes(machine, network)
    share = sum(baseline.energy[:3])
    compute = baseline.energy[3]
    per_image = writes.energy_j / writes.images
    from recost.models.machine import cost

    inference = cost(machine, network)
    assert per_image / share == pytest.approx(per_image + 3.0 * inference.energy_j)
    assert compute < 3.0 * inference.energy_j / (per_image + 3.0 * inference.energy_j)


def test_a_row_for_each_reading(machine, network):
    result = elimination(machine, network, Targets(1.12, None, 2.0, tolerance=0.02))
    assert result.columns == COLUMNS
    assert [(row["computing"], row["life"]) for row in result.rows] == [
        (reading.compute, reading.life) for reading in READINGS
    ]
    for row in result.rows:
        assert row["satisfied"] == (row["activations_percent_low"] is not None)
        assert row["satisfied"] == (row["conflict"] is None)
    # Half of the activations' writes at least, for twice the life.
    first = result.rows[0]
    assert first["satisfied"]
    assert first["activations_percent_low"] == pytest.approx(100 * (1 - 1 / (2 * 0.98)), abs=0.1)


def test_what_none_satisfies_names_its_conflict(machine, network):
    row = elimination(machine, network, Targets(50.0, None, 1.5)).rows[0]
    assert not row["satisfied"]
    assert row["conflict"] == "energy_reduction"
    assert row["energy_reduction_high"] < 50.0
    assert row["lifetime_gain_low"] is None  # nothing reaches the energy, whatever the life


def test_the_plot_marks_the_region(machine, network):
    reading = Reading("kept", "total")
    full = region_plot(machine, network, Targets(lifetime_gain=2.0, tolerance=0.05), reading)
    lines = full.splitlines()
    assert all(line.isascii() for line in lines)
    marks = [line.split("|")[1] for line in lines if "|" in line]
    assert len(marks) == 17
    assert {len(line) for line in marks} == {51}
    # Activations are half of all writes: any rate of theirs can be made up for by the errors'.
    assert "#" in full
    empty = region_plot(machine, network, Targets(energy_reduction=1e3), reading)
    assert "#" not in empty
    assert "nothing satisfies all: energy_reduction" in empty


def test_gains_of_a_machine(machine, network):
    half = {
        "writes.eliminate": "element",
        "writes.insignificant_activations": 0.5,
        "writes.insignificant_errors": 0.5,
        "writes.insignificant_updates": 0.5,
    }
    row = gains(machine.replace(half), network).rows[0]
    assert [row[f"{part}_percent"] for part in ("activations", "errors", "updates")] == [
        pytest.approx(50.0)
    ] * 3
    assert row["write_reduction"] == pytest.approx(2.0)
    # All wear is halved.
    assert row["lifetime_gain"] == pytest.approx(2.0, rel=1e-6)
    # Elements alone do not spare rows, which are what is paid for and waited for here.
    assert row["energy_reduction"] == pytest.approx(1.0, abs=1e-3)
    assert row["speedup"] == pytest.approx(1.0, abs=1e-3)
    rows = {**half, "writes.eliminate": "row", "writes.eliminate_correlation": 1.0}
    row = gains(machine.replace(rows), network).rows[0]
    baseline = spending(machine, network).baseline
    expected = 1.0 / (1.0 - 0.5 * sum(baseline.energy[:3]))
    assert row["energy_reduction"] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("skip", "energy", "time"), [("energy", True, False), ("both", True, True)]
)
def test_computing_that_vanishes_with_the_writes(machine, network, skip, energy, time):
    keys = {
        "writes.eliminate": "row",
        "writes.eliminate_correlation": 1.0,
        "writes.insignificant_activations": 0.6,
        "writes.insignificant_errors": 0.3,
    }
    kept = spending(machine.replace(keys), network)
    skipped = spending(machine.replace({**keys, "writes.skip_computing": skip}), network)
    # A third each: forward and weight gradients with activations, backward with errors.
    left = 1.0 - (2 * 0.6 + 0.3) / 3
    factors = (left if energy else 1.0, left if time else 1.0)
    assert skipped.energies_j[3] == pytest.approx(kept.energies_j[3] * factors[0])
    assert skipped.times_s[3] == pytest.approx(kept.times_s[3] * factors[1])


def test_the_shipped_shares_give_all_three_gains_at_once():
    network = load_network("vgg16-cifar10")
    row = gains(load_hardware("write-elimination"), network).rows[0]
    assert row["energy_reduction"] == pytest.approx(4.97, rel=0.01)
    assert row["speedup"] == pytest.approx(1.38, rel=0.01)
    assert row["lifetime_gain"] == pytest.approx(4.55, rel=0.02)


def test_a_comparison_sees_what_elimination_leaves():
    from recost.study.compare import compare

    network, design = load_network("vgg16-cifar10"), load_hardware("write-elimination")
    plain = design.replace({"writes.eliminate": "none"})
    [row] = compare([design], network, baseline=plain, phase="training").rows
    own = gains(design, network).rows[0]
    assert row["energy_reduction"] == pytest.approx(own["energy_reduction"], rel=1e-9)
    assert row["throughput_speedup"] == pytest.approx(own["speedup"], rel=1e-9)
    # The baseline is PipeLayer with writes that take as long.
    as_long = {"cell.write_time": design.cell.write_time_s}
    pipelayer = load_hardware("pipelayer").replace(as_long)
    [other] = compare([design], network, baseline=pipelayer, phase="training").rows
    assert other["energy_reduction"] == pytest.approx(row["energy_reduction"], rel=1e-9)


def test_energy_and_life_conflict_if_life_counts_all_writes():
    # reference: writes down by 4.55 save no 4.97 of the energy, whatever their share.
    network = load_network("vgg16-cifar10")
    hardware = load_hardware("write-elimination")
    targets = Targets(4.97, 1.38, 4.55, tolerance=0.01)
    rows = elimination(hardware, network, targets).rows
    found = {(row["computing"], row["life"]): row for row in rows}
    assert found["kept", "first"]["satisfied"]
    for computing in ("kept", "tied", "energy", "free"):
        assert not found[computing, "total"]["satisfied"]
    # ... and hidden writes give no speedup.
    hidden = hardware.replace({"writes.overlap": True})
    assert elimination(hidden, network, targets).rows[0]["conflict"] == "speedup"
    # ... and neither do those of one spike, which take a tenth of PipeLayer's time.
    single = elimination(load_hardware("pipelayer"), network, targets).rows[0]
    assert single["conflict"] == "speedup"
    assert single["speedup_high"] < 1.15


def test_what_has_no_answer(machine, network):
    with pytest.raises(InputError, match="at least one"):
        elimination(machine, network, Targets())
    with pytest.raises(InputError, match="above 1") as caught:
        elimination(machine, network, Targets(energy_reduction=0.5))
    assert caught.value.key == "--energy-reduction"
    with pytest.raises(InputError, match="nothing is stored"):
        elimination(load_hardware("isaac"), network, Targets(2.0))
    with pytest.raises(InputError, match="cells"):
        elimination(load_hardware("gpu-v100"), network, Targets(2.0))
