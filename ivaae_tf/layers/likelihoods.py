"""Likelihoods: costs of reconstructions."""

import math

import keras
import tensorflow as tf


class Likelihood(keras.layers.Layer):
    """The cost R(x, x̂) of reconstructions x̂ of data x, a negative log-likelihood up to a constant.

    Its trainable variables are trained with the decoder.

    Call arguments:
        x: Data, shape (m, …).
        x_hat: Their reconstructions, of the same shape.

    Returns:
        The cost of each, shape (m,), summed over all axes except the first.

    Example:
        >>> class AbsoluteError(Likelihood):
        ...     def call(self, x, x_hat):
        ...         return tf.reduce_sum(tf.abs(x - x_hat), axis=[1, 2, 3])
        >>> AbsoluteError()(tf.ones([2, 8, 8, 1]), tf.zeros([2, 8, 8, 1])).numpy()
        array([64., 64.], dtype=float32)

    References:
        Kingma and Welling (2014), Auto-Encoding Variational Bayes:
        https://arxiv.org/abs/1312.6114
    """

    def __init__(self, **kwargs):
        # Sums over many pixels lose digits below float32.
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)

    def build(self, x_shape, x_hat_shape):
        """Makes the variables, if the likelihood has any."""

    def call(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns the cost of each reconstruction, shape (m,)."""
        raise NotImplementedError

    def weighted(self, x: tf.Tensor, x_hat: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """Returns the cost of each reconstruction, shape (m,), with weights of the shape of x.

        Raises:
            ValueError: If the likelihood does not define it.
        """
        raise ValueError(
            f"{type(self).__name__} has no weights of pixels; sample_weight must have a weight for "
            f"each image, shape (m,). Received: {weights.shape}"
        )

    def draw(self, x_hat: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns samples of data with means x̂, a function of the seed, shape (2,)."""
        raise NotImplementedError

    def sum_of_squared_errors(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns the sum of squared errors of each, shape (m,)."""
        squared_errors = tf.math.squared_difference(tf.cast(x, tf.float32), x_hat)
        return tf.reduce_sum(squared_errors, axis=list(range(1, len(squared_errors.shape))))

    def compute_output_shape(self, x_shape, x_hat_shape):
        """Returns (m,)."""
        del x_hat_shape
        return x_shape[:1]


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

    def draw(self, x_hat: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns x̂ itself: the noise of pixels is not part of an image."""
        del seed
        return x_hat

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "scale": self.scale}


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
        return self._cost(errors, tf.reduce_sum(weights, axis=list(range(1, len(weights.shape)))))

    def _cost(self, squared_errors: tf.Tensor, num_values: tf.Tensor) -> tf.Tensor:
        log_gamma = self._bounded_log_gamma()
        errors = squared_errors * tf.exp(-2 * log_gamma)
        return errors / 2 + num_values * (log_gamma + math.log(2 * math.pi) / 2)

    def draw(self, x_hat: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns x̂ + γ·n with n ~ N(0, I)."""
        return x_hat + self.gamma * tf.random.stateless_normal(tf.shape(x_hat), seed)

    def _bounded_log_gamma(self) -> tf.Tensor:
        return tf.maximum(tf.convert_to_tensor(self.log_gamma), math.log(_LEAST_SCALE))


# Name -> class.
LIKELIHOODS = {"squared_error": SquaredError, "gaussian": GaussianLikelihood}
