"""Stein variational gradient descent as an intervention: particles move towards the prior."""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from ivaae_tf.distribute import replicas
from ivaae_tf.interventions.base import Intervention

DEFAULT_BANDWIDTH_SCALE = 100.0  # that of the paper
_LEAST_MEDIAN = 1e-3  # where unit codes are told apart well within float32


@keras.saving.register_keras_serializable("ivaae_tf")
class SVGDIntervention(Intervention):
    """The codes of a batch as particles under Stein variational gradient descent.

    One update of the particles z_1 … z_m (Liu and Wang, 2016, equation 8) is

        z_i ← z_i + ε/m Σ_j [k(z_j, z_i) ∇ log p(z_j) + ∇_{z_j} k(z_j, z_i)] + σ·noise

    with p = N(0, I), whose score is −z, and k(z, z') = exp(−‖z − z'‖²/h). The bandwidth is
    h = bandwidth_scale · med² / log m with med the median distance over distinct pairs of the
    current particles, a constant for the gradient. Rung l < t is taken after `updates_per_rung`·l
    updates; rung t is a fresh prior sample. The particles are the global batch: replicas gather
    theirs, and each keeps its own rows of the result.

    Args:
        num_bridges: t, at least 1.
        bandwidth_scale: Factor on the median heuristic's bandwidth, above 0.
        step_size: ε, above 0.
        noise_scale: σ, standard deviation of the noise that follows an update, at least 0.
        updates_per_rung: Updates between two rungs, at least 1.
        seed: Integer seed of the noise; None draws one.

    Raises:
        ValueError: If an argument is out of its range.
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

    def bridges(self, z: tf.Tensor) -> tf.Tensor:
        """Returns the particles after 2, 4, … updates, and a prior sample last: (t, m, d)."""
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
        bandwidth = self.bandwidth(tf.stop_gradient(particles))
        length_scale = tf.sqrt(bandwidth / 2)
        kernel = tfp.math.psd_kernels.ExponentiatedQuadratic(length_scale=length_scale)
        # Centering does not change differences of codes, and keeps their digits.
        centered = particles - tf.reduce_mean(particles, axis=0)
        weights = kernel.matrix(centered, centered)  # k(z_j, z_i), symmetric
        num_particles = tf.cast(tf.shape(particles)[0], particles.dtype)

        attraction = -tf.matmul(weights, particles)
        # Σ_j ∇_{z_j} k(z_j, z_i) = Σ_j (2/h) (z_i − z_j) k(z_j, z_i)
        total_weight = tf.reduce_sum(weights, axis=1, keepdims=True)
        repulsion = (2 / bandwidth) * (total_weight * centered - tf.matmul(weights, centered))
        return particles + self.step_size / num_particles * (attraction + repulsion)

    def bandwidth(self, particles: tf.Tensor) -> tf.Tensor:
        """Returns h = bandwidth_scale · med² / log m for particles of shape (m, d), a scalar.

        Raises:
            ValueError: If there is a single particle, which has no distances.
        """
        if particles.shape[0] == 1:
            raise ValueError("SVGD needs a batch of at least 2 codes. Received: 1")
        num_particles = tf.shape(particles)[0]
        distances = tf.norm(particles[:, tf.newaxis] - particles[tf.newaxis], axis=-1)
        # In order, the matrix holds m zeros of its diagonal and then every pair's distance twice.
        in_order = tf.sort(tf.reshape(distances, [-1]))
        num_pairs = num_particles * (num_particles - 1) // 2
        middle = num_particles + 2 * tf.stack([(num_pairs - 1) // 2, num_pairs // 2])
        median = tf.reduce_mean(tf.gather(in_order, middle))
        log_num_particles = tf.math.log(tf.cast(num_particles, particles.dtype))
        # Codes that have become one point repel one another without bound, but for this.
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
