"""Maximum mean discrepancy between the rungs and the prior."""

import keras
import tensorflow as tf

from ivaae_tf.layers import replicas
from ivaae_tf.layers.divergences.base import Divergence


@keras.saving.register_keras_serializable("ivaae_tf")
class MaximumMeanDiscrepancy(Divergence):
    """Unbiased squared MMD with inverse multiquadratic kernels, as in WAE-MMD.

    For codes z and samples n of the prior, m rows each:

        Σ_{i≠j} [k(z_i, z_j) + k(n_i, n_j)] / (m(m−1)) − 2 Σ_{i,j} k(z_i, n_j) / m²

    with k(x, y) = Σ_s C_s / (C_s + ‖x − y‖²) and C_s = s · 2 E‖n‖², where E‖n‖² = d for N(0, I).
    The result is the mean over the rungs below the last, each compared with the last. The sums are
    over the global batch: replicas gather their codes.

    Args:
        scales: The factors s, each above 0.
        squared_norm: E‖n‖² of the prior, above 0; None for d.

    Raises:
        ValueError: If there is no scale, or one is not above 0.

    Example:
        >>> rungs = tf.random.stateless_normal([2, 8, 4], seed=[0, 0])
        >>> MaximumMeanDiscrepancy()(rungs).shape
        TensorShape([])

    References:
        Tolstikhin et al. (2018), Wasserstein Auto-Encoders, Algorithm 2:
        https://arxiv.org/abs/1711.01558
    """

    def __init__(
        self,
        scales=(0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
        squared_norm: float | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not scales or min(scales) <= 0:
            raise ValueError(f"scales must be numbers above 0. Received: {scales}")
        self.scales = tuple(scales)
        self.squared_norm = squared_norm

    def call(self, z_k: tf.Tensor) -> tf.Tensor:
        """Returns the mean squared MMD of rungs 0 … t−1 to rung t, a scalar."""
        z_k = replicas.gather(z_k, axis=1)
        within = self._mean_kernel_of_distinct_pairs(z_k)  # (t+1,)
        across = tf.reduce_mean(self.kernel(z_k[:-1], z_k[-1:]), axis=[1, 2])  # (t,)
        return tf.reduce_mean(within[:-1] + within[-1] - 2 * across)

    def kernel(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """Returns k for all pairs: shapes (…, n, d) and (…, m, d) give (…, n, m)."""
        import tensorflow_probability as tfp  # takes a second, and few methods need it

        # C / (C + r²) is the rational quadratic kernel of rate 1 and length scale (C / 2)^½.
        squared_norm = self.squared_norm or x.shape[-1]
        length_scales = [(scale * squared_norm) ** 0.5 for scale in self.scales]
        return tf.add_n(
            [
                tfp.math.psd_kernels.RationalQuadratic(
                    length_scale=tf.constant(length_scale, x.dtype),
                    scale_mixture_rate=tf.ones([], x.dtype),
                ).matrix(x, y)
                for length_scale in length_scales
            ]
        )

    def _mean_kernel_of_distinct_pairs(self, x: tf.Tensor) -> tf.Tensor:
        num_rows = tf.cast(tf.shape(x)[1], x.dtype)
        kernel = self.kernel(x, x)
        off_diagonal = tf.reduce_sum(kernel, axis=[1, 2]) - tf.linalg.trace(kernel)
        return off_diagonal / (num_rows * (num_rows - 1))

    def get_config(self):
        """Returns the arguments of the constructor."""
        config = {"scales": self.scales, "squared_norm": self.squared_norm}
        return {**super().get_config(), **config}
