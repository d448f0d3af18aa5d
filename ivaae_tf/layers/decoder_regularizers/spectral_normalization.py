"""Spectral normalization of the decoder's layers."""

import keras
import tensorflow as tf

from ivaae_tf.layers.decoder_regularizers.base import DecoderRegularizer


@keras.saving.register_keras_serializable("ivaae_tf")
class SpectralNormalization(DecoderRegularizer):
    """Divides each kernel of the decoder by its spectral norm, as in RAE-SN (Ghosh et al., 2020).

    There is no penalty: the constraint is in the layers.
    """

    def wrap(self, layer: keras.layers.Layer) -> keras.layers.Layer:
        """Returns a layer with a kernel wrapped in `SpectrallyNormalized`, any other as it is."""
        kernels = (keras.layers.Dense, keras.layers.Conv2D, keras.layers.Conv2DTranspose)
        return SpectrallyNormalized(layer) if isinstance(layer, kernels) else layer


@keras.saving.register_keras_serializable("ivaae_tf")
class SpectrallyNormalized(keras.layers.Wrapper):
    """A layer that uses its kernel W divided by an estimate of its largest singular value σ.

    W is seen as a matrix whose columns are the last axis. Each call in training mode makes one step
    of power iteration (Miyato et al., 2018, algorithm 1), and the gradient passes through σ.
    Unlike Keras's layer of that name it does not overwrite W, so the gradient is exact.

    Args:
        layer: A layer with a `kernel`.
    """

    def build(self, input_shape):
        """Makes the left singular vector u of the power iteration."""
        super().build(input_shape)
        kernel = self.layer.kernel
        self._shape = [-1, kernel.shape[-1]]
        self.vector = self.add_weight(
            name="vector",
            shape=(1, kernel.shape[-1]),
            initializer=keras.initializers.RandomNormal(seed=0),
            trainable=False,
            dtype="float32",
            autocast=False,
            aggregation="only_first_replica",
        )

    def call(self, inputs, training=False):
        """Returns the layer's output with the kernel W/σ."""
        kernel = tf.convert_to_tensor(self.layer.kernel)
        matrix = tf.reshape(tf.cast(kernel, tf.float32), self._shape)
        fixed = tf.stop_gradient(matrix)
        u = tf.stop_gradient(tf.convert_to_tensor(self.vector))
        v = tf.math.l2_normalize(tf.matmul(u, fixed, transpose_b=True))
        if training:
            u = tf.math.l2_normalize(tf.matmul(v, fixed))
            self.vector.assign(u)
        sigma = tf.reduce_sum(tf.matmul(v, matrix) * u)
        weights = [
            kernel / tf.cast(sigma, kernel.dtype) if variable is self.layer.kernel else variable
            for variable in self.layer.trainable_variables
        ]
        outputs, _ = self.layer.stateless_call(weights, [], inputs)
        return outputs
