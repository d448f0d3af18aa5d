"""Sums of errors: squared, absolute, and the Euclidean distance."""

import keras
import tensorflow as tf

from ivaae_tf.layers.likelihoods.base import Likelihood


@keras.saving.register_keras_serializable("ivaae_tf")
class SquaredError(Likelihood):
    """A factor times the sum of squared errors, by default the factor of the WAE authors' code.

    It is a Gaussian negative log-likelihood with the constant variance 1/(2·scale).

    Args:
        scale: The factor, above 0.

    Raises:
        ValueError: If `scale` is not above 0.

    Example:
        >>> SquaredError(scale=0.5)(tf.ones([2, 8, 8, 1]), tf.zeros([2, 8, 8, 1])).numpy()
        array([32., 32.], dtype=float32)

    References:
        Tolstikhin et al. (2018), Wasserstein Auto-Encoders, and its code:
        https://arxiv.org/abs/1711.01558
        https://github.com/tolstikhin/wae
    """

    def __init__(self, scale: float = 0.05, **kwargs):
        super().__init__(**kwargs)
        if scale <= 0:
            raise ValueError(f"scale must be above 0. Received: {scale}")
        self.scale = scale

    def call(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns scale × the sum of squared errors of each, shape (m,)."""
        return self.scale * self.sum_of_squared_errors(x, x_hat)

    def weighted(self, x: tf.Tensor, x_hat: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """Returns scale × Σ w (x − x̂)² of each, shape (m,)."""
        return self(tf.sqrt(weights) * tf.cast(x, tf.float32), tf.sqrt(weights) * x_hat)

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "scale": self.scale}


@keras.saving.register_keras_serializable("ivaae_tf")
class AbsoluteError(Likelihood):
    """0.02 × the sum of absolute errors, the cost "l1" of the WAE authors' code.

    It is a Laplacian negative log-likelihood up to a constant. Its best x̂ is a median instead of a
    mean, so edges are less blurred.

    Example:
        >>> AbsoluteError()(tf.ones([2, 10, 10, 1]), tf.zeros([2, 10, 10, 1])).numpy()
        array([2., 2.], dtype=float32)

    References:
        Tolstikhin et al. (2018), code of Wasserstein Auto-Encoders:
        https://github.com/tolstikhin/wae
    """

    def call(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns the cost of each, shape (m,)."""
        return 0.02 * self.sum_of_values(tf.abs(tf.cast(x, tf.float32) - x_hat))


@keras.saving.register_keras_serializable("ivaae_tf")
class EuclideanDistance(Likelihood):
    """0.2 × ‖x − x̂‖, the cost "l2" of the WAE authors' code.

    The gradient of each image has the same norm, whatever its error is. As in their code, 1e-8
    below the root makes the gradient at x̂ = x finite.

    Example:
        >>> EuclideanDistance()(tf.ones([2, 10, 10, 1]), tf.zeros([2, 10, 10, 1])).numpy()
        array([2., 2.], dtype=float32)

    References:
        Tolstikhin et al. (2018), code of Wasserstein Auto-Encoders:
        https://github.com/tolstikhin/wae
    """

    def call(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns the cost of each, shape (m,)."""
        return 0.2 * tf.sqrt(1e-8 + self.sum_of_squared_errors(x, x_hat))
