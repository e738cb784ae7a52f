"""The region of elimination rates against a search over a grid."""

import itertools

import numpy as np
import pytest

from recost.models.elimination_region import (
    READINGS,
    Baseline,
    Reading,
    Targets,
    attainable,
    conflict,
    corners,
    gains,
)

BASELINE = Baseline(
    energy=(0.35, 0.25, 0.1, 0.2),
    time=(0.15, 0.1, 0.05, 0.7),
    wear=(10.0, 8.0, 2.0),
    writes=(700.0, 500.0, 50.0),
)
TRUE = np.array([[0.7, 0.65, 0.4, 0.3]])


def searched(targets, reading):
    """Rates on a grid whose gains lie within the tolerance."""
    free = reading.compute in ("energy", "free")
    axis = np.linspace(0.0, 1.0, 21 if free else 51)
    points = np.array(list(itertools.product(axis, axis, axis, axis if free else [0.0])))
    if reading.compute == "tied":
        points[:, 3] = (2 * points[:, 0] + points[:, 1]) / 3
    found = gains(BASELINE, points, reading)
    keep = np.ones(len(points), bool)
    for name, values in found.items():
        target = getattr(targets, name)
        if target is not None:
            t = targets.tolerance
            keep &= (values >= target * (1 - t)) & (values <= target * (1 + t))
    return points[keep]


def made_by(rates, reading, tolerance=0.08):
    """Targets that certain rates give."""
    rates = rates.copy()
    if reading.compute == "kept":
        rates[:, 3] = 0.0
    if reading.compute == "tied":
        rates[:, 3] = (2 * rates[:, 0] + rates[:, 1]) / 3
    found = gains(BASELINE, rates, reading)
    return Targets(*(float(found[n][0]) for n in found), tolerance=tolerance), rates


@pytest.mark.parametrize("reading", READINGS, ids=lambda r: f"{r.compute}-{r.life}")
def test_the_region_holds_what_a_search_finds(reading):
    targets, rates = made_by(TRUE, reading)
    points = corners(BASELINE, targets, reading)
    assert len(points)
    low, high = points.min(axis=0) - 1e-9, points.max(axis=0) + 1e-9
    assert np.all((rates >= low) & (rates <= high))
    found = searched(targets, reading)
    assert len(found)
    assert np.all((found >= low) & (found <= high))
    # ... and is not larger than the grid can see.
    assert np.all(found.min(axis=0) - points.min(axis=0) < 0.12)
    assert np.all(points.max(axis=0) - found.max(axis=0) < 0.12)


@pytest.mark.parametrize("reading", READINGS, ids=lambda r: f"{r.compute}-{r.life}")
def test_corners_satisfy_the_targets(reading):
    targets, _ = made_by(TRUE, reading)
    for name, values in gains(BASELINE, corners(BASELINE, targets, reading), reading).items():
        target = getattr(targets, name)
        assert np.all(np.abs(values / target - 1.0) <= targets.tolerance + 1e-6)


@pytest.mark.parametrize("reading", READINGS, ids=lambda r: f"{r.compute}-{r.life}")
@pytest.mark.parametrize("gain", ["energy_reduction", "speedup", "lifetime_gain"])
def test_what_is_attainable_holds_what_a_search_finds(reading, gain):
    targets, rates = made_by(TRUE, reading)
    low, high = attainable(BASELINE, targets, reading, gain)
    values = gains(BASELINE, searched(targets.without(gain), reading), reading)[gain]
    assert low - 1e-9 <= values.min()
    assert values.max() <= high + 1e-9
    own = float(gains(BASELINE, rates, reading)[gain][0])
    assert low <= own * 1.0001
    assert own <= high * 1.0001


def test_writes_alone_cannot_save_more_than_they_take():
    # reference: if only writes shrink, at least 79.9 % of the energy has to be theirs for 4.97x.
    reading = Reading("kept", "total")
    writes = sum(BASELINE.energy[:3])
    most = attainable(BASELINE, Targets(), reading, "energy_reduction")
    assert most == pytest.approx((1.0, 1.0 / (1.0 - writes)))
    beyond = Targets(energy_reduction=1.1 / (1.0 - writes))
    assert not len(corners(BASELINE, beyond, reading))
    assert conflict(BASELINE, beyond, reading) == "energy_reduction"


def test_the_share_of_writes_that_the_reference_derives():
    # reference: energy 4.97x with writes down by R needs a share .799/(1 - 1/R) of the energy:
    # R = 10 .888; R = 4.97 all of it; R = 4.55 impossible.
    gain = 4.97
    for reduction, share in ((10.0, 0.888), (4.97, 1.0)):
        rates = np.full((1, 4), 1.0 - 1.0 / reduction)
        for energy in (share + 0.001, share - 0.002):
            parts = (energy / 2, energy / 4, energy / 4, 0.0)
            baseline = Baseline(parts, (0.0,) * 4, (1.0,) * 3, (1.0,) * 3)
            reached = gains(baseline, rates, Reading("kept", "total"))["energy_reduction"][0]
            assert (reached >= gain * 0.999) == (energy >= share)


def test_conflicts_are_named():
    reading = Reading("kept", "first")
    targets, _ = made_by(TRUE, reading, tolerance=0.01)
    assert conflict(BASELINE, targets, reading) == ""
    fast = Targets(targets.energy_reduction, 1.43, targets.lifetime_gain, 0.01)
    assert conflict(BASELINE, fast, reading) != ""
    impossible = Targets(1e3, 1e3, None)
    assert conflict(BASELINE, impossible, reading) == "energy_reduction and speedup"
    assert attainable(BASELINE, Targets(1e3, 2.0, 1.5), reading, "speedup") is None


def test_the_first_death_is_decided_by_the_most_written():
    found = gains(BASELINE, np.array([[0.5, 0.0, 0.0, 0.0]]), Reading("kept", "first"))
    # Errors, written 8 times, become the first.
    assert found["lifetime_gain"][0] == pytest.approx(10.0 / 8.0)
    total = gains(BASELINE, np.array([[0.5, 0.0, 0.0, 0.0]]), Reading("kept", "total"))
    assert total["lifetime_gain"][0] == pytest.approx(1250 / 900)
