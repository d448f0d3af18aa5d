"""The prior of codes of a category and a point: a product with independent factors."""

from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.layers.priors.base import ComponentPrior, Prior, choose, get


@keras.saving.register_keras_serializable("ivaae_tf")
class CategoricalPrior(ComponentPrior):
    """The product Cat(K) × p(z) of K equally probable categories and a prior of points.

    A code is a vector (y, z) of K + d coordinates, with y a one-hot vector. Both factors are
    independent, so a new y, and any P-intervention on z, leave the product unchanged. A chain
    replaces y on its first rung, and then has the rungs of z.

    Args:
        num_categories: K, at least 2.
        prior: p(z).

    Raises:
        ValueError: If `num_categories` is below 2.

    Example:
        >>> from ivaae_tf.layers.priors import GaussianPrior
        >>> prior = CategoricalPrior(num_categories=3, prior=GaussianPrior(latent_dim=4))
        >>> tf.reduce_sum(prior.draw(2, seed=0)[:, :3], axis=1).numpy()
        array([1., 1.], dtype=float32)

    References:
        Makhzani et al. (2015), Adversarial Autoencoders, sections 5 and 6:
        https://arxiv.org/abs/1511.05644
    """

    def __init__(self, num_categories: int, prior: Prior | dict[str, Any]):
        self.point_prior = cast(Prior, get(prior))
        super().__init__(num_categories + self.point_prior.latent_dim, num_categories)
        if num_categories < 2:
            raise ValueError(f"num_categories must be at least 2. Received: {num_categories}")
        self.num_categories = num_categories

    @property
    def noise_dim(self) -> int:
        """The numbers for z and one more, which chooses the category."""
        return self.point_prior.noise_dim + 1

    def transform(self, noise: tf.Tensor) -> tf.Tensor:
        """Returns draws, shape (…, K + d)."""
        return self.joined(self._categories(noise), self.point_prior.transform(noise[..., :-1]))

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the mean and the covariance, in which y and z are uncorrelated."""
        k, (mean, covariance) = self.num_categories, self.point_prior.moments()
        joined = np.zeros(2 * (self.latent_dim,))
        joined[:k, :k] = np.eye(k) / k - 1 / k**2
        joined[k:, k:] = covariance
        return np.concatenate([np.full(k, 1 / k), mean]), joined

    def blocks(self, num_bridges: int) -> np.ndarray:
        """Returns the block of each coordinate: y is the first, z is divided into the others."""
        if num_bridges == 1:
            return np.zeros(self.latent_dim, int)
        of_points = 1 + self.point_prior.blocks(num_bridges - 1)
        return np.concatenate([np.zeros(self.num_categories, int), of_points])

    def block_given_rest(self, z, is_replaced, noise):
        """Returns codes with a new y, and with blocks of z given the rest of z, (t, m, K + d).

        Where the rungs do not replace it, y and z are unchanged.
        """
        y, points = self.split(z)
        new_y, new_points = self.split(is_replaced)
        return self.joined(
            tf.where(new_y, self._categories(noise), y),
            self.point_prior.block_given_rest(points, new_points, noise[..., :-1]),
        )

    def angles(self, num_bridges: int) -> np.ndarray:
        """Returns the angles of z; it is not rotated on the first rung, which replaces y."""
        return np.concatenate([[0.0], self.point_prior.angles(num_bridges - 1)])

    def rotate(self, z, cosines, sines, noise):
        """Returns codes with a new y, and with z rotated into noise, shape (t, m, K + d)."""
        _, points = self.split(z)
        points = self.point_prior.rotate(points, cosines, sines, noise[..., :-1])
        return self.joined(self._categories(noise), points)

    def interpolate(self, z_start, z_end, weights):
        """Returns codes with y on straight lines, and z on the ways of its prior."""
        (y_start, z_start), (y_end, z_end) = self.split(z_start), self.split(z_end)
        return self.joined(
            super().interpolate(y_start, y_end, weights),
            self.point_prior.interpolate(z_start, z_end, weights),
        )

    def component_given(self, z: tf.Tensor) -> tf.Tensor:
        """Returns the probabilities y of the categories of codes, shape (n, K)."""
        return self.split(z)[0]

    def split(self, codes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns y, shape (…, K), and z, shape (…, d)."""
        return codes[..., : self.num_categories], codes[..., self.num_categories :]

    def joined(self, y: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """Returns codes (…, K + d)."""
        return tf.concat([y, z], axis=-1)

    def _categories(self, noise: tf.Tensor) -> tf.Tensor:
        """Returns one-hot vectors, shape (…, K)."""
        return choose(self._weights(noise.dtype), noise)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        prior = keras.saving.serialize_keras_object(self.point_prior)
        return {"num_categories": self.num_categories, "prior": prior}
