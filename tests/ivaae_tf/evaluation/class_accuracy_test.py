"""The accuracy of classes against NumPy, with a classifier that is not trained."""

from types import SimpleNamespace

import numpy as np
import pytest

from ivaae_tf.evaluation.class_accuracy import class_accuracy
from ivaae_tf.metrics.extractors.classifier import Classifier, build_classifier
from ivaae_tf.models.samplers import ClassMixture

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 60, 16, 16, 1), np.uint8)


def test_it_is_the_mean_share_of_images_that_are_recognized():
    network = build_classifier(3, 1, seed=0)
    codes = np.random.default_rng(1).normal(size=(20, 2))
    sampler = ClassMixture.fit_classes(codes, np.arange(20) % 2 * 2, "abc", 1, seed=0, epoch=1)
    of_classes = iter(IMAGES)
    evaluator = SimpleNamespace(
        extractor=Classifier(network, 0.9),
        num_samples=60,
        seed=0,
        dataset=SimpleNamespace(class_names=("a", "b", "c")),
        samples=lambda model, sampler, num_samples: np.split(next(of_classes), 3),
    )
    score = class_accuracy(evaluator, None, sampler)

    logits = [network.predict(images / 127.5 - 1, verbose=0) for images in IMAGES]
    first, second = logits[0].argmax(axis=1) == 0, logits[1].argmax(axis=1) == 2
    p = np.array([first.mean(), second.mean()])
    assert score.value == pytest.approx(p.mean())
    # The variance of (p₀ + p₁)/2, with the covariance of images of the same number.
    variance = np.sum(np.cov(first, second)) / 4
    assert score.standard_error == pytest.approx(np.sqrt(variance / 60))
    assert score.name == "class_accuracy_classifier"
    assert score.conditions["sampler"] == "class_gmm"
    assert score.conditions["lowest_of"] == "ac"[p.argmin()]
