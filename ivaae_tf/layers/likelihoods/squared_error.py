"""The squared error of a reconstruction."""

import keras
import tensorflow as tf

from ivaae_tf.layers.likelihoods.base import Likelihood


@keras.saving.register_keras_serializable("ivaae_tf")
class SquaredError(Likelihood):
    """A factor times the sum of squared errors, by default the cost of the WAE authors' code.

    It is a Gaussian log-likelihood whose variance is a constant, 1/(2·scale).

    Args:
        scale: The factor, above 0.

    Raises:
        ValueError: If `scale` is not above 0.
    """

    def __init__(self, scale: float = 0.05, **kwargs):
        super().__init__(**kwargs)
        if scale <= 0:
            raise ValueError(f"scale must be above 0. Received: {scale}")
        self.scale = scale

    def call(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns scale × the sum of squared errors of each, shape (m,)."""
        return self.scale * self.sum_of_squared_errors(x, x_hat)

    def draw(self, x_hat: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns x̂ itself: the noise of pixels is not part of an image."""
        del seed
        return x_hat

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "scale": self.scale}
