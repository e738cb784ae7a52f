"""PANTHER's published training ranges beside the model, layer by layer.

Each layer stands by itself (a backward product also in the first), as the authors simulated it,
with convolutions' unpooled output sides: n = 1024 to 4 vectors an example.  One set of constants
for all; what is calibrated is in the hardware files: the product's 41.24 nJ, the digital product's
10.4 times, and the serial access, on the upper end of SGD's fully connected range.

Where the model leaves a printed end by more than a quarter, the energy that would bridge it is
printed: the other energy of a block and vector, equal in both designs, that gives the printed
ratio; below 0, no other energy does.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pytest

from recost.hardware import load_hardware
from recost.models.gpu import gpu_run
from recost.models.training import Figures, action_list, training_figures
from recost.network import load_network

NETWORKS = ("mlp-l4", "vgg16-cifar100")
VARIANT = {1: "panther-1", 64: "panther-2", 1024: "panther-3"}


@dataclass(frozen=True)
class Range:
    """A printed range of energy ratios: against what, for which layers and batch."""

    name: str
    baseline: str
    batch: int
    kinds: tuple[str, ...]
    low: float
    high: float


PUBLISHED = (
    Range("SGD, all layers, digital", "base-digital", 1, ("linear", "conv"), 7.01, 8.02),
    Range("SGD, FC, mvm", "base-mvm", 1, ("linear",), 31.03, 54.21),
    Range("SGD, convolutions, mvm", "base-mvm", 1, ("conv",), 1.47, 31.56),
    Range("batch 64, FC, mvm", "base-mvm", 64, ("linear",), 1.61, 2.16),
    Range("batch 64, FC, opa/mvm", "base-opa-mvm", 64, ("linear",), 1.61, 2.16),
    Range("batch 64, convolutions, mvm", "base-mvm", 64, ("conv",), 1.18, 1.63),
    Range("batch 64, convolutions, opa/mvm", "base-opa-mvm", 64, ("conv",), 1.22, 2.45),
    Range("batch 1024, all layers, mvm", "base-mvm", 1024, ("linear", "conv"), 1.18, 1.18),
    Range("batch 1024, all layers, opa/mvm", "base-opa-mvm", 1024, ("linear", "conv"), 1.18, 1.18),
)
#: Ends that the model misses by more than a quarter, and why (printed with the energy it takes).
KNOWN = {
    (
        "SGD, convolutions, mvm",
        "high",
    ): "the paper's table folds the pool into the last convolution: 1 vector, not 4",
    ("batch 64, convolutions, opa/mvm", "low"): "conv1_1's gradient is 27 products, a row each,"
    " where outer products pay for 128 rows",
}


def say(text: str) -> None:
    """Shown with pytest -s."""
    sys.stdout.write(text + "\n")


def energies(name: str, network: str, batch: int) -> tuple[Figures, np.ndarray]:
    figures = training_figures(load_hardware(name), load_network(network), batch, alone=True)
    return figures, sum(count * price for _, _, count, price in action_list(figures))


@dataclass(frozen=True)
class Point:
    layer: str
    ratio: float
    own_j: float
    baseline_j: float
    steps: float

    def missing_j(self, published: float) -> float:
        """o of (baseline + o) / (own + o) = published, for a block and vector."""
        return (self.baseline_j - published * self.own_j) / (published - 1.0) / self.steps


def points(printed: Range) -> list[Point]:
    found = []
    for network in NETWORKS:
        table = load_network(network)
        figures, own = energies(VARIANT[printed.batch], network, printed.batch)
        _, baseline = energies(printed.baseline, network, printed.batch)
        steps = figures.blocks * table.records["vectors"]
        for i, (name, kind) in enumerate(zip(table.names, table.kinds, strict=True)):
            if kind in printed.kinds:
                ratio = float(baseline[i] / own[i])
                found.append(Point(f"{network} {name}", ratio, own[i], baseline[i], steps[i]))
    return sorted(found, key=lambda point: point.ratio)


def test_published_ranges():
    say(
        "\nenergy of the baseline over PANTHER's, printed and modelled (deviation), with the layer:"
    )
    close = {}
    for printed in PUBLISHED:
        found = points(printed)
        say(f"  {printed.name}: {printed.low}-{printed.high}")
        for end, value, point in (
            ("low", printed.low, found[0]),
            ("high", printed.high, found[-1]),
        ):
            error = point.ratio / value - 1.0
            close[printed.name, end] = abs(error)
            say(f"    {end:4} {value:6.2f} {point.ratio:6.2f} ({100 * error:+.0f} %) {point.layer}")
            if abs(error) > 0.25:
                why = KNOWN[printed.name, end]
                missing = 1e9 * point.missing_j(value)
                say(f"         missing: {missing:.0f} nJ a block and vector; {why}")
    for (name, end), error in close.items():
        if (name, end) in KNOWN:
            continue
        of_upper_ends = end == "high" and ("FC" in name or "digital" in name)
        assert error <= (0.10 if of_upper_ends else 0.25), (name, end)


def test_the_serial_access_is_fitted_to_one_figure_and_no_other():
    sgd = next(printed for printed in PUBLISHED if printed.high == 54.21)
    assert points(sgd)[-1].ratio == pytest.approx(54.21, rel=1e-3)


def test_the_last_convolution_with_the_table_s_pooled_side():
    """n = 1: what the missing energy is if the paper's own count of steps is used."""
    figures, own = energies("panther-1", "vgg16-cifar100", 1)
    _, baseline = energies("base-mvm", "vgg16-cifar100", 1)
    row = figures.network.names.index("conv5_3")
    serial = load_hardware("panther-1").training.serial_energy_j
    assert serial is not None
    blocks, vectors = float(figures.blocks[row]), 4
    # The serial accesses do not shrink with the vectors; everything else does.
    carry = blocks * serial / 1024
    own_one = (own[row] - carry) / vectors + carry
    base_one = (baseline[row] - blocks * serial) / vectors + blocks * serial
    point = Point("conv5_3", base_one / own_one, own_one, base_one, blocks)
    say(f"\nconv5_3 with 1 vector: {point.ratio:.1f}, printed 31.56;"
        f" missing {1e9 * point.missing_j(31.56):.0f} nJ a block and vector")  # fmt: skip
    assert point.ratio > 31.56
    assert 0 < point.missing_j(31.56) < 100e-9


def test_carry_resolution_takes_at_most_about_five_percent():
    figures, own = energies("panther-1", "mlp-l4", 1)
    written = sum(n * p for part, _, n, p in action_list(figures) if part == "write")
    share = 100 * float((written / own).max())
    seconds = 100 * 96e-6 / 1024 / figures.step_s * 4
    say(f"\ncarry resolution: {share:.1f} % of energy (printed: at most 4.8 %)")
    assert share == pytest.approx(4.8, rel=0.1)
    assert seconds < 4.8


def test_times():
    say("\ntime of the baseline over PANTHER's (printed: up to 7.16 digital, 4.02 mvm, 16.12 GPU):")
    for network in NETWORKS:
        table = load_network(network)
        for batch, name in VARIANT.items():
            own = training_figures(load_hardware(name), table, batch).step_s
            ratios = {
                base: training_figures(load_hardware(base), table, batch).step_s / own
                for base in ("base-digital", "base-mvm", "base-opa-mvm")
            }
            ratios["2080 Ti"] = (
                gpu_run(load_hardware("gpu-2080ti"), table, batch, training=True).batch_s / own
            )
            shown = ", ".join(f"{base} {ratio:.2f}" for base, ratio in ratios.items())
            say(f"  {network:15} batch {batch:>4}: {shown}")
            # A digital product takes 8.97 times a product of crossbars; the rest is alike.
            assert 1.0 < ratios["base-digital"] < 3 * 8.97
    sgd = training_figures(load_hardware("panther-1"), load_network("mlp-l4"), 1).step_s
    digital = training_figures(load_hardware("base-digital"), load_network("mlp-l4"), 1).step_s
    assert digital / sgd == pytest.approx(8.97, rel=0.1)


def test_energy_against_the_gpu():
    say("\nenergy of a 2080 Ti over PANTHER's (printed labels 4582.50 to 20.79):")
    for network in NETWORKS:
        table = load_network(network)
        for batch, name in VARIANT.items():
            figures = training_figures(load_hardware(name), table, batch)
            own = sum(float((n * p).sum()) for _, _, n, p in action_list(figures))
            run = gpu_run(load_hardware("gpu-2080ti"), table, batch, training=True)
            ratio = run.power_w * run.batch_s / batch / own
            say(f"  {network:15} batch {batch:>4}: {ratio:8.1f}")
            assert ratio > 1.0
