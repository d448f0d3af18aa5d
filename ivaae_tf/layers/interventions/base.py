"""Base class of interventions: rungs, noise and diagnostics."""

import keras
import tensorflow as tf

from ivaae_tf.layers import priors, replicas
from ivaae_tf.layers.noise import RandomLayer


class Intervention(RandomLayer):
    """The chain T_0(z), …, T_t(z) from codes z to samples of the prior.

    T_0 is the identity, T_t(z) is independent of z and follows the prior. Every T_k should leave
    the prior unchanged, which makes it a P-intervention (Definition 1); `SVGDIntervention` does so
    only in the limit of many codes and without its noise. With T_0 and T_t, a chain is complete:
    its rungs are equal only if the codes follow the prior. A subclass defines `bridges`.

    Args:
        num_bridges: t, at least 1: the number of rungs after the codes themselves.
        seed: Integer seed of the noise; None for a random seed.
        prior: The prior of the codes; None for N(0, I).

    Call arguments:
        z: Codes, float32, shape (m, d).
        prior: The prior of these codes, the second argument of `bridges`; None for the layer's.

    Returns:
        Shape (t+1, m, d): rung k is T_k(z).

    Raises:
        ValueError: If `num_bridges` is below 1 or, when built, if the codes do not have the prior's
            dimension.

    Example:
        >>> class NewNoise(Intervention):
        ...     def bridges(self, z):
        ...         return self.prior_samples(z, self.num_bridges)
        >>> NewNoise(num_bridges=2)(tf.ones([8, 4])).shape
        TensorShape([3, 8, 4])

    References:
        Intervention Adversarial Auto-encoder, under review at ICLR 2022.
    """

    def __init__(
        self,
        num_bridges: int,
        seed: int | None = None,
        prior: priors.Prior | None = None,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        if num_bridges < 1:
            raise ValueError(f"num_bridges must be at least 1. Received: {num_bridges}")
        self.num_bridges = num_bridges
        self.prior = priors.get(prior)

    def build(self, input_shape):
        """Checks that the prior is of these codes."""
        if self.prior and self.prior.latent_dim != input_shape[-1]:
            raise ValueError(
                f"The prior must be of the latent dimension {input_shape[-1]}. Received: "
                f"{self.prior.latent_dim}"
            )
        super().build(input_shape)

    def call(self, z: tf.Tensor, prior: priors.Prior | None = None) -> tf.Tensor:
        """Returns the rungs T_0(z), …, T_t(z), shape (t+1, m, d)."""
        bridges = self.bridges(z) if prior is None else self.bridges(z, prior)
        return tf.concat([z[tf.newaxis], bridges], axis=0)

    def bridges(self, z: tf.Tensor, prior: priors.Prior | None = None) -> tf.Tensor:
        """Returns T_1(z), …, T_t(z), shape (t, m, d)."""
        raise NotImplementedError

    def prior_of(self, z: tf.Tensor) -> priors.Prior:
        """Returns the prior of codes (m, d)."""
        return self.prior or priors.GaussianPrior(z.shape[-1])

    def noise(self, z: tf.Tensor, num_samples: int) -> tf.Tensor:
        """Returns the noise of samples of the prior, shape (num_samples, m, noise_dim)."""
        return self.normal(z, num_samples, self.prior_of(z).noise_dim)

    def prior_samples(
        self, z: tf.Tensor, num_samples: int, prior: priors.Prior | None = None
    ) -> tf.Tensor:
        """Returns samples of the prior for each code, shape (num_samples, m, d)."""
        return (prior or self.prior_of(z)).transform(self.noise(z, num_samples))

    def diagnostics(self, z_k: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns moments of each of the rungs (t+1, m, d) over the global batch.

        They are the norm of the mean, and the standard deviation about the mean over all
        coordinates. For N(0, I) they are 0 and 1, up to the noise of a batch.
        """
        num_codes = tf.cast(keras.ops.shape(z_k)[1], z_k.dtype)
        total, num_codes = replicas.sum_over_replicas([tf.reduce_sum(z_k, axis=1), num_codes])
        mean = total / num_codes  # (t+1, d)
        deviations = tf.math.squared_difference(z_k, tf.expand_dims(mean, 1))
        (scatter,) = replicas.sum_over_replicas([tf.reduce_sum(deviations, axis=[1, 2])])
        mean_norm = tf.norm(mean, axis=1)
        standard_deviation = tf.sqrt(scatter / (num_codes * z_k.shape[-1]))
        values = [*tf.unstack(mean_norm), *tf.unstack(standard_deviation)]
        return dict(zip(self.diagnostic_names(), values, strict=True))

    def diagnostic_names(self) -> tuple[str, ...]:
        """Returns the names of the scalars that `diagnostics` returns."""
        return tuple(
            f"{statistic}_rung_{k}"
            for statistic in ("mean_norm", "standard_deviation")
            for k in range(self.num_bridges + 1)
        )

    def compute_output_shape(self, input_shape):
        """Returns (t+1, m, d) for codes of shape (m, d)."""
        return (self.num_bridges + 1, *input_shape)

    def get_config(self):
        """Returns the arguments of the constructor."""
        prior = keras.saving.serialize_keras_object(self.prior)
        return {**super().get_config(), "num_bridges": self.num_bridges, "prior": prior}
