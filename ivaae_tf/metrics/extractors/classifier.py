"""A small classifier of the labeled data, and its features."""

import hashlib
import json

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.metrics.extractors.base import FeatureExtractor, as_color, weights_digest
from ivaae_tf.metrics.score import Condition

NUM_FEATURES = 64
_SIDE = 32
_FEATURE_LAYER = "features"


def build_classifier(num_classes: int, num_channels: int, seed: int) -> keras.Model:
    """Returns a convolutional network from images of any size in [-1, 1] to logits.

    Images are resized to 32×32 (bilinear, antialiased). Three convolutions of stride 2 and a dense
    layer of 64, each with ReLU, come before the logits. No layer is random, and the initial
    weights depend on `seed` alone.

    Raises:
        ValueError: If there are fewer than 2 classes, or neither 1 nor 3 channels.
    """
    if num_classes < 2 or num_channels not in (1, 3):
        raise ValueError(
            "There must be at least 2 classes and 1 or 3 channels. "
            f"Received: {num_classes} and {num_channels}"
        )
    seeds = iter(np.random.SeedSequence(seed).generate_state(5))

    def initializer():
        return keras.initializers.HeUniform(seed=int(next(seeds)))

    # Input, three convolutions, and the two dense layers.
    images = keras.Input((None, None, num_channels))
    x = keras.layers.Resizing(_SIDE, _SIDE, antialias=True)(images)
    for num_filters, kernel_size in ((32, 5), (64, 3), (64, 3)):
        x = keras.layers.Conv2D(
            num_filters,
            kernel_size,
            strides=2,
            padding="same",
            activation="relu",
            kernel_initializer=initializer(),
        )(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(
        NUM_FEATURES, activation="relu", kernel_initializer=initializer(), name=_FEATURE_LAYER
    )(x)
    return keras.Model(images, keras.layers.Dense(num_classes, kernel_initializer=initializer())(x))


class Classifier(FeatureExtractor):
    """The last hidden layer of a trained classifier.

    Args:
        model: A trained model of `build_classifier`.
        test_accuracy: Share of test images that it classifies correctly; None if not measured.
    """

    name = "classifier"
    resize = f"bilinear antialiased to {_SIDE}"
    comparable_with_published_fid = False

    def __init__(self, model: keras.Model, test_accuracy: float | None = None):
        self.test_accuracy = test_accuracy
        self.num_features = NUM_FEATURES
        architecture = json.dumps([_SIDE, model.count_params(), weights_digest(model)])
        self.fingerprint = hashlib.sha256(architecture.encode()).hexdigest()
        self._num_channels = model.input_shape[-1]
        outputs = [model.get_layer(_FEATURE_LAYER).output, model.output]
        network = keras.Model(model.input, outputs)

        @tf.function(
            input_signature=[tf.TensorSpec((None, None, None, self._num_channels), tf.uint8)],
            autograph=False,
        )
        def run(images):
            return network(tf.cast(images, tf.float32) / 127.5 - 1, training=False)

        self._run = run

    @property
    def conditions(self) -> dict[str, Condition]:
        """The conditions recorded with every score, including the classifier's accuracy."""
        return {**super().conditions, "classifier_test_accuracy": self.test_accuracy}

    def classes(self, images: np.ndarray) -> np.ndarray:
        """Returns the number of the most probable class of each image, uint8 (n, h, w, c)."""
        _, logits = self._run(self._in_its_channels(images))
        return logits.numpy().argmax(axis=1)

    def _features(self, images: np.ndarray) -> np.ndarray:
        features, _ = self._run(self._in_its_channels(images))
        return features.numpy()

    def _in_its_channels(self, images: np.ndarray) -> np.ndarray:
        if self._num_channels == 3:
            return as_color(images)
        if images.shape[3] != self._num_channels:
            raise ValueError(f"Images must be gray, with 1 channel. Received: {images.shape[3]}")
        return images
