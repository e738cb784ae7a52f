"""The squared error of dot products against reads simulated one by one."""

import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.models.sensing import Cells, Simulation, adc_codes, reader_of, table_moments
from recost.models.sensing_gaussian import gaussian_table
from recost.models.sensing_layer import SampledLayer

BASE = load_hardware("ou-dense").replace(
    {
        "cell.spread": 0.25,
        "cell.resistance_on": "1 kohm",
        "cell.resistance_off": "20 kohm",
        "crossbar.cell_bits": 1,
        "crossbar.rows": 16,
        "precision.weight_bits": 4,
        "precision.input_bits": 3,
        "precision.input_encoding": "unsigned",
        "operation_unit.rows": 6,
        "operation_unit.columns": 4,
        "adc.bits": 6,
    }
)


def data(seed=5, rows=20, columns=3, vectors=3):
    rng = np.random.default_rng(seed)
    weights = rng.integers(-15, 16, (rows, columns)) * (rng.random((rows, columns)) < 0.5)
    return weights, rng.integers(0, 8, (vectors, rows))


def naive_reads(hardware, weights, vector):
    """Every read of a differential matrix: (sign and place, cells that conduct, its column)."""
    bits, height = hardware.crossbar.cell_bits, hardware.operation_unit.rows
    count = -(-hardware.precision.weight_bits // bits)
    for sign in (1, -1):
        for j in range(weights.shape[1]):
            values = np.maximum(sign * weights[:, j], 0)
            cells = [(values >> bits * (count - 1 - s)) & (2**bits - 1) for s in range(count)]
            kept = [i for i in range(len(values)) if values[i] or hardware.sparsity.weights != 3]
            for b in range(hardware.precision.input_bits):
                ones = (vector >> b) & 1
                for start in range(0, len(values), hardware.crossbar.rows):
                    driven = [
                        i
                        for i in kept
                        if start <= i < start + hardware.crossbar.rows
                        and (ones[i] or hardware.sparsity.activations != 2)
                    ]
                    for at in range(0, len(driven), height):
                        active = [i for i in driven[at : at + height] if ones[i]]
                        for s in range(count):
                            place = sign * 2**b * 2 ** (bits * (count - 1 - s))
                            if active:
                                yield place, cells[s][active], j


def simulate(hardware, weights, inputs, times, seed=0):
    """Errors of the dot products, [times, vectors, columns]."""
    rng, known = np.random.default_rng(seed), Cells.of(hardware)
    errors = np.zeros((times, len(inputs), weights.shape[1]))
    for v, vector in enumerate(inputs):
        for place, cells, j in naive_reads(hardware, weights, vector):
            reader, codes = reader_of(hardware, known, len(cells)), adc_codes(hardware, len(cells))
            noise = np.exp(known.spread * rng.normal(size=(times, len(cells))))
            current = (known.currents[cells] * noise).sum(axis=1)
            passed = np.floor((current - reader.first) / reader.step).astype(int) + 1
            sensed = codes[np.clip(passed, 0, reader.largest)]
            errors[:, v, j] += place * (sensed - cells.sum())
    return errors


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"crossbar.cell_bits": 2, "operation_unit.columns": 2},
        {"sparsity.activations": "bit", "sparsity.weights": "ou-row"},
        {"adc.bits": 2},
    ],
)
def test_squared_error_equals_reads_simulated_one_by_one(settings):
    hardware = BASE.replace({"sparsity.weights": "none", "sparsity.activations": "none"} | settings)
    weights, inputs = data()
    layer = SampledLayer(hardware, weights, inputs)

    def moments(n, sums):
        simulation = Simulation(hardware, n, sums=sums, states=layer.states())
        simulation.run(20_000)
        return simulation.table().moments()

    found = layer.errors(moments)
    expected = simulate(hardware, weights, inputs, 1500)
    squares = (expected**2).mean(axis=(1, 2))
    deviation = squares.std() / np.sqrt(len(squares))
    # Five deviations, and 3 % for what the mixture of positions in a weight leaves out.
    assert found.mean_square == pytest.approx(squares.mean(), abs=5 * deviation, rel=0.03)
    assert found.signal == ((inputs @ weights) ** 2.0).mean()


def no_error(_active, sums):
    return np.zeros(sums.size), np.zeros(sums.size)


@pytest.mark.parametrize("encoding", ["differential", "magnitude", "offset"])
@pytest.mark.parametrize("inputs_as", ["unsigned", "sign-magnitude", "twos-complement"])
@pytest.mark.parametrize("mode", ["none", "matrix"])
def test_products_are_exact_and_perfect_cells_make_no_error(encoding, inputs_as, mode):
    hardware = BASE.replace(
        {
            "mapping.encoding": encoding,
            "precision.input_encoding": inputs_as,
            "sparsity.weights": mode,
            "sparsity.activations": "value",
            "precision.input_bits": 4,
        }
    )
    weights, inputs = data(seed=1)
    weights //= 2
    if inputs_as != "unsigned":
        inputs = inputs - 4
    layer = SampledLayer(hardware, weights, inputs)
    found = layer.errors(no_error)
    stored = np.abs(weights) if encoding == "magnitude" else weights
    assert found.signal == ((inputs @ stored) ** 2.0).mean()
    assert found.mean_square == 0.0
    assert found.snr_db is None


@pytest.mark.parametrize("mode", ["none", "crossbar-row", "ou-row", "ou-column"])
@pytest.mark.parametrize("compaction", ["crossbar", "layer"])
@pytest.mark.parametrize("skip", ["none", "value", "bit"])
def test_skipping_does_not_change_the_product(mode, compaction, skip):
    hardware = BASE.replace({"sparsity.weights": mode, "sparsity.activations": skip})
    if mode in ("ou-row", "none"):
        hardware = hardware.replace({"mapping.compaction": compaction})
    weights, inputs = data(seed=2, rows=50)
    layer = SampledLayer(hardware, weights, inputs)
    found = layer.errors(no_error)
    assert found.signal == ((inputs @ weights) ** 2.0).mean()
    assert 0.0 <= found.zero_share <= 1.0
    assert sum(layer.sums(n).sum() for n, _ in layer.active()) <= found.reads


def test_less_spread_is_more_signal():
    weights, inputs = data(rows=64, columns=4)
    ratios = []
    for spread in (0.4, 0.2, 0.1, 0.05):
        hardware = BASE.replace({"cell.spread": spread, "adc.bits": 8})
        layer = SampledLayer(hardware, weights, inputs)
        ratios.append(
            layer.errors(lambda n, _, h=hardware: table_moments(gaussian_table(h, n))).snr_db
        )
    assert ratios == sorted(ratios)


@pytest.mark.boundscheck
@pytest.mark.parametrize("mode", ["none", "ou-row", "ou-column"])
def test_no_kernel_reads_beyond_its_arrays(mode):
    test_skipping_does_not_change_the_product(mode, "crossbar", "bit")
