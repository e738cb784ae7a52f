"""A machine's training split into what elimination of insignificant writes may leave out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.elimination_region import Baseline
from recost.models.life import populations_of
from recost.models.machine import cost
from recost.models.training import training_figures
from recost.models.training_prices import serial_write_s, times_of
from recost.models.updates import check_policy
from recost.models.writes import NetworkWrites, network_writes, write_energy_j
from recost.network import LayerTable
from recost.vocabulary import SkippedComputing, WriteScope

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

    With a model of training (`training.update`) energy and time are its own; the energy of stored
    values is divided as `models.writes` counts activations and errors, their time in halves, which
    is exact where both shrink alike (forward and backward products run side by side).  Without
    one, writes are those of `models.writes`, and computing is three products as large as
    inference's: forward, backward, weight gradient.

    Raises InputError where nothing is stored, or writes have no price.
    """
    check_policy(hardware)
    if not hardware.writes.store:
        raise InputError(
            f"{hardware.name}: nothing is stored while it trains; write true",
            path=hardware.path,
            key="writes.store",
        )
    for key, value in (
        ("cell.write_time", hardware.cell.write_time_s),
        ("cell.write_energy", hardware.cell.write_energy_j),
    ):
        if value is None:
            what = key.removeprefix("cell.").replace("_", " ")
            raise InputError(
                f"{hardware.name}: the {what} is not known", path=hardware.path, key=key
            )
    if not hardware.cell.write_energy_j:
        raise InputError(
            f"{hardware.name}: writes cost nothing, so that none is worth leaving out",
            path=hardware.path,
            key="cell.write_energy",
        )
    writes = network_writes(hardware, network)
    if hardware.training.update is None:
        energies, rest_j, times, how = _by_inference(writes)
    else:
        energies, rest_j, times, how = _by_training(writes)
    populations = populations_of(writes)
    worn = (
        max((float(p.wears.max()) for p in populations if p.kind == kind), default=0.0)
        for kind in _KINDS
    )
    written = _three(_cell_writes(writes, kind) for kind in _KINDS)
    if hardware.writes.energy_scope is WriteScope.CELL:  # what is paid for, cells of both signs
        price = float(hardware.cell.write_energy_j or 0.0) * hardware.cell.pulses
        written = _three(energy / price * writes.images for energy in energies[:3])
    return Spending(energies, rest_j, times, _three(worn), written, how)


_Split = tuple[tuple[float, float, float, float], float, tuple[float, float, float, float], str]


def _by_training(writes: NetworkWrites) -> _Split:
    """Joules of the four parts and of the rest, seconds of the four, by the training's model."""
    hardware, network = writes.hardware, writes.network
    assert network.recipe is not None
    batch = network.recipe.batch
    spent = dict.fromkeys(("stored_writes", "serial_writes", "serial_reads"), 0.0)
    found = cost(hardware, network, "training")
    for action in found.actions:
        if action.action in spent:
            spent[action.action] += action.energy_j
    compute = sum(found.energies_j.get(name, 0.0) for name in _COMPUTING) + spent["serial_reads"]
    activations, errors, _ = _write_energies(writes)
    share = activations / (activations + errors) if activations + errors > 0.0 else 0.5
    stored = spent["stored_writes"]
    energies = (share * stored, (1.0 - share) * stored, spent["serial_writes"], compute)
    figures = training_figures(hardware, network, batch)
    read_s = times_of(hardware).serial - serial_write_s(hardware)
    unwritten = replace(figures, times=figures.times._replace(serial=read_s))
    bare = hardware.replace({"writes.store": False})
    step, store = figures.step_s, figures.step_s - training_figures(bare, network, batch).step_s
    update = step - unwritten.step_s
    times = (store / 2, store / 2, update, step - store - update)
    return (
        energies,
        found.energy_j - sum(energies),
        _four(time / batch for time in times),
        "energy and time as in its training",
    )


def _by_inference(writes: NetworkWrites) -> _Split:
    """The same from `models.writes` and inference."""
    hardware, network = writes.hardware, writes.network
    assert network.recipe is not None
    found = cost(hardware, network, "inference")
    dynamic = sum(found.energies_j.get(name, 0.0) for name in _COMPUTING)
    rest_j = 3.0 * (found.energy_j - dynamic - found.energies_j.get("write", 0.0))
    compute_j, compute_s = 3.0 * dynamic, 1.0 / (found.throughput_per_s or math.inf)
    skips, skipped = hardware.writes.skip_computing, _skipped(writes)
    compute_j *= 1.0 - (0.0 if skips is SkippedComputing.NONE else skipped)
    compute_s *= 1.0 - (skipped if skips is SkippedComputing.BOTH else 0.0)
    store_s, update_s = writes.store_time_s or 0.0, writes.update_time_s or 0.0
    store_s -= min(store_s, compute_s) if hardware.writes.overlap else 0.0
    return (
        _four((*_write_energies(writes), compute_j)),
        rest_j,
        (store_s / 2, store_s / 2, update_s / network.recipe.batch, compute_s),
        "computing as three times inference's energy, at inference's pace",
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
        found.append(math.fsum(e for e in energies if e is not None) / writes.images)
    return found
