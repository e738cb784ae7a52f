"""A kernel gives the same bits whether the interpreter runs it or compiled code."""

from __future__ import annotations

import math

import numba
import numba.core.caching
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recost.hardware import load_hardware
from recost.hardware.records import (
    STRUCTURE_DTYPE,
    TECHNOLOGY_DTYPE,
    structure_record,
    technology_record,
)
from recost.kernels import counts, engine
from recost.kernels._numba import joined, kernel, light, when_compiling
from recost.kernels._tiers import interpreted, tiered
from recost.kernels.powers import power
from recost.kernels.records import BOUND_LAYER, GROUP, PART
from recost.models.binding import bind
from recost.models.inference import special_mode
from recost.network import load_network
from recost.vocabulary import ACTIONS, COUNTS, TOTALS, WeightSparsity
from tests.models.settings import setting

MODES = {
    "none": {},
    "values": {"sparsity.weights": "ou-row", "sparsity.activations": "value"},
    "matrix": {},
    "crossbar-row": {},
    "ou-row": {},
    "ou-column": {},
    "ou-row, whole layer": {"sparsity.weights": "ou-row", "mapping.compaction": "layer"},
}


class ByHand(tiered):
    """Left to the interpreter however often it is called."""

    def __init__(self, compiled):
        super().__init__(compiled)
        self._left = math.inf


def figures(hardware, network, layer_counts, network_sums, price_sums):
    """All that an estimate computes in kernels: counts, sums, prices and totals."""
    layers = bind(network, hardware)
    structure, technology = structure_record(hardware), technology_record(hardware)
    found = np.zeros((len(network), COUNTS))
    for layer, row in zip(layers, found, strict=True):
        layer_counts(layer, structure[0], special_mode(hardware), None, row)
    sums, prices, totals = np.zeros(engine.SUMS), np.zeros(ACTIONS), np.zeros(TOTALS)
    network_sums(layers, structure[0], found, np.ones(len(network), np.int64), 0, sums)
    price_sums(structure[0], technology[0], sums, prices, totals)
    return found, sums, prices, totals


def check(hardware, network):
    compiled = counts.layer_counts, engine.network_sums, engine.price_sums
    for one, other in zip(
        figures(hardware, network, *compiled),
        figures(hardware, network, *map(ByHand, compiled)),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("workload", ["caffenet-ssl", "lenet5-ssl-mild"])
@pytest.mark.parametrize("name", ["sre", "ou-dense", "sre-ideal", "isaac", "puma"])
def test_shipped_hardware_costs_the_same_bits(name, workload):
    check(load_hardware(name), load_network(workload))


@pytest.mark.slow
@pytest.mark.parametrize("sync", ["vector", "layer"])
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_costs_the_same_bits(mode, sync):
    changes = {"sparsity.weights": mode, "mapping.sync": sync} | MODES[mode]
    hardware = load_hardware("sre").replace(changes)
    for workload in ("caffenet-ssl", "googlenet-gsl", "mobilenet-v2"):
        check(hardware, load_network(workload))


TINY = st.sampled_from([0.0, 5e-324, 2.3e-308, 1e-300, 1e-160, 1e-17, 1e-9])
DENSITIES = st.one_of(st.just(1.0), st.floats(0.0, 1.0), TINY, TINY.map(lambda x: 1.0 - x))


@given(
    seed=st.integers(0, 10**6),
    densities=st.fixed_dictionaries(
        dict.fromkeys(
            ("row_density", "filter_density", "kernel_density", "element_density"), DENSITIES
        )
    ),
    shape=st.fixed_dictionaries({"rows": st.integers(1, 600), "columns": st.integers(1, 40)}),
    scale=DENSITIES,
)
@settings(max_examples=60)
def test_layers_on_the_edge_count_the_same_bits(seed, densities, shape, scale):
    hardware, layer = setting(seed)
    for name, value in (densities | shape).items():
        if name != "filter_density" or hardware.sparsity.weights != WeightSparsity.OU_COLUMN:
            layer[name] = value
    layer["slice_density"] *= scale
    structure, special = structure_record(hardware)[0], special_mode(hardware)
    one, other = np.zeros(COUNTS), np.zeros(COUNTS)
    counts.layer_counts(layer, structure, special, None, one)
    ByHand(counts.layer_counts)(layer, structure, special, None, other)
    np.testing.assert_array_equal(one, other)
    # Code that is compiled for other modes too says the same.
    counts.layer_counts(layer, structure, True, None, other)
    np.testing.assert_array_equal(one, other)


@light
def doubled(x):
    return x + x


def test_a_kernel_is_compiled_when_it_has_been_called_often(monkeypatch):
    monkeypatch.setattr("recost.kernels._tiers._OFTEN", 2)
    kernel, told = tiered(doubled), []
    when_compiling(lambda: told.append(True))
    assert [kernel(1), kernel(2)] == [2, 4]
    assert not doubled.signatures
    assert kernel(4) == 8
    assert len(doubled.signatures) == 1
    assert len(told) <= 1  # it may be loaded from the cache


@kernel
def harmonic(n):
    total = 0.0
    for i in range(n):
        total += 1.0 / (i + 1.0)
    return total


@joined
def joined_harmonics(n):
    return harmonic(n) - harmonic(n // 2)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_what_a_joined_kernel_calls_is_not_joined_to_it(monkeypatch):
    """Code loaded from a cache cannot be looked at; what compiles first decides for all."""
    for dispatcher in (harmonic, joined_harmonics):
        monkeypatch.setattr(dispatcher, "_cache", numba.core.caching.NullCache())
    joined_harmonics(8)
    assert "alwaysinline" in "".join(joined_harmonics.inspect_llvm().values())
    assert "alwaysinline" not in "".join(harmonic.inspect_llvm().values())


def test_no_field_is_hidden_by_what_every_record_has():
    for dtype in (BOUND_LAYER, GROUP, PART, STRUCTURE_DTYPE, TECHNOLOGY_DTYPE):
        assert [name for name in dtype.names if hasattr(np.record, name)] == []


def test_interpreted_copies_leave_the_module_as_it_is():
    before = dict(vars(counts))
    interpreted(counts.layer_counts)
    assert vars(counts) == before


@given(st.floats(0.0, 1.0), st.integers(0, 20_000))
def test_powers_are_powers(x, n):
    # One rounding each for at most 2 log2(n) products, doubled by every squaring after it.
    assert power(x, n) == pytest.approx(x**n, rel=2e-16 * max(1, 2 * n), abs=1e-300)
    assert interpreted(power)(x, n) == power(x, n)
