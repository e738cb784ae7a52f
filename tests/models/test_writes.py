"""What a training writes: counts, energy by scope, rows and their slowest cells, hidden time."""

import dataclasses
import math

import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.models.writes import network_writes, slowest_pulses
from recost.network import load_network

PRICES = {"cell.write_energy": "2 pJ", "cell.write_time": "100 ns"}


def machine(**keys):
    settings = {key.replace("__", "."): value for key, value in keys.items()}
    return load_hardware("isaac").replace({**PRICES, **settings})


@pytest.fixture(scope="module")
def resnet20():
    return load_network("resnet20-cifar10")


def test_totals_of_the_reference(resnet20):
    # reference: per image 187,456 activations x 4 cells and 268,336 weights x 4/128.
    hardware = machine(crossbar__cell_bits=4, writes__store=True, writes__buffer_depth=1)
    writes = network_writes(hardware, resnet20)
    kinds = {"weights": 0.0, "activations": 0.0}
    for layer in writes.layers:
        for part in layer.written:
            if part.kind in kinds:
                kinds[part.kind] += part.cell_writes
    images = 50_000 * 200
    assert writes.images == images
    assert kinds["activations"] / images == pytest.approx(187_456 * 4)
    assert kinds["weights"] / (200 * 391) == pytest.approx(268_336 * 4)
    assert kinds["weights"] / images == pytest.approx(8.4e3, rel=0.01)


def test_a_deeper_buffer_has_more_cells_and_as_many_writes(resnet20):
    shallow = network_writes(machine(writes__store=True, writes__buffer_depth=1), resnet20)
    deep = network_writes(machine(writes__store=True), resnet20)
    assert deep.energy_j == pytest.approx(shallow.energy_j)
    wears = [layer.written[1].slices.max() for layer in deep.layers]
    assert wears == pytest.approx([1e7 / (2 * (20 - i) + 1) for i in range(1, 21)])


def test_energy_by_scope(resnet20):
    by_cell = network_writes(machine(), resnet20)
    cells = sum(layer.cell_writes for layer in by_cell.layers)
    assert cells == 268_336 * 8 * 78_200
    assert by_cell.energy_j == pytest.approx(cells * 2e-12)
    by_row = network_writes(machine(writes__energy_scope="row"), resnet20)
    rows = sum(layer.written[0].rows for layer in by_row.layers)
    # 3x3 kernels: a row of a crossbar holds 16 weights, so 64 columns take four.
    assert rows == 27 + 6 * 144 + (144 + 5 * 288) * 2 + (288 + 5 * 576) * 4 + 64
    assert by_row.energy_j == pytest.approx(rows * 78_200 * 2e-12)
    by_array = network_writes(machine(writes__energy_scope="array"), resnet20)
    assert by_array.energy_j == pytest.approx(by_row.energy_j / 128)
    pulsed = network_writes(machine(cell__pulses=3.0), resnet20)
    assert pulsed.energy_j == pytest.approx(3.0 * by_cell.energy_j)
    twice = network_writes(machine(writes__transposed=True), resnet20)
    assert twice.energy_j == pytest.approx(2.0 * by_cell.energy_j)


def test_rows_of_an_array_are_written_one_by_one(resnet20):
    writes = network_writes(machine(writes__slowdown=2.0), resnet20)
    # conv1 has 27 rows, the others fill the 128 rows of an array; all arrays side by side.
    assert writes.layers[0].update_time_s == pytest.approx(27 * 200e-9)
    assert writes.update_time_s == pytest.approx(128 * 200e-9)
    assert writes.store_time_s == 0.0


def test_a_row_is_skipped_only_if_all_its_cells_are(resnet20):
    keys = {"writes__policy": "stochastic", "writes__threshold": 200.0}
    sparse = network_writes(machine(**keys), resnet20)
    part = sparse.layers[5].written[0]
    changed = part.slices / part.times
    expected = 1.0 - math.prod((1.0 - p) ** 16 for p in changed)
    assert part.row_share == pytest.approx(expected)
    assert part.cells * part.row_share == pytest.approx(16 * changed.sum())
    # A row that is kept or left alone as one is written as often as it is kept.
    keys |= {"writes__policy": "structured", "writes__structure": "row"}
    keys["writes__threshold"] = 50.0
    whole = network_writes(machine(**keys), resnet20).layers[5]
    assert whole.written[0].row_share == pytest.approx(whole.updates.mean / 78_200)


@pytest.mark.parametrize(("mean", "cells"), [(8.52, 128), (2.0, 1), (1.3, 40)])
def test_slowest_of_the_cells_written_together(mean, cells):
    random = np.random.default_rng(5)
    slowest = random.geometric(1.0 / mean, (20_000, cells)).max(axis=1)
    error = slowest.std() / math.sqrt(len(slowest))
    assert abs(slowest_pulses(mean, cells) - slowest.mean()) < 3.0 * error


def test_one_pulse_is_one_pulse():
    assert slowest_pulses(1.0, 128.0) == 1.0
    assert slowest_pulses(5.0, 0.0) == 1.0
    assert slowest_pulses(5.0, 1.0) == pytest.approx(5.0)


def test_what_hides_behind_the_pipeline(resnet20):
    open_ = network_writes(machine(writes__store=True), resnet20)
    hidden = network_writes(machine(writes__store=True, writes__overlap=True), resnet20)
    store, update = open_.store_time_s, open_.update_time_s
    # The layer with the most values: 128 rows of the fullest array, for each kind.
    assert store == pytest.approx(2 * 128 * 100e-9)
    images, steps = 1e7, 78_200
    assert open_.exposed_s(1.0) == pytest.approx(steps * update + images * store)
    assert hidden.exposed_s(1.0) == pytest.approx(steps * update)
    assert hidden.exposed_s(store / 4) == pytest.approx(steps * update + images * 0.75 * store)


def test_without_prices_there_are_counts_alone(resnet20):
    hardware = machine()
    unpriced = dataclasses.replace(hardware.cell, write_energy_j=None, write_time_s=None)
    writes = network_writes(dataclasses.replace(hardware, cell=unpriced), resnet20)
    assert sum(layer.cell_writes for layer in writes.layers) > 0.0
    assert (writes.energy_j, writes.update_time_s, writes.exposed_s(1.0)) == (None, None, None)


def test_unknown_sizes_are_said(resnet20):
    assert "update_size" in network_writes(machine(), resnet20).notes[0]
    assert network_writes(machine(writes__update_size=3.0), resnet20).notes == ()
