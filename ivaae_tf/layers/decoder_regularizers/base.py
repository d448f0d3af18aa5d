"""The base class of decoder regularizers, which is also the one that does nothing."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("ivaae_tf")
class DecoderRegularizer(keras.layers.Layer):
    """A penalty Ω(G) on the decoder; here 0."""

    has_penalty = False  # whether `decode` returns a penalty other than 0

    def __init__(self, **kwargs):
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)

    def wrap(self, layer: keras.layers.Layer) -> keras.layers.Layer:
        """Returns a layer of the decoder, in the form that the regularizer needs."""
        return layer

    def prepare(self, decoder: keras.Model) -> None:
        """Changes a decoder, before its first use, in the way that `decode` needs."""

    def decode(self, decoder: keras.Model, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Runs the decoder in training mode.

        Args:
            decoder: G.
            z: Codes, shape (m, d).

        Returns:
            The images G(z), and the penalty Ω(G), a scalar.
        """
        return decoder(z, training=True), tf.zeros([])
