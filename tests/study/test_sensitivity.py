import math

import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.models.machine import cost
from recost.network import load_network
from recost.study.elasticity import elasticity
from recost.study.pricing import Pricing
from recost.study.sensitivity import sensitivity

LENET = load_network("lenet5")
SRE = load_hardware("sre")


def table_of(machine, **options):
    result = sensitivity([machine], [LENET], **options)
    return {row["key"]: row for row in result.rows}


def test_elasticities_of_powers_are_their_exponents():
    for power in (-2.0, 0.5, 1.0):
        low, high = 3.0**power, 5.0**power
        assert elasticity(low, high, math.log(5.0 / 3.0)) == pytest.approx(power, rel=1e-12)
    assert elasticity(0.0, 1.0, 1.0) is None
    assert elasticity(None, 1.0, 1.0) is None
    assert elasticity(1.0, 2.0, 0.0) is None


@pytest.mark.parametrize("name", ["sre", "isaac", "ou-dense"])
def test_energy_is_of_first_degree_in_all_prices_together(name):
    """Energy is a sum of counts times prices: with leakage zero the elasticities add up to 1."""
    machine = load_hardware(name).replace({"leakage.fraction": "0 %"})
    rows = table_of(machine, results=["energy_j"])
    prices = [row for row in rows.values() if row["unit"] in ("J", "J/bit", "W")]
    assert sum(row["energy_j_elasticity"] for row in prices) == pytest.approx(1.0, abs=2e-6)


def test_the_elasticity_of_a_price_is_its_share():
    rows = table_of(SRE, results=["energy_j", "area_mm2"])
    exact = cost(SRE, LENET)
    for key, part in (
        ("adc.energy", "adc"),
        ("off_chip.energy", "off_chip"),
        ("dac.energy", "dac"),
    ):
        share = exact.energies_j[part] / exact.energy_j
        assert rows[key]["energy_j_elasticity"] == pytest.approx(share, abs=1e-6)
    areas = [row["area_mm2_elasticity"] for row in rows.values() if row["unit"].startswith("mm2")]
    assert sum(areas) == pytest.approx(1.0, abs=1e-6)


def test_times_are_proportional_to_the_cycle_and_it_to_the_rate():
    rows = table_of(SRE, results=["latency_s"], keys=["adc.rate", "operation_unit.cycle_time"])
    assert rows["adc.rate"]["latency_s_elasticity"] == pytest.approx(-1.0, abs=1e-9)
    assert rows["operation_unit.cycle_time"]["latency_s_elasticity"] == pytest.approx(1.0, abs=1e-9)


def test_whole_numbers_step_to_their_neighbours_and_sizes_by_two():
    rows = table_of(SRE, results=["energy_j", "latency_s"])
    assert (rows["adc.bits"]["value_low"], rows["adc.bits"]["value_high"]) == (5, 7)
    assert (rows["crossbar.rows"]["value_low"], rows["crossbar.rows"]["value_high"]) == (64, 256)
    before, after = (
        cost(SRE.replace({"adc.bits": bits}), LENET).energy_j for bits in (5, 7)
    )  # fmt: skip
    expected = math.log(after / before) / math.log(7 / 5)
    assert rows["adc.bits"]["energy_j_elasticity"] == pytest.approx(expected, rel=1e-12)


def test_the_end_of_a_range_leaves_one_side():
    machine = SRE.replace({"crossbar.cell_bits": 1})
    row = table_of(machine, results=["energy_j"], keys=["crossbar.cell_bits"])["crossbar.cell_bits"]
    assert (row["value_low"], row["value_high"]) == (1, 2)


def test_rows_are_sorted_and_cut():
    result = sensitivity([SRE], [LENET], results=["energy_j"], top=5)
    sizes = [abs(row["energy_j_elasticity"]) for row in result.rows]
    assert len(sizes) == 5
    assert sizes == sorted(sizes, reverse=True)


def test_training_and_columns_beside_the_cost():
    panther = load_hardware("panther-2")
    result = sensitivity(
        [panther], [load_network("mlp-l4")], results=["energy_j"], pricing=Pricing("training")
    )
    assert any(row["key"].startswith("training.") for row in result.rows)
    rows = table_of(
        SRE, results=["read_error_percent"], keys=["cell.spread", "operation_unit.rows"]
    )
    assert rows["cell.spread"]["read_error_percent_elasticity"] > 0.0


@pytest.mark.parametrize(("name", "key"), [("gpu-gtx1080", "gpu."), ("base-digital", "matrix.")])
def test_machines_without_operation_units(name, key):
    rows = table_of(load_hardware(name), results=["energy_j", "latency_s"])
    assert any(path.startswith(key) for path in rows)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"results": ["energy"]}, "did you mean 'energy_j'"),
        ({"results": []}, "no column"),
        ({"keys": ["adc.bit"]}, "did you mean 'adc.bits'"),
        ({"keys": ["sparsity.weights"]}, "no number"),
    ],
)
def test_bad_questions(options, said):
    with pytest.raises(InputError, match=said):
        table_of(SRE, **options)
