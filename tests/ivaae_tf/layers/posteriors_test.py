"""Posteriors against TensorFlow Probability and against one another."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ivaae_tf.layers.posteriors import (
    FixedVariancePosterior,
    GaussianPosterior,
    PointPosterior,
    SpherePosterior,
)

tfd = tfp.distributions


def parameters(num_codes=6, latent_dim=3, seed=0):
    values = np.random.default_rng(seed).normal(0, 1.5, (num_codes, 2 * latent_dim))
    return tf.constant(values, tf.float32)


def kl_divergence(q):
    mean, log_variance = tf.split(q, 2, axis=-1)
    posterior = tfd.MultivariateNormalDiag(mean, tf.exp(log_variance / 2))
    return tfd.kl_divergence(posterior, tfd.MultivariateNormalDiag(tf.zeros(3)))


def test_the_penalty_of_a_gaussian_is_its_divergence_to_the_prior():
    q = parameters()
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(q)
        penalty, expected = GaussianPosterior().penalty(q), kl_divergence(q)
    np.testing.assert_allclose(penalty, expected, rtol=1e-5)
    np.testing.assert_allclose(
        tape.gradient(penalty, q), tape.gradient(expected, q), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_array_equal(GaussianPosterior().penalty(tf.zeros((2, 6))), 0)


def test_a_fixed_variance_is_a_gaussian_with_one_variance():
    mean = parameters()[:, :3]
    log_variance = tf.fill(mean.shape, 2 * np.log(0.7).astype(np.float32))
    expected = GaussianPosterior().penalty(tf.concat([mean, log_variance], axis=-1))
    fixed = FixedVariancePosterior(0.7).penalty(mean)
    np.testing.assert_allclose(fixed, expected, rtol=1e-5)
    # A point has the part that depends on the code.
    constant = 3 / 2 * (0.7**2 - 2 * np.log(0.7) - 1)
    np.testing.assert_allclose(PointPosterior().penalty(mean), fixed - constant, rtol=1e-4)


@pytest.mark.parametrize("draws", ["training", "stateless"])
@pytest.mark.parametrize("posterior", [GaussianPosterior(seed=1), FixedVariancePosterior(0.5, 1)])
def test_draws_have_the_moments_of_the_posterior(posterior, draws):
    count = 100_000
    is_gaussian = isinstance(posterior, GaussianPosterior)
    q = [1.0, -2.0, 0.4, -1.0] if is_gaussian else [1.0, -2.0]
    variances = np.exp([0.4, -1.0]) if is_gaussian else np.full(2, 0.25)
    rows = tf.tile(tf.constant([q]), (count, 1))
    z = posterior(rows) if draws == "training" else posterior.draw(rows, [3, 4])
    # Five standard errors of a mean, and of the variance of normal draws.
    np.testing.assert_array_less(
        np.abs(np.mean(z, axis=0) - [1.0, -2.0]), 5 * np.sqrt(variances / count)
    )
    np.testing.assert_array_less(
        np.abs(np.var(z, axis=0) - variances), 5 * variances * np.sqrt(2 / count)
    )
    np.testing.assert_array_equal(posterior.mean(rows[:1]), [[1.0, -2.0]])


def test_draws_are_functions_of_the_seed():
    q, posterior = parameters(), GaussianPosterior()
    np.testing.assert_array_equal(posterior.draw(q, [1, 2]), posterior.draw(q, [1, 2]))
    assert np.all(posterior.draw(q, [1, 2]) != posterior.draw(q, [1, 3]))
    point = PointPosterior()
    for z in (point(q), point.mean(q), point.draw(q, [1, 2])):
        np.testing.assert_array_equal(z, q)


def test_codes_of_a_sphere_have_the_norm_1_and_the_direction_of_the_encoder():
    q = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    expected = q / np.linalg.norm(q, axis=1, keepdims=True)
    posterior = SpherePosterior()
    for z in (posterior(q), posterior.mean(q), posterior.draw(q, [0, 0])):
        np.testing.assert_allclose(z, expected, rtol=1e-6)
    np.testing.assert_array_equal(posterior.penalty(q), np.zeros(5))


def test_a_scale_of_zero_is_refused():
    with pytest.raises(ValueError, match=r"scale must be above 0. Received: 0"):
        FixedVariancePosterior(0)
