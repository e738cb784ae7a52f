"""Sensing errors against the published table, a naive twin, and what must hold of any error."""

import math
import shutil
import subprocess

import numba
import numpy as np
import pytest
from scipy import stats

from recost.errors import InputError
from recost.hardware import load_hardware
from recost.kernels import sensing as kernels
from recost.kernels.philox import stream_key
from recost.models import sensing
from recost.models.sensing import Simulation, error_table, sum_distribution
from recost.models.sensing_gaussian import gaussian_errors, gaussian_table
from tests.naive import sensing as naive

BASE = load_hardware("ou-dense").replace(
    {
        "crossbar.cell_bits": 1,
        "precision.dac_bits": 1,
        "cell.resistance_on": "1 kohm",
        "cell.resistance_off": "50 kohm",
        "cell.spread": 0.1,
        "adc.bits": 10,
    }
)


def binomial(active):
    return sum_distribution(active, np.array([0.5, 0.5]))


# k ~ Bin(n, 1/2), R-ratio 50, s = 0.1, mean references.
TABLE = {4: 0.0019, 8: 0.019, 9: 0.025, 16: 0.084, 32: 0.22, 64: 0.39, 128: 0.54}


@pytest.mark.parametrize(("active", "published"), TABLE.items())
def test_the_gaussian_table(active, published):
    error = float(binomial(active) @ gaussian_errors(BASE, active))
    assert float(f"{error:.2g}") == pytest.approx(published, rel=0.03)


@pytest.mark.parametrize("active", [4, 8, 9, 16, 32, 64])
def test_simulation_near_the_gaussian_table_within_its_validity(active):
    estimate, low, high = error_table(BASE, active, trials=8000).error(binomial(active))
    gaussian = float(binomial(active) @ gaussian_errors(BASE, active))
    assert low <= estimate <= high
    # The skew of single cells moves errors between the two sides of a sum; the mean hardly.
    assert estimate == pytest.approx(gaussian, rel=0.2 if active == 4 else 0.04)


@pytest.mark.slow
def test_where_the_gaussian_form_stops_being_valid(capsys):
    with capsys.disabled():
        print("\n  Gaussian over simulated error, two states, R-ratio 50, mean references")  # noqa: T201
        for spread in (0.05, 0.1, 0.2, 0.3, 0.5, 0.7):
            cells = BASE.replace({"cell.spread": spread})
            ratios = []
            for active in (4, 9, 16, 64, 128):
                sums = binomial(active)
                error = error_table(cells, active, trials=32_000).error(sums)[0]
                ratios.append(float(sums @ gaussian_errors(cells, active)) / max(error, 1e-9))
            print(f"  s = {spread:4}: " + " ".join(f"{r:7.3f}" for r in ratios))  # noqa: T201
            if 0.1 <= spread <= 0.2:
                assert max(abs(r - 1) for r in ratios[1:]) < 0.05


def test_dl_rsim_sum_zero():
    # Nominal references, n = 9: s = 0.73 gives 25 % at R-ratio 10 (the fit) and below 0.1 % at 50.
    zero = np.arange(10) == 0
    errors = {}
    for ratio in (10, 50):
        cells = BASE.replace(
            {
                "sensing.references": "nominal",
                "cell.spread": 0.73,
                "cell.resistance_off": f"{ratio} kohm",
            }
        )
        simulation = Simulation(cells, 9, sums=zero)
        simulation.run(200_000)
        errors[ratio] = simulation.table().error(zero.astype(float))
    assert errors[10][0] == pytest.approx(0.25, abs=0.005)
    assert errors[50][2] < 1e-3


def test_mean_references_cannot_reach_a_quarter():
    zero = np.arange(10) == 0
    largest = 0.0
    for spread in (0.5, 0.8, 1.0, 1.5, 2.0):
        cells = BASE.replace({"cell.spread": spread, "cell.resistance_off": "10 kohm"})
        simulation = Simulation(cells, 9, sums=zero)
        simulation.run(40_000)
        largest = max(largest, simulation.table().error(zero.astype(float))[0])
    assert 0.14 < largest < 0.165


CASES = {
    "plain": {},
    "nominal": {"sensing.references": "nominal"},
    "clamped": {"sensing.clamping_error": "0.03 V"},
    "guarded": {"sensing.guard_band": "0.2 mA"},
    "mid-point": {"sensing.thresholds": "mid-point", "sensing.guard_band": "0.2 mA"},
    "two bits": {"crossbar.cell_bits": 2},
    "three bits": {"crossbar.cell_bits": 3, "sensing.clamping_error": "0.03 V"},
}


@pytest.mark.parametrize("case", CASES)
def test_simulation_equals_the_naive_one(case):
    cells = BASE.replace({"cell.spread": 0.3, "cell.resistance_off": "20 kohm"} | CASES[case])
    active = 5
    expected = naive.table(cells, active, 12_000, np.random.default_rng(1))
    found = error_table(cells, active, trials=6000).counts
    for k in range(len(found)):
        pair = np.array([expected[k], found[k]])
        pair = pair[:, pair.sum(axis=0) > 8]
        if expected[k].sum() > 100 and pair.shape[1] > 1:
            assert stats.chi2_contingency(pair).pvalue > 1e-4


@pytest.mark.parametrize("case", CASES)
def test_the_gaussian_table_adds_up(case):
    cells = BASE.replace({"cell.spread": 0.2} | CASES[case])
    shares = gaussian_table(cells, 6)
    assert shares.sum(axis=1) == pytest.approx(1.0)
    assert 1.0 - np.diag(shares) == pytest.approx(gaussian_errors(cells, 6), abs=1e-12)


def test_cells_of_more_states_are_drawn_given_their_sum():
    # Of two-bit cells that add up to 2 of 3, P(two ones) = 3/6: both compositions of the sum.
    cells = BASE.replace({"crossbar.cell_bits": 2, "cell.spread": 1e-9})
    table = error_table(cells, 3, trials=4000)
    assert (np.diag(table.counts) == table.trials).all()
    assert table.trials.min() > 2000
    wide = BASE.replace({"crossbar.cell_bits": 2, "cell.spread": 0.4})
    twice = Simulation(wide, 3, states=np.array([0.9, 0.05, 0.04, 0.01]))
    twice.run(4000)
    assert twice.table().trials.min() > 1000


def test_more_wordlines_and_less_contrast_read_worse():
    errors = [float(binomial(n) @ gaussian_errors(BASE, n)) for n in range(1, 65)]
    assert errors == sorted(errors)
    simulated = [error_table(BASE, n, trials=2000).error(binomial(n))[0] for n in (4, 8, 16, 32)]
    assert simulated == sorted(simulated)
    by_ratio = [
        error_table(BASE.replace({"cell.resistance_off": f"{r} kohm"}), 9, trials=4000).error(
            binomial(9)
        )[0]
        for r in (2, 5, 10, 50)
    ]
    assert by_ratio == sorted(by_ratio, reverse=True)


def test_narrow_converters():
    exact = BASE.replace({"cell.spread": 1e-9, "adc.bits": 2})
    table = error_table(exact, 6, trials=256)
    assert table.adc.tolist() == [0, 1, 2, 3, 3, 3, 3]
    assert table.errors(noise_only=True).sum() == 0
    mean, square = table.moments()
    assert mean.tolist() == [0, 0, 0, 0, -1, -2, -3]
    assert square.tolist() == [0, 0, 0, 0, 1, 4, 9]
    scaled = exact.replace({"sensing.narrow_adc": "scale"})
    assert sensing.adc_codes(scaled, 6).tolist() == [0, 0, 2, 2, 4, 4, 6]
    assert sensing.adc_codes(exact.replace({"mapping.flip_columns": True}), 6).max() == 6


@pytest.mark.parametrize("bits", [1, 2])
def test_equal_bits_for_any_threads_parts_and_order(monkeypatch, bits):
    cells = BASE.replace({"crossbar.cell_bits": bits})
    whole = error_table(cells, 9, trials=3000, seed=5).counts
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        monkeypatch.setattr(sensing, "_AT_ONCE", 1)
        parts = Simulation(cells, 9, seed=5)
        for trials in (256, 1280, 3000):
            parts.run(trials)
    finally:
        numba.set_num_threads(before)
    assert np.array_equal(parts.table().counts, whole)
    assert not np.array_equal(error_table(cells, 9, trials=3000, seed=6).counts, whole)


@pytest.mark.boundscheck
@pytest.mark.parametrize("case", CASES)
def test_no_kernel_reads_beyond_its_arrays(case):
    cells = BASE.replace(CASES[case])
    for active in (1, 3, 4, 5):
        error_table(cells, active, trials=300)


def test_sums_of_independent_cells():
    states = np.array([0.5, 0.3, 0.2])
    expected = np.ones(1)
    for active in range(1, 8):
        expected = np.convolve(expected, states)
        assert sum_distribution(active, states) == pytest.approx(expected)
    assert binomial(9) == pytest.approx([math.comb(9, k) / 512 for k in range(10)])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"cell.resistance_off": "500 ohm"}, "resistance_on"),
        ({"precision.dac_bits": 2}, "write 1"),
    ],
)
def test_impossible_cells_are_named(settings, words):
    with pytest.raises(InputError, match=words):
        error_table(BASE.replace(settings), 4)


def test_unknown_cells_are_named():
    isaac = load_hardware("isaac")
    if isaac.cell.spread is not None:
        pytest.skip("isaac has a spread")
    with pytest.raises(InputError, match=r"--set cell\.spread"):
        error_table(isaac, 4)


def _spice_currents(tmp_path, ohms, volts):
    """The current that ngspice finds for each bitline: its cells between the wordlines and 0 V."""
    lines = ["bitlines"]
    for b, cells in enumerate(ohms):
        lines.append(f"V{b} w{b} 0 {volts!r}")
        lines.append(f"S{b} c{b} 0 0")  # the clamp holds the bitline at 0 V and measures
        lines += [f"R{b}_{i} w{b} c{b} {float(r)!r}" for i, r in enumerate(cells)]
    lines = [line.replace(f"S{line.split()[0][1:]} ", f"VM{line.split()[0][1:]} ", 1)
             if line.startswith("S") else line for line in lines]  # fmt: skip
    prints = "\n".join(f"print i(VM{b})" for b in range(len(ohms)))
    deck = tmp_path / "bitlines.cir"
    deck.write_text("\n".join([*lines, ".control", "op", prints, "quit", ".endc", ".end", ""]))
    done = subprocess.run(
        ["ngspice", "-b", str(deck)], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    found = [line.split("=")[1] for line in done.stdout.splitlines() if line.startswith("i(vm")]
    return np.array([float(text) for text in found])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("ngspice") is None, reason="needs ngspice")
def test_currents_of_a_bitline_against_ngspice(tmp_path):
    # DL-RSIM: the distribution of a 9-cell bitline's current within 0.5 % RMS of SPICE.
    cells, ones, count = sensing.Cells.of(BASE), 4, 4096
    rng = np.random.default_rng(3)
    medians = np.where(np.arange(9) < ones, 1e3, 50e3)
    ohms = medians * np.exp(cells.spread * rng.normal(size=(count, 9)))
    spice = np.sort(_spice_currents(tmp_path, ohms, BASE.sensing.read_voltage_v))
    bitline = kernels.Bitline(
        9, cells.currents, np.array([cells.spread]), np.zeros((1, 1), np.uint64)
    )
    blocks = np.zeros(64, kernels.BLOCK)
    blocks["stratum"], blocks["first"] = ones, np.arange(64) * kernels.LANES
    own = np.empty((64, kernels.LANES))
    kernels.bitline_currents(stream_key(0, "spice"), blocks, bitline, own)
    places = (np.arange(count) + 0.5) / count
    apart = np.quantile(own, places) / spice - 1.0
    assert np.sqrt(np.mean(apart[40:-40] ** 2)) < 0.005
