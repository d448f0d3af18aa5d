"""Codes of the prior for a generator's training."""

import keras
import tensorflow as tf

from ivaae_tf.layers.noise import RandomLayer


@keras.saving.register_keras_serializable("ivaae_tf")
class PriorNoise(RandomLayer):
    """Draws a code of N(0, I) for each image of a batch.

    Args:
        latent_dim: d.
        seed: Integer seed of the noise; None draws one.

    Call arguments:
        x: Images, shape (m, h, w, c), of which only the number matters.

    Returns:
        Codes, float32, shape (m, d).
    """

    def __init__(self, latent_dim: int, seed: int | None = None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.latent_dim = latent_dim

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Returns codes, shape (m, d)."""
        num_images = x.shape[0] or tf.shape(x)[0]
        return self.normal(tf.zeros((num_images, self.latent_dim)))[0]

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "latent_dim": self.latent_dim}
