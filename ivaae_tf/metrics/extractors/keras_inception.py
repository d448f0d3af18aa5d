"""Keras's InceptionV3: richer features than a small classifier's, but not the network of FID."""

import hashlib

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.metrics.extractors.base import FeatureExtractor, as_color, weights_digest
from ivaae_tf.program.errors import UserError

_SIDE = 299


class KerasInception(FeatureExtractor):
    """The 2,048 average-pooled last features of `keras.applications.InceptionV3`.

    Its weights and its resize (bilinear, antialiased) differ from the graph of 2015, so a Fréchet
    distance on these features is not FID.

    Args:
        weights: Path of a weights file; "imagenet", which Keras downloads once; or None for random.

    Raises:
        UserError: If the weights cannot be loaded.
    """

    name = "keras_inception"
    resize = f"bilinear antialiased to {_SIDE}"
    comparable_with_published_fid = False

    def __init__(self, weights: str | None = "imagenet"):
        try:
            network = keras.applications.InceptionV3(
                include_top=False, weights=weights, input_shape=(_SIDE, _SIDE, 3), pooling="avg"
            )
        except Exception as error:  # Keras raises a bare Exception if an address fails.
            if weights is None:
                raise
            raise UserError(
                f"keras_inception: the weights {weights} cannot be loaded "
                f"({' '.join(str(error).split())}); connect to the network once, "
                "or use the extractor classifier, which needs no download"
            ) from error
        self.num_features = network.output_shape[-1]
        described = f"{self.resize} {weights_digest(network)}"
        self.fingerprint = hashlib.sha256(described.encode()).hexdigest()

        @tf.function(
            input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8)], autograph=False
        )
        def run(images):
            resized = tf.image.resize(images, (_SIDE, _SIDE), antialias=True)
            return network(keras.applications.inception_v3.preprocess_input(resized))

        self._run = run

    def _features(self, images: np.ndarray) -> np.ndarray:
        return self._run(as_color(images)).numpy()
