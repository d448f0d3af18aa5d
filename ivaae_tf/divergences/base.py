"""What a divergence offers to the training step."""

import keras
import tensorflow as tf


class Divergence(keras.layers.Layer):
    """How far apart the distributions of the rungs are, as a loss for the encoder.

    Called on the rungs it returns the encoder's latent loss, a scalar. What it must learn itself
    is in its trainable variables, which descend `discriminator_loss`; a divergence in closed form
    has none.

    Call arguments:
        z_k: Rungs, float32, shape (t+1, m, d).

    Returns:
        The latent loss, a scalar.
    """

    def __init__(self, **kwargs):
        # Distributions are compared in float32 whatever the networks compute in.
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)

    def call(self, z_k: tf.Tensor) -> tf.Tensor:
        """Returns the encoder's latent loss, a scalar."""
        raise NotImplementedError

    def discriminator_loss(self, z_k: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns the loss of the divergence's own variables, and scalars worth watching.

        The names of the scalars are `diagnostic_names(t)`. It is not called where there are no
        trainable variables.
        """
        raise NotImplementedError

    def diagnostic_names(self, num_bridges: int) -> tuple[str, ...]:
        """Returns the names of the scalars that come with `discriminator_loss`."""
        del num_bridges
        return ()

    def compute_output_shape(self, input_shape):
        """Returns a scalar's shape."""
        del input_shape
        return ()
