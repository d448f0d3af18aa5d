"""Layers with noise that is the same on any number of replicas."""

import keras
import numpy as np
import tensorflow as tf

from ivaae_tf.layers import replicas


class RandomLayer(keras.layers.Layer):
    """A layer with its own random state, which checkpoints contain.

    It computes in float32 under every policy of the networks.

    Args:
        seed: Integer seed; None for a random seed.
    """

    def __init__(self, seed: int | None = None, **kwargs):
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    @property
    def random_state(self):
        """The variable that each sample changes."""
        return self.seed_generator.state

    def normal(self, rows: tf.Tensor, num_draws: int = 1, width: int | None = None) -> tf.Tensor:
        """Returns samples of N(0, I) for each row, shape (num_draws, *rows.shape).

        With a `width`, which is for rows (m, d), the shape is (num_draws, m, width).

        Every replica samples the noise of the global batch and uses its own rows. So the noise of
        the replicas is independent, and equal to the noise of a single replica.
        """
        num_rows = keras.ops.shape(rows)[0]
        shape = (width,) if width else rows.shape[1:]
        noise = keras.random.normal(
            (num_draws, num_rows * replicas.num_replicas(), *shape),
            dtype=rows.dtype,
            seed=self.seed_generator,
        )
        return replicas.local_rows(noise, num_rows, axis=1)

    def change_noise(self, number: int) -> None:
        """Reseeds the generator deterministically from its state and `number`, at least 1."""
        seed, count = self.random_state.numpy().tolist()
        other = np.random.SeedSequence([seed, count, number]).generate_state(1)[0]
        self.random_state.assign(np.array([other % 2**31, count], self.random_state.dtype))

    def save_own_variables(self, store):
        """Saves the random state, which Keras omits and a resumed run needs."""
        store["seed_generator_state"] = self.random_state.numpy()

    def load_own_variables(self, store):
        """Loads the random state."""
        self.random_state.assign(store["seed_generator_state"])

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable("ivaae_tf")
class PriorNoise(RandomLayer):
    """Samples a code from N(0, I) for each image of a batch.

    Args:
        latent_dim: d.
        seed: Integer seed of the noise; None for a random seed.

    Call arguments:
        x: Images, shape (m, h, w, c), of which only the number matters.

    Returns:
        Codes, float32, shape (m, d).
    """

    def __init__(self, latent_dim: int, seed: int | None = None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.latent_dim = latent_dim

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Returns codes, shape (m, d)."""
        num_images = x.shape[0] or tf.shape(x)[0]
        return self.normal(tf.zeros((num_images, self.latent_dim)))[0]

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "latent_dim": self.latent_dim}


@keras.saving.register_keras_serializable("ivaae_tf")
class InputNoise(RandomLayer):
    """Adds Gaussian noise to the images that the encoder gets in training.

    The decoder reconstructs the images without noise, as in denoising auto-encoders.

    Args:
        stddev: Standard deviation of the noise of each pixel; images are in [−1, 1].
        seed: Integer seed of the noise; None for a random seed.

    Call arguments:
        x: Images, float32, shape (m, h, w, c).

    Returns:
        Images with noise, of the same shape; they can be outside [−1, 1].

    Example:
        >>> InputNoise(stddev=0.6, seed=0)(tf.zeros([2, 8, 8, 1])).shape
        TensorShape([2, 8, 8, 1])

    References:
        Creswell and Bharath (2019), Denoising Adversarial Autoencoders:
        https://arxiv.org/abs/1703.01220
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.stddev = stddev

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Returns x + σ·n with n ~ N(0, I)."""
        return x + self.stddev * self.normal(x)[0]

    def get_config(self):
        """Returns the arguments of the constructor."""
        return {**super().get_config(), "stddev": self.stddev}
