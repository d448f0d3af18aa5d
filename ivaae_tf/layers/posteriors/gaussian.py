"""Gaussian posteriors with a mean and a variance for each coordinate."""

import keras
import tensorflow as tf

from ivaae_tf.layers.posteriors.base import RandomPosterior


@keras.saving.register_keras_serializable("ivaae_tf")
class GaussianPosterior(RandomPosterior):
    """N(mean, diag(exp(log_variance))), as in a variational auto-encoder.

    The encoder returns the d means, then the d logarithms of the variances. The penalty is the
    Kullback-Leibler divergence ½ Σ (μ² + σ² − log σ² − 1) (Kingma and Welling, 2014, appendix B).

    Args:
        seed: Integer seed of the draws in training; None draws one.
    """

    def num_parameters(self, latent_dim: int) -> int:
        """Returns 2d."""
        return 2 * latent_dim

    def mean(self, q: tf.Tensor) -> tf.Tensor:
        """Returns the mean code, shape (m, d)."""
        return tf.split(q, 2, axis=-1)[0]

    def standard_deviation(self, q: tf.Tensor) -> tf.Tensor:
        """Returns σ, shape (m, d)."""
        return tf.exp(tf.split(q, 2, axis=-1)[1] / 2)

    def penalty(self, q: tf.Tensor) -> tf.Tensor:
        """Returns the Kullback-Leibler divergence to N(0, I) in nats, shape (m,)."""
        mean, log_variance = tf.split(q, 2, axis=-1)
        terms = tf.square(mean) + tf.exp(log_variance) - log_variance - 1
        return tf.reduce_sum(terms, axis=-1) / 2

    def compute_output_shape(self, input_shape):
        """Returns (m, d)."""
        return (*input_shape[:-1], input_shape[-1] // 2)
