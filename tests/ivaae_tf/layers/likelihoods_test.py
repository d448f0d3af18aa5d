"""Likelihoods against TensorFlow Probability."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ivaae_tf.layers.likelihoods import GaussianLikelihood, SquaredError


def data(shape=(4, 5, 3, 2)):
    random = np.random.default_rng(0)
    return (random.normal(size=shape).astype(np.float32) for _ in range(2))


@pytest.mark.parametrize("shape", [(4, 5, 3, 2), (4, 7)])
def test_a_gaussian_is_the_negative_log_density(shape):
    x, x_hat = data(shape)
    likelihood = GaussianLikelihood()
    likelihood.build(shape, shape)
    likelihood.log_gamma.assign(-0.7)
    normal = tfp.distributions.Normal(x_hat, np.exp(np.float32(-0.7)))
    expected = -np.reshape(normal.log_prob(x), (4, -1)).sum(axis=1)
    np.testing.assert_allclose(likelihood(x, x_hat), expected, rtol=1e-5)


def test_the_best_variance_is_the_mean_squared_error():
    x, x_hat = data()
    likelihood = GaussianLikelihood()
    likelihood.build(x.shape, x.shape)
    likelihood.log_gamma.assign(np.log(np.mean((x - x_hat) ** 2)) / 2)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(likelihood(x, x_hat))
    # The gradient is the difference of two terms of size 30, each with rounding 1e-6.
    np.testing.assert_allclose(tape.gradient(loss, likelihood.log_gamma), 0, atol=1e-4)


def test_the_scale_is_bounded_below():
    likelihood = GaussianLikelihood()
    likelihood.build((1, 2), (1, 2))
    likelihood.log_gamma.assign(-100.0)
    np.testing.assert_allclose(likelihood.gamma, 1e-4, rtol=1e-5)


def test_draws_have_the_learned_scale():
    likelihood = GaussianLikelihood()
    likelihood.build((1, 2), (1, 2))
    likelihood.log_gamma.assign(np.log(0.3))
    draws = likelihood.draw(tf.ones((50_000, 2)), [1, 2])
    # Five standard errors of 100,000 draws.
    np.testing.assert_allclose(np.mean(draws), 1, atol=5 * 0.3 / np.sqrt(100_000))
    np.testing.assert_allclose(np.std(draws), 0.3, rtol=5 / np.sqrt(200_000))


def test_the_squared_error_is_the_wae_authors_cost():
    x, x_hat = data()
    expected = 0.05 * np.sum((x - x_hat) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(SquaredError()(x, x_hat), expected, rtol=1e-5)
    np.testing.assert_array_equal(SquaredError().draw(x_hat, [1, 2]), x_hat)
    with pytest.raises(ValueError, match=r"scale must be above 0. Received: 0"):
        SquaredError(0)
