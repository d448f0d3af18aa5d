"""No divergence: the codes as a whole are not compared with the prior."""

import keras
import tensorflow as tf

from ivaae_tf.layers.divergences.base import Divergence


@keras.saving.register_keras_serializable("ivaae_tf")
class NoDivergence(Divergence):
    """The latent loss 0, of methods whose posterior alone is led to the prior."""

    is_null = True

    def call(self, z_k: tf.Tensor) -> tf.Tensor:
        """Returns 0."""
        return tf.zeros([], z_k.dtype)
