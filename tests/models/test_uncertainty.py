import numba
import numpy as np
import pytest

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.hardware.records import structure_record, technology_record
from recost.hardware.spreads import scaled, stated_spreads
from recost.models.machine import cost
from recost.models.sweep import Sweep
from recost.models.uncertainty import FIGURES, Draws, interval
from recost.network import load_network
from tests.naive.uncertainty import values

LENET = load_network("lenet5")
SRE = load_hardware("sre")
NONE = np.zeros((1, 0), np.int64), np.zeros((1, 0))


def samples(machine, draws, network=LENET):
    return Sweep(machine, network, (), (), (), draws).evaluate(*NONE).samples[0]


@pytest.mark.parametrize(("count", "seed"), [(19, 0), (2_000_000, 0), (100, -1)])
def test_what_cannot_be_drawn(count, seed):
    with pytest.raises(InputError, match=r"1000|from 0 on"):
        Draws(count, seed)


@pytest.mark.parametrize("fraction", ["0 %", "10 %"])
def test_every_draw_is_an_estimate_of_its_own(fraction):
    # With leakage a share of power, power and leakage follow every energy and time.
    machine = SRE.replace({"leakage.fraction": fraction}).with_spreads({"*": 0.3})
    found = samples(machine, Draws(20, seed=3))
    for draw in range(0, 20, 4):
        drawn = values(machine, 3, draw)
        factors = {path: v / machine.settings[path].value for path, v in drawn.items()}
        wanted = cost(scaled(machine, factors), LENET)
        for name, value in zip(FIGURES, found[:, draw], strict=True):
            assert value == pytest.approx(getattr(wanted, name), rel=1e-9), (draw, name)


@pytest.mark.slow
@pytest.mark.parametrize("leakage", ["0 %", "5 %"])
def test_multiplied_fields_are_those_of_hardware_put_together(leakage):
    base = load_hardware("isaac").replace({"leakage.fraction": leakage})
    for spread in stated_spreads(base.with_spreads({"*": 0.2})):
        machine = base.with_spreads({spread.key.path: 0.2})
        structures, technologies = Draws(20).records(machine)
        for made, structure, technology in zip(
            Draws(20).machines(machine), structures, technologies, strict=True
        ):
            for record, wanted in (
                (structure, structure_record(made)[0]),
                (technology, technology_record(made)[0]),
            ):
                for name in record.dtype.names:
                    # Peak power is in no price; leakage, which may follow from it, has its field.
                    if name.endswith("_power_w") and not name.startswith("control"):
                        continue
                    got, right = float(record[name]), float(wanted[name])
                    assert got == pytest.approx(right, rel=1e-12, nan_ok=True), (
                        spread.key.path,
                        name,
                    )


def test_one_uncertain_price_has_the_interval_of_a_lognormal():
    """E = E0 + E1 f: its quantiles are those of f, at the quantiles of the normal."""
    share, count = 0.2, 100_000
    found = samples(SRE.with_spreads({"adc.energy": share}), Draws(count))
    exact = cost(SRE, LENET)
    part = exact.energies_j["adc"]
    variance = np.log1p(share**2)
    energy = found[FIGURES.index("energy_j")]
    low, high = interval(energy)
    for end, z in ((low, -1.6448536269514722), (high, 1.6448536269514722)):
        factor = np.exp(np.sqrt(variance) * z - variance / 2.0)
        # Five standard errors of a sample quantile at 5 %: sqrt(p q / n) over the density.
        density = np.exp(-(z**2) / 2.0) / np.sqrt(2.0 * np.pi) / (np.sqrt(variance) * factor)
        error = 5.0 * np.sqrt(0.05 * 0.95 / count) / density
        assert abs((end - (exact.energy_j - part)) / part - factor) < error
    assert energy.mean() == pytest.approx(exact.energy_j, rel=5.0 * share / count**0.5)
    latency = found[FIGURES.index("latency_s")]
    assert (latency == exact.latency_s).all()


def test_without_spreads_low_and_high_are_the_value():
    found = samples(SRE, Draws(30))
    exact = cost(SRE, LENET)
    for name, draws in zip(FIGURES, found, strict=True):
        low, high = interval(draws)
        assert low == high == pytest.approx(getattr(exact, name), rel=1e-12)


def test_the_same_bits_for_any_number_of_threads():
    machine = SRE.with_spreads({"*": 0.2})
    before = numba.get_num_threads()
    found = []
    try:
        for threads in (1, before):
            numba.set_num_threads(threads)
            found.append(samples(machine, Draws(50)))
    finally:
        numba.set_num_threads(before)
    assert (found[0] == found[1]).all()
    assert (samples(machine, Draws(50, seed=1)) != found[0]).any()
