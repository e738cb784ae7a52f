"""Exact cycle counts against loops over cells, and what must hold of any count."""

import itertools

import numpy as np
import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.models.exact import count_cycles
from recost.vocabulary import (
    ActivationSparsity,
    Compaction,
    InputEncoding,
    Sync,
    WeightEncoding,
    WeightSparsity,
)
from tests.naive import exact_count as naive

BASE = load_hardware("ou-dense")

# Sparsity skips nothing where a zero weight is stored as cells that are not zero.
MODES = [
    (weights, activations, encoding, compaction)
    for weights, activations, encoding, compaction in itertools.product(
        WeightSparsity, ActivationSparsity, WeightEncoding, Compaction
    )
    if encoding != WeightEncoding.OFFSET or weights in (WeightSparsity.NONE, WeightSparsity.MATRIX)
]


def machine(weights="ou-row", activations="bit", encoding="differential", **settings):
    texts = {
        "sparsity.weights": weights,
        "sparsity.activations": activations,
        "mapping.encoding": encoding,
        "precision.input_encoding": "unsigned",
    }
    return BASE.replace(texts | {key.replace("__", "."): value for key, value in settings.items()})


def random_machine(rng, mode):
    weights, activations, encoding, compaction = mode
    weight_bits, input_bits = int(rng.choice([1, 3, 5, 8, 16])), int(rng.choice([1, 4, 7, 16]))
    # Half of the machines divide evenly, as real ones do.
    even = rng.random() < 0.5
    return machine(
        weights.text,
        activations.text,
        encoding.text,
        mapping__compaction=compaction.text,
        crossbar__rows=int(rng.choice([64, 128, 256] if even else [1, 2, 7, 63, 65, 129, 200])),
        crossbar__columns=int(rng.choice([16, 128] if even else [1, 3, 8, 17, 40])),
        crossbar__cell_bits=int(rng.choice([1, 2, 3, min(4, weight_bits)]) % (weight_bits + 1))
        or 1,
        operation_unit__rows=int(rng.choice([8, 16] if even else [1, 2, 3, 9, 300])),
        operation_unit__columns=int(rng.choice([8, 16] if even else [1, 2, 5, 300])),
        precision__weight_bits=weight_bits,
        precision__input_bits=input_bits,
        precision__dac_bits=min(input_bits, int(rng.choice([1, 2, 3]))),
        precision__input_encoding=str(rng.choice(InputEncoding.words())),
        adc__bits=12,
    )


def random_weights(rng, hardware, rows, columns):
    bits = hardware.precision.weight_bits
    if hardware.mapping.encoding == WeightEncoding.OFFSET:
        low, high, zero = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1, -(2 ** (bits - 1))
    else:
        low, high, zero = 1 - 2**bits, 2**bits - 1, 0
    values = rng.integers(low, high, (rows, columns), endpoint=True)
    # Small weights leave their high cells zero.
    values = np.where(
        rng.random(values.shape) < 0.5, values // 2 ** int(rng.integers(0, 8)), values
    )
    live = rng.random(values.shape) < rng.choice([0.0, 0.05, 0.3, 1.0])
    live &= rng.random((rows, 1)) < rng.choice([0.3, 1.0])
    live &= rng.random((1, columns)) < rng.choice([0.5, 1.0])
    return np.where(live, values, zero)


def random_inputs(rng, hardware, vectors, rows):
    bits, encoding = hardware.precision.input_bits, hardware.precision.input_encoding
    low, high = 0, 2**bits - 1
    if encoding == InputEncoding.SIGN_MAGNITUDE and rng.random() < 0.8:
        low = -high
    if encoding == InputEncoding.TWOS_COMPLEMENT:
        low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    values = rng.integers(low, high, (vectors, rows), endpoint=True)
    return values * (rng.random(values.shape) < rng.choice([0.0, 0.2, 0.8, 1.0]))


def check(weights, inputs, hardware):
    counted = count_cycles(weights, inputs, hardware, detail=True)
    expected = naive.count(weights, inputs, hardware)
    assert [tuple(map(int, position)) for position in counted.positions] == list(expected)
    assert counted.detail.T.tolist() == list(expected.values())
    assert counted.stragglers == naive.stragglers(expected)
    assert counted.ou_activations == sum(map(sum, expected.values()))
    assert counted.per_crossbar.tolist() == [sum(cycles) for cycles in expected.values()]
    assert counted.per_vector.sum() == counted.ou_activations
    assert counted.slowest.sum() == counted.stragglers[Sync.VECTOR]


def check_random(mode, seeds):
    for seed in seeds:
        rng = np.random.default_rng([seed, *mode])
        hardware = random_machine(rng, mode)
        rows, columns = int(rng.choice([1, 2, 16, 64, 65, 129, 200])), int(rng.integers(1, 8))
        weights = random_weights(rng, hardware, rows, columns)
        check(weights, random_inputs(rng, hardware, int(rng.choice([1, 2, 5])), rows), hardware)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: "-".join(word.text for word in mode))
def test_random_shapes_equal_the_loops_over_cells(mode):
    check_random(mode, range(30))


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: "-".join(word.text for word in mode))
def test_many_random_shapes_equal_the_loops_over_cells(mode):
    check_random(mode, range(1000, 1400))


@pytest.mark.boundscheck
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: "-".join(word.text for word in mode))
def test_no_kernel_reads_beyond_its_arrays(mode):
    check_random(mode, range(2000, 2006))


@pytest.mark.parametrize("mode", MODES[::3], ids=lambda mode: "-".join(word.text for word in mode))
@pytest.mark.parametrize(
    ("shape", "settings"),
    [
        ((1, 1), {}),
        ((1, 9), {}),
        ((9, 1), {}),
        ((129, 2), {}),
        ((257, 17), {}),
        ((130, 3), {"operation_unit__rows": 300, "operation_unit__columns": 300}),
        ((40, 3), {"crossbar__cell_bits": 3}),
        ((40, 3), {"crossbar__rows": 1, "crossbar__columns": 1}),
        ((70, 2), {"crossbar__rows": 64, "operation_unit__rows": 64}),
        ((300, 2), {"crossbar__rows": 512, "operation_unit__rows": 10}),
    ],
)
@pytest.mark.parametrize("fill", ["zero", "one", "random"])
def test_edges(mode, shape, settings, fill):
    weights_mode, activations, encoding, compaction = mode
    hardware = machine(
        weights_mode.text,
        activations.text,
        encoding.text,
        mapping__compaction=compaction.text,
        precision__weight_bits=8,
        precision__input_bits=5,
        adc__bits=12,
        **settings,
    )
    rng = np.random.default_rng(shape)
    weights = {
        "zero": np.zeros(shape, np.int16),
        "one": np.full(shape, 127, np.int16),
        "random": rng.integers(-100, 100, shape),
    }[fill]
    inputs = {
        "zero": np.zeros((3, shape[0]), np.int16),
        "one": np.full((3, shape[0]), 31, np.int16),
        "random": rng.integers(0, 31, (3, shape[0])),
    }[fill]
    check(weights, inputs, hardware)


@pytest.mark.slow
def test_batches_and_layouts_do_not_change_the_count(monkeypatch):
    rng = np.random.default_rng(1)
    hardware = machine()
    weights = rng.integers(-9, 10, (300, 20)) * (rng.random((300, 20)) < 0.2)
    inputs = rng.integers(0, 500, (1000, 300))
    whole = count_cycles(weights, inputs, hardware, detail=True)
    monkeypatch.setattr("recost.models.exact._AT_ONCE", 1)
    for weight_type, input_type in (
        (np.int16, np.int64),
        (np.int32, np.int16),
        (np.int8, np.uint16),
    ):
        for order in "CF":
            parts = count_cycles(
                np.asarray(weights, weight_type, order=order),
                np.asarray(inputs, input_type, order=order),
                hardware,
                detail=True,
            )
            assert np.array_equal(parts.detail, whole.detail)
            assert parts.cycles == whole.cycles


def test_the_dense_count_is_the_formula():
    # 128 x 128 crossbars, 16 x 16 units, 16 input bits: 1024 units a crossbar and vector.
    hardware = machine("none", "none", "magnitude")
    counted = count_cycles(np.ones((128, 16), int), np.ones((3, 128), int), hardware)
    assert counted.per_vector.tolist() == [16 * 8 * 8] * 3
    assert counted.crossbars == 1
    assert counted.cycles == 3 * 1024


def test_pipeline_fill_counts_once_a_vector_and_pass():
    settings = {"operation_unit__fill_cycles": 7, "precision__input_encoding": "sign-magnitude"}
    hardware = machine(**settings)
    ones = np.ones((4, 2), int)
    for inputs, passes in ((ones.T, 1), (-ones.T, 2)):
        counted = count_cycles(ones, inputs, hardware)
        assert counted.cycles == counted.stragglers[Sync.VECTOR] + 7 * passes * 2


@pytest.mark.parametrize("seed", range(20))
def test_sparser_is_never_slower(seed):
    rng = np.random.default_rng(seed)
    weights = rng.integers(-9, 10, (200, 9))
    inputs = rng.integers(0, 2**16, (3, 200))
    fewer = weights * (rng.random(weights.shape) < 0.5)
    less = inputs & rng.integers(0, 2**16, inputs.shape)
    for mode in ("matrix", "crossbar-row", "ou-row", "ou-column"):
        hardware = machine(mode)
        full = count_cycles(weights, inputs, hardware).ou_activations
        assert count_cycles(fewer, inputs, hardware).ou_activations <= full
        assert count_cycles(weights, less, hardware).ou_activations <= full


@pytest.mark.parametrize(
    ("weights", "inputs", "words"),
    [
        (np.ones((3, 2), int), np.ones((1, 4), int), "3 rows"),
        (np.ones((3, 2), int) << 16, np.ones((1, 3), int), "weight_bits"),
        (np.ones((3, 2), int), np.ones((1, 3), int) << 16, "input_bits"),
        (np.ones((3, 2), int), -np.ones((1, 3), int), "sign-magnitude"),
        (np.ones((3, 2), int), -np.ones((1, 3)), "sign-magnitude"),
        (np.full((3, 2), np.nan), np.ones((1, 3), int), "NaN"),
        (np.ones(3, int), np.ones((1, 3), int), "rows x columns"),
        (np.ones((0, 3), int), np.ones((1, 0), int), "rows x columns"),
        (np.array([["a"]]), np.ones((1, 1), int), "not numbers"),
    ],
)
def test_what_does_not_fit_is_named(weights, inputs, words):
    with pytest.raises(InputError, match=words):
        count_cycles(weights, inputs, machine())
