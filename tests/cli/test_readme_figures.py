"""The figures that the README prints are those that recost prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import recost as rc
from recost.models.inference import infer

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
