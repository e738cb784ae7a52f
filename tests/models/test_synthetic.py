"""Drawn weights and inputs have the densities they are drawn by; their cycles the closed form's."""

import math
import sys

import numba
import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.hardware.records import structure_record
from recost.kernels import synthetic as kernels
from recost.kernels.counts import layer_counts
from recost.kernels.philox import stream_key
from recost.kernels.records import BOUND_LAYER
from recost.models.exact import count_cycles
from recost.models.inference import special_mode
from recost.models.synthetic import SyntheticLayer, sample
from recost.vocabulary import COUNTS, ActivationSparsity, Count, WeightSparsity
from tests.models.settings import setting, setting_with_dead_filters
from tests.naive.waiting import mean_of, units

KEY = stream_key(1, "test")
PLAIN = kernels.Weights(1.0, 1.0, 1.0, 1.0, 0.0, 0.5, False, 1, np.ones(4), 0, 1)
VALUES = kernels.Inputs(1.0, np.full(8, 0.5), 0, True, False, 0.0, 1)


def weights(rows=900, columns=200, trial=0, start=0, whole=None, **changes):
    out = np.empty((rows, columns), np.int32)
    kernels.draw_weights(KEY, trial, PLAIN._replace(**changes), (start, whole or rows), out)
    return out


def inputs(vectors=100, rows=900, trial=0, start=0, **changes):
    out = np.empty((vectors, rows), np.int32)
    kernels.draw_inputs(KEY, trial, VALUES._replace(**changes), start, out)
    return out


def near(share, p, n):
    return abs(share - p) < 4.0 * math.sqrt(p * (1.0 - p) / n) + 1e-12


def test_elements_rows_and_filters_have_their_densities():
    found = weights(element=0.3) != 0
    assert near(found.mean(), 0.3, found.size)
    found = weights(row=0.4) != 0
    assert set(found.mean(axis=1)) == {0.0, 1.0}
    assert near(found.mean(), 0.4, 900)
    found = weights(columns=900, rows=30, filters=0.4) != 0
    assert set(found.mean(axis=0)) == {0.0, 1.0}
    assert near(found.mean(), 0.4, 900)
    found = weights(filters=0.4, independent=True) != 0
    assert near(found.mean(), 0.4, found.size)


def test_kernels_live_and_die_as_one():
    blocks = (weights(kernel=0.25, kernel_rows=9) != 0).reshape(100, 9, 200)
    assert set(blocks.mean(axis=1).ravel()) == {0.0, 1.0}
    assert near(blocks.mean(), 0.25, 100 * 200)


@pytest.mark.parametrize("correlation", [0.0, 0.25, 1.0])
def test_elements_of_a_kernel_have_the_correlation_asked_for(correlation):
    found = (weights(element=0.3, correlation=correlation, kernel_rows=9) != 0).astype(float)
    assert near(found.mean(), 0.3, found.size / (1.0 + 8.0 * correlation))
    blocks = found.reshape(100, 9, 200)
    pairs = np.corrcoef(blocks[:, 0].ravel(), blocks[:, 5].ravel())[0, 1]
    assert pairs == pytest.approx(correlation, abs=0.03)
    across = np.corrcoef(blocks[:-1, 0].ravel(), blocks[1:, 0].ravel())[0, 1]
    assert across == pytest.approx(0.0, abs=0.03)


def test_signs_and_cells():
    found = weights(positive=0.2, cells=np.array([0.1, 0.9]), forced=1)
    assert near((found > 0).mean(), 0.2, found.size)
    magnitude = np.abs(found)
    assert magnitude.min() > 0
    assert near(((magnitude >> 1) & 1).mean(), 0.1, found.size)
    states = np.abs(weights(cells=np.array([1.0]), bits=2))
    assert all(near((states == s).mean(), 1 / 3, states.size) for s in (1, 2, 3))


@pytest.mark.parametrize("together", [True, False])
def test_slices_have_their_densities(together):
    density = np.array([0.5, 0.25, 0.1, 0.0, 1.0, 0.3])
    found = inputs(slices=density, together=together, nonzero=0.6)
    share = 0.6 if together else 1.0
    for s, p in enumerate(density):
        assert near(((found >> s) & 1).mean(), share * p, found.size)
    if together:
        assert near((found != 0).mean(), 0.6, found.size)


def test_signed_inputs_and_windows():
    found = inputs(signed=True, nonzero=0.5)
    assert near((found < 0).mean(), 0.25, found.size)
    found = inputs(correlation=0.5, kernel_rows=9, nonzero=0.4) != 0
    blocks = found.reshape(100, 100, 9).astype(float)
    assert np.corrcoef(blocks[..., 0].ravel(), blocks[..., 8].ravel())[0, 1] == pytest.approx(
        0.5, abs=0.04
    )


def test_equal_seeds_give_equal_bits_for_any_threads_and_chunks():
    arguments = {"element": 0.3, "correlation": 0.2, "kernel_rows": 9, "cells": np.full(4, 0.5)}
    before = numba.get_num_threads()
    try:
        drawn = []
        for threads in (1, 2):
            numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
            drawn.append((weights(**arguments), inputs(correlation=0.3)))
    finally:
        numba.set_num_threads(before)
    for one, two in zip(*drawn, strict=True):
        assert np.array_equal(one, two)
    assert np.array_equal(inputs(vectors=30, start=50), inputs()[50:80])
    part = weights(rows=30, start=50, whole=900, **arguments)
    assert np.array_equal(part, weights(**arguments)[50:80])
    assert not np.array_equal(weights(trial=1, **arguments), weights(trial=2, **arguments))


def test_a_trial_does_not_depend_on_the_others_or_on_batches(monkeypatch):
    hardware, layer = setting(9)
    drawn = SyntheticLayer(layer, hardware, seed=3, name=("a",))
    first, second = drawn.trial(0), drawn.trial(1)
    monkeypatch.setattr("recost.models.synthetic._AT_ONCE", 1)
    again = SyntheticLayer(layer, hardware, seed=3, name=("a",))
    assert again.trial(1).ou_activations == second.ou_activations
    assert np.array_equal(again.trial(0).slowest, first.slowest)
    other = SyntheticLayer(layer, hardware, seed=4, name=("a",)).trial(0)
    assert other.ou_activations != first.ou_activations or hardware.sparsity.activations == 0


@pytest.mark.boundscheck
def test_no_kernel_writes_beyond_its_arrays():
    weights(rows=20, columns=3, element=0.3, correlation=0.2, kernel_rows=9, cells=np.full(3, 0.5))
    inputs(vectors=3, rows=20, correlation=0.3, kernel_rows=9, slices=np.full(5, 0.5))


def closed_form(hardware, layer):
    """Counts of a layer, see `Count`."""
    counts = np.zeros(COUNTS)
    layer_counts(layer, structure_record(hardware)[0], special_mode(hardware), None, counts)
    return counts


def check_agreement(seeds, name, trials=60, more=1500, draw=setting):
    """Closed form within 1 % or three standard errors; a miss must hold against more trials."""
    worst = []
    for seed in seeds:
        hardware, layer = draw(seed)
        closed = closed_form(hardware, layer)[
            {"ou_activations": Count.OU_ACTIVATIONS, "cycles": Count.CYCLES}[name]
        ]
        drawn = SyntheticLayer(layer, hardware, name=("agreement", str(seed)), together=False)
        values = []
        for wanted in (trials, more):
            values += [getattr(drawn.trial(k), name) for k in range(len(values), wanted)]
            image = np.array(values) * int(layer["vectors"])
            error = image.std(ddof=1) / math.sqrt(len(image))
            apart = abs(closed - image.mean())
            if apart <= max(0.01 * image.mean(), 3.0 * error):
                break
        else:
            worst.append((float(closed / image.mean() - 1.0), seed))
    return sorted(worst, key=lambda pair: -abs(pair[0]))


def test_row_chunks_that_are_not_alike_wait_by_their_laws():
    # Dense inputs, 281 rows, 14 weights of 8 cells in crossbars of 128 x 64, units of 32 x 32.
    below = np.ones(5)
    for rows in (128, 128, 25):
        for weights in (8, 6):
            below *= np.cumsum(units(rows, 1.0 - 0.98**weights, 32, 4))
    cycles = closed_form(*setting(111))[Count.CYCLES]
    assert cycles == pytest.approx(4 * 2 * mean_of(below), rel=1e-6)


@pytest.mark.parametrize("skips", ["none", "value", "bit"])
@pytest.mark.parametrize("sync", ["vector", "layer"])
def test_matrices_whose_kept_rows_one_chunk_holds_are_compacted_alike(skips, sync):
    # 180 rows, of which a group keeps 18 +- 4: as crossbars of 180 rows compact them by themselves.
    _, layer = setting(70)
    layer["rows"], layer["columns"], layer["element_density"], layer["row_density"] = (
        180,
        9,
        0.04,
        0.7,
    )
    machine = setting(70)[0].replace(
        {
            "sparsity.activations": skips,
            "mapping.sync": sync,
            "operation_unit.rows": 4,
            "mapping.compaction": "layer",
        }
    )
    taller = machine.replace({"crossbar.rows": 180, "mapping.compaction": "crossbar"})
    whole, apart = (closed_form(hardware, layer)[Count.CYCLES] for hardware in (machine, taller))
    assert whole == pytest.approx(apart, rel=1e-4)


def test_vectors_that_are_waited_for_together_are_slices_of_one():
    # Values alike in all slices, four vectors of a layer; bits of four slices, one vector.
    hardware, layer = setting(298)
    layer["vectors"], layer["nonzero_share"] = 4, 0.4
    together = closed_form(hardware, layer)[Count.CYCLES]
    slices = int(layer["slices"])
    layer["vectors"], layer["slices"], layer["slice_density"][:4] = 1, 4, 0.4
    one = hardware.replace({"sparsity.activations": "bit", "mapping.sync": "vector"})
    assert together == pytest.approx(slices * closed_form(one, layer)[Count.CYCLES], rel=1e-9)


def say(capsys, title, worst, draw):
    """Print the settings that do not agree, the worst first."""
    with capsys.disabled():
        sys.stdout.write(f"\n  {title}; the rest:\n")
        for bias, seed in worst:
            hardware, layer = draw(seed)
            modes = (hardware.sparsity.weights, hardware.sparsity.activations)
            words = " ".join(word.text for word in (*modes, hardware.mapping.compaction))
            sys.stdout.write(f"  {bias:+7.1%}  setting {seed}: {words}, {layer['rows']} rows\n")


def test_work_agrees_with_the_closed_form():
    assert check_agreement(range(40), "ou_activations") == []


@pytest.mark.slow
def test_work_agrees_with_the_closed_form_over_many_settings():
    assert check_agreement(range(300), "ou_activations") == []


@pytest.mark.slow
def test_waiting_agrees_with_the_closed_form_over_many_settings(capsys):
    worst = check_agreement(range(300), "cycles", more=400)
    say(capsys, f"slowest crossbar: {300 - len(worst)} of 300 settings agree", worst, setting)
    # Crossbars that keep rows of their own and share the inputs of many slices are tied by a
    # normal copula; all else agrees.
    assert len(worst) <= 1
    for bias, seed in worst:
        sparsity = setting(seed)[0].sparsity
        assert sparsity.weights == WeightSparsity.CROSSBAR_ROW, seed
        assert sparsity.activations == ActivationSparsity.BIT, seed
        assert abs(bias) <= 0.03, seed


@pytest.mark.slow
def test_waiting_where_filters_are_dead_as_a_whole(capsys):
    # Their liveness ties all row chunks together, which the closed form knows only in part.
    draw = setting_with_dead_filters
    worst = check_agreement(range(60), "cycles", more=200, draw=draw)
    say(capsys, f"dead filters: {60 - len(worst)} of 60 settings agree", worst, draw)
    square = sum(bias * bias for bias, _ in worst) / 60
    assert math.sqrt(square) <= 0.055
    assert all(abs(bias) <= 0.22 for bias, _ in worst)


def test_samples_have_values_and_not_only_zeros():
    hardware = load_hardware("ou-dense").replace(
        {"precision.input_encoding": "unsigned", "precision.weight_bits": 7}
    )
    plain, vectors = sample(None, hardware, seed=1, vectors=4, columns=5)
    assert plain.shape == (hardware.crossbar.rows, 5)
    assert vectors.shape == (4, hardware.crossbar.rows)
    record = np.zeros(1, BOUND_LAYER)[0]
    for name in ("row_density", "filter_density", "kernel_density", "positive_share"):
        record[name] = 1.0
    record["nonzero_share"] = 1.0
    record["element_density"], record["cell_density"] = 0.5, 1.0
    record["rows"], record["columns"], record["kernel_rows"] = 40, 3, 1
    record["passes"], record["slices"] = 1, 16
    record["slice_density"] = 0.5
    drawn, vectors = sample(record, hardware, seed=1, vectors=4, columns=5)
    assert drawn.shape == (40, 3)
    assert drawn.min() >= 0
    assert drawn.max() < 2**7
    count_cycles(drawn, vectors, hardware)  # all of it fits the hardware's bits
