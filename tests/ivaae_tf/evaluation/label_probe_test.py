"""The accuracy of a linear classifier of codes."""

import types

import numpy as np
import pytest
import tensorflow as tf

from ivaae_tf.evaluation.label_probe import label_probe

# The code is the image.
MODEL = types.SimpleNamespace(encode=lambda images: images)


def batches(codes, labels):
    return tf.data.Dataset.from_tensor_slices((codes.astype(np.float32), labels)).batch(500)


def draws(seed, distance):
    """Two classes N(±distance/2, I₃) with equal shares, and a tenth without a label."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, 5000)
    codes = random.normal(size=(5000, 3))
    codes[:, 0] += distance * (labels - 0.5)
    return batches(codes, np.where(random.uniform(size=5000) < 0.1, -1, labels))


@pytest.mark.parametrize(("distance", "expected"), [(0, 0.5), (2, 0.8413), (20, 1)])
def test_the_accuracy_is_that_of_the_best_classifier(distance, expected):
    """Φ(distance/2), within 3 standard errors; a fitted plane loses about d/n."""
    (score,) = label_probe(MODEL, draws(0, distance), draws(1, distance))
    assert abs(score.value - expected) < 3 * np.sqrt(expected * (1 - expected) / 4500) + 0.001
    n = score.conditions["num_images"]
    assert score.standard_error == pytest.approx(np.sqrt(score.value * (1 - score.value) / n))


def test_labels_of_a_single_class_have_no_score():
    same = batches(np.ones((500, 3)), np.zeros(500, int))
    assert label_probe(MODEL, same, draws(0, 1)) == []


def test_held_out_images_without_labels_have_no_score():
    assert label_probe(MODEL, draws(0, 1), batches(np.ones((500, 3)), np.full(500, -1))) == []
