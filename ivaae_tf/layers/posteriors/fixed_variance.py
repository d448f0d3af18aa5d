"""Gaussian posteriors with one variance for all images and coordinates."""

import math

import keras
import tensorflow as tf

from ivaae_tf.layers.posteriors.base import RandomPosterior

DEFAULT_SCALE = 0.7  # that of the authors' code


@keras.saving.register_keras_serializable("ivaae_tf")
class FixedVariancePosterior(RandomPosterior):
    """N(mean, scale²·I), the constant-variance auto-encoder of Ghosh et al. (2020).

    The encoder returns the d means.

    Args:
        scale: Standard deviation of each coordinate, above 0.
        seed: Integer seed of the draws in training; None draws one.

    Raises:
        ValueError: If `scale` is not above 0.
    """

    def __init__(self, scale: float = DEFAULT_SCALE, seed: int | None = None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        if scale <= 0:
            raise ValueError(f"scale must be above 0. Received: {scale}")
        self.scale = scale

    def standard_deviation(self, q: tf.Tensor) -> tf.Tensor:
        """Returns the scale, a scalar."""
        return tf.constant(self.scale, q.dtype)

    def penalty(self, q: tf.Tensor) -> tf.Tensor:
        """Returns the Kullback-Leibler divergence to N(0, I) in nats, shape (m,)."""
        constant = self.scale**2 - 2 * math.log(self.scale) - 1
        return tf.reduce_sum(tf.square(q) + constant, axis=-1) / 2

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "scale": self.scale}
