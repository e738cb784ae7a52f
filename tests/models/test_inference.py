"""Costs that can be checked with a pocket calculator, and rules that hold for any design."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.models.inference import infer, network_figures
from recost.models.rollup import rollup
from recost.network import LayerTable, load_network
from recost.vocabulary import Count

Build = Callable[..., LayerTable]

CONV = (1, 2, 3, 4, 5)
SSL = {  # top-1 error 44.66 % [R]: dead rows and filters in percent
    "conv1": (0, 9.4),
    "conv2": (63.2, 12.9),
    "conv3": (76.9, 40.6),
    "conv4": (84.7, 46.9),
    "conv5": (80.7, 0),
}


def medium_ssl(filter_zeros: str = "independent") -> LayerTable:
    """CaffeNet at the SSL sparsities with the reference's `medium` activations in all layers."""
    keys = {
        "profile.weights.filter_zeros": filter_zeros,
        "profile.activations.nonzero": "0.45",
        "profile.activations.bits": '{family = "half-normal", scale = 128}',
    }
    for name, (rows, filters) in SSL.items():
        keys[f"profile.{name}.weights.rows"] = str(1 - rows / 100)
        keys[f"profile.{name}.weights.filters"] = str(1 - filters / 100)
    return load_network("caffenet", keys)


def test_the_reference_work_reductions_of_caffenet() -> None:
    """2.407 (OU rows alone), 7.361 (bits alone), 12.726 (joint) [D] reference/bit_profiles.toml."""
    network = medium_ssl()
    dense = load_hardware("ou-dense").replace({"mapping.encoding": "magnitude"})

    def activations(weights: str, inputs: str) -> float:
        machine = dense.replace({"sparsity.weights": weights, "sparsity.activations": inputs})
        counts, _, _ = network_figures(machine, network)
        return float(counts[:5, Count.OU_ACTIVATIONS].sum())

    base = activations("none", "none")
    assert base / activations("ou-row", "none") == pytest.approx(2.407, abs=6e-4)
    assert base / activations("none", "bit") == pytest.approx(7.361, abs=6e-4)
    assert base / activations("ou-row", "bit") == pytest.approx(12.726, abs=6e-4)


def test_one_operation_unit_by_pocket_calculator(fc: Build) -> None:
    """16 x .5354 + 256 x .001788 + 16 x .021 + 16 x .0059 = 9.45 pJ [D]."""
    machine = load_hardware("ou-dense").replace({"mapping.encoding": "magnitude"})
    cost = infer(machine, fc(16, 2))
    assert cost.ou_activations == 16  # one unit, 16 input bits
    parts = {name: cost.energies_j[name] / 16 for name in ("adc", "cell", "shift_add", "dac")}
    assert parts["adc"] == pytest.approx(16 * 0.5354e-12)
    assert parts["cell"] == pytest.approx(256 * 0.001788e-12)
    assert parts["shift_add"] == pytest.approx(16 * 0.021e-12)
    assert parts["dac"] == pytest.approx(16 * 0.0059e-12)
    assert sum(parts.values()) == pytest.approx(9.45e-12, rel=1e-3)


def test_a_full_crossbar_takes_1024_activations(fc: Build) -> None:
    machine = load_hardware("ou-dense").replace({"mapping.encoding": "magnitude"})
    cost = infer(machine, fc(128, 16))
    assert (cost.crossbars, cost.ou_activations, cost.cycles) == (1, 1024, 1024)
    assert cost.adc_conversions == 1024 * 16


def test_sixteen_rows_at_a_time_convert_eight_times_as_often(fc: Build) -> None:
    few = load_hardware("ou-dense")
    all_rows = few.replace({"operation_unit.rows": 128})
    one = fc(128, 16)
    assert infer(few, one).adc_conversions == 8 * (infer(all_rows, one).adc_conversions or 0)
    # CaffeNet's conv1 has 363 rows: 8 + 8 + 7 units high against 3.
    caffenet = load_network("caffenet")
    ratio = infer(few, caffenet).layers[0].adc_conversions / (
        infer(all_rows, caffenet).layers[0].adc_conversions or 1
    )
    assert ratio == pytest.approx(23 / 3, rel=1e-14)


def test_puma_multiplies_128x128_in_the_printed_time_and_energy(fc: Build) -> None:
    """43.97 nJ and 2304 ns for 16,384 MACs [P] PUMA, ASPLOS 2019, section 7.4 and Table 3."""
    cost = infer(load_hardware("puma"), fc(128, 128))
    assert cost.latency_s == pytest.approx(2304e-9)
    inside = ("adc", "dac", "cell", "sample_hold", "shift_add")
    assert sum(cost.energies_j[name] for name in inside) == pytest.approx(43.97e-9, rel=0.02)


def test_isaac_adds_up_to_its_printed_chip() -> None:
    """Tile 330 mW, 0.372 mm2; chip 65.8 W, 85.4 mm2; 478.95 GOPS/s/mm2, 627.5 GOPS/W [P]."""
    chip = rollup(load_hardware("isaac"))
    assert chip.tile_power_w == pytest.approx(0.330, rel=0.02)
    assert chip.tile_area_mm2 == pytest.approx(0.372, rel=0.02)
    assert chip.power_w() == pytest.approx(65.8, rel=0.02)
    assert chip.area_mm2() == pytest.approx(85.4, rel=0.02)
    assert chip.operations_per_s == pytest.approx(41.29e12, rel=0.001)
    assert chip.operations_per_s / chip.area_mm2() == pytest.approx(478.95e9, rel=0.02)
    assert chip.operations_per_s / chip.power_w() == pytest.approx(627.5e9, rel=0.02)


@pytest.mark.parametrize("hardware", ["sre", "ou-dense", "sre-ideal", "isaac", "puma"])
def test_energies_add_up_over_components_layers_and_actions(hardware: str) -> None:
    cost = infer(load_hardware(hardware), load_network("caffenet-ssl"))
    total = cost.energy_j
    assert sum(layer.energy_j for layer in cost.layers) == pytest.approx(total, rel=1e-12)
    assert sum(action.energy_j for action in cost.actions) == pytest.approx(total, rel=1e-12)
    assert sum(layer.latency_s for layer in cost.layers) == pytest.approx(cost.latency_s, rel=1e-12)
    assert cost.power_w == pytest.approx(total * cost.throughput_per_s)


def test_waiting_at_the_end_of_the_layer_never_takes_longer() -> None:
    network = load_network("caffenet-ssl")
    each = infer(load_hardware("sre"), network)
    once = infer(load_hardware("sre").replace({"mapping.sync": "layer"}), network)
    for waits, runs in zip(each.layers, once.layers, strict=True):
        # Equal for layers of one vector.
        assert (runs.cycles or 0) <= (waits.cycles or 0) * (1 + 1e-9)


def test_nothing_live_costs_no_cycles(fc: Build) -> None:
    empty = fc(128, 16, '[profile]\nsource = "none"\nweights = {rows = 0.0}')
    cost = infer(load_hardware("sre"), empty)
    assert cost.cycles == 0
    assert cost.energies_j["adc"] == 0


MODES = st.tuples(
    st.sampled_from(["none", "matrix", "crossbar-row", "ou-row", "ou-column"]),
    st.sampled_from(["none", "value", "bit"]),
    st.sampled_from(["differential", "magnitude"]),
    st.sampled_from(["vector", "layer"]),
)


@given(
    modes=MODES,
    rows=st.integers(1, 400),
    columns=st.integers(1, 60),
    density=st.floats(0, 1),
    live=st.floats(0, 1),
    nonzero=st.one_of(st.just(0.0), st.floats(1e-300, 1)),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_skipping_zeros_never_adds_work(
    fc: Build,
    modes: tuple[str, str, str, str],
    rows: int,
    columns: int,
    density: float,
    live: float,
    nonzero: float,
) -> None:
    weights, inputs, encoding, sync = modes
    network = fc(
        rows,
        columns,
        f'[profile]\nsource = "drawn"\nweights = {{rows = {live!r}, elements = {density!r}}}\n'
        f"activations = {{nonzero = {nonzero!r}}}",
    )
    dense = load_hardware("ou-dense").replace({"mapping.encoding": encoding, "mapping.sync": sync})
    sparse = dense.replace({"sparsity.weights": weights, "sparsity.activations": inputs})
    less, more = infer(sparse, network), infer(dense, network)
    assert 0 <= (less.ou_activations or 0) <= (more.ou_activations or 0) * (1 + 1e-9)
    assert 0 <= (less.cycles or 0) <= (more.cycles or 0) * (1 + 1e-9)
    # The slowest of many is no faster than their average.
    average = (less.ou_activations or 0) / (more.crossbars or 1)
    if weights != "matrix":
        assert (less.cycles or 0) >= average * (1 - 1e-9)


def test_a_sparser_matrix_never_costs_more_cycles(fc: Build) -> None:
    sre = load_hardware("sre")
    cycles = [
        infer(sre, fc(300, 40, f'[profile]\nsource = "x"\nweights = {{elements = {d}}}')).cycles
        for d in (0.0, 0.01, 0.1, 0.3, 0.6, 0.9, 1.0)
    ]
    assert cycles == sorted(cycles)


def test_more_adc_bits_never_cost_less() -> None:
    network = load_network("lenet5")
    energies = [
        infer(
            load_hardware("ou-dense").replace({"adc.bits": bits, "adc.scaling": "exponential"}),
            network,
        ).energy_j
        for bits in range(4, 11)
    ]
    assert energies == sorted(energies)


def test_replication_buys_throughput_and_not_latency() -> None:
    network = load_network("caffenet")
    one = infer(load_hardware("isaac"), network)
    many = infer(load_hardware("isaac").replace({"mapping.replication": "balanced"}), network)
    assert many.latency_s == pytest.approx(one.latency_s)
    assert many.throughput_per_s > 10 * one.throughput_per_s
    assert (many.chips, many.crossbars > one.crossbars) == (one.chips, True)


@pytest.mark.parametrize(("settings", "words"), [
    ({"sparsity.weights": "crossbar-row", "mapping.compaction": "layer"}, "compact"),
    ({"budget.chips": "1"}, "needs 4 chips"),
    ({"mapping.replication": "[1, 2]"}, "has 8 layers"),
])  # fmt: skip
def test_what_has_no_model_is_an_error_that_says_what_to_write(
    settings: dict[str, str], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        infer(load_hardware("ou-dense").replace(settings), load_network("caffenet"))


def test_reloading_writes_every_cell_once_an_input() -> None:
    machine = load_hardware("isaac").replace(
        {"budget.chips": 1, "budget.on_overflow": "reload", "cell.write_energy": "1 pJ",
         "cell.write_time": "10 ns", "hierarchy.tiles_per_chip": 10}
    )  # fmt: skip
    network = load_network("caffenet")
    counts, _, cost = network_figures(machine, network)
    assert counts[:, Count.CELL_WRITES].sum() == network.weights * 8
    assert cost.energies_j["write"] == pytest.approx(network.weights * 8 * 1e-12)
    resident = infer(machine.replace({"budget.chips": 100}), network)
    rounds = -(-(resident.crossbars or 0) // (10 * 12 * 8))
    writing, loading = rounds * 128 * 10e-9, network.weights * 16 / (8 * 25.6e9)
    assert loading > writing
    assert cost.latency_s - resident.latency_s == pytest.approx(loading)
    # With links fast enough it is the rows that take time; two chips have twice the links.
    fast = infer(machine.replace({"off_chip.bandwidth": "1e15 B/s"}), network)
    assert fast.latency_s - resident.latency_s == pytest.approx(writing)
    two = infer(machine.replace({"budget.chips": 2}), network)
    assert two.latency_s - resident.latency_s == pytest.approx(loading / 2)


def test_negative_inputs_on_unsigned_hardware_are_refused() -> None:
    signed = load_network("lenet5", {"profile.activations.signed": "true"})
    with pytest.raises(InputError, match="can be negative"):
        infer(load_hardware("isaac").replace({"precision.input_encoding": "unsigned"}), signed)


def test_signed_inputs_take_two_passes_in_sign_magnitude(fc: Build) -> None:
    more = '[profile]\nsource = "x"\nactivations = {signed = true}'
    machine = load_hardware("ou-dense").replace({"precision.input_encoding": "sign-magnitude"})
    assert infer(machine, fc(128, 16, more)).cycles == 2 * (infer(machine, fc(128, 16)).cycles or 0)


def test_column_compression_counts_independent_zeros_by_element(fc: Build) -> None:
    """Dead (row, filter) pairs in 16 rows leave hardly a column empty: 1 - .9^16 = .81 stay."""
    more = '[profile]\nsource = "x"\nweights = {filters = 0.1, filter_zeros = "independent"}'
    machine = load_hardware("ou-dense").replace(
        {"mapping.encoding": "magnitude", "sparsity.weights": "ou-column"}
    )
    cost = infer(machine, fc(128, 16, more))
    bitlines = 8 * 128 * (1 - 0.9**16)  # of 8 row groups
    assert cost.adc_conversions == pytest.approx(16 * bitlines)


def test_matrix_compression_drops_filters_that_are_zero_by_chance(fc: Build) -> None:
    more = '[profile]\nsource = "x"\nweights = {elements = 0.01}'
    machine = load_hardware("ou-dense").replace(
        {"mapping.encoding": "magnitude", "sparsity.weights": "matrix"}
    )
    counts, _, _ = network_figures(machine, fc(16, 20, more))
    row, column = 1 - 0.99**20, 1 - 0.99**16
    drives = counts[0, Count.CELL_READS] / 16
    assert drives == pytest.approx(16 * row * 20 * 8 * column, rel=1e-9)


@pytest.mark.parametrize(("keys", "profile", "words"), [
    ({"crossbar.cell_bits": 3, "sparsity.weights": "ou-column"}, "", "straddles"),
    ({"sparsity.weights": "ou-column"}, "activations = {correlation = 0.5}", "correlations"),
    ({"precision.dac_bits": 2, "precision.input_encoding": "twos-complement",
      "sparsity.activations": "bit"},
     'activations = {signed = true, bits = {family = "half-normal", scale = 64}}', "complement"),
])  # fmt: skip
def test_no_closed_form_is_an_error_and_no_guess(
    fc: Build, keys: dict[str, str | int], profile: str, words: str
) -> None:
    network = fc(64, 16, f'[profile]\nsource = "x"\n{profile}')
    with pytest.raises(InputError, match=words):
        infer(load_hardware("ou-dense").replace(keys), network)


def test_reloaded_layers_do_not_overlap() -> None:
    machine = load_hardware("isaac").replace(
        {"budget.chips": 1, "budget.on_overflow": "reload", "hierarchy.tiles_per_chip": 10}
    )
    cost = infer(machine, load_network("caffenet"))
    assert cost.throughput_per_s == pytest.approx(1 / cost.latency_s)
