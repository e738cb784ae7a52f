"""Solving backwards: the threshold of a policy that saves as many updates as asked for."""

from __future__ import annotations

import math

from recost.errors import InputError
from recost.hardware import Hardware
from recost.kernels import feedback
from recost.models.elimination import left_out
from recost.models.gradients import BY_STRUCTURE, gradients_of, kept_share
from recost.models.updates import check_policy, count_law, mean_rate, recipe_steps, structure_shape
from recost.network import LayerTable
from recost.vocabulary import HardwareKind, UpdatePolicy


def mean_update_share(
    hardware: Hardware, network: LayerTable, threshold: float | None = None
) -> float:
    """Updates of a weight over those of SGD, averaged over the network's weights.

    `threshold` stands in for `writes.threshold`.
    """
    steps = recipe_steps(network)
    keys = hardware.writes
    if threshold is None:
        check_policy(hardware)
        threshold = keys.threshold or 0.0
    left = 1.0 - left_out(keys.insignificant_updates or 0.0, hardware, weights=True)
    total = weights = 0.0
    for i, record in enumerate(network.records):
        gradients = gradients_of(network, i, hardware)
        members, _ = structure_shape(record, hardware)
        law = count_law(hardware, gradients, members, threshold)
        if law is None:
            policy = UpdatePolicy.STOCHASTIC if keys.policy in BY_STRUCTURE else keys.policy
            update = gradients.through(policy, threshold * gradients.mean)
            share = kept_share(update, gradients)
        else:
            share = float(feedback.mean_count(law, mean_rate(law), steps)) / steps
        total += float(record["weights"]) * share * gradients.nonzero
        weights += float(record["weights"])
    return total / weights * left


def for_mean_saving(hardware: Hardware, network: LayerTable, saving: float) -> Hardware:
    """The hardware with the threshold at which SGD writes `saving` times as often on average.

    One threshold for all layers, in units of each layer's mean norm; found by bisection on its
    logarithm, since the mean falls with the threshold.  InputError where no threshold does it.
    """
    if hardware.kind != HardwareKind.RERAM.text:
        check_policy(hardware)
    if hardware.writes.policy is UpdatePolicy.SGD:
        raise InputError(
            f"{hardware.name}: policy 'sgd' writes every update; give writes.policy",
            path=hardware.path,
            key="--target-mean-saving",
        )
    if not (math.isfinite(saving) and saving > 1.0):
        raise InputError("must be a number above 1", key="--target-mean-saving")

    def share(log_threshold: float) -> float:
        return mean_update_share(hardware, network, math.exp(log_threshold))

    # Any threshold in the file passes the checks; the search brings its own.
    check_policy(hardware.replace({"writes.threshold": 1.0}))
    low, high = -12.0, 27.0
    if not share(low) > 1.0 / saving > share(high):
        most = 1.0 / max(share(high), 1e-300)
        raise InputError(
            f"{hardware.name}: no threshold saves {saving:g} times; the savings run from"
            f" {1.0 / share(low):.3g} to {most:.3g}",
            path=hardware.path,
            key="--target-mean-saving",
        )
    while high - low > 1e-9:
        middle = 0.5 * (low + high)
        if share(middle) > 1.0 / saving:
            low = middle
        else:
            high = middle
    return hardware.replace({"writes.threshold": math.exp(0.5 * (low + high))})
