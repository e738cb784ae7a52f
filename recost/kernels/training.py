"""Counts and times of one training example: products forward and back, gradient, update.

A layer of G matrices of K x N weights is cut into blocks ("matrices") of crossbar.rows x
crossbar.columns weights; V input vectors of an example go through each.  For every vector a block
does a product forward (MVM), a transposed one backward (MTVM; not in the first layer, whose input
has no gradient) and its part of the gradient:

* outer-product (PANTHER [P] 4.2-4.4): an outer product a vector, in place.  One copy takes it after
  the products; two copies both take it, at the end of the batch, from saved vectors; a third copy
  takes it at once, and the batch ends with one serial read and serial writes of the other two.
  Every `carry_interval` examples one serial read and a serial write of each copy resolve carries.
* digital: the same outer product in digital units beside the weights.
* serial: the outer product in digital units, then a serial read and write of each copy a batch.
* mvm (PipeLayer [P]): the errors of a batch are written as kernels, V B rows of N columns, and each
  of the K input rows is multiplied with them: K ceil(V B / rows) products a batch; then as serial.
  Where digital units are there, they take the layers of one vector (Base_opa/mvm [P] 6.2).

Counts are means over the examples of a batch.  A block is accessed whole however little of it is
used.
"""

from __future__ import annotations

from typing import NamedTuple

from recost.kernels._numba import kernel
from recost.kernels.count_codes import (
    BUS_BITS,
    CROSSBARS,
    MEMORY_BITS_READ,
    VECTOR_OPERATIONS,
)
from recost.kernels.counts import data_movement
from recost.kernels.placement import ceil_div, place
from recost.vocabulary import TrainingAction, TrainingUpdate

_DIGITAL = int(TrainingUpdate.DIGITAL)
_MVM = int(TrainingUpdate.MVM)
_OUTER = int(TrainingUpdate.OUTER_PRODUCT)
_FORWARD = int(TrainingAction.FORWARD_ACCESSES)
_BACKWARD = int(TrainingAction.BACKWARD_ACCESSES)
_GRADIENT = int(TrainingAction.GRADIENT_ACCESSES)
_OUTER_ACCESSES = int(TrainingAction.OUTER_PRODUCT_ACCESSES)
_READS = int(TrainingAction.SERIAL_READS)
_WRITES = int(TrainingAction.SERIAL_WRITES)
_STORED = int(TrainingAction.STORED_WRITES)


class Plan(NamedTuple):
    """What a step does.

    Attributes
    ----------
    update : `vocabulary.TrainingUpdate`
    copies : copies of the weights, 1 to 3
    batch : examples of a step
    carry_interval : examples between carry resolutions
    accesses : of a block for one streamed bit
    stream_bits : bits that are streamed of an input
    store : whether activations are written into crossbars too
    outer_products : whether there is a unit for outer products
    stage_vectors : vectors that one copy of a layer takes of an example, as many more copies
        being made; 0: all
    """

    update: int
    copies: int
    batch: int
    carry_interval: int
    accesses: int
    stream_bits: int
    store: bool
    outer_products: bool
    stage_vectors: int


class Times(NamedTuple):
    """Seconds of one vector at a block, and of a block's serial accesses.

    Attributes
    ----------
    product : a product, forward or back
    outer_product : an outer product
    serial : a serial read and write
    stored : a vector written as a kernel
    """

    product: float
    outer_product: float
    serial: float
    stored: float


class Flow(NamedTuple):
    """What data movement needs of a product: matrices, vectors, what goes in and comes out."""

    groups: int
    vectors: int
    rows: int
    columns: int
    outputs: int


@kernel
def serial_accesses(plan):
    """(reads, writes) of a block by serial access, a mean for one example.

    serial, mvm: a read and `copies` writes a batch.  Outer products: a read and a write of each
    copy a carry interval; the batch of variant 3 ends with a read of the third copy, which also
    serves a carry resolution that is due, and writes of the other two.
    """
    each_batch, each_interval = 1.0 / plan.batch, 1.0 / plan.carry_interval
    if plan.update == _DIGITAL:
        return 0.0, 0.0
    if plan.update != _OUTER:
        return each_batch, plan.copies * each_batch
    if plan.copies == 3:
        return max(each_batch, each_interval), 2.0 * each_batch + each_interval
    return each_interval, plan.copies * each_interval


@kernel
def by_errors(layer, plan):
    """Whether the layer's gradient is made by products with written errors."""
    return plan.update == _MVM and (layer.vectors > 1 or not plan.outer_products)


@kernel
def gradient_products(layer, structure, plan):
    """Products with written errors that make one example's gradient, mean over the batch.

    K ceil(V B / rows) ceil(N / columns) products a batch for each group: each of K rows of inputs
    over the batch's V B pixels against the errors of N outputs.
    """
    chunks = ceil_div(layer.vectors * plan.batch, structure.crossbar_rows)
    columns = ceil_div(layer.columns, structure.crossbar_columns)
    return float(layer.groups * layer.rows * chunks * columns) / plan.batch


@kernel
def stored_matrices(layer, structure, plan):
    """Blocks' worth of values that one example has written into crossbars.

    As kernels the errors, V rows of N outputs; with `plan.store` the layer's inputs as well.
    """
    block = float(structure.crossbar_rows * structure.crossbar_columns)
    stored = 0.0
    if by_errors(layer, plan):
        stored += layer.groups * layer.columns * float(layer.vectors) / block
    if plan.store:
        stored += layer.inputs / block
    return stored


@kernel
def layer_training(layer, structure, plan, first, actions, counts):
    """Actions (`TrainingAction`) and data movement (`Count`) of a layer for one example.

    `structure` has one cell a weight and blocks for crossbars; `first` is whether no gradient of
    the layer's input is wanted.  `counts` also takes the layer's blocks, as CROSSBARS.
    """
    for i in range(actions.size):
        actions[i] = 0.0
    for i in range(counts.size):
        counts[i] = 0.0
    placed = place(layer.rows, layer.columns, layer.groups, structure)
    blocks = float(placed.crossbars)
    accesses = float(plan.accesses * plan.stream_bits)
    products = blocks * layer.vectors
    actions[_FORWARD] = products * accesses
    if not first:
        actions[_BACKWARD] = products * accesses
    if by_errors(layer, plan):
        actions[_GRADIENT] = gradient_products(layer, structure, plan) * accesses
    else:
        # Both copies of variant 2 take every outer product.
        both = 2.0 if plan.update == _OUTER and plan.copies == 2 else 1.0
        actions[_OUTER_ACCESSES] = both * products * accesses
    actions[_STORED] = stored_matrices(layer, structure, plan)
    reads, writes = serial_accesses(plan)
    actions[_READS] = reads * blocks
    actions[_WRITES] = writes * blocks
    counts[CROSSBARS] = blocks
    training_movement(layer, structure, placed, plan, first, counts)


@kernel
def forward_movement(layer, structure, placed, counts):
    """Bits moved and vector operations of one input on its way forward."""
    forward = Flow(layer.groups, layer.vectors, layer.rows, layer.columns, layer.outputs)
    data_movement(forward, structure, placed, counts)
    counts[VECTOR_OPERATIONS] += float(layer.vector_operations)


@kernel
def training_movement(layer, structure, placed, plan, first, counts):
    """Bits moved for one example: forward, backward with inputs and outputs exchanged, saved.

    The gradient of a single vector takes it from the registers where the products left it; that
    of several vectors, or one at the end of the batch, reads both vectors from the tile memory
    again, once for each core that holds a part.
    """
    forward_movement(layer, structure, placed, counts)
    turned = place(layer.columns, layer.rows, layer.groups, structure)
    if not first:
        backward = Flow(layer.groups, layer.vectors, layer.columns, layer.rows, layer.inputs)
        data_movement(backward, structure, turned, counts)
        counts[VECTOR_OPERATIONS] += float(layer.vector_operations)
    if layer.vectors > 1 or plan.batch > 1:
        cores = structure.hierarchy_crossbars_per_core
        row_bits = layer.rows * ceil_div(placed.column_chunks, cores)
        column_bits = layer.columns * ceil_div(turned.column_chunks, cores)
        vectors = float(layer.groups * layer.vectors)
        saved = vectors * (row_bits + column_bits) * structure.precision_input_bits
        counts[MEMORY_BITS_READ] += saved
        counts[BUS_BITS] += saved


@kernel
def stage(plan, vectors):
    """Vectors that one copy of a layer takes of an example."""
    return min(vectors, float(plan.stage_vectors)) if plan.stage_vectors > 0 else vectors


@kernel
def layer_times(layer, plan, times, first, busy):
    """Seconds of a layer for one example: forward, backward, gradient, into `busy` [3]."""
    vectors = stage(plan, float(layer.vectors))
    busy[0] = vectors * (times.product + times.stored)
    busy[1] = 0.0 if first else vectors * (times.product + times.stored)
    if by_errors(layer, plan):
        # The K rows of inputs go through all blocks of errors side by side, once a batch.
        busy[2] = stage(plan, layer.rows / plan.batch) * times.product
    else:
        busy[2] = vectors * times.outer_product


@kernel
def occupied(busy, plan):
    """Seconds that a layer's units are taken by one example, in steady state.

    What one copy or one digital unit does in turn adds up; what separate copies or units do side
    by side takes as long as the longest.
    """
    forward, backward, gradient = busy[0], busy[1], busy[2]
    if plan.update == _DIGITAL or (plan.update == _OUTER and plan.copies == 1):
        return forward + backward + gradient
    if plan.update == _OUTER and plan.copies == 2:  # gradients wait for the end of the batch
        return max(forward, backward)
    products = forward + backward if plan.copies == 1 else max(forward, backward)
    return max(products, gradient)


@kernel
def step_time(busy, plan, times):
    """Seconds of one step of `plan.batch` examples over layers `busy` [layers, 3].

    latency of one example + (B - 1) intervals of the slowest layer + outer products that wait for
    the end of the batch + serial accesses, with the share of a carry resolution.  An example's
    latency adds up the products of all layers and, where the gradient is not made beside the next
    layer's product, those of gradients.
    """
    latency = interval = gradient = 0.0
    in_turn = plan.copies == 1 or plan.update == _DIGITAL
    for i in range(busy.shape[0]):
        latency += busy[i, 0] + busy[i, 1]
        latency += busy[i, 2] if in_turn else 0.0
        interval = max(interval, occupied(busy[i], plan))
        gradient = max(gradient, busy[i, 2])
    end = 0.0
    if plan.update == _OUTER and plan.copies == 2:  # all layers side by side
        end = plan.batch * gradient
    elif not in_turn:
        latency += busy[0, 2]
    # The serial accesses of all blocks, and the writes of all copies, go side by side.
    reads, _ = serial_accesses(plan)
    return latency + (plan.batch - 1) * interval + end + reads * plan.batch * times.serial


@kernel
def network_training(layers, structure, plan, times, first, out):
    """Actions, movement, times of every layer into `out`; `first`: no backward product."""
    actions, counts, busy = out
    for i in range(layers.size):
        layer_training(layers[i], structure, plan, first[i], actions[i], counts[i])
        layer_times(layers[i], plan, times, first[i], busy[i])


@kernel
def network_forward(layers, structure, plan, times, out):
    """As `network_training` for one input that only goes forward; its activations are stored."""
    actions, counts, busy = out
    for i in range(layers.size):
        placed = place(layers[i].rows, layers[i].columns, layers[i].groups, structure)
        accesses = float(plan.accesses * plan.stream_bits)
        actions[i, _FORWARD] = float(placed.crossbars * layers[i].vectors) * accesses
        counts[i, CROSSBARS] = float(placed.crossbars)
        if plan.store:
            block = float(structure.crossbar_rows * structure.crossbar_columns)
            actions[i, _STORED] = layers[i].inputs / block
        forward_movement(layers[i], structure, placed, counts[i])
        busy[i, 0] = stage(plan, float(layers[i].vectors)) * (times.product + times.stored)
