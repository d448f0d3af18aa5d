"""The second stage against distributions of codes that are known."""

import math

import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.layers.priors import GaussianPrior
from ivaae_tf.metrics.features import FeatureSummary
from ivaae_tf.metrics.sample_scores import latent_score
from ivaae_tf.models.samplers import GaussianMixture, Prior
from ivaae_tf.models.second_stage import (
    SecondStage,
    make_second_stage,
    make_second_stage_optimizers,
)
from ivaae_tf.second_stage_settings import SecondStageSettings
from ivaae_tf.training.code_batches import training_codes

D = 4


def ring(num_codes, seed=0):
    """Returns codes on a ring of radius √2 in R^4, with noise 0.01."""
    random = np.random.default_rng(seed)
    angles = random.uniform(0, 2 * np.pi, num_codes)
    plane = np.linalg.qr(np.random.default_rng(9).normal(size=(D, D)))[0][:2]
    on_ring = math.sqrt(2) * np.stack([np.cos(angles), np.sin(angles)], axis=-1) @ plane
    return np.float32(on_ring + 0.01 * random.normal(size=(num_codes, D)))


def squared_mmd(a, b):
    """Returns the unbiased squared maximum mean discrepancy with the kernel 1 / (1 + ‖x − y‖²)."""

    def kernel(x, y):
        return 1 / (1 + np.square(x[:, None] - y[None]).sum(axis=-1, dtype=np.float64))

    def among(x):
        return (kernel(x, x).sum() - len(x)) / (len(x) * (len(x) - 1))

    return among(a) + among(b) - 2 * kernel(a, b).mean()


def trained(codes, num_epochs):
    """Returns a small second stage of point codes."""
    settings = SecondStageSettings(width=0.1, batch_size=100, learning_rate=2e-3)
    mean, scale = codes.mean(axis=0), codes.std(axis=0)
    model = make_second_stage(settings, codes.shape[1])
    steps = len(codes) // settings.batch_size
    model.compile(
        **make_second_stage_optimizers(settings, steps), jit_compile=False, steps_per_execution=10
    )
    q = tf.constant(codes)
    batches = training_codes(lambda q, seed: (q - mean) / scale, q, 100, 0, 0)
    model.fit(batches, epochs=num_epochs, steps_per_epoch=steps, shuffle=False, verbose=0)
    return SecondStage(model, mean, scale, num_epochs)


def test_it_finds_a_ring_that_no_gaussian_does():
    codes = ring(4_000)
    summary = FeatureSummary(D, seed=0)
    summary.update(codes)
    assert latent_score(summary).value > 0.5
    fresh = ring(1_000, seed=1)
    of_prior = squared_mmd(Prior(GaussianPrior(D))(1_000, 3).numpy(), fresh)
    of_gaussian = squared_mmd(GaussianMixture.fit(codes, 1, 0, 0)(1_000, 3).numpy(), fresh)
    found = squared_mmd(trained(codes, 40)(1_000, 3).numpy(), fresh)
    assert found < 0.2 * of_prior
    assert found < of_gaussian


@pytest.fixture
def linear():
    """Returns the optimum of probabilistic PCA for codes N(m, S) with two discarded directions."""
    random = np.random.default_rng(3)
    directions = np.linalg.qr(random.normal(size=(D, D)))[0]
    variances = np.array([3.0, 1.5, 0.2, 0.2])
    mean = np.array([1.0, -2.0, 0.5, 3.0])
    covariance = directions * variances @ directions.T
    scale = np.sqrt(np.diag(covariance))
    standardized = covariance / np.outer(scale, scale)
    # W = U (Λ − γ²)^½ for the largest two eigenvalues, γ² the mean of the others.
    values, vectors = np.linalg.eigh(standardized)
    gamma2 = values[:2].mean()
    factors = vectors[:, 2:] * np.sqrt(values[2:] - gamma2)
    expected = factors @ factors.T + gamma2 * np.eye(D)
    return mean, scale, factors, gamma2, expected * np.outer(scale, scale)


def test_draws_have_the_mean_and_covariance_of_a_linear_second_stage(linear):
    """Without the noise of scale γ, two directions would have no variance."""
    mean, scale, factors, gamma2, covariance = linear
    model = make_second_stage(SecondStageSettings(width=0.01), D)
    model.likelihood.log_gamma.assign(math.log(gamma2) / 2)
    for weight in model.decoder.trainable_variables:
        weight.assign(tf.zeros_like(weight))
    kernel = model.decoder.trainable_variables[-2]  # of the hidden units, then of u itself
    of_u = np.concatenate([factors.T, np.zeros((2, D))])
    kernel.assign(np.concatenate([np.zeros((kernel.shape[0] - D, D)), of_u]))

    num_codes = 100_000
    codes = SecondStage(model, mean, scale, 0)(num_codes, 5).numpy().astype(np.float64)
    variances = np.diag(covariance)
    # Five standard errors of a mean, and at most five of a covariance.
    assert (abs(codes.mean(axis=0) - mean) < 5 * np.sqrt(variances / num_codes)).all()
    error = np.sqrt(2 * np.outer(variances, variances) / num_codes)
    assert (abs(np.cov(codes, rowvar=False) - covariance) < 5 * error).all()


def test_an_epoch_has_every_code_once_and_resumes_in_the_middle():
    q = tf.range(10.0)[:, tf.newaxis]

    def batches(first_epoch, num_batches):
        noise = training_codes(
            lambda q, seed: tf.concat(
                [q, tf.random.stateless_normal([tf.shape(q)[0], 1], seed)], axis=1
            ),
            q,
            batch_size=5,
            seed=7,
            first_epoch=first_epoch,
        )
        return np.stack(list(noise.take(num_batches).as_numpy_iterator()))

    four = batches(0, 8)
    for epoch in range(4):
        assert sorted(four[2 * epoch : 2 * epoch + 2, :, 0].ravel()) == list(range(10))
    assert len(np.unique(four[..., 1])) == 40  # new noise for each
    assert (four[0, :, 0] != four[2, :, 0]).any()  # another order
    np.testing.assert_array_equal(batches(2, 4), four[4:])
