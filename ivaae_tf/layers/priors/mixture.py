"""Mixtures of Gaussians as priors."""

import math
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ivaae_tf.layers.priors.base import ComponentPrior, choose


@keras.saving.register_keras_serializable("ivaae_tf")
class MixturePrior(ComponentPrior):
    """The mixture of k Gaussians N(μ_c, L_c L_cᵀ) with equal weights.

    A block is drawn by Gibbs sampling: first c given the rest of the code, then the block given
    both. A rotation is about the center of a component c that is drawn given the code.

    Args:
        means: μ_c, shape (k, d).
        factors: L_c, lower triangular with a positive diagonal, shape (k, d, d); or s_c above 0 for
            L_c = s_c I, shape (k,).

    Raises:
        ValueError: If the shapes do not match, or a factor is not of this form.

    Example:
        >>> prior = MixturePrior(means=[[-1.0, 0.0], [1.0, 0.0]], factors=[0.1, 0.1])
        >>> prior.component_given(tf.constant([[0.9, 0.0]])).numpy().round(3)
        array([[0., 1.]], dtype=float32)

    References:
        Makhzani et al. (2015), Adversarial Autoencoders, section 2.3:
        https://arxiv.org/abs/1511.05644
    """

    def __init__(self, means: npt.ArrayLike, factors: npt.ArrayLike):
        self.means = np.array(means, np.float64)
        self._given_factors = np.array(factors, np.float64)
        k, d = self.means.shape
        super().__init__(d, k)
        self.factors = self._given_factors
        if self.factors.ndim == 1:
            self.factors = self.factors[:, np.newaxis, np.newaxis] * np.eye(d)
        diagonals = np.diagonal(self.factors, axis1=-2, axis2=-1)
        is_lower = self.factors.shape == (k, d, d) and not np.triu(self.factors, 1).any()
        if not is_lower or diagonals.min() <= 0:
            raise ValueError(
                f"factors must be {k} numbers above 0, or lower triangular matrices ({k}, {d}, {d})"
                f" with a positive diagonal. Received: shape {self._given_factors.shape}"
            )
        self.covariances = self.factors @ self.factors.swapaxes(-1, -2)

    @property
    def noise_dim(self) -> int:
        """The dimension d + 1, as the last number chooses the component."""
        return self.latent_dim + 1

    def transform(self, noise: tf.Tensor) -> tf.Tensor:
        """Returns draws, shape (…, d), from noise, shape (…, d + 1)."""
        mean, deviation = self._drawn(choose(self._weights(noise.dtype), noise), noise)
        return mean + deviation

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the mean and the covariance of the whole mixture."""
        mean = self.means.mean(axis=0)
        between = self.means - mean
        return mean, self.covariances.mean(axis=0) + between.T @ between / len(between)

    def block_given_rest(self, z, is_replaced, noise):
        """Returns codes with some coordinates drawn given the rest r, shape (t, m, d).

        A draw x of the component, of covariance Σ, is corrected by Matheron's rule to a draw given
        the rest: x + Σ_·r Σ_rr⁻¹ (z_r − x_r).
        """
        kept = tf.cast(~is_replaced, z.dtype)  # (t, 1, d)
        covariances = tf.constant(self.covariances, z.dtype)
        # Σ_rr, with the identity for the coordinates that are replaced, (t, k, d, d).
        of_rest = kept[..., tf.newaxis] * covariances * kept[..., tf.newaxis, :]
        factors = tf.linalg.cholesky(of_rest + tf.linalg.diag(1 - kept))
        differences = kept[:, tf.newaxis] * self._differences(z)  # (t, k, m, d)
        chosen = choose(self._posterior(_log_likelihoods(factors, differences)), noise)
        mean, deviation = self._drawn(chosen, noise)
        x = mean + deviation
        # Only the row of the chosen component is not 0, (t, k, m, d).
        of_component = tf.linalg.matrix_transpose(chosen)[..., tf.newaxis]
        residuals = of_component * (kept * (z - x))[:, tf.newaxis]
        solved = tf.linalg.cholesky_solve(factors, tf.linalg.matrix_transpose(residuals))
        return tf.where(is_replaced, x + tf.einsum("kde,tkem->tmd", covariances, solved), z)

    def rotate(self, z, cosines, sines, noise):
        """Returns μ_c + (z − μ_c) cos + L_c n sin with c ~ p(c|z), shape (t, m, d)."""
        # The last rung has a new component, so that it is independent of z.
        of_rungs = tf.where(cosines > 0, self.component_given(z), self._weights(z.dtype))
        chosen = choose(of_rungs, noise)
        mean, deviation = self._drawn(chosen, noise)
        return mean + cosines * (z - mean) + sines * deviation

    def component_given(self, z: tf.Tensor) -> tf.Tensor:
        """Returns p(c|z) of codes (n, d), shape (n, k)."""
        return self._posterior(self._log_likelihoods(z))

    def log_density(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log p(z) of codes (n, d) in nats, shape (n,)."""
        constant = self.latent_dim / 2 * math.log(2 * math.pi) + math.log(len(self.means))
        return tf.reduce_logsumexp(self._log_likelihoods(z), axis=-1) - constant

    def _posterior(self, log_likelihoods: tf.Tensor) -> tf.Tensor:
        """Returns the probabilities of the components given their log-likelihoods, (…, n, k)."""
        if self._given_weights is not None:
            log_likelihoods += tf.math.log(self._weights(log_likelihoods.dtype))
        return tf.nn.softmax(log_likelihoods)

    def _differences(self, z: tf.Tensor) -> tf.Tensor:
        """Returns z − μ_c, shape (k, n, d)."""
        return z - tf.constant(self.means[:, np.newaxis], z.dtype)

    def _log_likelihoods(self, z: tf.Tensor) -> tf.Tensor:
        return _log_likelihoods(tf.constant(self.factors, z.dtype), self._differences(z))

    def _drawn(self, chosen: tf.Tensor, noise: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns μ_c and L_c n of the chosen components (…, k), both of shape (…, d)."""
        factors = tf.constant(self.factors, noise.dtype)
        deviations = tf.einsum("kde,...e->...kd", factors, noise[..., :-1])
        mean = tf.tensordot(chosen, tf.constant(self.means, noise.dtype), 1)
        return mean, tf.reduce_sum(chosen[..., tf.newaxis] * deviations, axis=-2)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {"means": self.means.tolist(), "factors": self._given_factors.tolist()}


def _log_likelihoods(factors: tf.Tensor, differences: tf.Tensor) -> tf.Tensor:
    """Returns log N(z; μ_c, L_c L_cᵀ) + d/2 log 2π, shape (…, n, k).

    The factors L_c are (…, k, d, d), the differences z − μ_c (…, k, n, d).
    """
    whitened = tf.linalg.triangular_solve(factors, tf.linalg.matrix_transpose(differences))
    log_determinants = tf.reduce_sum(tf.math.log(tf.linalg.diag_part(factors)), axis=-1)
    squares = tf.reduce_sum(tf.square(whitened), axis=-2)  # (…, k, n)
    return tf.linalg.matrix_transpose(-squares / 2 - log_determinants[..., tf.newaxis])


_RADIUS, _LENGTH = 1.4, 0.5  # of petals, as in public code for the paper's Figure 2


def default_mixture(latent_dim: int, num_components: int) -> MixturePrior:
    """Returns a mixture of k components in d ≥ 2 dimensions.

    In two dimensions it has the petals of Figure 2 of Makhzani et al. (2015): standard deviation
    0.5 along the radius and 1/k across, at 1.4 from the origin. In others, the means are random
    directions of length √d, always the same ones, and the covariances ¼ I.
    """
    if latent_dim != 2:
        directions = np.random.default_rng(0).normal(size=(num_components, latent_dim))
        norms = np.linalg.norm(directions, axis=1, keepdims=True)
        return MixturePrior(np.sqrt(latent_dim) * directions / norms, np.full(num_components, 0.5))
    angles = 2 * np.pi * np.arange(num_components) / num_components
    along = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    axes = np.stack([along, np.stack([-along[:, 1], along[:, 0]], axis=-1)], axis=-1)
    roots = axes * [_LENGTH, 1 / num_components]
    return MixturePrior(_RADIUS * along, np.linalg.cholesky(roots @ roots.swapaxes(-1, -2)))
