"""Random hardware and layers with independent cells, for closed form against simulation."""

import numpy as np

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.kernels.records import BOUND_LAYER
from recost.vocabulary import ActivationSparsity, Compaction, FilterZeros, Sync, WeightSparsity

BASE = load_hardware("ou-dense")


def machine(rng):
    """A hardware in any of the sparsity modes."""
    while True:
        settings = {
            "sparsity.weights": str(rng.choice(WeightSparsity.words())),
            "sparsity.activations": str(rng.choice(ActivationSparsity.words())),
            "mapping.encoding": str(rng.choice(["differential", "magnitude"])),
            "mapping.compaction": str(rng.choice(["crossbar", "crossbar", "layer"])),
            "mapping.sync": str(rng.choice(Sync.words())),
            "crossbar.rows": int(rng.choice([32, 64, 128, 256])),
            "crossbar.columns": int(rng.choice([64, 128])),
            "crossbar.cell_bits": int(rng.choice([1, 2, 4])),
            "operation_unit.rows": int(rng.choice([4, 8, 9, 16, 32])),
            "operation_unit.columns": int(rng.choice([8, 16, 32])),
            "precision.weight_bits": int(rng.choice([8, 16])),
            "precision.input_bits": int(rng.choice([4, 8])),
            "precision.input_encoding": "unsigned",
            "adc.bits": 12,
        }
        by_crossbar = settings["sparsity.weights"] in ("crossbar-row", "ou-column")
        if by_crossbar and settings["mapping.compaction"] == "layer":
            continue  # no closed form
        try:
            return BASE.replace(settings)
        except InputError:
            continue


def layer(rng, hardware):
    """A layer of one matrix whose cells are independent of each other."""
    record = np.zeros(1, BOUND_LAYER)[0]
    bits = hardware.precision.input_bits
    density = np.sort(rng.uniform(0.0, 0.6, bits))[::-1]
    record["groups"] = record["kernel_rows"] = record["passes"] = 1
    record["rows"], record["columns"] = rng.integers(20, 600), rng.integers(2, 40)
    record["vectors"] = rng.choice([1, 16, 100])
    record["row_density"] = rng.choice([0.3, 0.7, 1.0])
    # Column compression has its closed form for whole filters.
    whole = hardware.sparsity.weights == WeightSparsity.OU_COLUMN
    record["filter_density"] = 1.0 if whole else rng.choice([0.5, 1.0])
    record["filter_zeros"] = FilterZeros.INDEPENDENT
    record["kernel_density"] = record["cell_density"] = 1.0
    record["element_density"] = rng.choice([0.02, 0.1, 0.3, 1.0])
    record["positive_share"] = 0.5
    record["slices"] = bits
    record["slice_density"][:bits] = density
    record["nonzero_share"] = min(1.0, density.max() + 0.1)
    return record


def setting(seed):
    """Hardware and layer number `seed`."""
    rng = np.random.default_rng(seed)
    hardware = machine(rng)
    return hardware, layer(rng, hardware)


def setting_with_dead_filters(seed):
    """Hardware and layer number `seed` whose filters are dead as a whole."""
    rng = np.random.default_rng(10_000 + seed)
    while True:
        hardware = machine(rng)
        mode, skips = hardware.sparsity.weights, hardware.sparsity.activations
        by_crossbar = hardware.mapping.compaction == Compaction.CROSSBAR
        if by_crossbar and mode in (WeightSparsity.OU_ROW, WeightSparsity.CROSSBAR_ROW) and skips:
            break
    record = layer(rng, hardware)
    record["filter_zeros"] = FilterZeros.MIXTURE
    record["filter_density"] = rng.choice([0.3, 0.5, 0.8])
    record["rows"], record["columns"] = rng.integers(60, 1500), rng.integers(8, 150)
    record["vectors"] = rng.choice([1, 16])
    return hardware, record
