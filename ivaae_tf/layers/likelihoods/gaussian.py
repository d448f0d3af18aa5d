"""The Gaussian likelihood with a learned variance."""

import math

import keras
import tensorflow as tf

from ivaae_tf.layers.likelihoods.base import Likelihood

_LEAST_SCALE = 1e-4  # The loss falls without bound as γ → 0; the authors advise this bound.


@keras.saving.register_keras_serializable("ivaae_tf")
class GaussianLikelihood(Likelihood):
    """−log N(x; x̂, γ²·I) with a learned scale γ.

    γ starts at 1 and stays at least 1e-4. At the optimum γ² is the mean squared error of a value.
    The cost may be negative, because it is the logarithm of a density.

    Example:
        >>> likelihood = GaussianLikelihood()
        >>> likelihood(tf.ones([2, 8, 8, 1]), tf.zeros([2, 8, 8, 1])).shape
        TensorShape([2])
        >>> float(likelihood.gamma)
        1.0

    References:
        Dai and Wipf (2019), Diagnosing and Enhancing VAE Models, equation 4:
        https://arxiv.org/abs/1903.05789
    """

    def build(self, x_shape, x_hat_shape):
        """Makes log γ, a scalar."""
        self.log_gamma = self.add_weight(name="log_gamma", shape=(), initializer="zeros")

    @property
    def gamma(self) -> tf.Tensor:
        """γ, the standard deviation of each value."""
        return tf.exp(self._bounded_log_gamma())

    def call(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns the negative log-density of each, in nats, shape (m,)."""
        num_values = tf.cast(tf.size(x[0]), tf.float32)
        return self._cost(self.sum_of_squared_errors(x, x_hat), num_values)

    def weighted(self, x: tf.Tensor, x_hat: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """Returns the weighted sum of the negative log-densities of the values, shape (m,)."""
        roots = tf.sqrt(weights)
        errors = self.sum_of_squared_errors(roots * tf.cast(x, tf.float32), roots * x_hat)
        return self._cost(errors, self.sum_of_values(weights))

    def _cost(self, squared_errors: tf.Tensor, num_values: tf.Tensor) -> tf.Tensor:
        log_gamma = self._bounded_log_gamma()
        errors = squared_errors * tf.exp(-2 * log_gamma)
        return errors / 2 + num_values * (log_gamma + math.log(2 * math.pi) / 2)

    def draw(self, x_hat: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns x̂ + γ·n with n ~ N(0, I)."""
        return x_hat + self.gamma * tf.random.stateless_normal(tf.shape(x_hat), seed)

    def _bounded_log_gamma(self) -> tf.Tensor:
        return tf.maximum(tf.convert_to_tensor(self.log_gamma), math.log(_LEAST_SCALE))
