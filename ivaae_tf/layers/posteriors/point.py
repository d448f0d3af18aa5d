"""Codes that are functions of the image."""

import keras
import tensorflow as tf

from ivaae_tf.layers.posteriors.base import Posterior


@keras.saving.register_keras_serializable("ivaae_tf")
class PointPosterior(Posterior):
    """All of q(z|x) at one point, as in deterministic auto-encoders.

    The penalty is ½‖z‖²: the Kullback-Leibler divergence of a Gaussian about z with a fixed
    variance to the prior, without its constant (Ghosh et al., 2020, equation 9).
    """

    def call(self, q: tf.Tensor) -> tf.Tensor:
        """Returns q itself."""
        return q

    def draw(self, q: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns q itself."""
        del seed
        return q

    def penalty(self, q: tf.Tensor) -> tf.Tensor:
        """Returns ½‖z‖², shape (m,)."""
        return tf.reduce_sum(tf.square(q), axis=-1) / 2
