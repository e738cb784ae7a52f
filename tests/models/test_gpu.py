"""The roofline of a GPU: its parts by hand, PANTHER's V100 logs, and measured rows beside it."""

from __future__ import annotations

import math
import sys

import pytest

from recost.hardware import load_hardware
from recost.models.gpu import gpu_run
from recost.models.machine import cost
from recost.network import load_network

# Seconds a batch and watts by batch, Aayush-Ankit/puma-tensorflow, extractedsimulationdata [S].
LOGS = {
    "mlp-l4": {1: (0.0023, 41), 64: (0.0014, 47), 256: (0.0025, 53), 1024: (0.0030, 83)},
    "vgg16-cifar100": {1: (0.0191, 146), 4: (0.0218, 170), 16: (0.0202, 169), 64: (0.0241, 221),
                       256: (0.0496, 270), 1024: (0.1508, 285)},
}  # fmt: skip
# Images a second and joules an image (None: not measured), batch, of training [S].
MEASURED = [
    ("gpu-v100", "resnet50", 128, 355.5, 0.626),
    ("gpu-gtx1080", "alexnet", 16, 690, None),
    ("gpu-gtx1080", "vgg16", 16, 68.8, None),
    ("gpu-gtx1080", "resnet18", 16, 340, None),
    ("gpu-gtx1080", "resnet50", 16, 104, None),
    ("gpu-2080ti", "vgg16", 16, 168, None),
]


def say(text: str) -> None:
    """Shown with pytest -s."""
    sys.stdout.write(text + "\n")


def test_one_linear_layer_by_hand(tmp_path):
    path = tmp_path / "one.toml"
    layers = 'layers = [{linear = 2000, name = "a"}, {linear = 3000, activation = "none"}]'
    path.write_text(f'schema = 1\nname = "one"\ninput = [1000]\n{layers}\n')
    gpu = load_hardware("gpu-v100").gpu
    run = gpu_run(load_hardware("gpu-v100"), load_network(str(path)), 512, training=False)
    arithmetic = 2 * 2000 * 3000 * 512 / (gpu.peak_flop_per_s * gpu.efficiency)
    traffic = 4 * (2000 * 3000 + 5000 * 512) / gpu.bandwidth_bytes_per_s
    assert run.kernels_s[1] == pytest.approx(max(arithmetic, traffic))
    assert run.launches_s[1] == pytest.approx(gpu.kernels_per_layer * gpu.launch_time_s)


def test_training_does_three_passes_and_the_first_layer_two():
    v100, net = load_hardware("gpu-v100"), load_network("vgg16")
    forward = gpu_run(v100, net, 256, training=False)
    whole = gpu_run(v100, net, 256, training=True)
    ratios = whole.kernels_s / forward.kernels_s
    assert ratios[0] == pytest.approx(2.0, rel=0.05)
    assert ratios[1:13] == pytest.approx(3.0, rel=0.1)


def test_the_logs_that_it_is_fitted_to():
    v100, errors = load_hardware("gpu-v100"), []
    say("\nV100 logs and model:")
    for name, rows in LOGS.items():
        for batch, (seconds, watts) in rows.items():
            run = gpu_run(v100, load_network(name), batch, training=True)
            errors += [math.log(run.batch_s / seconds), math.log(run.power_w / watts)]
            say(
                f"  {name:15} batch {batch:>4}: {1e3 * seconds:6.1f} {1e3 * run.batch_s:6.1f} ms"
                f"  {watts:>3} {run.power_w:3.0f} W"
            )
    error = math.sqrt(sum(e * e for e in errors) / len(errors))
    say(f"  root mean square of ln(model/logged): {error:.3f}")
    assert error < 0.18


def test_measured_rows_that_it_was_not_fitted_to():
    say("\nmeasured and modelled training:")
    inside = 0
    for machine, name, batch, rate, joules in MEASURED:
        run = gpu_run(load_hardware(machine), load_network(name), batch, training=True)
        modelled = batch / run.batch_s
        energy = run.power_w * run.batch_s / batch
        say(
            f"  {machine:12} {name:9} {rate:6.1f} {modelled:6.1f} images/s"
            f" ({100 * (modelled / rate - 1):+.0f} %), {energy:.3f} J/image"
            + (f" ({100 * (energy / joules - 1):+.0f} %)" if joules else "")
        )
        inside += abs(modelled / rate - 1) < 0.25
        if joules:
            assert energy == pytest.approx(joules, rel=0.25)
    # The 2080 Ti's row is above the peak that its file has.
    assert inside == len(MEASURED) - 1


def test_the_cost_of_an_example_is_its_share_of_the_batch():
    v100, net = load_hardware("gpu-v100"), load_network("resnet18", {"recipe.batch": "32"})
    run = gpu_run(v100, net, 32, training=True)
    result = cost(v100, net, "training")
    assert result.latency_s == pytest.approx(run.batch_s / 32)
    assert result.energy_j == pytest.approx(run.power_w * run.batch_s / 32)
    assert sum(layer.energy_j for layer in result.layers) == pytest.approx(result.energy_j)
    assert result.crossbars is None
    assert result.area_mm2 is None


def test_a_larger_batch_never_takes_longer_an_image():
    v100, net = load_hardware("gpu-v100"), load_network("vgg16-cifar100")
    each = [gpu_run(v100, net, b, training=True).batch_s / b for b in (1, 4, 16, 64, 256, 1024)]
    assert each == sorted(each, reverse=True)
    one = cost(load_hardware("gpu-v100", {"gpu.batch": "64"}), net, "inference")
    assert one.throughput_per_s > cost(v100, net, "inference").throughput_per_s
