"""Trainings until death: the reference's tables, repair, temperature, what dies first."""

import math

import numpy as np
import pytest
from scipy import stats

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.kernels import endurance
from recost.models.life import cell_endurance, death_quantiles, life, populations_of
from recost.models.writes import network_writes
from recost.network import load_network
from recost.vocabulary import EnduranceDistribution

LOGNORMAL = int(EnduranceDistribution.LOGNORMAL)


@pytest.fixture(scope="module")
def resnet20():
    return load_network("resnet20-cifar10")


def machine(**keys):
    settings = {key.replace("__", "."): value for key, value in keys.items()}
    return load_hardware("isaac").replace(settings)


def lived(network, **keys):
    return life(network_writes(machine(**keys), network))


@pytest.mark.parametrize("median", [1e6, 1e8, 1e12])
def test_weights_that_are_written_every_step(resnet20, median):
    # reference: 12.8, 1,279, 1.3e7 trainings of 78,200 steps, no spread.
    found = lived(resnet20, cell__endurance__distribution="fixed", cell__endurance__median=median)
    assert found.median == pytest.approx(median / 78_200, rel=1e-8)
    assert (found.low, found.high) == (found.median, found.median)
    assert found.first.kind == "weights"


@pytest.mark.parametrize(("median", "trainings"), [(1e6, 0.1), (1e8, 10.0)])
def test_activations_at_a_buffer_of_depth_one(resnet20, median, trainings):
    found = lived(
        resnet20,
        cell__endurance__distribution="fixed",
        cell__endurance__median=median,
        writes__store=True,
    )
    assert found.median == pytest.approx(trainings, rel=1e-8)
    assert (found.first.layer, found.first.kind) == ("fc", "activations")


def test_the_first_of_all_weights_cells(resnet20):
    found = lived(resnet20, cell__endurance__median=1e6, cell__endurance__spread=0.5)
    cells = 268_336 * 8
    assert sum(p.cells for p in found.populations) == pytest.approx(cells)
    for got, q in ((found.low, 0.05), (found.median, 0.5), (found.high, 0.95)):
        first = endurance.first_failure(LOGNORMAL, 1e6, 0.5, cells, q)
        assert got == pytest.approx(first / 78_200, rel=1e-7)


def test_a_share_of_failed_cells(resnet20):
    writes = network_writes(machine(cell__endurance__spread=0.5), resnet20)
    found = life(writes, failed_fraction=0.01)
    # reference: 1 % of lognormal cells at 0.312 of the median.
    assert found.median == pytest.approx(0.312 * 1e6 / 78_200, rel=2e-3)
    assert found.failed_after(found.median) == pytest.approx(0.01, rel=1e-6)
    assert found.low < found.median < found.high
    # Two million cells fail very evenly.
    assert found.high / found.low < 1.01
    assert found.median > life(writes).high


def test_wear_that_is_spread_over_cells_adds_in_quadrature(resnet20):
    keys = {"cell__endurance__median": 1e6}
    both = lived(resnet20, **keys, cell__endurance__spread=0.3, writes__wear_spread=0.4)
    alone = lived(resnet20, **keys, cell__endurance__spread=0.5)
    assert both.median == pytest.approx(alone.median, rel=1e-8)


@pytest.mark.parametrize(
    ("keys", "factor"),
    [
        ({"writes__derating": 0.5}, 0.5),
        ({"writes__slowdown": 3.0}, 9.0),
        ({"writes__slowdown": 3.0, "writes__slowdown_exponent": 1.0}, 3.0),
        ({"cell__pulses": 8.52}, 1 / 8.52),
        ({"writes__wear_per_write": 0.05}, 20.0),
        # TOPAR: x 0.026 from 300 K to 380 K.
        ({"writes__temperature": 380.0}, 0.0256),
    ],
)
def test_factors_of_a_life(resnet20, keys, factor):
    plain = lived(resnet20)
    assert lived(resnet20, **keys).median == pytest.approx(factor * plain.median, rel=3e-3)


def test_a_weibull_is_given_by_its_shape():
    keys = {"cell__endurance__distribution": "weibull", "cell__endurance__spread": 2.5}
    code, median, spread = cell_endurance(machine(**keys, cell__endurance__median=1e6))
    cell = stats.weibull_min(2.5, scale=1e6 / math.log(2) ** (1 / 2.5))
    assert endurance.failed_share(code, median, spread, 3e5) == pytest.approx(cell.cdf(3e5))


def test_the_mean_may_stand_for_the_median():
    keys = {"cell__endurance__mean": 1e6, "cell__endurance__spread": 0.5}
    _, median, _ = cell_endurance(machine(**keys, cell__endurance__median="none"))
    assert median == pytest.approx(1e6 * math.exp(-0.125))
    with pytest.raises(InputError, match="not both"):
        cell_endurance(machine(**keys))


def test_spares_and_correction_lengthen_a_life(resnet20):
    plain = lived(resnet20)
    spare = lived(resnet20, writes__spare_rows=2)
    corrected = lived(resnet20, writes__corrected=0.01)  # one cell of a row
    both = lived(resnet20, writes__corrected=0.01, writes__spare_columns=2)
    assert plain.median < min(spare.median, corrected.median)
    assert max(spare.median, corrected.median) < both.median


def test_the_most_written_slices_die_first(resnet20):
    found = lived(resnet20, writes__update_size=3.0, cell__endurance__spread=0.2)
    assert all(np.argmax(p.wears) == 0 for p in found.populations)
    assert found.hazards.sum() == pytest.approx(1.0)
    # Layers wear alike, so the hazard is shared by their cells.
    cells = np.array([p.cells for p in found.populations])
    assert found.hazards == pytest.approx(cells / cells.sum(), rel=1e-6)


def test_structures_that_are_written_more_die_earlier(resnet20):
    keys = {
        "writes__policy": "endurance-aware",
        "writes__structure": "row",
        "writes__threshold": 8.0,
        "writes__update_family": "lognormal",
        "writes__update_spread": 2.0,
        "writes__persistent": 0.16,
        "cell__endurance__distribution": "fixed",
    }
    free = lived(resnet20, **keys, writes__feedback=0.0)
    aware = lived(resnet20, **keys, writes__feedback=2.0)
    writes = network_writes(machine(**keys, writes__feedback=2.0), resnet20)
    assert aware.median > 2.0 * free.median
    # reference: trainings = endurance / max count.
    from recost.models.updates import largest_of

    largest = largest_of([layer.updates for layer in writes.layers])
    assert aware.median == pytest.approx(1e6 / largest, rel=0.02)


def test_quantiles_rise(resnet20):
    writes = network_writes(machine(), resnet20)
    found = death_quantiles(writes, (0.01, 0.05, 0.5, 0.95, 0.99))
    assert found == sorted(found)
    assert found[1:4] == [life(writes).low, life(writes).median, life(writes).high]


def test_populations_hold_every_cell_once(resnet20):
    hardware = machine(writes__store=True, writes__transposed=True)
    populations = populations_of(network_writes(hardware, resnet20))
    weights = sum(p.cells for p in populations if p.kind == "weights")
    assert weights == pytest.approx(2 * 268_336 * 8)
    stored = [p for p in populations if p.kind == "activations"]
    values = resnet20.records["inputs"] * np.arange(39, 0, -2)
    assert [p.numbers for p in stored] == pytest.approx(values)


@pytest.mark.parametrize("granularity", ["element", "row", "column", "operation-unit", "crossbar"])
def test_every_structure_has_a_life(resnet20, granularity):
    keys = {
        "writes__policy": "structured",
        "writes__structure": granularity,
        "writes__threshold": 3.0,
        "writes__update_family": "lognormal",
        "writes__update_spread": 1.0,
        "writes__persistent": 0.1,
        "operation_unit__rows": 16,
        "operation_unit__columns": 16,
    }
    writes = network_writes(machine(**keys), resnet20)
    cells = sum(p.cells for p in populations_of(writes))
    assert cells == pytest.approx(268_336 * 8)
    assert 0.0 < life(writes).median < math.inf


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"cell__endurance__distribution": "weibull", "cell__endurance__spread": 0.0}, "spread"),
        ({"writes__derating": 0.0}, "writes.derating"),
        ({"crossbar__columns": 4096, "writes__corrected": 0.5}, "writes.corrected"),
        (
            {
                "writes__policy": "structured",
                "writes__threshold": 3.0,
                "writes__structure": "column",
                "writes__spare_rows": 1,
            },
            "writes.structure",
        ),
    ],
)
def test_lives_that_cannot_be_told(resnet20, keys, key):
    with pytest.raises(InputError) as caught:
        lived(resnet20, **keys)
    assert key in (caught.value.key or "")


def test_no_endurance_no_life(resnet20):
    with pytest.raises(InputError, match="endurance") as caught:
        life(network_writes(load_hardware("puma"), resnet20))
    assert caught.value.key == "cell.endurance.median"


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5])
def test_a_share_lies_between_0_and_1(resnet20, share):
    with pytest.raises(InputError, match="between 0 and 1"):
        life(network_writes(machine(), resnet20), failed_fraction=share)


@pytest.mark.parametrize("value", ["0", "-3", "nan"])
@pytest.mark.parametrize("key", ["cell.endurance.median", "cell.pulses"])
def test_endurance_below_one_is_refused_at_the_door(key, value):
    with pytest.raises(InputError) as caught:
        machine().replace({key: value})
    assert caught.value.key == key


@pytest.mark.parametrize("key", ["cell.endurance.spread", "writes.wear_spread"])
def test_negative_spreads_are_refused_at_the_door(key):
    with pytest.raises(InputError) as caught:
        machine().replace({key: "-0.1"})
    assert caught.value.key == key
