"""The base class of likelihoods."""

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
    """

    def __init__(self, **kwargs):
        # Sums over many pixels lose digits below float32.
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)

    def build(self, x_shape, x_hat_shape):
        """Makes the variables; a likelihood without variables has nothing to make."""

    def call(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns the cost of each reconstruction, shape (m,)."""
        raise NotImplementedError

    def draw(self, x_hat: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns data drawn around their means x̂, a function of the seed, shape (2,)."""
        raise NotImplementedError

    def sum_of_squared_errors(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns the sum of squared errors of each, shape (m,)."""
        squared_errors = tf.math.squared_difference(tf.cast(x, tf.float32), x_hat)
        return tf.reduce_sum(squared_errors, axis=list(range(1, len(squared_errors.shape))))

    def compute_output_shape(self, x_shape, x_hat_shape):
        """Returns (m,)."""
        del x_hat_shape
        return x_shape[:1]
