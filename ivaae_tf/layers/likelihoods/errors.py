"""Sums of errors: squared, absolute, and the Euclidean distance."""

from typing import Any

import keras
import tensorflow as tf

from ivaae_tf.layers.likelihoods.base import Likelihood


class _ScaledCost(Likelihood):
    """A factor times a cost."""

    def __init__(self, scale: float, **kwargs: Any):
        super().__init__(**kwargs)
        if scale <= 0:
            raise ValueError(f"scale must be above 0. Received: {scale}")
        self.scale = scale

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "scale": self.scale}


@keras.saving.register_keras_serializable("ivaae_tf")
class SquaredError(_ScaledCost):
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
        super().__init__(scale, **kwargs)

    def call(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns scale × the sum of squared errors of each, shape (m,)."""
        return self.scale * self.sum_of_squared_errors(x, x_hat)


@keras.saving.register_keras_serializable("ivaae_tf")
class AbsoluteError(_ScaledCost):
    """A factor times the sum of absolute errors, by default the factor of the WAE authors' code.

    It is a Laplacian negative log-likelihood up to a constant. Its best x̂ is a median instead of a
    mean, so edges are less blurred.

    Args:
        scale: The factor, above 0.

    Raises:
        ValueError: If `scale` is not above 0.

    Example:
        >>> AbsoluteError(scale=0.5)(tf.ones([2, 8, 8, 1]), tf.zeros([2, 8, 8, 1])).numpy()
        array([32., 32.], dtype=float32)

    References:
        The code of Tolstikhin et al. (2018), cost l1: https://github.com/tolstikhin/wae
    """

    def __init__(self, scale: float = 0.02, **kwargs):
        super().__init__(scale, **kwargs)

    def call(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns scale × the sum of absolute errors of each, shape (m,)."""
        return self.scale * self.sum_of_values(tf.abs(tf.cast(x, tf.float32) - x_hat))


@keras.saving.register_keras_serializable("ivaae_tf")
class EuclideanDistance(_ScaledCost):
    """A factor times ‖x − x̂‖, by default the factor of the WAE authors' code.

    The gradient of each image has the same norm, whatever its error is. As in their code, 1e-8
    below the root makes the gradient at x̂ = x finite.

    Args:
        scale: The factor, above 0.

    Raises:
        ValueError: If `scale` is not above 0.

    Example:
        >>> EuclideanDistance(scale=0.5)(tf.ones([2, 8, 8, 1]), tf.zeros([2, 8, 8, 1])).numpy()
        array([4., 4.], dtype=float32)

    References:
        The code of Tolstikhin et al. (2018), cost l2: https://github.com/tolstikhin/wae
    """

    def __init__(self, scale: float = 0.2, **kwargs):
        super().__init__(scale, **kwargs)

    def call(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns scale × the Euclidean distance of each, shape (m,)."""
        return self.scale * tf.sqrt(1e-8 + self.sum_of_squared_errors(x, x_hat))
