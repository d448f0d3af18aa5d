"""Base class of divergences, and the null divergence."""

import keras
import tensorflow as tf


class Divergence(keras.layers.Layer):
    """A divergence between the distributions of the rungs, as a loss for the encoder.

    Its trainable variables minimize `discriminator_loss`; a divergence in closed form has none.

    Call arguments:
        z_k: Rungs, float32, shape (t+1, m, d).

    Returns:
        The encoder's latent loss, a scalar.

    Example:
        >>> class DistanceOfMeans(Divergence):
        ...     def call(self, z_k):
        ...         return tf.norm(tf.reduce_mean(z_k[0] - z_k[-1], axis=0))
        >>> float(DistanceOfMeans()(tf.ones([2, 8, 4])))
        0.0

    References:
        Intervention Adversarial Auto-encoder, under review at ICLR 2022.
    """

    is_null = False  # whether the latent loss is always 0

    def __init__(self, **kwargs):
        # Distributions are compared in float32 under every policy of the networks.
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)

    def call(self, z_k: tf.Tensor) -> tf.Tensor:
        """Returns the encoder's latent loss, a scalar."""
        raise NotImplementedError

    def discriminator_loss(self, z_k: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns the loss of the divergence's own variables, and diagnostics.

        The diagnostics are scalars with the names `diagnostic_names(t)`. This method is not called
        if there are no trainable variables.
        """
        raise NotImplementedError

    def diagnostic_names(self, num_bridges: int) -> tuple[str, ...]:
        """Returns the names of the diagnostics of `discriminator_loss`."""
        del num_bridges
        return ()

    def compute_output_shape(self, input_shape):
        """Returns a scalar's shape."""
        del input_shape
        return ()


@keras.saving.register_keras_serializable("ivaae_tf")
class NoDivergence(Divergence):
    """Zero latent loss, for methods that regularize each posterior but not the aggregate.

    Such methods are the variational and the regularized auto-encoders (VAE, RAE).

    Example:
        >>> float(NoDivergence()(tf.ones([2, 8, 4])))
        0.0

    References:
        Kingma and Welling (2014), Auto-Encoding Variational Bayes:
        https://arxiv.org/abs/1312.6114
    """

    is_null = True

    def call(self, z_k: tf.Tensor) -> tf.Tensor:
        """Returns 0."""
        return tf.zeros([], z_k.dtype)
