"""The figures that the README prints are those that recost prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import recost as rc
from recost.models.binding import bind
from recost.models.inference import infer
from recost.study.montecarlo_sensing import montecarlo_sensing

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_main_table() -> None:
    printed = re.search(r"```\n( +.*?energy.*?)\n```", README, flags=re.DOTALL)
    assert printed
    result = rc.compare(
        [rc.load_hardware("sre"), rc.load_hardware("sre-ideal")],
        rc.load_network("caffenet-ssl"),
        baseline=rc.load_hardware("ou-dense"),
    )
    for row in result.to_dicts():
        line = next(x for x in printed[1].splitlines() if x.startswith(f"{row['hardware']} "))
        cells = line.split()
        assert float(cells[2]) == pytest.approx(row["cycles"], rel=1e-3)
        assert float(cells[3]) == pytest.approx(row["latency_s"] * 1e3, rel=1e-3)
        assert float(cells[5]) == pytest.approx(row["energy_j"] * 1e3, rel=1e-3)
        assert float(cells[8]) == pytest.approx(row["speedup"], rel=1e-3)
        assert float(cells[9]) == pytest.approx(row["energy_reduction"], rel=1e-3)


@pytest.mark.parametrize("encoding", ["differential", "magnitude"])
@pytest.mark.parametrize("sync", ["vector", "layer"])
def test_the_table_of_encodings_and_waits(encoding: str, sync: str) -> None:
    cells = re.search(rf"\| {encoding} \| {sync} \|(.*)\|", README)
    assert cells
    printed = [float(text.strip().rstrip(" %")) for text in cells[1].split("|")]
    keys = {"mapping.encoding": encoding, "mapping.sync": sync}
    sre, dense = (rc.load_hardware(name).replace(keys) for name in ("sre", "ou-dense"))
    network = rc.load_network("caffenet-ssl")
    row = rc.compare([sre], network, baseline=dense).to_dicts()[0]
    copies = {"mapping.replication": "balanced"}
    many = infer(sre.replace(copies), network).throughput_per_s or 0.0
    few = infer(dense.replace(copies), network).throughput_per_s or 1.0
    expected = [
        row["work_reduction"],
        row["speedup"],
        row["throughput_speedup"],
        many / few,
        row["energy_saving_percent"],
    ]
    assert printed == pytest.approx(expected, rel=5e-3)


def test_what_weighs_on_the_energy_saved() -> None:
    network = rc.load_network("caffenet-ssl")
    printed = re.findall(r"(\d\d\.\d) %", README.partition("Two things weigh on")[2])[:3]
    expected = []
    for replication in ("none", "balanced"):
        keys = {"leakage.fraction": 0.01, "mapping.replication": replication}
        sre, dense = (rc.load_hardware(name).replace(keys) for name in ("sre", "ou-dense"))
        expected.append(rc.compare([sre], network, baseline=dense).rows[0]["energy_saving_percent"])
    sre, dense = (infer(rc.load_hardware(name), network) for name in ("sre", "ou-dense"))
    less = 0.0  # of drivers and cells of the dense machine, which read every bit of the inputs
    for layer, bound in zip(dense.layers, bind(network, sre.hardware), strict=True):
        zero_bits = 1.0 - bound["slice_density"][: bound["slices"]].mean()
        less += zero_bits * (layer.energies_j["dac"] + layer.energies_j["cell"])
    expected.append(100.0 * (1.0 - sre.energy_j / (dense.energy_j - less)))
    assert [float(text) for text in printed] == pytest.approx(expected, abs=0.05)


def test_the_table_of_read_errors() -> None:
    heights = _row("active wordlines")
    printed = _row("sums read wrongly, %")
    sre = rc.load_hardware("sre")
    machines = [sre.replace({"operation_unit.rows": int(rows)}) for rows in heights]
    found = montecarlo_sensing(machines).column("noise_error_percent")
    assert printed == pytest.approx(found, abs=0.06)


def test_the_table_of_feedback() -> None:
    for feedback in (0, 1, 3):
        machine = rc.load_hardware("essence").replace({"writes.feedback": feedback})
        network = rc.load_network("resnet20-cifar10")
        (row,) = rc.lifetime(machine, network, target_mean_saving=10.29).rows
        printed = _row(str(feedback))
        expected = [row["mean_updates"], row["max_updates"], row["lifetime_trainings"]]
        assert printed == pytest.approx(expected, rel=3e-3)


def _row(label: str) -> list[float]:
    """The numbers of a table's row."""
    found = re.search(rf"^\| {re.escape(label)} \|(.*)\|$", README, flags=re.MULTILINE)
    assert found
    return [float(cell) for cell in found[1].split("|")]
