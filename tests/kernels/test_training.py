"""Counts and times of training against a walk over blocks, vectors and examples."""

from __future__ import annotations

import random

import numpy as np
import pytest

from recost.hardware.records import STRUCTURE_DTYPE
from recost.kernels import training
from recost.network.layers import LAYER_DTYPE
from recost.vocabulary import COUNTS, TRAINING_ACTIONS, Count, TrainingAction, TrainingUpdate
from tests.naive import training as naive

SIDE = 8
UPDATES = {update.text: update for update in TrainingUpdate}
CASES = [("outer-product", 1), ("outer-product", 2), ("outer-product", 3), ("serial", 1),
         ("serial", 2), ("mvm", 2), ("digital", 1)]  # fmt: skip


def structure() -> np.void:
    record = np.zeros(1, STRUCTURE_DTYPE)
    record["crossbar_rows"] = record["crossbar_columns"] = SIDE
    record["precision_weight_bits"] = record["crossbar_cell_bits"] = 32
    record["precision_input_bits"] = 16
    record["mapping_encoding"] = 2  # one set
    record["hierarchy_crossbars_per_core"] = 2
    record["hierarchy_cores_per_tile"] = 4
    record["hierarchy_tiles_per_chip"] = 16
    record["network_on_chip_hops"] = 1.0
    return record[0]


def record(layer: naive.Layer) -> np.void:
    row = np.zeros(1, LAYER_DTYPE)
    row["groups"], row["rows"], row["columns"] = layer.groups, layer.rows, layer.columns
    row["vectors"], row["inputs"] = layer.vectors, layer.inputs
    row["outputs"] = layer.groups * layer.columns * layer.vectors
    return row[0]


def plan(
    update: str, copies: int, batch: int, interval: int = 1024, **more: object
) -> training.Plan:
    fields = {"accesses": 3, "stream_bits": 16, "store": False, "outer_products": update != "mvm",
              "stage_vectors": 0} | more  # fmt: skip
    return training.Plan(int(UPDATES[update]), copies, batch, interval, **fields)


def count(
    layer: naive.Layer, of: training.Plan, *, first: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    actions, counts = np.zeros(TRAINING_ACTIONS), np.zeros(COUNTS)
    training.layer_training(record(layer), structure(), of, first, actions, counts)
    return actions, counts


def random_layer(rng: random.Random) -> naive.Layer:
    return naive.Layer(
        rng.choice((1, 1, 3)), rng.randint(1, 30), rng.randint(1, 30), rng.choice((1, 2, 9))
    )


@pytest.mark.parametrize(("update", "copies"), CASES)
def test_operations_on_blocks(update, copies):
    rng = random.Random(1)
    for _ in range(40):
        layer, first = random_layer(rng), rng.random() < 0.3
        batch = 1 if (update, copies) == ("outer-product", 1) else rng.choice((1, 4, 13))
        interval = rng.choice((1, 7, 1024))
        actions, _ = count(layer, plan(update, copies, batch, interval), first=first)
        done = naive.batch_actions(layer, update, copies, batch, first=first, side=SIDE)
        per_operation = 3 * 16
        expected = {
            TrainingAction.FORWARD_ACCESSES: done["forward"] / batch * per_operation,
            TrainingAction.BACKWARD_ACCESSES: done["backward"] / batch * per_operation,
            TrainingAction.GRADIENT_ACCESSES: done["gradient"] / batch * per_operation,
            TrainingAction.OUTER_PRODUCT_ACCESSES: done["outer"] / batch * per_operation,
        }
        for action, value in expected.items():
            assert actions[action] == pytest.approx(value, rel=1e-12)
        reads, writes = done["read"] / batch, done["write"] / batch
        if update == "outer-product":
            carry = naive.carry_actions(layer, copies, side=SIDE)
            if copies == 3:
                # The batch's read serves a carry resolution that is due, its writes two copies.
                blocks = carry["read"]
                reads = max(reads, carry["read"] / interval)
                writes += blocks / interval
            else:
                reads += carry["read"] / interval
                writes += carry["write"] / interval
        assert actions[TrainingAction.SERIAL_READS] == pytest.approx(reads, rel=1e-12)
        assert actions[TrainingAction.SERIAL_WRITES] == pytest.approx(writes, rel=1e-12)


def test_the_authors_counters():
    """MLP 512-512-512, batch 1, on the authors' simulator [S]: 4096, 2048 and 4096 accesses.

    And from the same operations its converters: 128 columns an access of a product; DACs: 128 rows
    a streamed bit of a product, shared by the slices, and 128 a phase, bit and slice of an outer
    product.
    """
    whole = structure().copy()
    whole["crossbar_rows"] = whole["crossbar_columns"] = 128
    of = plan("outer-product", 1, 1, accesses=8)
    totals = np.zeros(TRAINING_ACTIONS)
    for first in (True, False):
        actions, counts = np.zeros(TRAINING_ACTIONS), np.zeros(COUNTS)
        layer = record(naive.Layer(1, 512, 512, 1))
        training.layer_training(layer, whole, of, first, actions, counts)
        assert counts[Count.CROSSBARS] == 16
        totals += actions
    forward = totals[TrainingAction.FORWARD_ACCESSES]
    backward = totals[TrainingAction.BACKWARD_ACCESSES]
    outer = totals[TrainingAction.OUTER_PRODUCT_ACCESSES]
    assert (forward, backward, outer) == (4096, 2048, 4096)
    assert (forward + backward) * 128 == 786_432
    assert 128 * ((forward + backward) / 8 + outer * 4) == 2_195_456


def test_stored_values_fill_blocks():
    layer = naive.Layer(2, 12, 10, 9, inputs=100)
    actions, _ = count(layer, plan("mvm", 2, 4, store=True))
    values = layer.groups * layer.columns * layer.vectors + layer.inputs
    assert actions[TrainingAction.STORED_WRITES] == pytest.approx(values / SIDE**2)


def test_layers_of_one_vector_take_the_digital_unit_where_there_is_one():
    linear = naive.Layer(1, 20, 20, 1)
    with_unit, _ = count(linear, plan("mvm", 2, 4, outer_products=True))
    serial, _ = count(linear, plan("serial", 2, 4))
    assert (with_unit == serial).all()
    convolution, _ = count(naive.Layer(1, 20, 20, 4), plan("mvm", 2, 4, outer_products=True))
    assert convolution[TrainingAction.OUTER_PRODUCT_ACCESSES] == 0


def test_what_moves():
    layer = naive.Layer(1, 16, 24, 1, inputs=16)
    _, forward_only = count(layer, plan("outer-product", 1, 1), first=True)
    _, both = count(layer, plan("outer-product", 1, 1))
    bits = 16
    # Forward: 3 column chunks are 2 cores, each fetches 16 inputs; outputs go to the next memory.
    assert forward_only[Count.MEMORY_BITS_READ] == 2 * 16 * bits
    assert forward_only[Count.MEMORY_BITS_WRITTEN] == 24 * bits
    # Backward with rows and columns exchanged: 2 chunks are 1 core, which fetches 24 errors.
    assert both[Count.MEMORY_BITS_READ] == (2 * 16 + 24) * bits
    assert both[Count.MEMORY_BITS_WRITTEN] == (24 + 16) * bits
    # Saved vectors are read again for the gradient of a batch.
    _, batch = count(layer, plan("outer-product", 2, 4))
    assert batch[Count.MEMORY_BITS_READ] == 2 * both[Count.MEMORY_BITS_READ]


TIMES = training.Times(product=2.0, outer_product=0.5, serial=100.0, stored=0.25)
KINDS = {
    ("outer-product", 1): "in turn",
    ("outer-product", 2): "two copies, gradients at the end",
    ("outer-product", 3): "three units",
    ("serial", 2): "three units",
    ("digital", 1): "in turn",
}


@pytest.mark.parametrize(("update", "copies"), KINDS)
def test_schedules(update, copies):
    rng = random.Random(2)
    for _ in range(50):
        batch = 1 if (update, copies) == ("outer-product", 1) else rng.choice((1, 3, 64))
        of = plan(update, copies, batch, interval=10)
        busy = np.array([[rng.uniform(0, 9) for _ in range(3)] for _ in range(rng.randint(1, 5))])
        serial = {"digital": 0.0, "serial": 100.0, "outer-product": 100.0 * batch / 10}[update]
        if copies == 3:
            serial = 100.0 * max(1.0, batch / 10)
        expected = naive.step_time(
            [tuple(row) for row in busy], KINDS[update, copies], batch, serial
        )
        assert training.step_time(busy, of, TIMES) == pytest.approx(expected, rel=1e-12)


def test_times_of_a_layer():
    busy = np.zeros(3)
    training.layer_times(
        record(naive.Layer(1, 20, 20, 6)), plan("outer-product", 2, 4), TIMES, False, busy
    )
    assert busy.tolist() == [6 * 2.25, 6 * 2.25, 6 * 0.5]
    training.layer_times(record(naive.Layer(1, 20, 20, 6)), plan("mvm", 2, 4), TIMES, True, busy)
    assert busy.tolist() == [6 * 2.25, 0, 20 / 4 * 2.0]
    shared = plan("mvm", 2, 4, stage_vectors=2)
    training.layer_times(record(naive.Layer(1, 20, 20, 6)), shared, TIMES, False, busy)
    assert busy.tolist() == [2 * 2.25, 2 * 2.25, 2 * 2.0]


def test_occupied_one_copy_does_everything_in_turn():
    busy = np.array([3.0, 2.0, 7.0])
    assert training.occupied(busy, plan("outer-product", 1, 1)) == 12
    assert training.occupied(busy, plan("outer-product", 2, 4)) == 3
    assert training.occupied(busy, plan("outer-product", 3, 4)) == 7
    assert training.occupied(busy, plan("serial", 1, 1)) == 7
    assert training.occupied(busy, plan("digital", 1, 4)) == 12
