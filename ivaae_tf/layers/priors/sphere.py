"""The uniform prior on a sphere."""

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.layers.priors.base import Prior, spherical_interpolation


@keras.saving.register_keras_serializable("ivaae_tf")
class SpherePrior(Prior):
    """The uniform distribution on the unit sphere in d dimensions; see `Prior` for the argument.

    It belongs to a `SpherePosterior`, whose codes are on the sphere. It does not change under
    rotations, so a code can be rotated into noise.

    Example:
        >>> float(tf.norm(SpherePrior(latent_dim=4).draw(1, seed=0)))
        1.0

    References:
        Tolstikhin et al. (2018), Wasserstein Auto-Encoders:
        https://arxiv.org/abs/1711.01558
    """

    def transform(self, noise: tf.Tensor) -> tf.Tensor:
        """Returns n / ‖n‖, shape (…, d)."""
        return tf.math.l2_normalize(noise, axis=-1)

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns 0 and I / d."""
        return np.zeros(self.latent_dim), np.eye(self.latent_dim) / self.latent_dim

    def rotate(self, z, cosines, sines, noise):
        """Returns z cos + n sin / √d, divided by its norm, shape (t, m, d)."""
        return self.transform(cosines * z + sines * noise / np.sqrt(self.latent_dim))

    def interpolate(self, z_start, z_end, weights):
        """Returns codes on great arcs, which are on the sphere."""
        return spherical_interpolation(z_start, z_end, weights)
