"""A machine's training split into what elimination of insignificant writes may leave out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.elimination_region import Baseline
from recost.models.life import populations_of
from recost.models.machine import cost
from recost.models.updates import check_policy
from recost.models.writes import NetworkWrites, network_writes, write_energy_j
from recost.network import LayerTable
from recost.vocabulary import SkippedComputing

# Parts of a cost that computing pays; what is not here stays whatever is left out.
_COMPUTING = (
    "adc",
    "dac",
    "cell",
    "sample_hold",
    "shift_add",
    "input_register",
    "output_register",
    "index_decoder",
    "outer_product",
    "digital",
)
_KINDS = ("activations", "errors", "weights")


@dataclass(frozen=True)
class Spending:
    """What a machine spends on an image in training, and how it wears.

    `energies_j` and `times_s`: writes of activations, of errors, of updates, computing; `rest_j` is
    what is neither.  `wear` is that of the most written cell of the first three in a training,
    `writes` all their cell writes.
    """

    energies_j: tuple[float, float, float, float]
    rest_j: float
    times_s: tuple[float, float, float, float]
    wear: tuple[float, float, float]
    writes: tuple[float, float, float]
    how: str

    @property
    def energy_j(self) -> float:
        """Energy of an image."""
        return sum(self.energies_j) + self.rest_j

    @property
    def time_s(self) -> float:
        """Time of an image."""
        return sum(self.times_s)

    @property
    def baseline(self) -> Baseline:
        """The same as shares."""
        return Baseline(
            _four(energy / self.energy_j for energy in self.energies_j),
            _four(time / self.time_s for time in self.times_s),
            self.wear,
            self.writes,
        )


def spending(hardware: Hardware, network: LayerTable) -> Spending:
    """What an image of a network costs in training, by what elimination may leave out.

    Writes are those of `models.writes`.  Computing is that of the machine's training without its
    writes; where it has no model of training, three products as large as inference's: forward,
    backward, weight gradient.  An image takes computing, the exposed part of storing, and its share
    of its batch's update.  What elimination leaves out of computing is left out here
    (`writes.skip_computing`): forward and weight-gradient products with activations, backward
    ones with errors, a third each.

    Raises InputError where nothing is stored, or writes have no price.
    """
    check_policy(hardware)
    keys = hardware.writes
    if not keys.store:
        raise InputError(
            f"{hardware.name}: nothing is stored while it trains; write true",
            path=hardware.path,
            key="writes.store",
        )
    writes = network_writes(hardware, network)
    assert network.recipe is not None
    compute_j, rest_j, compute_s, how = _computing(hardware, network)
    skipped = _skipped(writes)
    compute_j *= 1.0 - (0.0 if keys.skip_computing is SkippedComputing.NONE else skipped)
    compute_s *= 1.0 - (skipped if keys.skip_computing is SkippedComputing.BOTH else 0.0)
    store_s, update_s = writes.store_time_s, writes.update_time_s
    if store_s is None or update_s is None:
        raise InputError(
            f"{hardware.name}: the time of writes is not known",
            path=hardware.path,
            key="cell.write_time",
        )
    exposed = store_s - (min(store_s, compute_s) if keys.overlap else 0.0)
    stored = _stored_shares(writes)
    populations = populations_of(writes)
    worn = (
        max((float(p.wears.max()) for p in populations if p.kind == kind), default=0.0)
        for kind in _KINDS
    )
    return Spending(
        _four((*_write_energies(writes), compute_j)),
        rest_j,
        _four(
            (
                exposed * stored[0],
                exposed * stored[1],
                update_s / network.recipe.batch,
                compute_s,
            )
        ),
        _three(worn),
        _three(_cell_writes(writes, kind) for kind in _KINDS),
        how,
    )


def left_out_shares(hardware: Hardware, network: LayerTable) -> tuple[float, float, float]:
    """Shares of activations', errors' and updates' writes that a machine leaves out."""
    whole = network_writes(hardware.replace({"writes.eliminate": "none"}), network)
    left = network_writes(hardware, network)
    return _three(
        1.0 - _cell_writes(left, kind) / _cell_writes(whole, kind)
        if _cell_writes(whole, kind) > 0.0
        else 0.0
        for kind in _KINDS
    )


def _cell_writes(writes: NetworkWrites, kind: str) -> float:
    return sum(
        part.cell_writes for layer in writes.layers for part in layer.written if part.kind == kind
    )


def _skipped(writes: NetworkWrites) -> float:
    """Share of computing on values that were left out, over layers by their multiplications."""
    skipped = macs = 0.0
    for layer, record in zip(writes.layers, writes.network.records, strict=True):
        left = {value.kind: value.left_out for value in layer.stored}
        share = (2.0 * left["activations"] + left["errors"]) / 3.0
        skipped += float(record["macs"]) * share
        macs += float(record["macs"])
    return skipped / macs


def _four(parts: Iterable[float]) -> tuple[float, float, float, float]:
    a, b, c, d = parts
    return a, b, c, d


def _three(parts: Iterable[float]) -> tuple[float, float, float]:
    a, b, c = parts
    return a, b, c


def _write_energies(writes: NetworkWrites) -> list[float]:
    """Joules of an image's writes of activations, errors and weights."""
    found = []
    for kind in _KINDS:
        energies = [
            write_energy_j(part, writes.hardware)
            for layer in writes.layers
            for part in layer.written
            if part.kind == kind
        ]
        if None in energies:
            raise InputError(
                f"{writes.hardware.name}: the energy of writes is not known",
                path=writes.hardware.path,
                key="cell.write_energy",
            )
        found.append(math.fsum(e for e in energies if e is not None) / writes.images)
    return found


def _stored_shares(writes: NetworkWrites) -> tuple[float, float]:
    """Activations' and errors' shares of the time of storing, in the slowest layer."""
    slowest = max(writes.layers, key=lambda layer: layer.store_time_s or 0.0)
    rows = {part.kind: part.sequential * part.row_share for part in slowest.written}
    whole = rows["activations"] + rows["errors"]
    if whole <= 0.0:
        return 0.5, 0.5
    return rows["activations"] / whole, rows["errors"] / whole


def _computing(hardware: Hardware, network: LayerTable) -> tuple[float, float, float, str]:
    """Joules of computing and of the rest, seconds of computing, of one image in training."""
    try:
        found, products = cost(hardware, network, "training"), 1.0
        how = "computing as in its training"
    except InputError:
        found, products = cost(hardware, network, "inference"), 3.0
        how = "computing as three times inference's energy, at inference's pace"
    compute = sum(found.energies_j.get(name, 0.0) for name in _COMPUTING)
    rest = found.energy_j - compute - found.energies_j.get("write", 0.0)
    seconds = 1.0 / found.throughput_per_s if found.throughput_per_s else 0.0
    return products * compute, products * rest, seconds, how
