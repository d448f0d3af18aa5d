"""Base class of priors: distributions of codes, computed from standard normal noise."""

import copy
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf


class Prior:
    """A distribution p(z) of codes.

    A draw is a function of `noise_dim` numbers from N(0, 1): of a layer, whose noise is the same on
    any number of replicas, or of a seed. A subclass defines `transform` and `moments`, and what
    exists for its distribution: the P-interventions `block_given_rest` and `rotate`, from codes
    (m, d) and noise (t, m, noise_dim) to t rungs (t, m, d), and `log_density`. The others raise a
    ValueError.

    Args:
        latent_dim: d, at least 1.

    Example:
        >>> class Exponential(Prior):
        ...     def transform(self, noise):
        ...         return -tf.math.log(tf.math.erfc(noise / 2**0.5) / 2)
        >>> Exponential(latent_dim=4).draw(2, seed=0).shape
        TensorShape([2, 4])

    References:
        Tolstikhin et al. (2018), Wasserstein Auto-Encoders:
        https://arxiv.org/abs/1711.01558
    """

    is_standard_normal = False
    num_categories = 0  # leading coordinates of a code that are a category's one-hot vector

    def __init__(self, latent_dim: int):
        self.latent_dim = latent_dim

    @property
    def noise_dim(self) -> int:
        """The number of standard normal numbers in the noise of a draw."""
        return self.latent_dim

    def transform(self, noise: tf.Tensor) -> tf.Tensor:
        """Returns draws, shape (…, d), from noise, shape (…, noise_dim)."""
        raise NotImplementedError

    def draw(self, num_codes: int, seed: int) -> tf.Tensor:
        """Returns draws, shape (num_codes, d), a function of only the seed."""
        shape = (num_codes, self.noise_dim)
        return self.transform(tf.random.stateless_normal(shape, tf.stack([seed, 0])))

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the mean, shape (d,), and the covariance, shape (d, d)."""
        raise NotImplementedError

    def mean_squared_norm(self) -> float:
        """Returns E‖z‖²."""
        mean, covariance = self.moments()
        return float(mean @ mean + np.trace(covariance))

    def scale(self) -> float:
        """Returns the standard deviation about the mean over all coordinates."""
        return float(np.sqrt(np.trace(self.moments()[1]) / self.latent_dim))

    def blocks(self, num_bridges: int) -> np.ndarray:
        """Returns the block of each coordinate, of t equal blocks, shape (d,).

        Raises:
            ValueError: If t does not divide d.
        """
        if self.latent_dim % num_bridges:
            raise ValueError(
                "num_bridges must divide the latent dimension into equal blocks. "
                f"Received: num_bridges={num_bridges}, latent dimension {self.latent_dim}"
            )
        return np.repeat(np.arange(num_bridges), self.latent_dim // num_bridges)

    def angles(self, num_bridges: int) -> np.ndarray:
        """Returns the angles kπ/2t of the rungs 1 … t of a rotation into noise, shape (t,)."""
        return np.arange(1, num_bridges + 1) * np.pi / (2 * num_bridges)

    def block_given_rest(self, z: tf.Tensor, is_replaced: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """Returns codes with some coordinates, where `is_replaced` (t, 1, d), drawn given the rest.

        Where all are replaced, the result is a draw of the prior that is independent of z.
        """
        raise ValueError(f"{type(self).__name__} has no block-wise intervention; t must be 1")

    def rotate(
        self, z: tf.Tensor, cosines: tf.Tensor, sines: tf.Tensor, noise: tf.Tensor
    ) -> tf.Tensor:
        """Returns codes rotated into noise by angles with some cosines and sines, both (t, 1, 1).

        For the cosine 0, the result is a draw of the prior that is independent of z.
        """
        raise ValueError(f"{type(self).__name__} has no radial intervention; t must be 1")

    def component_given(self, z: tf.Tensor) -> tf.Tensor:
        """Returns the probabilities of components or categories given codes (n, d), (n, k)."""
        raise ValueError(f"{type(self).__name__} has neither components nor categories")

    def log_density(self, z: tf.Tensor) -> tf.Tensor:
        """Returns log p(z) of codes (n, d) in nats, shape (n,)."""
        raise ValueError(f"{type(self).__name__} has no log density of all codes")

    def score(self, z: tf.Tensor) -> tf.Tensor:
        """Returns ∇ log p(z) of codes (n, d), shape (n, d)."""
        with tf.GradientTape() as tape:
            tape.watch(z)
            log_density = self.log_density(z)
        return tape.gradient(log_density, z)

    def kl_divergence(
        self, mean: tf.Tensor, log_variance: tf.Tensor, z: tf.Tensor | None
    ) -> tf.Tensor:
        """Returns the divergence from q to p, or log q(z) − log p(z), its estimate by a draw z.

        Here q = N(mean, diag(exp(log_variance))); all are of shape (m, d), the result is (m,), in
        nats.
        """
        from tensorflow_probability import distributions as tfd  # takes a second

        q = tfd.MultivariateNormalDiag(mean, tf.exp(log_variance / 2))
        return q.log_prob(z) - self.log_density(z)

    def interpolate(self, z_start: tf.Tensor, z_end: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """Returns codes from z_start to z_end, both (m, d), at weights (n,), shape (m, n, d)."""
        weights = weights[:, tf.newaxis]
        return (1 - weights) * z_start[:, tf.newaxis] + weights * z_end[:, tf.newaxis]

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the constructor."""
        return {"latent_dim": self.latent_dim}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Prior":
        """Makes the prior from `get_config`'s result."""
        return cls(**config)


class ComponentPrior(Prior):
    """A prior of k components or categories, with equal weights or weights for each code.

    Args:
        latent_dim: d.
        num_components: k.
    """

    def __init__(self, latent_dim: int, num_components: int):
        super().__init__(latent_dim)
        self.num_components = num_components
        self._given_weights: tf.Tensor | None = None

    def with_weights(self, weights: tf.Tensor) -> Self:
        """Returns the prior whose components have other weights for each code, (m, k) or (1, k).

        Its draws and P-interventions are of p(z|y) if the weights are p(c|y), such as a one-hot
        vector for a class with a component of its own. `moments` keeps equal weights.
        """
        prior = copy.copy(self)
        prior._given_weights = weights
        return prior

    def _weights(self, dtype: tf.DType) -> tf.Tensor:
        """Returns p(c), shape (k,), or the given weights."""
        if self._given_weights is not None:
            return tf.cast(self._given_weights, dtype)
        return tf.fill([self.num_components], tf.constant(1 / self.num_components, dtype))


def get(prior: Prior | dict[str, Any] | None) -> Prior | None:
    """Returns a prior from itself, or from its serialized form in the file of a model."""
    return keras.saving.deserialize_keras_object(prior) if isinstance(prior, dict) else prior


def choose(probabilities: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """Returns a choice by the last number of the noise as a one-hot vector, shape (…, k)."""
    uniform = tf.math.erfc(-noise[..., -1:] / np.sqrt(2)) / 2
    is_passed = tf.cumsum(probabilities, axis=-1)[..., :-1] < uniform
    index = tf.reduce_sum(tf.cast(is_passed, tf.int32), axis=-1)
    return tf.one_hot(index, probabilities.shape[-1], dtype=noise.dtype)


def spherical_interpolation(z_start: tf.Tensor, z_end: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Returns points on the great arc between codes (Shoemake, 1985), shape (m, n, d).

    Args:
        z_start: Codes at weight 0, shape (m, d).
        z_end: Codes at weight 1, shape (m, d).
        weights: Positions on the arc in [0, 1], shape (n,).
    """
    directions = tf.math.l2_normalize(z_start, axis=-1), tf.math.l2_normalize(z_end, axis=-1)
    cosine = tf.reduce_sum(directions[0] * directions[1], axis=-1, keepdims=True)
    angle = tf.acos(tf.clip_by_value(cosine, -1.0, 1.0))[:, tf.newaxis]  # (m, 1, 1)
    weights = weights[tf.newaxis, :, tf.newaxis]
    # For equal or opposite directions the arc is undefined: use the straight line.
    sine = tf.sin(angle)
    is_degenerate = sine < 1e-4
    safe_sine = tf.where(is_degenerate, 1.0, sine)
    from_start = tf.where(is_degenerate, 1 - weights, tf.sin((1 - weights) * angle) / safe_sine)
    from_end = tf.where(is_degenerate, weights, tf.sin(weights * angle) / safe_sine)
    return from_start * z_start[:, tf.newaxis] + from_end * z_end[:, tf.newaxis]
