"""Layers bound to a hardware: the densities of slices and cells that its precision sees."""

from __future__ import annotations

from typing import Any

import numpy as np

from recost.errors import Fault, InputError
from recost.hardware import Hardware
from recost.kernels.records import BOUND_LAYER, SLICES
from recost.network import LayerTable
from recost.vocabulary import (
    ActivationSparsity,
    Compaction,
    HardwareKind,
    InputEncoding,
    WeightSparsity,
)

Array = np.ndarray[Any, Any]

_COPIED = tuple(name for name in BOUND_LAYER.names or () if name not in
                {"nonzero_share", "passes", "slices", "slice_density", "cell_density"})  # fmt: skip

# Structure that decides how a network is bound.
_BINDING = (
    "precision_weight_bits", "precision_input_bits", "precision_dac_bits",
    "precision_input_encoding", "crossbar_cell_bits", "sparsity_weights", "sparsity_activations",
    "mapping_compaction",
)  # fmt: skip


def binding(structures: Array) -> Array:
    """What of structures decides how a network is bound to them, [structures, numbers]."""
    columns = [structures[name] for name in _BINDING]
    by_columns = structures["sparsity_weights"] == WeightSparsity.OU_COLUMN
    columns.append(np.where(by_columns, structures["crossbar_columns"], 0))
    return np.stack(columns, axis=1)


def bind(network: LayerTable, hardware: Hardware) -> Array:
    """Layer records of `BOUND_LAYER`, as the kernels read them; read-only.

    Signed inputs in sign-magnitude are streamed in two passes, each with half of the non-zero
    values; in two's complement a negative value sets the complement of its bits, so that every
    bit of a symmetric distribution is set in half of the non-zero values.

    Raises
    ------
    InputError
        Signed data on unsigned hardware, or sparsity for which there is no closed form.
    """
    check_crossbars(hardware)
    _check(network, hardware)
    precision = hardware.precision
    bound = np.zeros(len(network), BOUND_LAYER)
    for name in _COPIED:
        bound[name] = network.records[name]
    bound["nonzero_share"] = network.records["nonzero"]
    bound["passes"] = 1
    bound["slices"] = -(-precision.input_bits // precision.dac_bits)
    bound["cell_density"] = 1.0
    by_bit = hardware.sparsity.activations == ActivationSparsity.BIT
    for i, profile in enumerate(network.profiles):
        row = bound[i]
        signed = bool(network.records[i]["signed"])
        two_passes = signed and precision.input_encoding == InputEncoding.SIGN_MAGNITUDE
        if two_passes:
            row["passes"] = 2
            row["nonzero_share"] *= 0.5
        if by_bit:
            # A profile without digits is refused here only where the digits are needed.
            slices = profile.slice_densities(precision.input_bits, precision.dac_bits)
            if two_passes:
                slices = slices * 0.5
            elif signed and precision.dac_bits > 1:
                raise InputError(
                    f"{network.names[i]}: the digits of two's complement do not follow from those"
                    ' of magnitudes; write precision.dac_bits = 1 or "sign-magnitude"',
                    path=hardware.path,
                    key="precision.dac_bits",
                )
            elif signed:
                slices = np.full_like(slices, 0.5 * row["nonzero_share"])
            row["slice_density"][: len(slices)] = slices
        if hardware.sparsity.weights != WeightSparsity.NONE:
            cells = profile.cell_densities(precision.weight_bits, hardware.crossbar.cell_bits)
            row["cell_density"][: len(cells)] = cells
    _check_columns(network, hardware, bound)
    bound.flags.writeable = False
    return bound


def check_crossbars(hardware: Hardware) -> None:
    """Raise InputError for a machine without crossbars, which has nothing to place on."""
    if hardware.kind != HardwareKind.RERAM.text:
        raise InputError(
            f"{hardware.name} is a machine of kind '{hardware.kind}': it has no crossbars",
            path=hardware.path,
            key="kind",
        )


def _check(network: LayerTable, hardware: Hardware) -> None:
    """Refuse what no model covers, with what to write instead."""
    precision, sparsity, mapping = hardware.precision, hardware.sparsity, hardware.mapping
    faults = []
    if precision.input_encoding == InputEncoding.UNSIGNED and network.records["signed"].any():
        names = [n for n, r in network if r["signed"]]
        faults.append(
            Fault(
                f"{network.name}: inputs of {names[0]} can be negative, and {hardware.name} streams"
                ' unsigned inputs; set it to "sign-magnitude" or "twos-complement"',
                key="precision.input_encoding",
            )
        )
    if precision.input_bits > SLICES * precision.dac_bits:
        faults.append(Fault(f"at most {SLICES} input slices", key="precision.input_bits"))
    if sparsity.weights == WeightSparsity.CROSSBAR_ROW and mapping.compaction == Compaction.LAYER:
        faults.append(
            Fault(
                "rows dropped by crossbar cannot be compacted over the layer's height; write"
                ' "crossbar", or sparsity.weights = "matrix" or "ou-row"',
                key="mapping.compaction",
            )
        )
    if faults:
        raise InputError([Fault(f.message, hardware.path, key=f.key) for f in faults])


def _check_columns(network: LayerTable, hardware: Hardware, bound: Array) -> None:
    """Column compression has a closed form only where whole weights are zero together."""
    if hardware.sparsity.weights != WeightSparsity.OU_COLUMN:
        return
    cells = -(-hardware.precision.weight_bits // hardware.crossbar.cell_bits)
    if hardware.crossbar.columns % cells:
        raise InputError(
            f'no closed form for "ou-column" where a weight of {cells} cells straddles crossbars'
            f" of {hardware.crossbar.columns} bitlines; write a multiple of {cells}",
            path=hardware.path,
            key="crossbar.columns",
        )
    for name, row in zip(network.names, bound, strict=True):
        correlated = row["weight_correlation"] > 0.0 or row["activation_correlation"] > 0.0
        if (row["cell_density"] < 1.0).any() or correlated:
            raise InputError(
                f'no closed form for "ou-column" with the cell densities or correlations of {name};'
                " leave weights.cells, weights.correlation and activations.correlation out",
                path=network.path,
                key="sparsity.weights",
            )
