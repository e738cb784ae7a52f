"""Training: prices of an operation from the constants, sums, trends, and what is refused."""

from __future__ import annotations

import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.models.machine import cost
from recost.models.training import training_figures
from recost.models.training_prices import block_prices, example_energy_j
from recost.network import load_network
from recost.study.explain import explain

ALL = ("panther-1", "panther-2", "panther-3", "base-mvm", "base-opa-mvm", "base-digital",
       "pipelayer")  # fmt: skip


def network(name: str = "mlp-l4", batch: int = 64):
    return load_network(name, {"recipe.batch": str(batch)})


def batch_of(name: str) -> int:
    return 1 if name == "panther-1" else 64


@pytest.mark.parametrize(
    ("name", "product_nj", "outer_nj"),
    [
        # From the constants, power x time x 128 accesses [S PANTHER].
        ("base-mvm", 128 * 100e-9 * 2.74e-3 * 1e9, 128 * 256e-9 * 1.1343e-3 * 1e9),
        # The printed 35.10 + 17.5 % is calibrated; 11.37 is 128 x 20 ns x 4.44 mW.
        ("panther-2", 1.175 * 35.10, 128 * 20e-9 * 4.44e-3 * 1e9),
        # 10.4 times the product of crossbars is calibrated.
        ("base-digital", 10.4 * 128 * 100e-9 * 2.74e-3 * 1e9, 128 * 256e-9 * 1.1343e-3 * 1e9),
    ],
)
def test_an_operation_on_a_block(name, product_nj, outer_nj):
    block = block_prices(load_hardware(name))
    assert block.product_j * 1e9 == pytest.approx(product_nj, rel=2e-4)
    assert block.whole_outer_product_j * 1e9 == pytest.approx(outer_nj, rel=2e-4)


def test_the_operations_as_printed():
    base, panther = (
        block_prices(load_hardware("base-mvm")),
        block_prices(load_hardware("panther-1")),
    )
    assert round(base.product_j * 1e9, 2) == 35.07
    assert round(base.whole_outer_product_j * 1e9, 2) == 37.17
    assert round(panther.whole_outer_product_j * 1e9, 2) == 11.37
    # From the constants alone, 128 x 100 ns x 3.09 mW: the growth that the file's comment names.
    constants = load_hardware("panther-1", {"training.adc_growth": "0.4765"})
    assert round(block_prices(constants).product_j * 1e9, 2) == 39.55


def test_what_is_calibrated_says_so():
    provenance = load_hardware("panther-1").provenance
    assert provenance["training.adc_growth"].calibrated == "panther-mvm"
    assert provenance["training.serial_energy"].calibrated == "panther-energy-mvm-fc-sgd"
    digital = load_hardware("base-digital").provenance["training.mvm_energy"]
    assert digital.calibrated == "panther-digital-mvm"


def test_digital_products_take_897_percent_of_the_time():
    digital = training_figures(load_hardware("base-digital"), network(), 64).busy
    crossbars = training_figures(load_hardware("base-mvm"), network(), 64).busy
    assert digital[:, :2] == pytest.approx(8.97 * crossbars[:, :2])


@pytest.mark.parametrize("name", ALL)
def test_parts_and_layers_add_up(name):
    result = cost(load_hardware(name), network(batch=batch_of(name)), "training")
    actions = sum(action.energy_j for action in result.actions)
    assert actions == pytest.approx(result.energy_j, rel=1e-12)
    assert sum(layer.energy_j for layer in result.layers) == pytest.approx(result.energy_j)
    assert sum(layer.latency_s for layer in result.layers) == pytest.approx(result.latency_s)
    assert result.throughput_per_s == pytest.approx(1 / result.latency_s)


def test_copies_take_area_and_save_time():
    results = [cost(load_hardware(f"panther-{n}"), network(), "training") for n in (2, 3)]
    assert results[0].area_mm2 < results[1].area_mm2
    assert results[1].crossbars == 1.5 * results[0].crossbars
    # Outer products at once instead of at the end of the batch: large batches gain.
    large = [cost(load_hardware(f"panther-{n}"), network(batch=4096), "training") for n in (2, 3)]
    assert large[1].latency_s < large[0].latency_s
    assert large[1].energy_j < large[0].energy_j


@pytest.mark.parametrize("name", ["panther-2", "panther-3", "base-mvm", "base-opa-mvm"])
def test_larger_batches_share_their_updates(name):
    energies = [
        cost(load_hardware(name), network(batch=b), "training").energy_j for b in (64, 256, 1024)
    ]
    assert energies == sorted(energies, reverse=True)


def test_a_longer_carry_interval_costs_less_and_wider_slices_more():
    panther = load_hardware("panther-1")
    bits = (4, 4, 4, 6, 6, 5, 5, 5)
    assert example_energy_j(panther, bits, 2048) < example_energy_j(panther, bits, 1024)
    wider = tuple(b + 1 for b in bits)
    assert example_energy_j(panther, wider, 1024) > example_energy_j(panther, bits, 1024)


def test_the_order_of_layers_does_not_change_the_work():
    """Energy of the products of layers by themselves, whatever stands before them."""
    net = network("vgg16-cifar100")
    figures = training_figures(load_hardware("panther-2"), net, 64, alone=True)
    assert (figures.actions[:, 0] == figures.actions[:, 1]).all()


def test_digital_inference_is_the_forward_part():
    digital, net = load_hardware("base-digital"), network(batch=1)
    inference = cost(digital, net, "inference")
    blocks = training_figures(digital, net, 1).blocks.sum()
    assert inference.energies_j["digital"] == pytest.approx(blocks * 10.4 * 35.072e-9, rel=2e-4)
    assert inference.energy_j < cost(digital, net, "training").energy_j


REFUSED = {
    "no update": ("sre", {}, {}, "no training.update; it cannot train"),
    "batch of 64 on one copy": ("panther-1", {}, {}, "copies = 2 or 3"),
    "variant 0": ("panther-2", {"training.copies": "auto"}, {}, "write 1 .a batch of 1."),
    "variant 4": ("panther-2", {"training.copies": "4"}, {}, "at most 3"),
    "three serial copies": ("base-mvm", {"training.copies": "3"}, {}, "write 1 or 2"),
    "two digital copies": ("base-digital", {"training.copies": "2"}, {}, "write 1"),
    "narrow slices": ("panther-2", {"training.slice_bits": "34466555"}, {}, "at least 4 bits"),
    "seven slices": ("panther-2", {"training.slice_bits": "5566555"}, {}, "training.accesses = 8"),
    "carry interval 0": ("panther-2", {"training.carry_interval": "0"}, {}, "at least 1"),
    "no price": ("isaac", {"training.update": "outer-product"}, {}, "needs training.mvm_energy"),
    "batch 0": ("panther-2", {}, {"recipe.batch": "0"}, "batch"),
    "too few chips": ("panther-2", {"budget.chips": "1"}, {}, "2 chips"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "settings", "recipe", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(name, settings, recipe, words):
    workload = "alexnet" if "budget.chips" in settings else "mlp-l4"
    with pytest.raises(InputError, match=words):
        cost(load_hardware(name, settings), load_network(workload, recipe), "training")


def test_a_network_without_a_recipe(tmp_path):
    path = tmp_path / "plain.toml"
    path.write_text('schema = 1\nname = "plain"\ninput = [8]\nlayers = [{linear = 4}]\n')
    for name in ("panther-2", "gpu-v100"):
        with pytest.raises(InputError, match=r"write \[recipe\]") as error:
            cost(load_hardware(name), load_network(str(path)), "training")
        assert error.value.path


@pytest.mark.parametrize("name", ["base-digital", "gpu-v100"])
def test_what_has_no_crossbars_is_not_placed_on_them(name):
    from recost.study.layers import layers

    with pytest.raises(InputError, match="no crossbars"):
        layers(network(), load_hardware(name))


def test_inference_where_activations_are_stored():
    # LeNet-5 on PipeLayer: each layer's inputs are written into 4 cells of 3.91 nJ a value [P];
    # a product with a block is 4 groups of 2 signs, 16 streamed bits, 128 wordlines, half spikes.
    machine, net = load_hardware("pipelayer"), load_network("lenet5")
    inference = cost(machine, net, "inference")
    values = 784 + 20 * 12 * 12 + 50 * 4 * 4 + 500
    assert inference.energies_j["write"] == pytest.approx(values * 4 * 3.91e-9)
    blocks = [1 * 576, 4 * 64, 7 * 4, 4 * 1]  # blocks of 128 x 128 weights x vectors
    product_j = 8 * 16 * 128 * 0.5 * 1.08e-12
    assert inference.energies_j["cell"] == pytest.approx(sum(blocks) * product_j)
    with pytest.raises(InputError, match="products with whole blocks"):
        explain(machine, net, "conv1")


def test_inference_says_that_elimination_is_for_training():
    found = cost(load_hardware("write-elimination"), load_network("lenet5"), "inference")
    assert any("writes.eliminate is for training" in note for note in found.notes)
    found = cost(load_hardware("pipelayer"), load_network("lenet5"), "inference")
    assert not any("eliminate" in note for note in found.notes)


def test_a_product_costs_the_same_in_inference_and_training(tmp_path):
    """PANTHER's takes 41.24 nJ, Base_mvm's 35.07 [P, S]; one of 16 bits on a block of 128 x 128."""
    text = 'schema = 1\nname = "one"\ninput = [128]\nlayers = [{linear = 128}]\n'
    path = tmp_path / "one.toml"
    path.write_text(text)
    one = load_network(str(path))
    for name, product_j in (("panther-1", 41.24e-9), ("base-mvm", 128 * 274e-12)):
        found = cost(load_hardware(name), one, "inference").energies_j
        assert found["cell"] + found["adc"] == pytest.approx(product_j, rel=1e-3)
    # Where zeros are skipped operation units are counted, whatever a whole product costs.
    sparse = {"sparsity.activations": "bit", "mapping.encoding": "magnitude"}
    assert cost(load_hardware("panther-1").replace(sparse), one, "inference").cycles
