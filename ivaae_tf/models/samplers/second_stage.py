"""A second variational auto-encoder, trained on the codes of the first, as the sampler of codes."""

from collections.abc import Sequence

import tensorflow as tf

from ivaae_tf.models.autoencoder import InterventionAutoencoder
from ivaae_tf.models.samplers.base import Sampler


class SecondStage(Sampler):
    """Draws codes from a model of the standardized codes (z − mean) / scale.

    A draw is u ~ N(0, I), then z ~ N(G₂(u), γ²·I), where G₂ is the decoder of the second stage and
    γ the scale of its Gaussian likelihood (Dai and Wipf, 2019, section 3).

    Args:
        model: The second stage.
        mean: Mean of the codes, d numbers.
        scale: Standard deviation of each coordinate of the codes, d numbers above 0.
        num_epochs: Number of epochs that it was trained for.
    """

    def __init__(
        self,
        model: InterventionAutoencoder,
        mean: Sequence[float],
        scale: Sequence[float],
        num_epochs: int,
    ):
        super().__init__("second_stage", {"num_second_stage_epochs": num_epochs})
        self._model = model
        self._mean = tf.constant(mean, tf.float32)
        self._scale = tf.constant(scale, tf.float32)

    def __call__(self, num_codes: int, seed: int) -> tf.Tensor:
        """Returns codes, shape (num_codes, d), a function of weights and seed."""
        u = tf.random.stateless_normal([num_codes, self._model.latent_dim], tf.stack([seed, 0]))
        z = self._model.likelihood.draw(self._model.decode(u), tf.stack([seed, 1]))
        return self._mean + self._scale * z
