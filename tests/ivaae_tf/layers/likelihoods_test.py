"""Likelihoods against NumPy, Keras, TensorFlow and TensorFlow Probability."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ivaae_tf.layers.likelihoods import (
    AbsoluteError,
    BernoulliLikelihood,
    EuclideanDistance,
    GaussianLikelihood,
    SquaredError,
    StructuralDissimilarity,
)
from ivaae_tf.metrics.image_quality import structural_similarities


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


@pytest.mark.parametrize(
    ("likelihood", "cost"),
    [
        (SquaredError, lambda error: 0.05 * np.sum(error**2)),
        (AbsoluteError, lambda error: 0.02 * np.sum(np.abs(error))),
        (EuclideanDistance, lambda error: 0.2 * np.sqrt(1e-8 + np.sum(error**2))),
    ],
)
def test_errors_are_the_wae_authors_costs(likelihood, cost):
    x, x_hat = data()
    expected = [cost(error) for error in x.astype(np.float64) - x_hat]
    np.testing.assert_allclose(likelihood()(x, x_hat), expected, rtol=1e-5)
    np.testing.assert_array_equal(likelihood().draw(x_hat, [1, 2]), x_hat)


def test_the_scale_of_the_squared_error_is_above_0():
    with pytest.raises(ValueError, match=r"scale must be above 0. Received: 0"):
        SquaredError(0)


def test_the_euclidean_distance_of_equal_images_has_a_gradient():
    x = tf.ones([2, 3, 3, 1])
    with tf.GradientTape() as tape:
        tape.watch(x)
        cost = EuclideanDistance()(tf.ones_like(x), x)
    np.testing.assert_array_equal(tape.gradient(cost, x), tf.zeros_like(x))


def test_bernoulli_is_the_cross_entropy_in_nats():
    a, x = np.random.default_rng(1).normal(size=(2, 4, 5, 3, 1))
    x, x_hat = np.tanh(2 * x), np.tanh(2 * a)
    y, p = (x + 1) / 2, (x_hat + 1) / 2
    expected = -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p), axis=(1, 2, 3))
    cost = BernoulliLikelihood()(np.float32(x), np.float32(x_hat))
    np.testing.assert_allclose(cost, expected, rtol=1e-4)
    of_keras = np.sum(keras.losses.binary_crossentropy(y, p), axis=(1, 2))
    np.testing.assert_allclose(cost, of_keras, rtol=1e-4)


def test_bernoulli_is_finite_where_tanh_saturates():
    """The wrong end costs log 1e7 within the spacing of float32 numbers near 1, 6e-8."""
    x, x_hat = np.float32([1, 1, -1, -1]), np.float32([1, -1, 1, -1])
    cost = BernoulliLikelihood()(x[:, None], x_hat[:, None])
    np.testing.assert_allclose(cost, np.log(1e7) * np.float32([0, 1, 1, 0]), rtol=0.02, atol=1e-6)


def test_the_gradient_of_bernoulli_before_tanh_is_the_error():
    """With p = σ(2a): dR/da = 2(p − y) = x̂ − x."""
    a, x = np.random.default_rng(2).normal(size=(2, 4, 5)).astype(np.float32)
    x, a = np.tanh(x), tf.constant(a)
    with tf.GradientTape() as tape:
        tape.watch(a)
        cost = BernoulliLikelihood()(x, tf.tanh(a))
    np.testing.assert_allclose(tape.gradient(cost, a), np.tanh(a) - x, rtol=1e-4, atol=1e-6)


def _noisy_images(side):
    levels = np.random.default_rng(3).integers(0, 256, (3, side, side + 4, 3), dtype=np.uint8)
    noisy = np.uint8((levels.astype(int) + 3 * levels[:, ::-1]) // 4)
    return levels, noisy


def test_ssim_of_one_scale_is_that_of_the_scores():
    levels, noisy = _noisy_images(21)
    cost = StructuralDissimilarity()(levels / 127.5 - 1, noisy / 127.5 - 1)
    expected = 0.05 * levels[0].size * (1 - structural_similarities(levels, noisy))
    np.testing.assert_allclose(cost, expected, rtol=1e-4)


def test_scales_of_ssim_have_the_weights_of_wang_et_al():
    """At 23 pixels, the second scale has 11, as large as the window."""
    levels, noisy = (each / 255 for each in _noisy_images(23))
    halved = [
        each[:, :22].reshape(3, 11, 2, -1, 2, 3)[:, :, :, :13].mean(axis=(2, 4))
        for each in (levels[:, :, :26], noisy[:, :, :26])
    ]
    first, second = tf.image.ssim(levels, noisy, 1.0), tf.image.ssim(*halved, 1.0)
    mean = (0.0448 * first + 0.2856 * second) / (0.0448 + 0.2856)
    cost = StructuralDissimilarity()(np.float32(2 * levels - 1), np.float32(2 * noisy - 1))
    np.testing.assert_allclose(cost, 0.05 * levels[0].size * (1 - mean), rtol=1e-4)


def test_ssim_has_a_gradient_for_opposite_images():
    """`tf.image.ssim_multiscale` has NaN there."""
    x = tf.random.stateless_uniform([2, 32, 32, 1], [1, 2], -1, 1)
    x_hat = -x
    with tf.GradientTape() as tape:
        tape.watch(x_hat)
        cost = StructuralDissimilarity()(x, x_hat)
    gradient = tape.gradient(cost, x_hat)
    assert np.all(np.isfinite(gradient)) and np.all(np.any(gradient, axis=(1, 2, 3)))
    assert np.all(StructuralDissimilarity()(x, x_hat - 0.01 * np.sign(gradient)) < cost)


def test_ssim_refuses_small_images_in_one_line():
    with pytest.raises(ValueError, match=r"at least 11 pixels a side. Received: 10×64×1"):
        StructuralDissimilarity().build((None, 10, 64, 1), (None, 10, 64, 1))


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(
    "likelihood", [AbsoluteError, EuclideanDistance, BernoulliLikelihood, StructuralDissimilarity]
)
def test_costs_and_gradients_are_the_same_when_compiled(likelihood, jit_compile):
    """Graphs and XLA add float32 numbers in another order."""
    images = np.tanh(np.stack(list(data((2, 16, 16, 1)))))
    layer = likelihood()

    def costs_and_gradients(x, x_hat):
        with tf.GradientTape() as tape:
            tape.watch(x_hat)
            costs = layer(x, x_hat)
        return costs, tape.gradient(costs, x_hat)

    x, x_hat = map(tf.constant, images)
    compiled = tf.function(costs_and_gradients, jit_compile=jit_compile, autograph=False)
    for value, expected in zip(compiled(x, x_hat), costs_and_gradients(x, x_hat), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)
