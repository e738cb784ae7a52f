"""Simulated updates against the step-by-step twin and the closed forms of every policy."""

import math

import numpy as np
import pytest
from scipy import stats

from recost.kernels import feedback, magnitudes, policies, update_counts
from recost.kernels.philox import stream_key
from recost.vocabulary import Magnitude, UpdatePolicy
from tests.kernels.laws import at_rate
from tests.naive import wear

POLICIES = ["sgd", "threshold", "stochastic", "structured", "endurance-aware"]
LOGNORMAL = int(Magnitude.LOGNORMAL)


def run(policy, law, structures, steps, *, seed=1, groups=1):
    keys = np.array(
        [[stream_key(seed, g, "norms"), stream_key(seed, g, "steps")] for g in range(groups)]
    )
    laws = np.array([[int(UpdatePolicy.from_text(policy)), *law]] * groups, dtype=float)
    bounds = np.arange(groups + 1) * structures
    norms, counts = np.empty(bounds[-1]), np.zeros(bounds[-1], np.int64)
    sums = np.zeros((4, bounds[-1]))
    update_counts.simulate(np.arange(groups), keys, steps, laws, bounds, (norms, counts, sums))
    return norms, counts, sums / steps


@pytest.mark.parametrize("policy", POLICIES)
def test_against_the_twin(policy):
    exponent = 2.0 if policy == "endurance-aware" else 0.0
    law = feedback.Law(3.0, exponent, 0.5, 0.8)
    structures, steps = 1000, 400
    norms, counts, means = run(policy, law, structures, steps)
    random = np.random.default_rng(31)
    twin = wear.update_counts(policy, 3.0, exponent, norms, 0.8, steps, random)
    # Counts are negatively correlated under feedback: the binomial bounds their deviation.
    rate = twin[0].mean() / steps
    error = math.sqrt(2 * rate * (1 - rate) * steps / structures)
    assert abs(counts.mean() - twin[0].mean()) <= 3.0 * error
    assert np.std(counts) == pytest.approx(np.std(twin[0]), rel=0.1)
    for mine, other in ((means[0] + means[2], twin[1]), (means[2], twin[2]), (means[1], twin[3])):
        error = math.sqrt((np.var(mine) + np.var(other)) / structures)
        assert abs(mine.mean() - other.mean()) <= 3.0 * error


@pytest.mark.parametrize("policy", POLICIES[:4])
def test_policies_without_feedback_against_their_closed_form(policy):
    # A structure of one weight: norms are gradients in units of their mean.
    spread, structures, steps = 1.2, 2000, 300
    law = feedback.Law(4.0, 0.0, 0.0, spread)
    _, counts, means = run(policy, law, structures, steps)
    median = math.exp(-spread * spread / 2)
    code = int(UpdatePolicy.from_text(policy))
    if policy == "structured":  # kept with r/t and divided by it: the stochastic rule
        code = int(UpdatePolicy.STOCHASTIC)
    update = policies.Update(code, 4.0, LOGNORMAL, median, spread)
    share = policies.kept_share(update)
    error = math.sqrt(max(share * (1 - share), 1e-12) / structures / steps)
    assert abs(counts.mean() / steps - share) <= 3.0 * error
    lost = means[0] + policies.lost_gradient(update)
    assert abs(lost.mean()) <= 3.0 * np.std(lost) / math.sqrt(structures) + 1e-12
    noise = policies.gradient_noise(update) * magnitudes.mean_square(LOGNORMAL, median, spread)
    assert abs(means[1].mean() - noise) <= 3.0 * np.std(means[1]) / math.sqrt(structures) + 1e-12


def test_count_feedback_against_the_stationary_theory():
    structures, steps, lasting = 4096, 6000, 0.8
    law = at_rate(feedback.Law(1.0, 3.0, lasting, 0.5), 0.1)
    # Evenly spread lasting norms, so that the sample's mean is that of all structures.
    z = stats.norm.ppf((np.arange(structures) + 0.5) / structures)
    norms = np.exp(lasting * z - lasting**2 / 2)
    counts, sums = np.zeros(structures, np.int64), np.zeros((4, structures))
    update_counts.simulate_group(
        stream_key(1, "steps"), steps, law, (1.0, 0.0, law.threshold), (norms, counts, sums)
    )
    means = sums / steps
    # reference: counts go as p^(1/(1+k)), far from saturation.
    slope = np.polyfit(np.log(norms), np.log(counts), 1)[0]
    assert slope == pytest.approx(1 / (1 + 3.0), abs=0.02)
    distribution = feedback.count_distribution(law, 0.1, steps)
    assert counts.mean() == pytest.approx(feedback.mean_count(law, 0.1, steps), abs=2.5)
    for count in np.quantile(counts, [0.05, 0.5, 0.95, 0.999]):
        share = feedback.share_below(distribution, steps, count)
        error = math.sqrt(share * (1 - share) / structures)
        # Two updates for the theory of counts, on top of the chance of the sample.
        slack = 2 * (feedback.share_below(distribution, steps, count + 1) - share)
        assert abs(np.mean(counts <= count) - share) <= 3.0 * error + slack
    noise = feedback.gradient_noise(law, 0.1)
    whole = np.mean(norms**2) * math.exp(law.fresh**2)
    assert means[1].mean() / whole == pytest.approx(noise, rel=0.03)


def test_numbers_do_not_depend_on_how_groups_are_run():
    law = feedback.Law(2.0, 1.0, 0.5, 0.5)
    together = run("endurance-aware", law, 700, 50, groups=3)
    alone = run("endurance-aware", law, 700, 50)
    for whole, part in zip(together, alone, strict=True):
        assert np.array_equal(whole[..., :700], part)
    assert not np.array_equal(together[1][:700], together[1][700:1400])


def test_another_seed_is_another_sample():
    law = feedback.Law(2.0, 1.0, 0.5, 0.5)
    first, second = (run("endurance-aware", law, 64, 50, seed=seed)[1] for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_groups_are_dealt_out_evenly():
    sizes = np.array([5, 100, 7, 90, 6, 1])
    order = update_counts.balanced(sizes, 2)
    assert sorted(order) == list(range(6))
    assert sizes[order[:3]].sum() == 100 + 7 + 5
    assert sizes[order[3:]].sum() == 90 + 6 + 1
