"""Base class of likelihoods, the costs of reconstructions."""

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
        ...         return self.sum_of_values(tf.abs(x - x_hat))
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
        """Returns samples of data around x̂, a function of the seed, shape (2,).

        By default x̂ itself: the noise of pixels is not part of an image.
        """
        del seed
        return x_hat

    def sum_of_squared_errors(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns the sum of squared errors of each, shape (m,)."""
        return self.sum_of_values(tf.math.squared_difference(tf.cast(x, tf.float32), x_hat))

    def sum_of_values(self, values: tf.Tensor) -> tf.Tensor:
        """Returns the sum over all axes except the first, shape (m,)."""
        return tf.reduce_sum(values, axis=list(range(1, len(values.shape))))

    def compute_output_shape(self, x_shape, x_hat_shape):
        """Returns (m,)."""
        del x_hat_shape
        return x_shape[:1]
