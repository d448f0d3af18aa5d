"""Stein variational gradient descent as an intervention on a batch of codes."""

import keras
import tensorflow as tf

from ivaae_tf.layers import priors, replicas
from ivaae_tf.layers.interventions.base import Intervention

DEFAULT_BANDWIDTH_SCALE = 100.0  # the paper's
_LEAST_MEDIAN = 1e-3  # float32 distinguishes unit codes at this distance well


@keras.saving.register_keras_serializable("ivaae_tf")
class SVGDIntervention(Intervention):
    """The codes of a batch as particles of Stein variational gradient descent.

    One update of the particles z_1 … z_m is

        z_i ← z_i + ε/m Σ_j [k(z_j, z_i) ∇ log p(z_j) + ∇_{z_j} k(z_j, z_i)] + σ·noise

    with ∇ log p(z) = −z for N(0, I), and k(z, z') = exp(−‖z − z'‖²/h). The bandwidth, a constant
    for the gradient, is h = bandwidth_scale · med² / log m with med the median distance over
    distinct pairs of the current particles. Rung l < t is the result of `updates_per_rung`·l
    updates; rung t is a new sample of the prior. The particles are the global batch: replicas
    gather their codes, and each returns its own rows.

    Args:
        num_bridges, seed, prior: As in `Intervention`; the prior needs a log density.
        bandwidth_scale: Factor on the median heuristic's bandwidth, above 0.
        step_size: ε, above 0.
        noise_scale: σ, standard deviation of the noise after an update, at least 0.
        updates_per_rung: Updates between two rungs, at least 1.

    Raises:
        ValueError: If an argument is out of its range.

    Example:
        >>> codes = tf.random.stateless_normal([8, 16], seed=[0, 0])
        >>> SVGDIntervention(num_bridges=4, bandwidth_scale=1.0)(codes).shape
        TensorShape([5, 8, 16])

    References:
        Liu and Wang (2016), Stein Variational Gradient Descent, equation 8:
        https://arxiv.org/abs/1608.04471
        Intervention Adversarial Auto-encoder, under review at ICLR 2022.
    """

    def __init__(
        self,
        num_bridges: int,
        bandwidth_scale: float = DEFAULT_BANDWIDTH_SCALE,
        step_size: float = 1.0,
        noise_scale: float = 0.1,
        updates_per_rung: int = 2,
        seed: int | None = None,
        **kwargs,
    ):
        super().__init__(num_bridges, seed=seed, **kwargs)
        if bandwidth_scale <= 0:
            raise ValueError(f"bandwidth_scale must be above 0. Received: {bandwidth_scale}")
        if step_size <= 0:
            raise ValueError(f"step_size must be above 0. Received: {step_size}")
        if noise_scale < 0:
            raise ValueError(f"noise_scale must be at least 0. Received: {noise_scale}")
        if updates_per_rung < 1:
            raise ValueError(f"updates_per_rung must be at least 1. Received: {updates_per_rung}")
        self.bandwidth_scale = bandwidth_scale
        self.step_size = step_size
        self.noise_scale = noise_scale
        self.updates_per_rung = updates_per_rung

    def bridges(self, z: tf.Tensor, prior: priors.Prior | None = None) -> tf.Tensor:
        """Returns T_1(z), …, T_t(z), shape (t, m, d)."""
        if prior is not None:
            raise ValueError("SVGD moves all codes together, so they cannot have a prior each")
        particles = replicas.gather(z)
        rungs = []
        for _ in range(self.num_bridges - 1):
            for _ in range(self.updates_per_rung):
                noise = keras.random.normal(
                    tf.shape(particles), dtype=z.dtype, seed=self.seed_generator
                )
                particles = self.update(particles) + self.noise_scale * noise
            rungs.append(replicas.local_rows(particles, tf.shape(z)[0]))
        return tf.stack([*rungs, self.prior_samples(z, 1)[0]])

    def update(self, particles: tf.Tensor) -> tf.Tensor:
        """Returns the particles, shape (m, d), after one update without noise."""
        import tensorflow_probability as tfp  # takes a second, and few methods need it

        bandwidth = self.bandwidth(tf.stop_gradient(particles))
        length_scale = tf.sqrt(bandwidth / 2)
        kernel = tfp.math.psd_kernels.ExponentiatedQuadratic(length_scale=length_scale)
        # Centering does not change the differences of codes, but avoids rounding errors.
        centered = particles - tf.reduce_mean(particles, axis=0)
        weights = kernel.matrix(centered, centered)  # k(z_j, z_i), symmetric
        num_particles = tf.cast(tf.shape(particles)[0], particles.dtype)

        attraction = tf.matmul(weights, self.prior_of(particles).score(particles))
        # Σ_j ∇_{z_j} k(z_j, z_i) = Σ_j (2/h) (z_i − z_j) k(z_j, z_i)
        total_weight = tf.reduce_sum(weights, axis=1, keepdims=True)
        repulsion = (2 / bandwidth) * (total_weight * centered - tf.matmul(weights, centered))
        return particles + self.step_size / num_particles * (attraction + repulsion)

    def bandwidth(self, particles: tf.Tensor) -> tf.Tensor:
        """Returns the bandwidth h, a scalar, of particles (m, d).

        Raises:
            ValueError: If m is 1, because one particle has no distances.
        """
        if particles.shape[0] == 1:
            raise ValueError("A batch for SVGD must be of at least 2 codes. Received: 1")
        num_particles = tf.shape(particles)[0]
        distances = tf.norm(particles[:, tf.newaxis] - particles[tf.newaxis], axis=-1)
        # Sorted, the matrix is the m zeros of its diagonal and then each pair's distance twice.
        in_order = tf.sort(tf.reshape(distances, [-1]))
        num_pairs = num_particles * (num_particles - 1) // 2
        middle = num_particles + 2 * tf.stack([(num_pairs - 1) // 2, num_pairs // 2])
        median = tf.reduce_mean(tf.gather(in_order, middle))
        log_num_particles = tf.math.log(tf.cast(num_particles, particles.dtype))
        # Without this bound, codes at the same point would repel one another without limit.
        median = tf.maximum(median, _LEAST_MEDIAN)
        return self.bandwidth_scale * tf.square(median) / log_num_particles

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {
            **super().get_config(),
            "bandwidth_scale": self.bandwidth_scale,
            "step_size": self.step_size,
            "noise_scale": self.noise_scale,
            "updates_per_rung": self.updates_per_rung,
        }
