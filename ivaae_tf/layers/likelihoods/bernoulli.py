"""The cross-entropy of pixels that are black or white."""

import keras
import tensorflow as tf

from ivaae_tf.layers.likelihoods.base import Likelihood

_LEAST_PROBABILITY = 1e-7  # as in `keras.losses.binary_crossentropy`


@keras.saving.register_keras_serializable("ivaae_tf")
class BernoulliLikelihood(Likelihood):
    """−log of the probability of black and white pixels, in nats, with p = (x̂ + 1)/2.

    It is the cross-entropy −y log p − (1 − y) log(1 − p), y = (x + 1)/2, summed over the values of
    an image. With y between 0 and 1 it is not a log-probability, but still lowest at p = y, where
    it is the entropy of y instead of 0. p stays at least 1e-7 from 0 and 1.

    Example:
        >>> BernoulliLikelihood()(tf.ones([1, 2, 2, 1]), tf.zeros([1, 2, 2, 1])).numpy()  # 4 log 2
        array([2.7725887], dtype=float32)

    References:
        Kingma and Welling (2014), Auto-Encoding Variational Bayes, appendix C.1:
        https://arxiv.org/abs/1312.6114
    """

    def call(self, x: tf.Tensor, x_hat: tf.Tensor) -> tf.Tensor:
        """Returns the cross-entropy of each, in nats, shape (m,)."""
        largest = 1 - 2 * _LEAST_PROBABILITY
        x, x_hat = tf.cast(x, tf.float32), tf.clip_by_value(x_hat, -largest, largest)
        # 2p = 1 + x̂ and 2(1 − p) = 1 − x̂, whose logarithms need no difference of near numbers.
        logarithms = (1 + x) * tf.math.log1p(x_hat) + (1 - x) * tf.math.log1p(-x_hat)
        return self.sum_of_values(tf.math.log(2.0) - logarithms / 2)
