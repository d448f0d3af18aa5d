"""Tests of the maximum mean discrepancy against NumPy in float64 and theory."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.layers.divergences import MaximumMeanDiscrepancy

_SCALES = (0.1, 0.2, 0.5, 1, 2, 5, 10)


def _squared_mmd(z, n):
    """Computes Algorithm 2 of Tolstikhin et al. (2018) by pairs; C = scale · 2d."""
    num_codes, dimension = z.shape

    def kernel(x, y):
        constants = [scale * 2 * dimension for scale in _SCALES]
        return sum(c / (c + np.sum((x - y) ** 2)) for c in constants)

    total = 0.0
    for i in range(num_codes):
        for j in range(num_codes):
            if i != j:
                within = kernel(z[i], z[j]) + kernel(n[i], n[j])
                total += within / (num_codes * (num_codes - 1))
            total -= 2 * kernel(z[i], n[j]) / num_codes**2
    return total


@pytest.mark.parametrize("num_codes, dimension", [(2, 1), (7, 3), (12, 16)])
@pytest.mark.parametrize("t", [1, 3])
def test_it_is_the_unbiased_estimator_averaged_over_rungs(t, num_codes, dimension):
    """Needs the absolute tolerance: float32 adds about twenty kernel values near 7."""
    rng = np.random.default_rng(0)
    rungs = rng.normal(size=(t + 1, num_codes, dimension)) * np.linspace(3, 1, t + 1)[:, None, None]
    expected = np.mean([_squared_mmd(rung, rungs[-1]) for rung in rungs[:-1]])
    actual = MaximumMeanDiscrepancy()(tf.constant(rungs, tf.float32))
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


def test_it_is_exact_in_float64():
    rungs = np.random.default_rng(1).normal(size=(2, 9, 4))
    actual = MaximumMeanDiscrepancy(dtype="float64")(tf.constant(rungs))
    np.testing.assert_allclose(actual, _squared_mmd(*rungs), rtol=1e-10)


def test_it_is_zero_in_expectation_for_samples_of_the_prior():
    """Checks 400 batches to four standard errors; the diagonal would exceed them far."""
    rng = np.random.default_rng(0)
    mmd = tf.function(MaximumMeanDiscrepancy())
    values = [mmd(tf.constant(rng.normal(size=(2, 16, 4)), tf.float32)).numpy() for _ in range(400)]
    standard_error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values)) < 4 * standard_error
    assert standard_error < 0.02
    assert min(values) < 0  # because an unbiased estimate of zero is sometimes negative


@pytest.mark.parametrize("codes", [(1.0, 1.0), (0.0, 0.3), (0.0, 3.0)], ids=str)
def test_it_tells_other_codes_from_the_prior(codes):
    mean, spread = codes
    rng = np.random.default_rng(0)
    rungs = np.stack([rng.normal(mean, spread, (200, 4)), rng.normal(size=(200, 4))])
    assert MaximumMeanDiscrepancy()(tf.constant(rungs, tf.float32)) > 0.3


def test_its_gradient_leads_codes_to_the_prior():
    """Moves N(2, .5²) to the moments of 50 prior samples, within 3 standard errors."""
    rng = np.random.default_rng(0)
    z = tf.Variable(rng.normal(2.0, 0.5, (50, 4)), dtype=tf.float32)
    prior = tf.constant(rng.normal(size=(50, 4)), tf.float32)
    mmd = MaximumMeanDiscrepancy()

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = mmd(tf.stack([z, prior]))
        z.assign_sub(20.0 * tape.gradient(loss, z))

    for _ in range(150):
        step()
    assert np.all(np.abs(np.mean(z, axis=0)) < 0.4)
    assert np.all(np.abs(np.std(z, axis=0) - 1) < 0.4)


def test_gradients_of_coincident_codes_are_finite():
    z = tf.ones((2, 5, 3))
    with tf.GradientTape() as tape:
        tape.watch(z)
        loss = MaximumMeanDiscrepancy()(z)
    assert np.all(np.isfinite(tape.gradient(loss, z)))


def test_configuration_round_trip():
    mmd = MaximumMeanDiscrepancy(scales=(1.0, 3.0))
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(mmd))
    assert twin.scales == (1.0, 3.0)
    assert not twin.trainable_variables


@pytest.mark.parametrize("scales", [(), (1.0, 0.0), (-1.0,)])
def test_scales_out_of_range_are_refused(scales):
    with pytest.raises(ValueError, match="above 0"):
        MaximumMeanDiscrepancy(scales)
