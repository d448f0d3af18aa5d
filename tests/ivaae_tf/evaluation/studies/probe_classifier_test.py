"""Probes of features with a known best error, and features against the encoder's layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.evaluation.studies.frozen_features import (
    LabeledFeatures,
    compute_features,
    last_hidden_layer,
)
from ivaae_tf.evaluation.studies.probe_classifier import build_probe, train_probe
from ivaae_tf.models.networks import convolutional, fully_connected
from ivaae_tf.program.errors import UserError

NUM_CLASSES = 4


def labeled(num_images, separation, seed):
    """Returns features N(separation · e_class, I) in 8 dimensions, with classes."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, NUM_CLASSES, num_images)
    features = generator.normal(size=(num_images, 8)) + separation * np.eye(8)[labels]
    return LabeledFeatures(features.astype(np.float32), labels)


def errors(train, test, num_steps=80, measure_every=40, **options):
    settings = {"batch_size": 60, "learning_rate": 1e-3, "seed": 0, **options}
    return list(
        train_probe(
            train,
            test,
            num_classes=NUM_CLASSES,
            num_steps=num_steps,
            measure_every=measure_every,
            **settings,
        )
    )


def test_classes_that_lie_apart_are_learnt():
    curve = errors(labeled(2000, 8, seed=1), labeled(1000, 8, seed=2))
    assert [step for step, _ in curve] == [0, 40, 80]
    assert curve[0][1] > 0.3
    # The nearest other class is 8·√2/2 = 5.7 standard deviations away.
    assert curve[-1][1] < 0.002


def test_of_features_that_know_nothing_all_but_chance_is_wrong():
    curve = errors(labeled(2000, 0, seed=1), labeled(1000, 0, seed=2))
    # The number of correct guesses is binomial: 4 standard deviations of its share.
    tolerance = 4 * np.sqrt(0.25 * 0.75 / 1000)
    assert curve[-1][1] == pytest.approx(1 - 1 / NUM_CLASSES, abs=tolerance)


def test_equal_seeds_give_equal_curves():
    data = labeled(600, 1, seed=1), labeled(300, 1, seed=2)
    often, seldom, other = (
        errors(*data, num_steps=40, measure_every=measure_every, seed=seed)
        for measure_every, seed in ((15, 0), (30, 0), (15, 1))
    )
    assert [step for step, _ in often] == [0, 15, 30, 40]
    assert seldom == [often[0], often[2], often[3]]  # independent of the measurements in between
    assert other != often


def test_the_probe_has_two_hidden_layers_of_1000():
    probe = build_probe(16, 10, seed=0)
    assert probe.count_params() == 17 * 1000 + 1001 * 1000 + 1001 * 10
    assert [layer.activation.__name__ for layer in probe.layers] == ["relu", "relu", "linear"]


def test_a_batch_larger_than_the_data_is_refused():
    with pytest.raises(ValueError, match="at most the 59 training images"):
        errors(labeled(59, 1, seed=1), labeled(10, 1, seed=2))


@pytest.mark.parametrize(("networks", "num_features"), [(fully_connected, 64), (convolutional, 64)])
def test_features_feed_the_codes_in_both_families(networks, num_features, tmp_path):
    encoder = networks.encoder((16, 16, 1), latent_dim=3, width=1 / 16)
    encoder.layers[-1].bias.assign([1.0, 2.0, 3.0])
    images = np.random.default_rng(3).uniform(-1, 1, (10, 16, 16, 1)).astype(np.float32)
    labels = np.arange(10) % NUM_CLASSES
    batches = tf.data.Dataset.from_tensor_slices((images, labels)).batch(4)

    found = compute_features(last_hidden_layer(encoder), batches, tmp_path)
    assert found.features.shape == (10, num_features)
    np.testing.assert_array_equal(found.labels, labels)
    codes = found.features @ encoder.layers[-1].kernel.numpy() + [1, 2, 3]
    np.testing.assert_allclose(codes, encoder(images), atol=1e-5)
    assert (found.features >= 0).all()  # after the ReLU
    assert list(tmp_path.iterdir()) == []  # nothing to remove, even if the process is killed


def test_features_in_bfloat16_are_kept_in_float32(tmp_path):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        encoder = fully_connected.encoder((4, 4, 1), latent_dim=3, width=1 / 64)
    finally:
        keras.config.set_dtype_policy(before)
    images = tf.random.stateless_uniform((5, 4, 4, 1), [0, 1])
    found = compute_features(
        last_hidden_layer(encoder), [(images, tf.zeros(5, tf.int64))], tmp_path
    )
    hidden = last_hidden_layer(encoder)(images)
    assert hidden.dtype == tf.bfloat16
    np.testing.assert_array_equal(found.features, tf.cast(hidden, tf.float32))


def test_an_image_without_a_label_is_refused(tmp_path):
    encoder = fully_connected.encoder((4, 4, 1), latent_dim=3, width=1 / 64)
    batch = tf.zeros((2, 4, 4, 1)), tf.constant([0, -1], tf.int64)
    with pytest.raises(UserError, match="no label"):
        compute_features(last_hidden_layer(encoder), [batch], tmp_path)
