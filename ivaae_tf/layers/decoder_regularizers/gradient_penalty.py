"""The penalty on the decoder's Jacobian."""

import keras
import tensorflow as tf

from ivaae_tf.layers.decoder_regularizers.base import DecoderRegularizer
from ivaae_tf.layers.noise import RandomLayer


@keras.saving.register_keras_serializable("ivaae_tf")
class GradientPenalty(RandomLayer, DecoderRegularizer):
    """The mean over codes of ‖J‖², J = ∂G(z)/∂z, as in RAE-GP (Ghosh et al., 2020, equation 10).

    The Frobenius norm is estimated with one probe of random signs v for each code:
    E‖Jᵀv‖² = ‖J‖² (Hutchinson, 1990). In training mode batch normalization couples the images of
    a batch; J is then the derivative of the whole batch.

    Args:
        seed: Integer seed of the probes; None draws one.
    """

    has_penalty = True

    def prepare(self, decoder: keras.Model) -> None:
        """Makes the second derivative of batch normalization exact.

        The variance of `tf.nn.moments` has a right first derivative and a wrong second one, because
        it takes the mean in it for a constant. Synchronized layers compute it in another way, with
        one replica too.
        """
        for layer in decoder.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True

    def decode(self, decoder: keras.Model, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns G(z) and an estimate of the mean squared Frobenius norm of J."""
        with tf.GradientTape() as tape:
            tape.watch(z)
            x_hat = decoder(z, training=True)
            signs = tf.sign(self.normal(x_hat)[0])
            projection = tf.reduce_sum(signs * x_hat)
        gradient = tape.gradient(projection, z)  # (m, d), the rows Jᵀv
        return x_hat, tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=-1))
