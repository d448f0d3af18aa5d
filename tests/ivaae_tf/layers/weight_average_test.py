"""Averages of weights against their recurrence in NumPy, on networks with batch normalization."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.layers.weight_average import WeightAverage
from tests import conformance_table

_CONVOLUTIONAL = ("blockwise", "none", "convolutional", "averaged_weights")


def _weights(model):
    return [weight.numpy() for weight in (*model.encoder.weights, *model.decoder.weights)]


def _averages(model):
    return [weight.numpy() for weight in model.weight_average.weights]


def _batch(step):
    shape = (8, *conformance_table.IMAGE_SHAPE)
    return tf.constant(np.random.default_rng(step).uniform(-1, 1, shape), tf.float32)


@pytest.fixture(scope="module")
def trained():
    """A model after 25 steps, and the averages that the recurrence in float64 gives."""
    model = conformance_table.build(*_CONVOLUTIONAL)
    expected = [weight.astype(np.float64) for weight in _weights(model)]
    train_step = tf.function(model.train_step, autograph=False)
    for step in range(25):
        train_step(_batch(step))
        decay = min(0.9, (1 + step) / (10 + step))
        expected = [
            decay * average + (1 - decay) * weight
            for average, weight in zip(expected, _weights(model), strict=True)
        ]
    return model, expected


def test_each_weight_has_its_average_also_of_batch_normalization(trained):
    model, expected = trained
    names = {weight.path.split("/")[-1] for weight in model.encoder.weights}
    assert {"moving_mean", "moving_variance"} <= names
    for average, reference in zip(_averages(model), expected, strict=True):
        np.testing.assert_allclose(average, reference, rtol=1e-5, atol=1e-7)


def test_averages_are_used_within_the_block_alone(trained):
    model, _ = trained
    weights, averages = _weights(model), _averages(model)
    images = _batch(99)
    outside = model(images).numpy()
    with pytest.raises(KeyError), model.weight_average.in_use():
        for now, average in zip(_weights(model), averages, strict=True):
            np.testing.assert_array_equal(now, average)
        inside = model(images).numpy()
        raise KeyError
    for now, before in zip(_weights(model), weights, strict=True):
        np.testing.assert_array_equal(now, before)
    for now, before in zip(_averages(model), averages, strict=True):
        np.testing.assert_array_equal(now, before)
    assert not np.allclose(inside, outside, atol=1e-4)
    np.testing.assert_array_equal(model(images), outside)


def test_they_are_saved_and_kept_in_place_of_the_weights(trained, tmp_path):
    model, _ = trained
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for found, saved in zip(_averages(loaded), _averages(model), strict=True):
        np.testing.assert_array_equal(found, saved)
    loaded.weight_average.assign_to_weights()
    for now, average in zip(_weights(loaded), _averages(model), strict=True):
        np.testing.assert_array_equal(now, average)


@pytest.mark.parametrize("decay", [0.0, 1.0, -0.5])
def test_another_decay_is_refused(decay):
    with pytest.raises(ValueError, match=f"Received: {decay}"):
        WeightAverage([keras.Variable([1.0])], decay)
