"""A machine's training split into what elimination of insignificant writes may leave out."""

from __future__ import annotations

import math

from recost.errors import InputError
from recost.hardware import Hardware
from recost.models.elimination_region import Baseline
from recost.models.life import populations_of
from recost.models.machine import cost
from recost.models.updates import check_policy
from recost.models.writes import NetworkWrites, network_writes
from recost.network import LayerTable

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


def baseline_of(hardware: Hardware, network: LayerTable) -> tuple[Baseline, str]:
    """The shares of a machine's training, and a sentence that says how they came about.

    Writes are those of `models.writes`.  Computing is that of the machine's training without its
    writes; where it has no model of training, three products as large as inference's: forward,
    backward, weight gradient.  Time: an image takes computing, the exposed part of storing, and its
    share of its batch's update.

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
    energies = _write_energies(writes)
    compute_j, rest_j, compute_s, how = _computing(hardware, network)
    store_s, update_s = writes.store_time_s, writes.update_time_s
    if store_s is None or update_s is None:
        raise InputError(
            f"{hardware.name}: the time of writes is not known",
            path=hardware.path,
            key="cell.write_time",
        )
    hidden = min(store_s, compute_s) if keys.overlap else 0.0
    exposed = store_s - hidden
    stored = _stored_shares(writes)
    times = (exposed * stored[0], exposed * stored[1], update_s / network.recipe.batch, compute_s)
    whole_j = sum(energies) + compute_j + rest_j
    whole_s = sum(times)
    populations = populations_of(writes)
    wear = tuple(
        max((float(p.wears.max()) for p in populations if p.kind == kind), default=0.0)
        for kind in _KINDS
    )
    written = tuple(
        sum(part.cell_writes for layer in writes.layers for part in layer.written
            if part.kind == kind) for kind in _KINDS
    )  # fmt: skip
    found = Baseline(
        energy=_four(*(e / whole_j for e in energies), compute_j / whole_j),
        time=_four(*(t / whole_s for t in times)),
        wear=(wear[0], wear[1], wear[2]),
        writes=(written[0], written[1], written[2]),
    )
    return found, how


def _four(a: float, b: float, c: float, d: float) -> tuple[float, float, float, float]:
    return a, b, c, d


def _write_energies(writes: NetworkWrites) -> list[float]:
    """Joules of an image's writes of activations, errors and weights."""
    from recost.models.writes import write_energy_j

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
    return products * compute, products * rest, 1.0 / found.throughput_per_s, how
