"""Discriminators whose outputs are given, and the mean of their log-probabilities."""

import keras
import numpy as np
import tensorflow as tf
from scipy import special

from ivaae_tf.layers.divergences import AdversarialDivergence


def as_model(layer, dimension):
    """Returns a model of codes of some dimension that has one layer."""
    return keras.Sequential([keras.Input((dimension,)), layer])


class _Table(keras.layers.Layer):
    """A table of given logits: the code's one coordinate is the row."""

    def __init__(self, logits):
        super().__init__()
        self.logits = tf.constant(logits, tf.float32)

    def call(self, z):
        return tf.gather(self.logits, tf.cast(z[:, 0], tf.int32))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.logits.shape[1])


def tabled(num_rungs, num_codes, **options):
    """Returns rungs, a divergence with random outputs of D, and log D in float64."""
    logits = np.random.default_rng(0).normal(scale=2, size=(num_rungs * num_codes, num_rungs))
    rungs = np.arange(num_rungs * num_codes, dtype=np.float32).reshape(num_rungs, num_codes, 1)
    divergence = AdversarialDivergence(as_model(_Table(logits), 1), **options)
    log_d = logits - special.logsumexp(logits, axis=1, keepdims=True)
    return tf.constant(rungs), divergence, log_d.reshape(num_rungs, num_codes, num_rungs)


def mean_over(log_d, rungs, outputs):
    """Returns the mean over rungs k, codes, and the outputs j that belong to rung k."""
    return np.mean(
        [log_d[k, i, j] for k in rungs for i in range(log_d.shape[1]) for j in outputs(k)]
    )
