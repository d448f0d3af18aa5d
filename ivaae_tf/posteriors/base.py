"""The base class of posteriors."""

import keras
import tensorflow as tf


class Posterior(keras.layers.Layer):
    """The distribution q(z|x) of an image's code, from the numbers that the encoder returns.

    Call arguments:
        q: Parameters of the distribution, float32, shape (m, num_parameters(d)).

    Returns:
        Codes z ~ q(z|x), shape (m, d), differentiable in q.
    """

    is_random = True  # whether codes are drawn, and differ from their mean

    def __init__(self, **kwargs):
        # Distributions are computed in float32 under every policy of the networks.
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)

    def num_parameters(self, latent_dim: int) -> int:
        """Returns the number of parameters of a code of dimension d."""
        return latent_dim

    def mean(self, q: tf.Tensor) -> tf.Tensor:
        """Returns the mean code, shape (m, d)."""
        return q

    def draw(self, q: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns codes z ~ q(z|x), shape (m, d), a function of q and of the seed, shape (2,)."""
        raise NotImplementedError

    def penalty(self, q: tf.Tensor) -> tf.Tensor:
        """Returns the distance of q(z|x) to the prior N(0, I) in nats, shape (m,)."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape):
        """Returns (m, d)."""
        return input_shape
