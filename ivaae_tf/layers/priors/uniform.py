"""The uniform prior on a cube."""

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.layers.priors.base import Prior


@keras.saving.register_keras_serializable("ivaae_tf")
class UniformPrior(Prior):
    """The uniform distribution on [−1, 1]^d; see `Prior` for the argument.

    Its coordinates are independent, so a block can be replaced. Its density is 0 outside of the
    cube, and a rotation changes the cube.

    Example:
        >>> UniformPrior(latent_dim=4).draw(2, seed=0).shape
        TensorShape([2, 4])

    References:
        Tolstikhin et al. (2018), Wasserstein Auto-Encoders:
        https://arxiv.org/abs/1711.01558
    """

    def transform(self, noise: tf.Tensor) -> tf.Tensor:
        """Returns 2 Φ(n) − 1, shape (…, d)."""
        return tf.math.erf(noise / np.sqrt(2))

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns 0 and I / 3."""
        return np.zeros(self.latent_dim), np.eye(self.latent_dim) / 3

    def block_given_rest(self, z, is_replaced, noise):
        """Returns codes with some coordinates replaced by draws, shape (t, m, d)."""
        return tf.where(is_replaced, self.transform(noise), z)
