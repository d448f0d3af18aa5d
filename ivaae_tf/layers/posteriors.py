"""Posteriors q(z|x): distributions of codes, parametrized by the output of an encoder."""

import math
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from ivaae_tf.layers import priors
from ivaae_tf.layers.noise import RandomLayer


class Posterior(keras.layers.Layer):
    """The distribution q(z|x) of the code of an image; the encoder returns its parameters.

    Call arguments:
        q: Parameters of the distribution, float32, shape (m, num_parameters(d)).

    Returns:
        Codes z ~ q(z|x), shape (m, d), differentiable in q.

    Example:
        >>> class BoundedCode(Posterior):
        ...     def call(self, q):
        ...         return tf.tanh(q)
        >>> BoundedCode()(tf.ones([8, 4])).shape
        TensorShape([8, 4])

    References:
        Kingma and Welling (2014), Auto-Encoding Variational Bayes:
        https://arxiv.org/abs/1312.6114
    """

    is_random = False  # whether codes differ from their mean

    def __init__(self, **kwargs):
        # Distributions are computed in float32 under every policy of the networks.
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)

    def num_parameters(self, latent_dim: int) -> int:
        """Returns the number of parameters of a code of dimension d."""
        return latent_dim

    def mean(self, q: tf.Tensor) -> tf.Tensor:
        """Returns the mean code, shape (m, d)."""
        return q

    def draw(self, q: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns codes z ~ q(z|x), shape (m, d), a function of q and of the seed, shape (2,)."""
        raise NotImplementedError

    def penalty(self, q: tf.Tensor, z: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the distance from q(z|x) to the prior in nats, shape (m,).

        If it does not have a closed form, the codes z ~ q(z|x), shape (m, d), estimate it.
        """
        raise NotImplementedError

    def compute_output_shape(self, input_shape):
        """Returns (m, d)."""
        return input_shape


class RandomPosterior(RandomLayer, Posterior):
    """A Gaussian with mean `mean(q)` and independent coordinates.

    A subclass defines its standard deviation.

    Args:
        seed: Integer seed of the noise in training; None for a random seed.
    """

    is_random = True

    def standard_deviation(self, q: tf.Tensor) -> tf.Tensor:
        """Returns the standard deviation of the code, of a shape that broadcasts to (m, d)."""
        raise NotImplementedError

    def call(self, q: tf.Tensor) -> tf.Tensor:
        """Returns μ + σ·n with n ~ N(0, I), shape (m, d)."""
        mean = self.mean(q)
        return mean + self.standard_deviation(q) * self.normal(mean)[0]

    def draw(self, q: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns codes z ~ q(z|x), shape (m, d), a function of q and of the seed, shape (2,)."""
        mean = self.mean(q)
        return mean + self.standard_deviation(q) * tf.random.stateless_normal(tf.shape(mean), seed)


@keras.saving.register_keras_serializable("ivaae_tf")
class PointPosterior(Posterior):
    """A posterior without noise, as in deterministic auto-encoders.

    The penalty is ½‖z‖²: the Kullback-Leibler divergence of a Gaussian with mean z and a fixed
    variance to the prior, without its constant.

    Example:
        >>> PointPosterior().penalty(tf.constant([[3.0, 4.0]])).numpy()
        array([12.5], dtype=float32)

    References:
        Ghosh et al. (2020), From Variational to Deterministic Autoencoders, equation 9:
        https://arxiv.org/abs/1903.12436
    """

    def call(self, q: tf.Tensor) -> tf.Tensor:
        """Returns q itself."""
        return q

    def mean(self, q: tf.Tensor) -> tf.Tensor:
        """Returns the code, shape (m, d)."""
        return self.call(q)

    def draw(self, q: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns the code, shape (m, d)."""
        del seed
        return self.call(q)

    def penalty(self, q: tf.Tensor, z: tf.Tensor | None = None) -> tf.Tensor:
        """Returns ½‖z‖², shape (m,)."""
        del z
        return tf.reduce_sum(tf.square(q), axis=-1) / 2


@keras.saving.register_keras_serializable("ivaae_tf")
class SpherePosterior(PointPosterior):
    """A posterior without noise, whose codes are divided by their norms, for `SpherePrior`.

    The penalty is 0, because all codes have the same norm.

    Example:
        >>> SpherePosterior()(tf.constant([[3.0, 4.0]])).numpy()
        array([[0.6, 0.8]], dtype=float32)

    References:
        Tolstikhin et al. (2018), Wasserstein Auto-Encoders:
        https://arxiv.org/abs/1711.01558
    """

    def call(self, q: tf.Tensor) -> tf.Tensor:
        """Returns q / ‖q‖, shape (m, d)."""
        return tf.math.l2_normalize(q, axis=-1)

    def penalty(self, q: tf.Tensor, z: tf.Tensor | None = None) -> tf.Tensor:
        """Returns 0, shape (m,)."""
        return tf.zeros_like(q[:, 0])


@keras.saving.register_keras_serializable("ivaae_tf")
class GaussianPosterior(RandomPosterior):
    """N(mean, diag(exp(log_variance))), as in a variational auto-encoder.

    The encoder returns the d means, then the d logarithms of the variances. The penalty is the
    Kullback-Leibler divergence ½ Σ (μ² + σ² − log σ² − 1); for another prior than N(0, I) it is
    estimated by one code.

    Args:
        seed: Integer seed of the noise in training; None for a random seed.
        prior: The prior of the codes; None for N(0, I).

    Example:
        >>> posterior = GaussianPosterior(seed=0)
        >>> posterior(tf.zeros([8, posterior.num_parameters(latent_dim=4)])).shape
        TensorShape([8, 4])

    References:
        Kingma and Welling (2014), Auto-Encoding Variational Bayes, appendix B:
        https://arxiv.org/abs/1312.6114
    """

    def __init__(self, seed: int | None = None, prior: priors.Prior | None = None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.prior = priors.get(prior)

    def num_parameters(self, latent_dim: int) -> int:
        """Returns 2d."""
        return 2 * latent_dim

    def mean(self, q: tf.Tensor) -> tf.Tensor:
        """Returns the mean code, shape (m, d)."""
        return tf.split(q, 2, axis=-1)[0]

    def standard_deviation(self, q: tf.Tensor) -> tf.Tensor:
        """Returns σ, shape (m, d)."""
        return tf.exp(tf.split(q, 2, axis=-1)[1] / 2)

    def penalty(self, q: tf.Tensor, z: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the Kullback-Leibler divergence to the prior in nats, shape (m,)."""
        mean, log_variance = tf.split(q, 2, axis=-1)
        prior = self.prior or priors.GaussianPrior(mean.shape[-1])
        return prior.kl_divergence(mean, log_variance, z)

    def compute_output_shape(self, input_shape):
        """Returns (m, d)."""
        return (*input_shape[:-1], input_shape[-1] // 2)

    def get_config(self):
        """Returns the arguments of the constructor."""
        prior = keras.saving.serialize_keras_object(self.prior)
        return {**super().get_config(), "prior": prior}


DEFAULT_SCALE = 0.7  # as in the authors' code


@keras.saving.register_keras_serializable("ivaae_tf")
class FixedVariancePosterior(RandomPosterior):
    """N(mean, scale²·I), the constant-variance auto-encoder of Ghosh et al. (2020).

    The encoder returns the d means.

    Args:
        scale: Standard deviation of each coordinate, above 0.
        seed: Integer seed of the noise in training; None for a random seed.

    Raises:
        ValueError: If `scale` is not above 0.

    Example:
        >>> FixedVariancePosterior(scale=0.5, seed=0)(tf.zeros([8, 4])).shape
        TensorShape([8, 4])

    References:
        Ghosh et al. (2020), From Variational to Deterministic Autoencoders:
        https://arxiv.org/abs/1903.12436
    """

    def __init__(self, scale: float = DEFAULT_SCALE, seed: int | None = None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        if scale <= 0:
            raise ValueError(f"scale must be above 0. Received: {scale}")
        self.scale = scale

    def standard_deviation(self, q: tf.Tensor) -> tf.Tensor:
        """Returns the scale, a scalar."""
        return tf.constant(self.scale, q.dtype)

    def penalty(self, q: tf.Tensor, z: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the Kullback-Leibler divergence to N(0, I) in nats, shape (m,)."""
        del z
        constant = self.scale**2 - 2 * math.log(self.scale) - 1
        return tf.reduce_sum(tf.square(q) + constant, axis=-1) / 2

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "scale": self.scale}


# Name -> function of a seed, of the standard deviation, which only fixed_variance uses, and of the
# prior, which only gaussian uses.
POSTERIORS: dict[str, Callable[[int | None, Any, priors.Prior | None], Posterior]] = {
    "point": lambda seed, scale, prior: PointPosterior(),
    "gaussian": lambda seed, scale, prior: GaussianPosterior(seed, prior),
    "fixed_variance": lambda seed, scale, prior: FixedVariancePosterior(scale, seed),
    "sphere": lambda seed, scale, prior: SpherePosterior(),
}
