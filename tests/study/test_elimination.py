"""The inverse problem of write elimination on a machine: shares, regions, plots, a GPU beside."""

import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.models.elimination_baseline import baseline_of
from recost.models.elimination_region import READINGS, Reading, Targets
from recost.models.writes import network_writes
from recost.network import load_network
from recost.study.elimination import COLUMNS, elimination, region_plot, shares


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
    baseline, _ = baseline_of(machine, network)
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
