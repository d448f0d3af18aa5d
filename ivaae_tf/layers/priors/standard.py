"""Priors without parameters: standard normal, uniform on a cube, uniform on a sphere."""

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.layers.priors.base import Prior, spherical_interpolation


@keras.saving.register_keras_serializable("ivaae_tf")
class GaussianPrior(Prior):
    """N(0, I), the paper's prior; see `Prior` for the argument.

    Example:
        >>> GaussianPrior(latent_dim=4).draw(2, seed=0).shape
        TensorShape([2, 4])

    References:
        Kingma and Welling (2014), Auto-Encoding Variational Bayes:
        https://arxiv.org/abs/1312.6114
    """

    is_standard_normal = True

    def transform(self, noise: tf.Tensor) -> tf.Tensor:
        """Returns the noise itself."""
        return noise

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns 0 and I."""
        return np.zeros(self.latent_dim), np.eye(self.latent_dim)

    def block_given_rest(self, z, is_replaced, noise):
        """Returns codes with some coordinates replaced by noise, shape (t, m, d)."""
        return tf.where(is_replaced, noise, z)

    def rotate(self, z, cosines, sines, noise):
        """Returns z cos + n sin, shape (t, m, d)."""
        return cosines * z + sines * noise

    def log_density(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log p(z) of codes (n, d) in nats, shape (n,)."""
        import tensorflow_probability as tfp  # takes a second, and few methods need it

        return tfp.distributions.MultivariateNormalDiag(loc=tf.zeros(z.shape[-1])).log_prob(z)

    def score(self, z: tf.Tensor) -> tf.Tensor:
        """Returns −z."""
        return -z

    def kl_divergence(self, mean, log_variance, z):
        """Returns ½ Σ (μ² + σ² − log σ² − 1), nats, shape (m,)."""
        del z
        terms = tf.square(mean) + tf.exp(log_variance) - log_variance - 1
        return tf.reduce_sum(terms, axis=-1) / 2

    def interpolate(self, z_start, z_end, weights):
        """Returns codes on great arcs: codes are near a sphere, which a line would leave."""
        return spherical_interpolation(z_start, z_end, weights)


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


@keras.saving.register_keras_serializable("ivaae_tf")
class SpherePrior(Prior):
    """The uniform distribution on the unit sphere in d dimensions; see `Prior` for the argument.

    It belongs to a `SpherePosterior`, whose codes are on the sphere. It does not change under
    rotations, so a code can be rotated into noise.

    Example:
        >>> tf.norm(SpherePrior(latent_dim=4).draw(2, seed=0), axis=1).numpy().round(3)
        array([1., 1.], dtype=float32)

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
