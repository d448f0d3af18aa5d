"""Weight decay of the decoder."""

import keras
import tensorflow as tf

from ivaae_tf.layers.decoder_regularizers.base import DecoderRegularizer


@keras.saving.register_keras_serializable("ivaae_tf")
class WeightDecay(DecoderRegularizer):
    """The sum of squares of the decoder's kernels, as in RAE-L2 (Ghosh et al., 2020).

    Biases and the scales of batch normalization are left out, as in the authors' code.
    """

    has_penalty = True

    def decode(self, decoder: keras.Model, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns G(z) and Σ W² over all kernels."""
        kernels = [v for v in decoder.trainable_variables if v.name == "kernel"]
        squares = [tf.reduce_sum(tf.square(tf.cast(kernel, tf.float32))) for kernel in kernels]
        return decoder(z, training=True), tf.add_n(squares)
