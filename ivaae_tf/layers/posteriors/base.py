"""The base class of posteriors."""

import keras
import tensorflow as tf

from ivaae_tf.layers.noise import RandomLayer


class Posterior(keras.layers.Layer):
    """The distribution q(z|x) of an image's code, from the numbers that the encoder returns.

    Call arguments:
        q: Parameters of the distribution, float32, shape (m, num_parameters(d)).

    Returns:
        Codes z ~ q(z|x), shape (m, d), differentiable in q.
    """

    is_random = False  # whether codes are drawn, and differ from their mean

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


class RandomPosterior(RandomLayer, Posterior):
    """A Gaussian around `mean(q)` whose coordinates are independent.

    A subclass defines its standard deviation.

    Args:
        seed: Integer seed of the draws in training; None draws one.
    """

    is_random = True

    def standard_deviation(self, q: tf.Tensor) -> tf.Tensor:
        """Returns the standard deviation of the code, of a shape that broadcasts to (m, d)."""
        raise NotImplementedError

    def call(self, q: tf.Tensor) -> tf.Tensor:
        """Returns μ + σ·n with n ~ N(0, I), shape (m, d)."""
        mean = self.mean(q)
        return mean + self.standard_deviation(q) * self.normal(mean)[0]

    def draw(self, q: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns codes z ~ q(z|x), shape (m, d), a function of q and of the seed, shape (2,)."""
        mean = self.mean(q)
        return mean + self.standard_deviation(q) * tf.random.stateless_normal(tf.shape(mean), seed)
