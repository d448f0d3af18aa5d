"""The penalty on the decoder's Jacobian."""

import keras
import tensorflow as tf

from ivaae_tf.decoder_regularizers.base import DecoderRegularizer
from ivaae_tf.distribute import replicas
from ivaae_tf.random_layer import RandomLayer


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

    def check(self, decoder: keras.Model) -> None:
        """Checks that batch normalization and several replicas do not come together.

        Second derivatives of statistics of the global batch are not those of one replica.

        Raises:
            ValueError: If they come together.
        """
        is_coupled = any(
            isinstance(each, keras.layers.BatchNormalization) for each in decoder.layers
        )
        if is_coupled and replicas.num_replicas() > 1:
            raise ValueError(
                "decoder_regularizer=gradient_penalty must have one replica if the decoder has "
                f"batch normalization. Received: {replicas.num_replicas()} replicas"
            )

    def decode(self, decoder: keras.Model, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns G(z) and an estimate of the mean squared Frobenius norm of J."""
        with tf.GradientTape() as tape:
            tape.watch(z)
            x_hat = decoder(z, training=True)
            signs = tf.sign(self.normal(x_hat)[0])
            projection = tf.reduce_sum(signs * x_hat)
        gradient = tape.gradient(projection, z)  # (m, d), the rows Jᵀv
        return x_hat, tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=-1))
