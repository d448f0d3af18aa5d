"""The best discriminator of Gaussian rungs: closed forms, bounds, and the interventions."""

import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats
import tensorflow as tf

from ivaae_tf.layers.interventions import BlockwiseIntervention, RadialIntervention
from results.overlap.gaussian_chains import (
    Rungs,
    best_cross_entropy,
    blockwise,
    mean_pull,
    radial,
    spread_pull,
)

# Chains of 8 dimensions.
CHAINS = [blockwise(1, 8), blockwise(4, 8), blockwise(8, 8), radial(4, 8), radial(7, 8)]


@pytest.mark.parametrize(
    ("chain", "intervention"),
    [
        (blockwise(4, 8), BlockwiseIntervention(4, seed=1)),
        (blockwise(1, 8), BlockwiseIntervention(1, seed=1)),
        (radial(4, 8), RadialIntervention(4, seed=1)),
    ],
)
def test_the_rungs_are_those_of_the_interventions(chain, intervention):
    code = np.linspace(1, 8, 8, dtype=np.float32)
    rungs = intervention(tf.tile(code[np.newaxis], (20_000, 1))).numpy()
    of_code, of_noise = (np.repeat(each, chain.size, axis=1) for each in chain[:2])
    # Standard errors of a mean and of a standard deviation of 20,000 are at most 0.007.
    np.testing.assert_allclose(rungs.mean(axis=1), of_code * code, atol=0.035)
    np.testing.assert_allclose(rungs.std(axis=1), of_noise, atol=0.025)


@pytest.mark.parametrize("distance", [0.5, 2.0, 5.0])
def test_an_aae_of_shifted_codes_has_the_cross_entropy_of_an_integral(distance):
    # The posterior depends on the coordinate along μ alone: log p_0 − log p_1 = ‖μ‖ u − ‖μ‖²/2.
    def integrand(u):
        return scipy.stats.norm.pdf(u, distance) * np.logaddexp(0, distance**2 / 2 - distance * u)

    expected = scipy.integrate.quad(integrand, -10, 10 + distance)[0] / np.log(2)
    rungs = Rungs(blockwise(1, 9), distance / 3, 1.0)
    found, error = best_cross_entropy(rungs, 40_000)
    assert found == pytest.approx(expected, abs=4 * error)
    assert error < 0.004


@pytest.mark.parametrize("chain", [radial(1, 6), radial(4, 6)])
@pytest.mark.parametrize("scale", [0.1, 0.7])
def test_radial_rungs_of_narrow_codes_have_the_cross_entropy_of_an_integral(chain, scale):
    # The posterior depends on r² alone, which is χ² times the variance of the rung.
    variances = Rungs(chain, 0.0, scale).variances[:, 0]

    def loss(k, squares):
        logits = -squares / variances / 2 - 3 * np.log(variances)
        return scipy.special.logsumexp(logits) - logits[k]

    expected = np.mean(
        [
            scipy.integrate.quad(
                lambda x, k=k: scipy.stats.chi2.pdf(x, 6) * loss(k, variances[k] * x), 0, 80
            )[0]
            for k in range(len(variances))
        ]
    ) / np.log(len(variances))
    found, error = best_cross_entropy(Rungs(chain, 0.0, scale), 40_000)
    assert found == pytest.approx(expected, abs=4 * error)


@pytest.mark.parametrize("chain", CHAINS)
def test_codes_of_the_prior_cannot_be_recognized(chain):
    found, error = best_cross_entropy(Rungs(chain, 0.0, 1.0), 1000)
    assert found == pytest.approx(1)
    assert error == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize(("mean", "scale"), [(0.3, 1.0), (0.0, 0.7), (1.0, 0.5)])
def test_js_is_at_most_the_mean_divergence_of_pairs(chain, mean, scale):
    """JS = Σ_k KL(p_k, mean of all)/(t+1), and KL is convex."""
    rungs = Rungs(chain, mean, scale)
    means, variances = (np.repeat(x, chain.size, axis=1) for x in (rungs.means, rungs.variances))
    ratio = variances[:, np.newaxis] / variances
    shift = (means[:, np.newaxis] - means) ** 2 / variances
    bound = ((ratio - 1 - np.log(ratio) + shift) / 2).sum(axis=-1).mean()
    found, error = best_cross_entropy(rungs, 10_000)
    num_rungs = len(means)
    js, error = ((1 - found) * np.log(num_rungs), error * np.log(num_rungs))
    assert -4 * error < js < min(bound, np.log(num_rungs)) + 4 * error


def test_rungs_of_narrow_codes_are_disjoint_block_wise_and_never_radial():
    of_scale = {
        scale: [
            best_cross_entropy(Rungs(chain, 0.0, scale), 4000)[0]
            for chain in (blockwise(16, 64), radial(4, 64))
        ]
        for scale in (0.1, 0.01, 0.001)
    }
    assert of_scale[0.01][0] < 1e-4
    # The limit of rungs 1 to t, whose variances are sin²(kπ/2t).
    assert of_scale[0.001][1] == pytest.approx(of_scale[0.01][1], abs=0.01)
    assert of_scale[0.001][1] > 0.15


def test_an_aae_is_pulled_by_the_mean_of_its_codes():
    """For codes from N(μ, I), E ∇(−log D_1) = μ E D_0, where D_0 is near 1 if they are far away."""
    np.testing.assert_allclose(mean_pull(Rungs(blockwise(1, 8), 3.0, 1.0), 4000), 3, rtol=1e-3)


def test_blocks_are_pulled_as_often_as_they_are_in_a_rung():
    pulls = mean_pull(Rungs(blockwise(4, 32), 4.0, 1.0), 4000)
    np.testing.assert_allclose(pulls, 4 * np.arange(1, 5) / 4, rtol=0.01)


def test_the_pull_is_the_gradient_of_the_loss():
    """By a difference of losses at codes that are shifted, with the same noise."""
    rungs = Rungs(radial(3, 4), 0.6, 0.8)
    random = np.random.default_rng(3)
    z = 0.6 + 0.8 * random.normal(size=(200_000, 4))
    noise = random.normal(size=z.shape)

    def loss(codes):
        losses = []
        for of_code, of_noise in zip(*rungs.chain[:2], strict=True):
            x = of_code * codes + of_noise * noise
            log_p = -((x[:, np.newaxis] - rungs.means) ** 2) / rungs.variances / 2
            log_p -= np.log(rungs.variances) / 2
            losses.append(-scipy.special.log_softmax(log_p.sum(axis=2), axis=1)[:, -1].mean())
        return np.mean(losses[:-1])

    step = 1e-4 * np.array([1, 0, 0, 0])
    difference = (loss(z + step) - loss(z - step)) / 2e-4
    # The gradient has a standard deviation of about 1, so both means have an error of 0.003.
    assert mean_pull(rungs, 200_000)[0] == pytest.approx(difference, abs=0.012)


def test_narrow_codes_are_pulled_apart_by_what_the_prior_is_wider():
    """For codes from N(0, σ² I), ∇(log p_0 − log p_t) = (1 − 1/σ²) z if D recognizes all codes."""
    pulls = spread_pull(Rungs(blockwise(4, 256), 0.0, 0.3), 4000)
    # σ² has a standard error of √(2 / (4000 · 64)) = 0.003.
    np.testing.assert_allclose(pulls, (1 / 0.09 - 1) * np.arange(1, 5) / 4, rtol=0.012)


def test_radial_bridges_pull_the_mean_of_distant_codes_by_the_mean_of_their_cosines_squared():
    pull = mean_pull(Rungs(radial(4, 32), 8.0, 1.0), 4000)
    np.testing.assert_allclose(pull, 8 * 5 / 8, rtol=0.01)


def test_radial_rungs_of_narrow_codes_are_pulled_apart_as_by_an_integral():
    scale = 0.5
    rungs = Rungs(radial(4, 6), 0.0, scale)
    variances, of_code = rungs.variances[:, 0], rungs.chain.of_code[:, 0]

    def along(k, squares):  # −∂(−log D_t)/∂x · x at a point with these squares
        logits = -squares / variances / 2 - 3 * np.log(variances)
        return (scipy.special.softmax(logits) @ (1 / variances) - 1) * squares

    expected = np.mean(
        [
            (of_code[k] ** 2 / variances[k] / 6)
            * scipy.integrate.quad(
                lambda x, k=k: scipy.stats.chi2.pdf(x, 6) * along(k, variances[k] * x), 0, 80
            )[0]
            for k in range(4)
        ]
    )
    assert spread_pull(rungs, 100_000)[0] == pytest.approx(expected, rel=0.01)
